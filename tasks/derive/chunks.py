"""Articles that a site cuts into chunks, with advertisements between: extraction finds the first chunk only."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from lxml.html import HtmlElement

from tasks.derive.strings import fold

LEVELS_UP = 5
"""Ancestors of the text that may be repeated beside themselves."""
MIN_PARAGRAPHS = 3
"""Long paragraphs in a chunk: a card that leads to another article has one or two."""
LONG = 60
"""Characters of a paragraph by which it is recognised."""


def join_chunks(tree: HtmlElement, paragraphs: Sequence[str]) -> bool:
    """Move the text's other chunks behind the one in which `paragraphs` were found; whether there were any.

    A chunk is a later sibling of the text's container, or of an ancestor of it, with the same tag and the same class,
    and with several long paragraphs of its own.
    """
    known = {fold(text)[:LONG] for text in paragraphs if len(text) > LONG}
    found = [p for p in tree.iter("p") if len(text := p.text_content()) > LONG and fold(text)[:LONG] in known]
    container = _common_ancestor(found)
    if container is None:
        return False
    for level in islice((container, *container.iterancestors()), LEVELS_UP):
        same = [s for s in level.itersiblings(level.tag) if s.get("class") == level.get("class") and _is_chunk(s)]
        if level.get("class") and same:
            for sibling in same:
                container.extend(list(sibling))
            return True
    return False


def _common_ancestor(elements: Sequence[HtmlElement]) -> HtmlElement | None:
    """The innermost element that holds all of `elements`; of a single one its parent."""
    common: list[HtmlElement] = []
    for number, element in enumerate(elements):
        path = list(element.iterancestors())[::-1]
        common = [a for a, b in zip(common, path, strict=False) if a is b] if number else path
    return common[-1] if common else None


def _is_chunk(element: HtmlElement) -> bool:
    if element.find(".//h1") is not None or element.find(".//article") is not None:
        return False  # The next story of an endless page.
    long = [p for p in element.iter("p") if len(p.text_content()) > LONG and p.find(".//a") is None]
    return len(long) >= MIN_PARAGRAPHS
