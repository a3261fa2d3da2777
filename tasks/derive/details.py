"""The names and numbers of a text: a copy keeps nearly all of them, a template that is filled in again has others.

Reports made by one template (earthquakes, court rolls, market closes) are as like one another as copies are, word pair
by word pair (see `tasks.derive.minhash`). What they tell apart is what they name and count.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from tasks.derive.tokens import fold

MAX_DETAILS = 256
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_SENTENCE_ENDS = frozenset(".!?…")


def details(text: str) -> tuple[int, ...]:
    """Unsigned 16-bit numbers in order: one for each name, two for each number, which templates change most.

    A name is a capitalised word that does not begin a sentence, without case and accents; a number is its digits. In
    scripts without capitals numbers are all there is. Of more than `MAX_DETAILS`, those with the lowest hashes: of two
    copies, the same.
    """
    found = {f"name {fold(word)}" for word in set(_names(text))}
    for number in set(_NUMBER.findall(text)):
        digits = "".join(filter(str.isdigit, number))
        found |= {f"number {digits}", f"again {digits}"}
    return tuple(sorted({zlib.crc32(detail.encode("utf-8", "replace")) & 0xFFFF for detail in found})[:MAX_DETAILS])


def _names(text: str) -> Iterator[str]:
    end = None
    for match in _WORD.finditer(text):
        word = match[0]
        if end is not None and len(word) > 1 and word[0].isupper() and not _ends_sentence(text[end : match.start()]):
            yield word
        end = match.end()


def _ends_sentence(between: str) -> bool:
    """Whether what stands between two words ends a sentence; a single mark joins them (`U.S`)."""
    return len(between) > 1 and not _SENTENCE_ENDS.isdisjoint(between)
