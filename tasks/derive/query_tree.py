"""The tree of a topic's query: what `tasks.derive.query` makes of the text and the matcher works on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

ANYWHERE = ("title", "text")
"""Where a term without a field is looked for."""

WORD_FIELDS = ("title", "text", "lead", "url", "tags", "authors")
"""Fields searched word by word. `lead` is the beginning of `text`; several tags or authors are joined by `, `."""

VALUE_FIELDS = ("site", "source", "language", "country")
"""Fields compared as a whole."""

DATE_FIELD = "published"
FIELDS = (*WORD_FIELDS, *VALUE_FIELDS, DATE_FIELD)


class QueryError(ValueError):
    """A query that cannot be used: what is wrong, where, and what was expected.

    `position` is the 1-based place in the query that the message speaks of, `place` the same for a reader (`column 4`;
    `line 2, column 4`), `topic` what the query belongs to.
    """

    def __init__(self, problem: str, position: int, expected: str, topic: str = "", place: str = "") -> None:
        # All of them as arguments: an exception that crosses from a worker process is built again from these.
        super().__init__(problem, position, expected, topic, place)
        self.problem = problem
        self.position = position
        self.expected = expected
        self.topic = topic
        self.place = place or f"column {position}"

    def __str__(self) -> str:
        place = f"{self.topic}, {self.place}" if self.topic else self.place
        return f"{place}: {self.problem}; expected {self.expected}"

    def at(self, place: str, topic: str = "") -> QueryError:
        """The same mistake with its place told otherwise."""
        return QueryError(self.problem, self.position, self.expected, topic, place)


def shorten(text: str) -> str:
    """Text of a query, short enough for a message."""
    return text if len(text) <= 40 else f"{text[:39]}…"


@dataclass(frozen=True, slots=True)
class Words:
    """Words to find near each other: a term, a phrase (`slop` 0) or a proximity phrase.

    `words` are folded, `*` and `?` in them are wildcards; `slop` is Lucene's: how many places the words may be moved,
    in all, to stand in a row. `term` is what evidence shows, with `^` and the boost where that is not 1.
    """

    fields: tuple[str, ...]
    words: tuple[str, ...]
    slop: int
    term: str


@dataclass(frozen=True, slots=True)
class Value:
    """A value that a field must have as a whole; `pattern` is in lower case, with `*` and `?` as wildcards."""

    field: str
    pattern: str
    term: str


@dataclass(frozen=True, slots=True)
class Published:
    """A publication time, UTC, from `since` (inclusive) to `until` (exclusive); None is open."""

    since: datetime | None
    until: datetime | None
    term: str


@dataclass(frozen=True, slots=True)
class And:
    """All of the nodes."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the nodes."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Everything but the node."""

    node: Node


Node = Words | Value | Published | And | Or | Not


def is_positive(node: Node) -> bool:
    """Whether every match of the node contains something that the query asks for, so that it has evidence."""
    match node:
        case And(nodes):
            return any(is_positive(child) for child in nodes)
        case Or(nodes):
            return all(is_positive(child) for child in nodes)
        case Not():
            return False
        case _:
            return True


def conjunction(nodes: tuple[Node, ...]) -> Node:
    """`And` of the nodes; nested ones are taken in, a single node stays itself."""
    flat = tuple(part for node in nodes for part in (node.nodes if isinstance(node, And) else (node,)))
    return flat[0] if len(flat) == 1 else And(flat)


def disjunction(nodes: tuple[Node, ...]) -> Node:
    """`Or` of the nodes; nested ones are taken in, a single node stays itself."""
    flat = tuple(part for node in nodes for part in (node.nodes if isinstance(node, Or) else (node,)))
    return flat[0] if len(flat) == 1 else Or(flat)


def negation(node: Node) -> Node:
    """`Not` of the node; two of them cancel each other."""
    return node.node if isinstance(node, Not) else Not(node)


def has_words(node: Node) -> bool:
    """Whether the node asks for words, rather than only excluding them or setting conditions."""
    match node:
        case Words():
            return True
        case And(nodes) | Or(nodes):
            return any(map(has_words, nodes))
        case _:
            return False


def loosened(node: Node) -> Node:
    """The node with any of its words enough where it asks for several; what it excludes and its conditions stay."""
    match node:
        case Or(nodes):
            return disjunction(tuple(map(loosened, nodes)))
        case And(nodes) if has_words(node):
            words = tuple(loosened(child) for child in nodes if has_words(child))
            return conjunction((disjunction(words), *(child for child in nodes if not has_words(child))))
        case _:
            return node
