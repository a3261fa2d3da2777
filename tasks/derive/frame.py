"""The part of a page that holds its prose: what surely lies outside is not given to the extractor at all."""

from __future__ import annotations

from collections import Counter

from lxml.html import HtmlElement

LONG = 80
"""Characters from which a paragraph counts as prose, where not most of them are links."""
ENOUGH = 1_000
"""Characters of prose below which a page is left whole: the article may be elsewhere than in paragraphs."""
SHARE = 0.98
"""The share of the prose that the frame holds; the rest is a call or a note outside."""


def prose_length(tree: HtmlElement) -> int:
    """Characters in the page's prose paragraphs."""
    return sum(length for _, length in _prose(tree))


def keep_frame(tree: HtmlElement) -> None:
    """Remove from `tree` what lies outside the innermost element with nearly all its prose.

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
    _remove_outside(frame, next(tree.iter("h1"), None))


def _prose(tree: HtmlElement) -> list[tuple[HtmlElement, int]]:
    found = ((p, len(p.text_content())) for p in tree.iter("p"))
    return [
        (p, length)
        for p, length in found
        if length > LONG and 2 * sum(len(a.text_content()) for a in p.iter("a")) < length
    ]


def _remove_outside(frame: HtmlElement, heading: HtmlElement | None) -> None:
    """Remove what follows `frame` in the body, and what stands before the heading above it."""
    to_heading = set() if heading is None else {heading, *heading.iterancestors()}
    is_above_heading = frame in to_heading
    level = frame
    while level.tag != "body" and (parent := level.getparent()) is not None:
        for sibling in list(level.itersiblings()):
            parent.remove(sibling)
        before = list(level.itersiblings(preceding=True))
        if not is_above_heading:
            kept = next((place for place, sibling in enumerate(before) if sibling in to_heading), None)
            is_above_heading = kept is not None
            before = before[kept + 1 :] if kept is not None else []
        for sibling in before:
            parent.remove(sibling)
        level = parent
