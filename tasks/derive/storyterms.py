"""The terms of an article that tell which event it is about, for joining articles to stories.

Names and numbers tell events apart better than other words, and what the headline names better than what only the text
does; how rare a term is, is known where the articles are collected (see `tasks.store.storyvectors`).
"""

from __future__ import annotations

import heapq
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

from tasks.derive.tokens import fold, is_unspaced, split_words

MAX_TERMS = 128
NAME, NUMBER, HEADLINE = 1.5, 1.5, 1.75
"""Factors on the weight of a term that is mostly capitalised, that is a number, that is in the title."""

_WORD = re.compile(r"\d+(?:[.,]\d+)+|\w+")


def story_terms(title: str, text: str, language: str | None) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """(terms, their weights): the `MAX_TERMS` heaviest, heaviest first.

    A term is the CRC-32 of language and folded word, so that terms of two languages are never the same. Its weight is
    1 + ln(occurrences) times the factors above. Words of one letter are left out; in scripts without spaces, pairs of
    adjacent characters are the words.
    """
    counts: dict[str, int] = {}
    capitalised: dict[str, int] = {}
    for word, occurrences in Counter(_WORD.findall(text)).items():
        for term in _terms(word):
            counts[term] = counts.get(term, 0) + occurrences
            if word[0].isupper():
                capitalised[term] = capitalised.get(term, 0) + occurrences
    headline = {term for word in _WORD.findall(title) for term in _terms(word)}
    for term in headline - counts.keys():
        counts[term] = 1
    prefix = f"{language or ''} "
    weights: dict[int, float] = {}
    for term, occurrences in counts.items():
        weight = 1 + math.log(occurrences) if occurrences > 1 else 1.0
        if 2 * capitalised.get(term, 0) > occurrences:
            weight *= NAME
        if term[0].isdigit():
            weight *= NUMBER
        if term in headline:
            weight *= HEADLINE
        number = zlib.crc32((prefix + term).encode("utf-8", "replace"))
        weights[number] = max(weight, weights.get(number, 0.0))
    heaviest = heapq.nsmallest(MAX_TERMS, weights.items(), key=lambda item: (-item[1], item[0]))
    return tuple(number for number, _ in heaviest), tuple(round(weight, 3) for _, weight in heaviest)


def _terms(word: str) -> Iterable[str]:
    """The terms in one word as the text has it."""
    if word.isascii():
        return (word.lower(),) if len(word) > 1 else ()
    return _folded_terms(word)


def _folded_terms(word: str) -> Iterator[str]:
    parts = split_words(fold(word))
    for part in parts:
        if len(part) > 1 and not is_unspaced(part):
            yield part
    for first, second in pairwise(parts):
        if is_unspaced(first) and is_unspaced(second):
            yield first + second
