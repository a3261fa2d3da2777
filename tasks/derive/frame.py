"""The part of a page that holds its prose: what surely lies outside is not given to the extractor at all."""

from __future__ import annotations

import re
from collections import Counter

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
_SEPARATE_TAGS = frozenset(("aside", "nav", "footer", "form", "article", "button", "select"))
_SEPARATE_NAME = re.compile(
    r"comment(?!s-open|s-closed)|disqus|respond|related|recommend|(?<!has-)(?<!with-)sidebar|teaser|newsletter|"
    r"subscri|footer|promo|popular|cookie|consent|login|modal",
    re.IGNORECASE,
)


def prose_length(tree: HtmlElement) -> int:
    """Characters in the page's prose paragraphs."""
    return sum(length for _, length in _prose(tree))


def keep_frame(tree: HtmlElement) -> None:
    """Remove from `tree` what surely lies outside the innermost element with nearly all its prose.

    A block beside it with much text that is not links stays, for the extractor to decide: an article may go on in a
    list, a table or short answers.

    The elements around the frame stay, since the extractor knows articles by their names; so does what stands between
    the h1 and the frame, where the dek is.
    """
    prose = _prose(tree)
    total = sum(length for _, length in prose)
    if total < ENOUGH:
        return
    held: Counter[HtmlElement] = Counter()
    for paragraph, length in prose:
        for ancestor in paragraph.iterancestors():
            held[ancestor] += length
    frame = tree
    while (inner := next((child for child in frame if held.get(child, 0) >= SHARE * total), None)) is not None:
        frame = inner
    _remove_outside(frame, next(tree.iter("h1"), None), min(MUCH, MUCH_SHARE * total))


def _prose(tree: HtmlElement) -> list[tuple[HtmlElement, int]]:
    found = ((p, len(p.text_content())) for p in tree.iter("p"))
    return [
        (p, length)
        for p, length in found
        if length > LONG and 2 * sum(len(a.text_content()) for a in p.iter("a")) < length
    ]


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
