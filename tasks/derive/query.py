"""A topic's query: Lucene classic syntax in, our own frozen tree out.

luqum parses; what it leaves open is decided here: the default operator is AND, `+` and `-` mark clauses of the list
they stand in, boosts multiply down to the terms, and a query must ask for something. docs/query-syntax.md tells it to
analysts.
Source: https://lucene.apache.org/core/2_9_4/queryparsersyntax.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from luqum import tree as lucene

from tasks.derive.query_dates import parse_period, parse_range
from tasks.derive.query_syntax import MAX_DEPTH, parse_lucene
from tasks.derive.query_terms import unescape, value_pattern, word_patterns
from tasks.derive.query_tree import (
    ANYWHERE,
    DATE_FIELD,
    FIELDS,
    VALUE_FIELDS,
    And,
    Node,
    Not,
    Or,
    Published,
    QueryError,
    Value,
    Words,
    conjunction,
    disjunction,
    is_positive,
    negation,
    shorten,
)

__all__ = ["And", "Node", "Not", "Or", "Published", "QueryError", "Value", "Words", "parse_query"]

MAX_NEAR_WORDS = 32
"""Words in a proximity phrase."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """What surrounds an item of luqum's tree."""

    field: str | None = None
    boost: float = 1.0
    depth: int = 0

    def inner(self, column: int) -> _Scope:
        if self.depth >= MAX_DEPTH:
            raise QueryError("too many things inside one another", column, f"at most {MAX_DEPTH} levels")
        return replace(self, depth=self.depth + 1)


@lru_cache(maxsize=1024)
def parse_query(query: str) -> Node:
    """The tree of a query in Lucene classic syntax. Raises QueryError, with the place and what was expected.

    Remembered, because a pass asks for each query three times: 0.2 s of CPU for the shipped topics.
    """
    try:
        return _parse(query)
    except QueryError as error:
        above = query[: error.position - 1]
        if "\n" not in above:
            raise
        raise error.at(f"line {above.count(chr(10)) + 1}, column {len(above) - above.rindex(chr(10))}") from error


def _parse(query: str) -> Node:
    item = parse_lucene(query)
    node = _convert(item, _Scope())
    if not is_positive(node):
        raise QueryError(
            "NOT alone would match nearly every article, and show no evidence",
            _first_negation(item),
            "a term to find beside what is excluded (a AND NOT b); in an OR, - excludes from the whole list",
        )
    return node


def _column(item: Any) -> int:
    return int(item.pos or 0) + 1


def _first_negation(item: Any) -> int:
    """The column of the first NOT or `-`, for the message."""
    negations = (lucene.Not, lucene.Prohibit)
    while not isinstance(item, negations) and item.children:
        item = next((child for child in item.children if isinstance(child, negations)), item.children[0])
    return _column(item)


def _convert(item: Any, scope: _Scope) -> Node:
    match item:
        case lucene.BaseOperation():
            return conjunction(tuple(_clause(clause, scope) for clause in _side_by_side(item)))
        case lucene.Word() | lucene.Phrase():
            return _term(item, scope)
        case lucene.Proximity():
            return _term(item.term, scope, item.degree)
        case lucene.Range() | lucene.From() | lucene.To():
            return _range(item, scope)
        case lucene.Regex():
            raise QueryError("regular expressions are not supported", _column(item), "a wildcard, or / inside quotes")
    return _convert_wrapped(item, scope.inner(_column(item)))


def _convert_wrapped(item: Any, scope: _Scope) -> Node:
    match item:
        case lucene.Not() | lucene.Prohibit():
            return negation(_convert(item.a, scope))
        case lucene.Plus():
            return _convert(item.a, scope)
        case lucene.Boost():
            return _convert(item.expr, replace(scope, boost=scope.boost * float(item.force)))
        case lucene.SearchField():
            return _convert(item.expr, replace(scope, field=_field_name(item)))
        case lucene.BaseGroup():
            return _convert(item.expr, scope)
    raise QueryError(f"{type(item).__name__} is not supported", _column(item), "a term")


