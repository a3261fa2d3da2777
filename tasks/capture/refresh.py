"""Pages that send their readers on by `<meta http-equiv="refresh">`, as some publishers do instead of a redirect."""

from __future__ import annotations

import re
from urllib.parse import urljoin

from lxml.html import HtmlElement

from tasks import urls
from tasks.capture.pagetree import base_address, parse_page

MAX_SECONDS = 10
"""A page that may be looked at for longer is one; most of these load themselves anew, for new headlines."""
_SEARCHED = 32_768
"""Bytes: the element stands in the head."""
_PRESENT = re.compile(rb"http-equiv\s*=\s*[\"']?\s*refresh")
_CONTENT = re.compile(
    r"\s*+(\d{1,6}+|(?=\.))[\d.]*+(?=[\s;,])\s*+[;,]?+\s*+(?:url\s*+=\s*+)?+(.+)", re.IGNORECASE | re.DOTALL
)
"""The seconds and the address; browsers take a space or a comma for the semicolon, and do without `url=`."""


def refresh_target(body: bytes, url: str) -> str | None:
    """Where the page at `url` sends its readers on (HTML Standard, 4.2.5.3, "Refresh state"); None where nowhere.

    A refresh for browsers without scripts (in `noscript`) or of the page itself is none. A target that is no web
    address is given as it is written.
    """
    head = body[:_SEARCHED]
    lowered = head.lower()  # a pattern that ignores case takes ten times as long
    if b"refresh" not in lowered or not _PRESENT.search(lowered):
        return None
    tree = parse_page(head, "text/html")
    sent = _CONTENT.match(_content(tree)) if tree is not None else None
    if tree is None or sent is None or int(sent[1] or 0) > MAX_SECONDS:
        return None
    target: str = sent[2].strip()
    if target[:1] in ("'", '"'):
        target = target[1:].partition(target[0])[0]
    try:
        target = urljoin(base_address(tree, url), target)
    except ValueError:  # an address that cannot be resolved
        return None
    try:
        cleaned = urls.clean_hop(target)
    except ValueError:
        return target
    return cleaned if cleaned != urls.clean_hop(url) else None


def _content(tree: HtmlElement) -> str:
    """What the first such element says; empty where there is none."""
    for meta in tree.iter("meta"):
        is_for_all = next(meta.iterancestors("noscript"), None) is None
        if is_for_all and (meta.get("http-equiv") or "").strip().lower() == "refresh":
            return meta.get("content") or ""
    return ""
