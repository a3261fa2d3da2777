"""Thousands of terms in one pass: every term leaves a literal in one Aho-Corasick automaton, and hits are checked.

A field is read as one line: its folded words with single spaces between and around them. So the literal ` prison ` is
the whole word, ` prison` the prefix prison*, `tion ` the suffix *tion, and a phrase is one literal too. Only wildcards
in the middle and words that need not be neighbours leave something to check.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise

from ahocorasick_rs import AhoCorasick

from tasks.derive import tokens
from tasks.derive.proximity import near

LEAD_CHARACTERS = 600
"""The lead is what begins in the first 600 characters of the text: about 100 words, or two paragraphs of news."""

MAX_FIELD_CHARACTERS = 1_000_000
"""What is read of one field: a long book. More is no article, and memory must stay bounded."""

_EXACT_BUT_LAST = re.compile(r"[^*?]*\*?")
_WILDCARD = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True)
class Element:
    """A word to find: its literal in the automaton, and what the word around that must match (None: nothing more)."""

    literal: int
    check: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Finder:
    """How to find the words of one term. One element of several words is a phrase that is a single literal."""

    number: int
    elements: tuple[Element, ...]
    length: int
    slop: int
    rarest: int
    """The literal without which the term cannot occur; the longest one, as words go."""
    cost: float
    """A rough estimate of the share of articles in which `rarest` occurs."""
    is_literal: bool
    """Whether the term occurs exactly where its literal does."""
    literals: frozenset[int]
    """The literals of all its elements."""


@dataclass(slots=True)
class FieldScan:
    """One field of a document, and where the automaton's literals are in it (`hits`: literal to word numbers)."""

    original: str
    folded: str = ""
    line: str = ""
    """The folded words with single spaces between and around them."""
    hits: dict[int, list[int]] = field(default_factory=dict)
    spans: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Start and end, as offsets into `original`, of the words that were asked for with `locate`."""
    parts: Sequence[int] = ()
    """Of a field of several values, the numbers of each one's first word: no phrase reaches from one into the next."""
    _words: list[str] | None = None
    _lead: int | None = None
    _found: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    @classmethod
    def whole(cls, value: str) -> FieldScan:
        """A field that is compared as a whole: one word."""
        return cls(value, spans={0: (0, len(value))})

    def locate(self, numbers: Iterable[int]) -> None:
        """Work out the spans of the words with these numbers; once for all of them is cheap."""
        self.spans.update(tokens.word_spans(self.original, self.folded, numbers))

    @property
    def words(self) -> list[str]:
        """The folded words; split when first asked for, which most documents never are."""
        if self._words is None:
            self._words = self.line.split()
        return self._words

    @property
    def lead_words(self) -> int:
        """How many words begin in the lead."""
        if self._lead is None:
            self._lead = len(tokens.split_words(tokens.fold(self.original[:LEAD_CHARACTERS])))
        return self._lead

    def find(self, finder: Finder) -> Sequence[tuple[int, int]]:
        """Where a term occurs: numbers of its first word and of the word after its last one, in order."""
        words = self.hits.get(finder.rarest)
        if words is None:
            return ()
        if finder.is_literal:
            length = finder.length
            return [(word, word + length) for word in words if not self.parts or self._is_whole(word, word + length)]
        if not self.hits.keys() >= finder.literals:
            return ()
        found = self._found.get(finder.number)
        if found is None:
            self._found[finder.number] = found = self._near(finder)
        return found

    def _is_whole(self, first: int, end: int) -> bool:
        """Whether words are of one value only."""
        return bisect_right(self.parts, first) == bisect_right(self.parts, end - 1)

    def _near(self, finder: Finder) -> list[tuple[int, int]]:
        positions = [self._positions(element) for element in finder.elements]
        if not self.parts:
            return near(positions, finder.slop)
        found = []
        for first, end in pairwise((*self.parts, sys.maxsize)):
            inside = [places[bisect_left(places, first) : bisect_left(places, end)] for places in positions]
            found += near(inside, finder.slop)
        return found

    def _positions(self, element: Element) -> list[int]:
        numbers = self.hits[element.literal]
        if element.check is None:
            return numbers
        return [number for number in dict.fromkeys(numbers) if element.check.fullmatch(self.words[number])]