def _field_name(item: Any) -> str:
    if item.name not in FIELDS:
        expected = f"one of {', '.join(FIELDS)}; quotes around a word with a colon"
        raise QueryError(f"there is no field {shorten(item.name)!r}", _column(item), expected)
    return str(item.name)


def _side_by_side(item: Any) -> list[Any]:
    """The clauses that stand side by side without an operator, which binds loosest.

    luqum does so too, but before `+` and `-`: it reads `a OR b -c` as `a OR (b -c)`, and a row of these ever deeper.
    """
    clauses = []
    waiting = [item]
    while waiting:
        item = waiting.pop()
        operations = []
        while isinstance(item, lucene.AndOperation | lucene.OrOperation):
            operations.append(item)
            item = item.operands[-1]
        rest: list[Any] = []
        if isinstance(item, lucene.UnknownOperation):
            item, *rest = item.operands
        for operation in reversed(operations):
            item = type(operation)(*operation.operands[:-1], item)
        waiting += reversed(rest)
        clauses.append(item)
    return clauses


def _clause(item: Any, scope: _Scope) -> Node:
    match item:
        case lucene.AndOperation():
            return conjunction(tuple(_convert(operand, scope) for operand in item.operands))
        case lucene.OrOperation():
            return _any_of(item.operands, scope)
    return _convert(item, scope)


def _any_of(operands: Any, scope: _Scope) -> Node:
    """Lucene's list of clauses: `+` marks what must be there and `-` what must not; the others are alternatives.

    Beside a `+` the alternatives are optional: they decide nothing, but are evidence where they occur.
    """
    required = [operand for operand in operands if isinstance(operand, lucene.Plus)]
    excluded = [operand for operand in operands if isinstance(operand, lucene.Prohibit)]
    others = [operand for operand in operands if not isinstance(operand, lucene.Plus | lucene.Prohibit)]
    clauses = [_convert(operand, scope) for operand in required]
    alternatives = [_convert(operand, scope) for operand in others]
    if alternatives:
        clauses.append(disjunction((*alternatives, *([conjunction(tuple(clauses))] if clauses else []))))
    return conjunction((*clauses, *(_convert(operand, scope) for operand in excluded)))


def _term(item: Any, scope: _Scope, slop: int = 0) -> Node:
    written = item.value[1:-1] if isinstance(item, lucene.Phrase) else item.value
    if scope.field == DATE_FIELD:
        since, until = parse_period(unescape(written), _column(item))
        return _published(since, until, written)
    if scope.field in VALUE_FIELDS:
        pattern = value_pattern(written, scope.field, _column(item))
        return Value(scope.field, pattern, f"{scope.field}:{written.strip()}")
    words = word_patterns(written, _column(item))
    if slop and len(words) > MAX_NEAR_WORDS:
        raise QueryError("too many words for a proximity", _column(item), f"at most {MAX_NEAR_WORDS}")
    shown = " ".join(str(item.value).split()) + (f"~{slop}" if slop else "")
    boost = f"^{scope.boost:g}" if scope.boost != 1 else ""
    fields = (scope.field,) if scope.field else ANYWHERE
    return Words(fields, words, slop if len(words) > 1 else 0, shown + boost)


def _range(item: Any, scope: _Scope) -> Published:
    if scope.field != DATE_FIELD:
        raise QueryError("a range needs the field published", _column(item), "published:[2024-01-01 TO 2024-12-31]")
    match item:
        case lucene.Range():
            low, high = _bound(item.low), _bound(item.high)
            since, until = parse_range(low, high, item.include_low, item.include_high, _column(item))
            return _published(since, until, str(item).strip())
        case lucene.From():
            since, _ = parse_range(_bound(item.a), "*", item.include, True, _column(item))
            return _published(since, None, str(item).strip())
    _, until = parse_range("*", _bound(item.a), True, item.include, _column(item))
    return _published(None, until, str(item).strip())


def _bound(item: Any) -> str:
    if not isinstance(item, lucene.Word | lucene.Phrase):
        raise QueryError("this is no date", _column(item), "a date such as 2024-05-31")
    return unescape(item.value.strip('"'))


def _published(since: datetime | None, until: datetime | None, written: str) -> Published:
    return Published(since, until, f"{DATE_FIELD}:{written}")
