"""Which of thousands of queries can match at all, told by the literals that a document holds.

Of a query like (a OR b) AND (c OR d) two sets of literals are kept, the rarest: it is a candidate where the document
holds one of each. One set alone leaves ten times as many (measured on generated topics over news), and with words
that many topics share, those that fail would cost more than those that match.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set


class Candidates:
    """Queries by number, found by literals."""

    def __init__(self) -> None:
        self._always: set[int] = set()
        self._lone: set[int] = set()
        self._first: dict[int, list[int]] = {}
        self._second: dict[int, list[int]] = {}

    def add(self, number: int, needs: Sequence[Iterable[int]]) -> None:
        """A query, and sets of literals of each of which it needs at least one, the rarest set first."""
        if not needs:
            self._always.add(number)
        if len(needs) == 1:
            self._lone.add(number)
        for literals, numbers in zip(needs, (self._first, self._second), strict=False):
            for literal in literals:
                numbers.setdefault(literal, []).append(number)

    def find(self, literals: Set[int]) -> list[int]:
        """The candidates for a document with these literals, in order."""
        first, second = _united(self._first, literals), _united(self._second, literals)
        return sorted(self._always | (first & self._lone) | (first & second))


def _united(numbers: Mapping[int, Sequence[int]], literals: Set[int]) -> set[int]:
    return set().union(*[numbers[literal] for literal in literals if literal in numbers])
