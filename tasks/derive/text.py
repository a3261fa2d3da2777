"""The article's text: one walk over the tree that is already there, or trafilatura where that leaves doubt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

from lxml.html import HtmlElement
from trafilatura.core import bare_extraction
from trafilatura.settings import Extractor

from tasks.derive.chunks import join_chunks
from tasks.derive.frame import Prose, find_prose, keep_frame
from tasks.derive.lead import find_lead
from tasks.derive.prune import prune
from tasks.derive.reading import read_article
from tasks.derive.strings import printable

SHORT = 800
"""Characters: a shorter text is doubted where the page's paragraphs hold much more."""
MOST = 0.7
"""The share of the page's paragraphs that a text should hold, or else its other chunks are looked for."""
TINY_LINE = 30
"""Mean characters of a line below which a "text" is a menu."""

_BULLET = re.compile(r"^(?:[-*•▪●◦‣]\s+)+")
_SPACE = re.compile(r"[ \t\r\f\v\u00a0]+")


def extract_text(tree: HtmlElement, descriptions: Iterable[str | None] = ()) -> tuple[str | None, list[str]]:
    """(the dek where it is not part of the text, the paragraphs of the page's main text), without markup.

    There are no paragraphs where no text is found. `tree` is changed.

    Most texts are read in one walk (`tasks.derive.reading`), others are found by trafilatura's own rules; its
    comparison with readability and jusText costs as much again and is run only where the result looks like a failure.
    `descriptions` are the page's own, by which its dek is known.
    """
    prune(tree)
    prose = find_prose(tree)
    keep_frame(tree, prose)
    paragraphs = _paragraphs(tree, prose)
    if sum(map(len, paragraphs)) < MOST * prose.length and join_chunks(tree, paragraphs):
        prose = find_prose(tree)
        paragraphs = _paragraphs(tree, prose)
    if _is_doubtful(paragraphs, prose):
        thorough = _extract(tree, fast=False)
        if sum(map(len, thorough)) > sum(map(len, paragraphs)) or _is_menu(paragraphs):
            paragraphs = thorough
    return find_lead(tree, descriptions, paragraphs), paragraphs


def _paragraphs(tree: HtmlElement, prose: Prose) -> list[str]:
    read = read_article(tree, prose)
    return _extract(tree, fast=True) if read is None else _clean(read)


@cache
def _options(fast: bool) -> Extractor:
    return Extractor(output_format="python", comments=False, fast=fast)


def _extract(tree: HtmlElement, fast: bool) -> list[str]:
    document = bare_extraction(tree, options=_options(fast))
    text = getattr(document, "text", None) or ""
    return _clean(text.split("\n"))


def _clean(lines: Iterable[str]) -> list[str]:
    """`lines` without bullets, and without those that hold no letter or digit."""
    text = printable("\n".join(lines))
    cleaned = (_BULLET.sub("", _SPACE.sub(" ", line)).strip() for line in text.split("\n"))
    return [line for line in cleaned if any(c.isalnum() for c in line)]


def _is_doubtful(paragraphs: Sequence[str], prose: Prose) -> bool:
    length = sum(map(len, paragraphs))
    return _is_menu(paragraphs) or (length < SHORT and length < prose.length / 2) or length < 200


def _is_menu(paragraphs: Sequence[str]) -> bool:
    return len(paragraphs) >= 30 and sum(map(len, paragraphs)) < TINY_LINE * len(paragraphs)
