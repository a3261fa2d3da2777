"""Pages that send their readers on by `<meta http-equiv="refresh">`, as some publishers do instead of a redirect."""

from __future__ import annotations

import re

from w3lib.html import get_meta_refresh

from tasks import urls

MAX_SECONDS = 10
"""A page that may be looked at for longer is one; most of these load themselves anew, for new headlines."""
_SEARCHED = 32_768
"""Bytes: the element stands in the head."""
_PRESENT = re.compile(rb"http-equiv\s*=\s*[\"']?\s*refresh")


def refresh_target(body: bytes, url: str) -> str | None:
    """Where the page at `url` sends its readers on (HTML Standard, 4.2.5.3, "Refresh state"); None where nowhere.

    A refresh for browsers without scripts (in `noscript`) or of the page itself is none. A target that is no web
    address is given as it is written.
    """
    head = body[:_SEARCHED]
    lowered = head.lower()  # a pattern that ignores case takes ten times as long
    if b"refresh" not in lowered or not _PRESENT.search(lowered):
        return None
    try:
        seconds, target = get_meta_refresh(head.decode("utf-8", "replace"), url)
    except ValueError:  # an address that cannot be resolved
        return None
    if target is None or seconds is None or seconds > MAX_SECONDS:
        return None
    try:
        cleaned = urls.clean_hop(target)
    except ValueError:
        return target
    return cleaned if cleaned != urls.clean_hop(url) else None
