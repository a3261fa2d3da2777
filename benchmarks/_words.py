"""Made-up words by Zipf's law, for texts that look like a language to an index."""

from __future__ import annotations

import numpy as np

VOCABULARY, FREQUENT = 600_000, 6_000
"""Words of a language; by Zipf's law their frequency falls with the rank, and faster after the frequent ones."""
_SYLLABLES = [consonant + vowel for consonant in "bcdfghklmnprstvz" for vowel in "aeiou"]


class Words:
    """Draws words, ever new ones, the same in every run."""

    def __init__(self) -> None:
        rank = np.arange(1, VOCABULARY + 1)
        frequency = np.where(rank < FREQUENT, 1 / rank, FREQUENT**0.8 / rank**1.8)
        self.random = np.random.default_rng(1)
        self._cumulated = np.cumsum(frequency) / frequency.sum()
        self._words = np.array([_word(int(number)) for number in rank], dtype=object)

    def draw(self, number: int) -> list[str]:
        """So many words in a row."""
        drawn = np.searchsorted(self._cumulated, self.random.random(number))
        return list(self._words[np.minimum(drawn, VOCABULARY - 1)])


def sentences(words: list[str], length: int) -> list[str]:
    """The words in sentences of this length, without their full stops."""
    return [" ".join(words[first : first + length]).capitalize() for first in range(0, len(words), length)]


def _word(number: int) -> str:
    word = ""
    while number:
        number, rest = divmod(number, len(_SYLLABLES))
        word += _SYLLABLES[rest]
    return word
