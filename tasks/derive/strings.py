"""Small string helpers that every module of this room needs."""

from __future__ import annotations

import re

_UNWANTED = dict.fromkeys((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F, 0xFEFF, 0xFFFE, 0xFFFF, 0xAD, 0x200B))
"""Control characters, byte order marks, soft hyphens and zero-width spaces."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[\W_]+")


def printable(text: str) -> str:
    """`text` without NULs, other control characters, invisible marks and lone surrogates: what a database can hold."""
    return _SURROGATE.sub("", text).translate(_UNWANTED)


def one_line(text: str) -> str:
    """`text` printable, with every run of white space as one space."""
    return _SPACE.sub(" ", printable(text)).strip()


def fold(text: str) -> str:
    """`text` for comparison: casefolded words separated by one space, no punctuation."""
    return _NOT_WORD.sub(" ", text.casefold()).strip()
