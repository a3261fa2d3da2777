"""Queries compiled for the automaton: each node can say whether a document matches, and then where.

`required` are literals of which a match needs at least one: only topics that have one in the document are looked at.
For an AND it is enough to ask for its rarest part.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple, Protocol

from tasks.derive.automaton import Automaton, FieldScan, Finder, wildcard_regex
from tasks.derive.query_tree import ANYWHERE, And, Node, Not, Or, Published, Value, Words

MAX_HITS = 50
"""Hits of one term that are looked at; more say nothing new."""

PUBLISHED_AT = "published_at"


class Hit(NamedTuple):
    """A term of the query at the words `first` to `end` (exclusive) of a field."""

    field: str
    first: int
    end: int
    term: str


@dataclass(frozen=True, slots=True)
class Scan:
    """A document as the compiled queries see it."""

    fields: Mapping[str, FieldScan]
    present: frozenset[int]
    """The literals in title and text."""
    anywhere: frozenset[int]
    """The literals in all fields."""
    published_at: datetime | None


class Test(Protocol):
    """A compiled node."""

    @property
    def required(self) -> frozenset[int] | None:
        """Literals of which every match contains at least one; None where there are none."""

    @property
    def cost(self) -> float:
        """A rough estimate of the share of articles that contain one of `required`."""

    def matches(self, scan: Scan) -> bool:
        """Whether the document matches."""

    def collect(self, scan: Scan, hits: list[Hit]) -> None:
        """Append where; to be asked only of a test that matches."""


@dataclass(frozen=True, slots=True)
class _WordsTest:
    finder: Finder
    fields: tuple[str, ...]
    term: str

    @property
    def required(self) -> frozenset[int]:
        return frozenset((self.finder.rarest,))

    @property
    def cost(self) -> float:
        return self.finder.cost

    @property
    def is_anywhere_literal(self) -> bool:
        return self.finder.is_literal and self.fields == ANYWHERE

    def matches(self, scan: Scan) -> bool:
        if not self.finder.literals <= scan.anywhere:
            return False
        return any(self._places(scan, field) for field in self.fields)

    def collect(self, scan: Scan, hits: list[Hit]) -> None:
        for field in self.fields:
            column = "text" if field == "lead" else field
            hits += [Hit(column, *place, self.term) for place in islice(self._places(scan, field), MAX_HITS)]

    def _places(self, scan: Scan, field: str) -> list[tuple[int, int]]:
        if field != "lead":
            return scan.fields[field].find(self.finder)
        text = scan.fields["text"]
        places = text.find(self.finder)
        return [place for place in places if place[0] < text.lead_words] if places else places


@dataclass(frozen=True, slots=True)
class _ValueTest:
    """A condition on a whole field, which no literal announces."""

    field: str
    pattern: re.Pattern[str]
    term: str
    required: None = None
    cost: float = 1.0

    def matches(self, scan: Scan) -> bool:
        """Equal but for wildcards; a site stands for its subdomains too, a language for its regional forms."""
        value = scan.fields[self.field].original.lower()
        if self.field == "site":
            labels = value.split(".")
            return any(self.pattern.fullmatch(".".join(labels[number:])) for number in range(len(labels)))
        if self.field == "language" and self.pattern.fullmatch(value.partition("-")[0]):
            return True
        return self.pattern.fullmatch(value) is not None

    def collect(self, scan: Scan, hits: list[Hit]) -> None:
        hits.append(Hit(self.field, 0, 1, self.term))


@dataclass(frozen=True, slots=True)
class _PublishedTest:
    node: Published
    required: None = None
    cost: float = 1.0

    def matches(self, scan: Scan) -> bool:
        moment, since, until = scan.published_at, self.node.since, self.node.until
        return moment is not None and (since is None or since <= moment) and (until is None or moment < until)

    def collect(self, scan: Scan, hits: list[Hit]) -> None:
        hits.append(Hit(PUBLISHED_AT, 0, 1, self.node.term))


@dataclass(frozen=True, slots=True)
class _AllOf:
    """`each`: for every test that requires some the literals of which it needs one; most candidates fail by these."""

    tests: tuple[Test, ...]
    each: tuple[frozenset[int], ...]
    required: frozenset[int] | None
    cost: float

    def matches(self, scan: Scan) -> bool:
        for literals in self.each:
            if literals.isdisjoint(scan.anywhere):
                return False
        return all(test.matches(scan) for test in self.tests)

    def collect(self, scan: Scan, hits: list[Hit]) -> None:
        for test in self.tests:
            test.collect(scan, hits)


@dataclass(frozen=True, slots=True)
class _AnyOf:
    """`literals` are those of the tests that are plain literals in title or text: one set operation for all of them.

    Of hundreds of alternatives an article holds a few: `numbers` leads from a literal to the tests that require it,
    by their places in `tests`; `always` are those that require none.
    """

    tests: tuple[Test, ...]
    literals: frozenset[int]
    numbers: Mapping[int, Sequence[int]]
    announced: frozenset[int]
    always: tuple[int, ...]
    required: frozenset[int] | None
    cost: float

    def matches(self, scan: Scan) -> bool:
        if not self.literals.isdisjoint(scan.present):
            return True
        if not self.always and self.announced.isdisjoint(scan.anywhere):
            return False
        return any(test.matches(scan) for test in self._possible(scan))

    def collect(self, scan: Scan, hits: list[Hit]) -> None:
        for test in self._possible(scan):
            if test.matches(scan):
                test.collect(scan, hits)

    def _possible(self, scan: Scan) -> list[Test]:
        there = self.announced & scan.anywhere
        if not there and not self.always:
            return []
        places = {*self.always, *(place for literal in there for place in self.numbers[literal])}
        return [self.tests[place] for place in sorted(places)]


@dataclass(frozen=True, slots=True)
class _NoneOf:
    test: Test
    required: None = None
    cost: float = 1.0

    def matches(self, scan: Scan) -> bool:
        return not self.test.matches(scan)

    def collect(self, scan: Scan, hits: list[Hit]) -> None:
        """What is not there is no evidence."""


def compile_query(node: Node, automaton: Automaton) -> Test:
    """The test for a query; its terms are added to the automaton."""
    match node:
        case Words():
            return _WordsTest(automaton.finder(node.words, node.slop), node.fields, node.term)
        case And():
            return _all_of([compile_query(child, automaton) for child in node.nodes])
        case Or():
            return _any_of([compile_query(child, automaton) for child in node.nodes])
        case Not():
            return _NoneOf(compile_query(node.node, automaton))
        case Value():
            return _ValueTest(node.field, wildcard_regex(node.pattern), node.term)
        case Published():
            return _PublishedTest(node)


def _all_of(tests: list[Test]) -> Test:
    rarest = min((test for test in tests if test.required is not None), key=lambda test: test.cost, default=None)
    each = tuple(test.required for test in tests if test.required is not None)
    if rarest is None:
        return _AllOf(tuple(tests), each, None, 1.0)
    return _AllOf(tuple(tests), each, rarest.required, rarest.cost)


def _any_of(tests: list[Test]) -> Test:
    literals: set[int] = set()
    numbers: dict[int, list[int]] = {}
    for place, test in enumerate(tests):
        for literal in test.required or ():
            numbers.setdefault(literal, []).append(place)
        if isinstance(test, _WordsTest) and test.is_anywhere_literal:
            literals.add(test.finder.rarest)
    always = tuple(place for place, test in enumerate(tests) if test.required is None)
    announced = frozenset(numbers)
    required, cost = (None, 1.0) if always else (announced, sum(test.cost for test in tests))
    return _AnyOf(tuple(tests), frozenset(literals), numbers, announced, always, required, cost)
