"""The part of a page that holds its prose: what surely lies outside is not given to the extractor at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from lxml.html import HtmlElement

LONG = 80
"""Characters from which a paragraph counts as prose, where not most of them are links."""
ENOUGH = 1_000
"""Characters of prose below which a page is left whole: the article may be elsewhere than in paragraphs."""
SHARE = 0.98
"""The share of the prose that the frame holds; the rest is a call or a note outside."""
MUCH, MUCH_SHARE = 250, 0.04
"""Characters, and the share of the prose if less, from which a block beside the frame may be the article's own: a list,
short answers."""
LINKED = 0.3
"""The share of links in a block from which it is one of teasers."""
_LOOSE_BLOCKS = ("div", "td", "li", "section", "article", "main", "blockquote", "center")
_SEPARATE_TAGS = frozenset(("aside", "nav", "footer", "form", "article", "button", "select"))
_SEPARATE_NAME = re.compile(
    r"comment(?!s-open|s-closed)|disqus|respond|related|recommend|(?<!has-)(?<!with-)sidebar|teaser|newsletter|"
    r"subscri|footer|promo|popular|cookie|consent|login|modal",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Prose:
    """Characters in prose paragraphs: of the whole page, and inside each element that holds some."""

    length: int
    inside: Mapping[HtmlElement, int]


def find_prose(tree: HtmlElement) -> Prose:
    """Where the page's prose is: long paragraphs that are not links for the most part."""
    total = 0
    inside: Counter[HtmlElement] = Counter()
    for paragraph in tree.iter("p"):
        length = len(paragraph.text_content())
        if length > LONG and 2 * sum(len(a.text_content()) for a in paragraph.iter("a")) < length:
            total += length
            for ancestor in paragraph.iterancestors():
                inside[ancestor] += length
    return Prose(total, inside)


def find_loose_prose(tree: HtmlElement) -> Prose:
    """Where the prose of a page is that has no paragraphs: long text directly in other blocks, links not counted."""
    total = 0
    inside: Counter[HtmlElement] = Counter()
    for block in tree.iter(*_LOOSE_BLOCKS):
        own = [block.text, *(child.tail for child in block)]
        length = sum(len(text.strip()) for text in own if text)
        if length > LONG:
            total += length
            for element in (block, *block.iterancestors()):
                inside[element] += length
    return Prose(total, inside)


def find_frame(tree: HtmlElement, prose: Prose) -> HtmlElement:
    """The innermost element that holds nearly all of the page's `prose`."""
    frame, least = tree, SHARE * prose.length
    while (inner := next((child for child in frame if prose.inside.get(child, 0) >= least), None)) is not None:
        frame = inner
    return frame


def keep_frame(tree: HtmlElement, prose: Prose) -> None:
    """Remove from `tree` what surely lies outside the innermost element with nearly all its `prose`.

    A block beside it with much text that is not links stays, for the extractor to decide: an article may go on in a
    list, a table or short answers.

    The elements around the frame stay, since the extractor knows articles by their names; so does what stands between
    the h1 and the frame, where the dek is.
    """
    if prose.length < ENOUGH:
        return
    frame = find_frame(tree, prose)
    _remove_outside(frame, next(tree.iter("h1"), None), min(MUCH, MUCH_SHARE * prose.length))


def _remove_outside(frame: HtmlElement, heading: HtmlElement | None, much: float) -> None:
    """Remove what follows `frame` in the body, and what stands before the heading above it.

    What has `much` text of its own (characters) stays, unless it stands above the heading.
    """
    to_heading = set() if heading is None else {heading, *heading.iterancestors()}
    is_above_heading = frame in to_heading
    level = frame
    while level.tag != "body" and (parent := level.getparent()) is not None:
        outside = [sibling for sibling in level.itersiblings() if not _may_be_article(sibling, much)]
        before = list(level.itersiblings(preceding=True))
        if not is_above_heading:
            kept = next((place for place, sibling in enumerate(before) if sibling in to_heading), None)
            is_above_heading = kept is not None
            before = before[kept + 1 :] if kept is not None else []
        if heading is None:
            before = [sibling for sibling in before if not _may_be_article(sibling, much)]
        for sibling in [*outside, *before]:
            parent.remove(sibling)
        level = parent


def _may_be_article(block: HtmlElement, much: float) -> bool:
    """Whether a block may be part of the article: much text, few links, and nothing that says otherwise."""
    if not isinstance(block.tag, str) or block.tag in _SEPARATE_TAGS or _is_named_separate(block):
        return False
    length = len(block.text_content())
    if length < much:
        return False
    links = sum(len(a.text_content()) for a in block.iter("a"))
    is_whole = next(block.iter("article", "form", "h1"), None) is not None
    return length - links >= much and links < LINKED * length and not is_whole


def _is_named_separate(block: HtmlElement) -> bool:
    return bool(_SEPARATE_NAME.search(f"{block.get('class') or ''} {block.get('id') or ''}"))
