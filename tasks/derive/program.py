"""Queries compiled for the automaton: each node can say whether a document matches, and then where.

`needs` are sets of literals of each of which a match needs at least one: only topics that have them in the document are
looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.derive.automaton import Automaton, Finder, wildcard_regex
from tasks.derive.conditions import PublishedTest, ValueTest
from tasks.derive.query_tree import ANYWHERE, And, Node, Not, Or, Published, Value, Words
from tasks.derive.scans import COLUMN_NUMBERS, Places, Scan, Test

MAX_HITS = 50
"""Places of one term that are looked at; more say nothing new."""


@dataclass(frozen=True, slots=True)
class _WordsTest:
    """`is_plain`: found in title or text exactly where its literal is."""

    finder: Finder
    fields: tuple[str, ...]
    term: str
    is_plain: bool
    needs: tuple[frozenset[int], ...]
    cost: float

    def matches(self, scan: Scan) -> bool:
        if self.is_plain:
            return self.finder.rarest in scan.present
        if not self.finder.literals <= scan.anywhere:
            return False
        return any(self._found(scan, field) for field in self.fields)

    def collect(self, scan: Scan, places: Places) -> None:
        for field in self.fields:
            number = COLUMN_NUMBERS[field]
            for first, end in self._found(scan, field)[:MAX_HITS]:
                places.setdefault((number, first, end), self.term)

    def _found(self, scan: Scan, field: str) -> Sequence[tuple[int, int]]:
        if field != "lead":
            return scan.fields[field].find(self.finder)
        text = scan.fields["text"]
        found = text.find(self.finder)
        return [place for place in found if place[0] < text.lead_words] if found else found


@dataclass(frozen=True, slots=True)
class _AllOf:
    tests: tuple[Test, ...]
    needs: tuple[frozenset[int], ...]
    cost: float

    def matches(self, scan: Scan) -> bool:
        for literals in self.needs:  # most candidates fail here
            if literals.isdisjoint(scan.anywhere):
                return False
        return all(test.matches(scan) for test in self.tests)

    def collect(self, scan: Scan, places: Places) -> None:
        for test in self.tests:
            test.collect(scan, places)


@dataclass(frozen=True, slots=True)
class _AnyOf:
    """`plain` are the literals of tests that are found where their literal is: one set operation for all of them.

    Of hundreds of alternatives an article holds a few: `numbers` leads from a literal to the tests that need it, by
    their places in `tests`; `always` are those that need none.
    """

    tests: tuple[Test, ...]
    plain: frozenset[int]
    numbers: Mapping[int, Sequence[int]]
    announced: frozenset[int]
    always: tuple[int, ...]
    needs: tuple[frozenset[int], ...]
    cost: float

    def matches(self, scan: Scan) -> bool:
        if not self.plain.isdisjoint(scan.present):
            return True
        if not self.always and self.announced.isdisjoint(scan.anywhere):
            return False
        return any(test.matches(scan) for test in self._possible(scan))

    def collect(self, scan: Scan, places: Places) -> None:
        for test in self._possible(scan):
            # Words that are not there add nothing; whether they are is found out by looking for them, once.
            if isinstance(test, _WordsTest) or test.matches(scan):
                test.collect(scan, places)

    def _possible(self, scan: Scan) -> list[Test]:
        there = self.announced & scan.anywhere
        if not there and not self.always:
            return []
        chosen = set(self.always).union(*[self.numbers[literal] for literal in there])
        return [self.tests[place] for place in sorted(chosen)]


@dataclass(frozen=True, slots=True)
class _NoneOf:
    test: Test
    needs: tuple[frozenset[int], ...] = ()
    cost: float = 1.0

    def matches(self, scan: Scan) -> bool:
        return not self.test.matches(scan)

    def collect(self, scan: Scan, places: Places) -> None:
        """What is not there is no evidence."""


def compile_query(node: Node, automaton: Automaton) -> Test:
    """The test for a query; its terms are added to the automaton."""
    match node:
        case Words():
            return _words(node, automaton.finder(node.words, node.slop))
        case And():
            return _all_of([compile_query(child, automaton) for child in node.nodes])
        case Or():
            return _any_of([compile_query(child, automaton) for child in node.nodes])
        case Not():
            return _NoneOf(compile_query(node.node, automaton))
        case Value():
            return ValueTest(node.field, wildcard_regex(node.pattern), node.term)
        case Published():
            return PublishedTest(node)


def _words(node: Words, finder: Finder) -> _WordsTest:
    is_plain = finder.is_literal and node.fields == ANYWHERE
    return _WordsTest(finder, node.fields, node.term, is_plain, (frozenset((finder.rarest,)),), finder.cost)


def _all_of(tests: list[Test]) -> _AllOf:
    rarest_first = sorted((test for test in tests if test.needs), key=lambda test: test.cost)
    needs = tuple(literals for test in rarest_first for literals in test.needs)
    return _AllOf(tuple(tests), needs, rarest_first[0].cost if rarest_first else 1.0)


def _any_of(tests: list[Test]) -> _AnyOf:
    numbers: dict[int, list[int]] = {}
    for place, test in enumerate(tests):
        for literal in test.needs[0] if test.needs else ():
            numbers.setdefault(literal, []).append(place)
    plain = frozenset(test.finder.rarest for test in tests if isinstance(test, _WordsTest) and test.is_plain)
    always = tuple(place for place, test in enumerate(tests) if not test.needs)
    announced = frozenset(numbers)
    needs, cost = ((), 1.0) if always else ((announced,), sum(test.cost for test in tests))
    return _AnyOf(tuple(tests), plain, numbers, announced, always, needs, cost)