def longest_literal(words: str) -> str:
    """The longest part of a pattern without wildcards; spaces at its ends are the ends of words."""
    return max(_WILDCARD.split(f" {words} "), key=len)


def wildcard_regex(pattern: str) -> re.Pattern[str]:
    """A regular expression for a pattern with `*` and `?`, to be used with `fullmatch`.

    Each `*` up to the next fixed part is an atomic group, so that many of them cannot make matching slow: the first
    place where a fixed part fits is as good as any later one. Source: `fnmatch.translate` of Python 3.12.
    """
    first, *later = re.split(r"\*+", pattern)
    parts = [_without_star(first)]
    parts += [f"(?>.*?{_without_star(part)})" for part in later[:-1]]
    parts += [f".*{_without_star(part)}" for part in later[-1:]]
    return re.compile("".join(parts), re.DOTALL)


def _without_star(pattern: str) -> str:
    return ".".join(map(re.escape, pattern.split("?")))


def _cost(literal: str) -> float:
    """Long words are rare (measured on news: about one article in n² has a given word of n letters)."""
    return 1 / len(literal) ** 2


class Automaton:
    """Collects terms, then scans fields for all of them at once."""

    def __init__(self) -> None:
        self._literals: dict[str, int] = {}
        self._finders: dict[tuple[tuple[str, ...], int], Finder] = {}

    def finder(self, words: tuple[str, ...], slop: int) -> Finder:
        """The finder for folded words with wildcards; the same one for the same words."""
        finder = self._finders.get((words, slop))
        if finder is None:
            self._finders[words, slop] = finder = self._new_finder(words, slop)
        return finder

    def _new_finder(self, words: tuple[str, ...], slop: int) -> Finder:
        line = " ".join(words)
        parts = (line,) if slop == 0 and _EXACT_BUT_LAST.fullmatch(line) else words
        literals = [longest_literal(part) for part in parts]
        checks = [None if _EXACT_BUT_LAST.fullmatch(part) else wildcard_regex(part) for part in parts]
        rarest = max(literals, key=len)
        elements = tuple(Element(self._number(text), check) for text, check in zip(literals, checks, strict=True))
        is_literal = len(parts) == 1 and checks == [None]
        numbers = frozenset(element.literal for element in elements)
        return Finder(
            len(self._finders), elements, len(words), slop, self._number(rarest), _cost(rarest), is_literal, numbers
        )

    def _number(self, literal: str) -> int:
        return self._literals.setdefault(literal, len(self._literals))

    @cached_property
    def _search(self) -> AhoCorasick:
        return AhoCorasick(self._literals, store_patterns=False)

    def scan_values(self, values: Sequence[str], separator: str) -> FieldScan:
        """The same for a field of several values, joined by a separator that is no word."""
        found = self.scan(separator.join(values))
        counts = (len(tokens.split_words(tokens.fold(value))) for value in values[:-1])
        found.parts = (0, *accumulate(counts))
        return found

    def scan(self, original: str) -> FieldScan:
        """The words of a field and all literals in it. To be used when every term has its finder."""
        original = original[:MAX_FIELD_CHARACTERS]
        folded = tokens.fold(original)
        line = tokens.words_line(folded)
        hits: defaultdict[int, list[int]] = defaultdict(list)
        counted = spaces = 0
        for literal, start, _ in self._search.find_matches_as_indexes(line, overlapping=True):
            # The number of a word is the number of spaces before it. Matches come in order of their ends.
            if start >= counted:
                spaces += line.count(" ", counted, start + 1)
            else:
                spaces -= line.count(" ", start + 1, counted)
            counted = start + 1
            hits[literal].append(spaces - 1)
        return FieldScan(original, folded, line, dict(hits))
