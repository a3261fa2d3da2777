"""Rows into DuckDB: what goes in comes out, or the load fails as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.model import Evidence, Outcome, TopicMatch
from tasks.store import layouts
from tasks.store.rows import columns_of, reading, strings, to_json

COLUMNS = {"text": "VARCHAR", "number": "BIGINT", "share": "DOUBLE", "at": "TIMESTAMP", "list": ["VARCHAR"]}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def through(connection: duckdb.DuckDBPyConnection, records: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The records as DuckDB reads them; what a record leaves out is None."""
    rows = to_json([dict.fromkeys(COLUMNS) | record for record in records])
    return connection.execute(reading(COLUMNS), {"rows": rows}).fetchall()


VALUES = {
    "quotes": ("text", 'it\'s "so" \\ 100% $rows {} ?'),
    "lines": ("text", "one\r\ntwo\ttab"),
    "other scripts": ("text", "São Paulo, 東京, 🗞️"),
    "looks like JSON": ("text", '{"a": [1]}'),
    "looks like NULL": ("text", "null"),
    "empty": ("text", ""),
    "none": ("text", None),
    "big": ("number", 2**62),
    "small share": ("share", 1e-300),
    "microseconds": ("at", datetime(2026, 3, 12, 23, 59, 59, 999999)),
    "year 1": ("at", datetime(1, 1, 1)),
    "far future": ("at", datetime(9999, 12, 31, 23, 59, 59)),
    "list": ("list", ["a", "", "ñ", "a"]),
    "empty list": ("list", []),
}


@pytest.mark.parametrize(("column", "value"), VALUES.values(), ids=VALUES)
def test_what_goes_in_comes_out(connection: duckdb.DuckDBPyConnection, column: str, value: object) -> None:
    (row,) = through(connection, [{column: value}])
    assert row[list(COLUMNS).index(column)] == value


@given(text=st.text())
@settings(max_examples=200, deadline=None)
def test_any_text(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    assert through(connection, [{"text": text}]) == [(text, None, None, None, None)]


@pytest.mark.parametrize(("written", "read"), [("a\ud800b", "a?b"), (Outcome.ARTICLE, "article")])
def test_what_no_column_can_hold(connection: duckdb.DuckDBPyConnection, written: str, read: str) -> None:
    other = {"text": "whole", "number": 7, "at": datetime(2026, 1, 1), "list": [written]}
    rows = through(connection, [{"text": written}, other])
    assert rows == [(read, None, None, None, None), ("whole", 7, None, datetime(2026, 1, 1), [read])]


def test_many_rows_keep_their_order(connection: duckdb.DuckDBPyConnection) -> None:
    rows = through(connection, [{"number": number, "text": "x" * 1000} for number in range(5000)])
    assert [row[1] for row in rows] == list(range(5000))


def test_no_rows(connection: duckdb.DuckDBPyConnection) -> None:
    assert through(connection, []) == []


def test_key_left_out_is_an_error(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.Error):
        connection.execute(reading(COLUMNS), {"rows": to_json([{"text": "a"}])})


@pytest.mark.parametrize("record", [{"number": "many"}, {"at": "yesterday"}, {"list": "a"}])
def test_value_that_does_not_fit_is_an_error(connection: duckdb.DuckDBPyConnection, record: dict[str, Any]) -> None:
    with pytest.raises(duckdb.Error):
        through(connection, [record])


@pytest.mark.parametrize(("given_term", "stored"), [("inmate", "inmate"), ("in\ud800mate", "in?mate")])
def test_records_within_records(connection: duckdb.DuckDBPyConnection, given_term: str, stored: str) -> None:
    match = TopicMatch("prisons", "v1", 0.5, (Evidence("text", given_term, 4, 10, "The inmate wrote."),))
    rows = to_json([{**columns_of(match), "page_id": "p"}])
    ((page_id, topic_id, version, score, evidence),) = connection.execute(layouts.MATCH, {"rows": rows}).fetchall()
    assert (page_id, topic_id, version, score) == ("p", "prisons", "v1", 0.5)
    assert evidence == [{"field": "text", "term": stored, "start": 4, "end": 10, "sentence": "The inmate wrote."}]


@pytest.mark.parametrize("values", [[], ["a"], ["a", "b", "a"], ["it's", '"quoted"', "東京", ""]])
def test_strings_as_a_parameter(connection: duckdb.DuckDBPyConnection, values: list[str]) -> None:
    assert connection.execute(strings("ids"), {"ids": to_json(values)}).fetchall() == [(value,) for value in values]
