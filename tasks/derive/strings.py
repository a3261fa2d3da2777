"""Small string helpers that every module of this room needs."""

from __future__ import annotations

import re
from functools import lru_cache

KNOWN, LONG = 512, 2_000
"""Texts whose folded form is remembered, and the characters of the longest: half of what a page folds of titles and
paragraphs it has folded before."""

_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\xad\u200b\ufeff\ufffe\uffff\ud800-\udfff]")
"""Control characters, soft hyphens, zero-width spaces, byte order marks and lone surrogates."""
_SPACE = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[\W_]+")
_WORD = re.compile(r"\w+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
"""Scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""


def printable(text: str) -> str:
    """`text` without NULs, other control characters, invisible marks and lone surrogates: what a database can hold."""
    return _UNWANTED.sub("", text)


def one_line(text: str) -> str:
    """`text` printable, with every run of white space as one space."""
    return _SPACE.sub(" ", printable(text)).strip()


def fold(text: str) -> str:
    """`text` for comparison: casefolded words separated by one space, no punctuation."""
    return _fold_again(text) if len(text) <= LONG else _fold(text)


def _fold(text: str) -> str:
    return _NOT_WORD.sub(" ", text.casefold()).strip()


_fold_again = lru_cache(KNOWN)(_fold)


def count_words(text: str) -> int:
    """Words of a text; in scripts without spaces two characters count as one word."""
    unspaced = len(_UNSPACED.findall(text))
    return len(_WORD.findall(_UNSPACED.sub(" ", text) if unspaced else text)) + unspaced // 2
