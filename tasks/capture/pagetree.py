"""An HTML page as a bounded tree, for reading its links; article texts are derive's work."""

from __future__ import annotations

from urllib.parse import urljoin

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from tasks.capture import feedtext
from tasks.capture.feedfields import language_tag

MAX_BYTES = 5_000_000
"""A longer page is cut: the links that count stand near its beginning."""
TITLE_CHARS = 300

_BLOCKS = frozenset({"br", "p", "div", "li", "td", "time", "figcaption", "h1", "h2", "h3", "h4", "h5", "h6"})
_NOT_TEXT = frozenset({"script", "style", "svg", "noscript", "template"})


def parse_page(body: bytes, content_type: str | None) -> HtmlElement | None:
    """The tree of a page without comments; None where no element is to be had.

    Never raises. libxml2's own limit on nesting (256) stays: it keeps every later walk up the ancestors short.
    """
    text = feedtext.decode(body[:MAX_BYTES], content_type)
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, no_network=True)
    try:
        return document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def base_address(tree: HtmlElement, url: str) -> str:
    """What the page's links are relative to: its `base` element, else the address it came from."""
    base = tree.find(".//base[@href]")
    try:
        return urljoin(url, base.get("href", "").strip()) if base is not None else url
    except ValueError:
        return url


def visible_text(element: HtmlElement) -> str:
    """The text of an element on one line, without scripts, styles and drawings."""
    pieces: list[str] = []
    hidden: HtmlElement | None = None
    for event, node in etree.iterwalk(element, events=("start", "end")):
        space = " " if node.tag in _BLOCKS else ""
        if event == "start" and hidden is None:
            hidden = node if node.tag in _NOT_TEXT else None
            pieces += [space, node.text or ""] if hidden is None else []
        elif event == "end" and hidden in (None, node):
            hidden = None
            pieces += [space, node.tail or ""] if node is not element else []
    return " ".join("".join(pieces).split())


def meta(tree: HtmlElement, *names: str) -> str | None:
    """The content of the first `meta` element with one of these names or properties, by order of `names`."""
    for name in names:
        for element in tree.iter("meta"):
            if name in (element.get("property", "").lower(), element.get("name", "").lower()):
                content = " ".join(element.get("content", "").split())
                if content:
                    return content
    return None


def page_title(tree: HtmlElement) -> str | None:
    """The name a page gives itself: `og:site_name`, else `og:title`, else its title element."""
    element = tree.find(".//title")
    title = visible_text(element) if element is not None else ""
    return (meta(tree, "og:site_name", "og:title") or title)[:TITLE_CHARS] or None


def page_language(tree: HtmlElement) -> str | None:
    """The BCP 47 tag of the page's `lang` attribute; None where it has none."""
    return language_tag(tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang"))
