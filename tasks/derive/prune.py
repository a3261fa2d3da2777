"""Take out of a tree what is surely no article, so that extraction is both cleaner and a third cheaper."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

_UNWANTED_TAGS = (
    "style", "svg", "iframe", "link", "picture", "video", "audio", "template", "input", "select", "object", "canvas",
)  # fmt: skip
_INLINE_TAGS = (
    "abbr", "acronym", "address", "bdi", "bdo", "big", "cite", "data", "dfn", "font", "hgroup", "img", "ins", "mark",
    "meta", "nobr", "ruby", "small", "tbody", "tfoot", "thead", "wbr", "source", "track",
)  # fmt: skip
"""The extractor takes these tags away itself, but only after several copies of the tree."""
_MISUSED_TAGS = ("nav", "footer", "aside", "button", "label", "noscript")
"""Unwanted too, but broken markup leaves whole articles inside these."""
_SECTIONS = ("div", "section", "ul", "ol", "p", "span", "li", "header", "h2", "h3", "h4", "table", "dl")
_UNWANTED_CLASS = re.compile(
    r"[\s_-](?:related|share|sharing|newsletter|sponsor\w*|recommend\w*|recirc\w*|popular|trending|most-?read|"
    r"author-?(?:bio|box|info|card|description)|image-?credit|photo-?credit|copyright|cookie|consent|gdpr|subscri\w+|"
    r"sign-?up|modal|popup|pagination|pager|nav|navigation|menu|toolbar|hidden(?:$|\s)|visually-?hidden|sr-only|"
    r"screen-reader\S*|read-?more|outbrain|taboola|rating|feedback|donat\w+|social-?(?:share|links|media-share|icons)|"
    r"werbung|anzeige|compartir|relacionad\w+|publicidad\w*|etiquetas|partage\w*)"
)
"""Looked for in lower case behind a space: a pattern that ignores case takes three times as long. Names chosen by what
they removed from 772 pages with known text: each takes far more boilerplate than text. `paywall`, `widget`, `caption`,
`poll`, `toc` and `comment` do not, and are left to the extractor."""
MAX_SHARE = 0.25
"""A section with more than this share of the page's paragraphs is the article, whatever its class says."""
KNOWN_NAMES, LONG_NAME = 20_000, 300
"""Names whose answer is remembered (a page repeats most of its own, a site's pages share them), and the characters from
which one is not worth the memory."""
_LINES = frozenset(("p", "li", "h2", "h3", "h4", "h5", "div"))
MIN_TEASER = 13
"""Characters of a link that is a line of its own: a shorter one may be a heading."""
_SENTENCE_END = '.!?…"”»'


def prune(tree: HtmlElement) -> None:
    """Remove chrome from `tree` in place: elements that never hold an article, sections named as boilerplate, and
    lines that are nothing but one link. JSON-LD stays: the extractor falls back on it."""
    body = tree.find(".//body")
    body = tree if body is None else body
    allowed = MAX_SHARE * (_paragraph_length(body) or 1)
    for script in list(tree.iter("script")):
        if "ld+json" not in (script.get("type") or ""):
            script.tag = _UNWANTED_TAGS[0]
    etree.strip_elements(tree, *_UNWANTED_TAGS, with_tail=False)
    for element in list(tree.iter(*_MISUSED_TAGS)):
        if _paragraph_length(element) < allowed:
            _drop(element)
    _free_article(tree)
    etree.strip_tags(tree, *_INLINE_TAGS)
    _drop_named_sections(body, allowed)
    _drop_link_lines(body)


def _free_article(tree: HtmlElement) -> None:
    """An article that an element which is never closed has put into the margin with its heading stands there no more:
    the extractor would take it away by its tag, or by the name of what surrounds it."""
    for heading in tree.iter("h1"):
        around = list(heading.iterancestors())
        if any(element.tag in _MISUSED_TAGS for element in around):
            for element in around:
                element.tag = "div" if element.tag in _MISUSED_TAGS else element.tag
                if "sidebar" in (element.get("class") or "") and element.tag == "div":
                    del element.attrib["class"]


def _drop(element: HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def _paragraph_length(element: HtmlElement) -> int:
    return sum(len(p.text_content()) for p in element.iter("p"))


def _drop_named_sections(body: HtmlElement, allowed: float) -> None:
    for element in list(body.iter(*_SECTIONS)):
        name = f" {element.get('class') or ''} {element.get('id') or ''}"
        if name == "  " or not _is_unwanted(name) or element.getparent() is None:
            continue
        if element.find(".//h1") is None and _paragraph_length(element) < allowed:
            _drop(element)


def _is_unwanted(name: str) -> bool:
    return _is_known_as_unwanted(name) if len(name) < LONG_NAME else bool(_UNWANTED_CLASS.search(name.lower()))


@lru_cache(KNOWN_NAMES)
def _is_known_as_unwanted(name: str) -> bool:
    return bool(_UNWANTED_CLASS.search(name.lower()))


def _drop_link_lines(body: HtmlElement) -> None:
    """Drop blocks that consist of one link to elsewhere and end in no sentence: teasers between paragraphs."""
    for link in list(body.iter("a")):
        href = link.get("href")
        if not href or href.startswith("#"):
            continue
        block = link.getparent()
        while block is not None and block.tag in ("strong", "b", "em", "i", "span"):
            block = block.getparent()
        if block is None or block.tag not in _LINES or next(islice(block.iter("a"), 1, None), None) is not None:
            continue
        text = " ".join(link.text_content().split())
        if len(text) < MIN_TEASER or text[-1] in _SENTENCE_END:
            continue
        if len(" ".join(block.text_content().split())) <= len(text) + 2:
            _drop(block)
