"""The names and numbers of a text: a copy keeps nearly all of them, a template that is filled in again has others.

Reports made by one template (earthquakes, court rolls, market closes) are as like one another as copies are, word pair
by word pair (see `tasks.derive.minhash`). What they tell apart is what they name and count.
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache

from tasks.derive.tokens import fold

MAX_DETAILS = 256
KNOWN_NAMES, LONG_NAME = 20_000, 40
"""Names whose number is remembered (a site's articles share many), and the characters from which one is not worth the
memory."""
_NAME = re.compile(r"\W(?<=\w\W)(?:(?<![.!?…])[^\w.!?…]*+)?([^\W\d_a-zß-öø-ÿ]\w+)")
"""A word of two letters or more that is not lower case in Latin letters, with what stands between it and the word
before: no end of a sentence, but a single mark joins them (`U.S`)."""
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def details(text: str) -> tuple[int, ...]:
    """Unsigned 16-bit numbers in order: one for each name, two for each number, which templates change most.

    A name is a capitalised word that does not begin a sentence, without case and accents; a number is its digits. In
    scripts without capitals numbers are all there is. Of more than `MAX_DETAILS`, those with the lowest hashes: of two
    copies, the same.
    """
    found = {_hash_name(name) for name in set(_NAME.findall(text)) if name[0].isupper()}
    for digits in {"".join(filter(str.isdigit, number)) for number in set(_NUMBER.findall(text))}:
        found |= {_hash(f"number {digits}"), _hash(f"again {digits}")}
    return tuple(sorted(found)[:MAX_DETAILS])


def _hash_name(name: str) -> int:
    return _hash_known_name(name) if len(name) < LONG_NAME else _hash(f"name {fold(name)}")


@lru_cache(KNOWN_NAMES)
def _hash_known_name(name: str) -> int:
    return _hash(f"name {fold(name)}")


def _hash(detail: str) -> int:
    return zlib.crc32(detail.encode("utf-8", "replace")) & 0xFFFF
