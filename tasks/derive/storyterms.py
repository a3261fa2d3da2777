"""The terms of an article that tell which event it is about, for joining articles to stories.

Names and numbers tell events apart better than other words, and what the headline names better than what only the text
does; how rare a term is, is known where the articles are collected (see `tasks.store.storyvectors`).
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from tasks.derive.tokens import fold, is_unspaced, split_words

MAX_TERMS = 128
NAME, NUMBER, HEADLINE = 1.5, 1.5, 1.75
"""Factors on the weight of a term that is mostly capitalised, that is a number, that is in the title."""
KNOWN_WORDS, LONG_WORD = 10_000, 40
"""Words beyond ASCII whose terms are remembered (texts share most of theirs), and the characters from which one is
not worth the memory."""

_WORD = re.compile(r"\d+(?:[.,]\d+)+|\w\w+|[^\W\x00-\x7f]")
"""Numbers with their separators, and words, but those of one letter."""


def story_terms(title: str, text: str, language: str | None) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """(terms, their weights): the `MAX_TERMS` heaviest, heaviest first.

    A term is the CRC-32 of language and folded word, so that terms of two languages are never the same. Its weight is
    1 + ln(occurrences) times the factors above. Words of one letter are left out; in scripts without spaces, pairs of
    adjacent characters are the words.
    """
    counts, capitalised = _counts(text)
    headline = {term for word in _WORD.findall(title) for term in _terms(word)}
    for term in headline - counts.keys():
        counts[term] = 1
    prefix = zlib.crc32(f"{language or ''} ".encode("utf-8", "replace"))
    weights: dict[int, float] = {}
    for term, occurrences in counts.items():
        weight = 1 + math.log(occurrences) if occurrences > 1 else 1.0
        if term in capitalised and 2 * capitalised[term] > occurrences:
            weight *= NAME
        if term[0].isdigit():
            weight *= NUMBER
        if term in headline:
            weight *= HEADLINE
        number = zlib.crc32(term.encode("utf-8", "replace"), prefix)
        if weights.setdefault(number, weight) < weight:
            weights[number] = weight
    # Of the same weight, the lowest first: two sorts without a function of ours cost a fifth of one with it.
    heaviest = sorted(sorted(weights), key=weights.__getitem__, reverse=True)[:MAX_TERMS]
    return tuple(heaviest), tuple(round(weights[number], 3) for number in heaviest)


def _counts(text: str) -> tuple[dict[str, int], dict[str, int]]:
    """(how often each term stands in the text, how often as or in a capitalised word)."""
    counts: dict[str, int] = {}
    capitalised: dict[str, int] = {}
    for word, occurrences in Counter(_WORD.findall(text)).items():
        is_capitalised = word[0].isupper()
        for term in (word.lower(),) if word.isascii() else _terms(word):
            counts[term] = counts.get(term, 0) + occurrences
            if is_capitalised:
                capitalised[term] = capitalised.get(term, 0) + occurrences
    return counts, capitalised


def _terms(word: str) -> tuple[str, ...]:
    """The terms in one word as the text has it."""
    if word.isascii():
        return (word.lower(),)
    return _folded_terms(word) if len(word) <= LONG_WORD else tuple(_fold_word(word))


@lru_cache(KNOWN_WORDS)
def _folded_terms(word: str) -> tuple[str, ...]:
    return tuple(_fold_word(word))


def _fold_word(word: str) -> Iterator[str]:
    parts = split_words(fold(word))
    for part in parts:
        if len(part) > 1 and not is_unspaced(part):
            yield part
    for first, second in pairwise(parts):
        if is_unspaced(first) and is_unspaced(second):
            yield first + second
