"""From bytes to one lxml tree, once, with bounds on what hostile pages can cost."""

from __future__ import annotations

import codecs
import re

from lxml import etree
from lxml.html import HtmlElement, document_fromstring
from w3lib.encoding import html_to_unicode

from tasks.derive import charsets, guard

_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HTML_TYPES = re.compile(r"^\s*(?:text/(?:html|plain|xml)|application/(?:xhtml\+xml|xml|octet-stream))", re.IGNORECASE)
_MARKUP = re.compile(rb"<\s*(!doctype\s+html|html|head|body|title|meta|article|div|p|h1|section|main)\b", re.I)
_NOT_HTML_MAGIC = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"RIFF", b"\x1f\x8b")
_FEED = re.compile(
    rb"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:rss|feed|rdf:RDF|urlset|sitemapindex|opml)\b",
    re.IGNORECASE | re.DOTALL,
)
_CONTROLS = bytes.maketrans(bytes([*range(9), 11, 12, *range(14, 32)]), b" " * 29)
"""lxml takes no such character in the text that the extractor sets, and one vertical tab, as word processors leave
them, would cost the whole article. In UTF-8 these bytes are nothing else."""
_ONE_CLASS = etree.ElementDefaultClassLookup(element=HtmlElement)
"""lxml.html asks a Python function for the class of every element it hands out (forms and inputs have their own);
with one class for all the whole room, trafilatura included, is a sixth faster."""


def looks_like_html(body: bytes, content_type: str | None) -> bool:
    """Whether a response can be a web page, by its Content-Type and its first bytes."""
    if content_type and not _HTML_TYPES.match(content_type):
        return False
    head = body[:4096].replace(b"\0", b"")
    if head.lstrip().startswith(_NOT_HTML_MAGIC) or _FEED.match(head):
        return False
    return bool(_MARKUP.search(body[:65536].replace(b"\0", b"")))


def decode(body: bytes, content_type: str | None) -> str:
    """The text of a page: by byte order mark, as UTF-8 where that fits, else by header, meta element or detection.

    UTF-8 goes before the declarations because a text with non-ASCII characters that is valid UTF-8 hardly ever is
    anything else, while servers declare wrongly often. ISO-2022 encodings (with escapes) are ASCII and stay declared.
    """
    if not body.startswith(_BOMS):
        if b"\0" in body[:200]:
            even, odd = body[0:200:2].count(0), body[1:200:2].count(0)
            if max(even, odd) > 50:
                return body.decode("utf-16-be" if even > odd else "utf-16-le", "replace")
        if b"\x1b" not in body:
            try:
                return body.decode("utf-8")
            except UnicodeDecodeError:
                pass
        return charsets.decode_other(body, content_type)
    return html_to_unicode(content_type, body)[1]


def parse(body: bytes, content_type: str | None) -> HtmlElement | None:
    """The page's tree without comments and processing instructions, within the bounds of `guard`.

    None where there is no element to be had.
    """
    text = guard.slim_tags(decode(body[: guard.MAX_BYTES], content_type).replace("\0", ""))
    tree = _tree(text)
    if tree is not None and guard.is_too_deep(tree):
        tree = _tree(guard.flatten(text))
    if tree is not None:
        guard.bound(tree)
    return tree


def _tree(text: str) -> HtmlElement | None:
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=True
    )
    parser.set_element_class_lookup(_ONE_CLASS)
    try:
        return document_fromstring(text.encode("utf-8", "replace").translate(_CONTROLS), parser=parser)
    except (etree.ParserError, ValueError):
        return None
