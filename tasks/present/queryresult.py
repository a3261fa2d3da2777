"""The result of any query as text: as DuckDB itself writes its values, so that no type is lost or refused."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import orjson

from tasks.present.cells import spreadsheet_safe

_NESTED = frozenset({"struct", "map", "list", "array", "union"})
_TEXT = frozenset({"varchar", "enum", "blob"})
_NOT_JSON = re.compile(r'("(?:[^"\\]|\\.)*")|-?(?:NaN|Infinity)')
"""A string, or what DuckDB's to_json() writes for numbers that JSON does not have."""

Rows = list[tuple[str | None, ...]]


@dataclass(frozen=True, slots=True)
class Result:
    """The rows of a query. A cell is text, None for NULL; or, where they were read so, JSON."""

    names: tuple[str, ...]
    """The columns; some may bear the same name."""
    texts: tuple[bool, ...]
    """Whether a column holds text that anybody may have written, and no numbers or dates."""
    rows: Rows


def read_text(relation: duckdb.DuckDBPyRelation) -> Result:
    """Every cell as DuckDB's text; nested ones as JSON. Raises duckdb.Error where the query fails."""
    cells = (_as_text(place, kind.id) for place, kind in enumerate(relation.types, 1))
    return _result(relation, relation.project(", ".join(cells)).fetchall())


def read_json(relation: duckdb.DuckDBPyRelation) -> Result:
    """Every cell as JSON: numbers with all their digits, NaN and infinities as null, other types as their text.

    Times are as ISO 8601 has them. Raises duckdb.Error where the query fails.
    """
    cells = (_as_json(place, kind.id) for place, kind in enumerate(relation.types, 1))
    rows = relation.project(", ".join(cells)).fetchall()
    return _result(relation, [tuple(_valid(cell) for cell in row) for row in rows])


def _result(relation: duckdb.DuckDBPyRelation, rows: Rows) -> Result:
    texts = tuple(kind.id in _TEXT and str(kind) != "JSON" for kind in relation.types)
    return Result(tuple(relation.columns), texts, rows)


def _as_text(place: int, kind: str) -> str:
    return f"to_json(#{place})::VARCHAR" if kind in _NESTED else f"#{place}::VARCHAR"


def _as_json(place: int, kind: str) -> str:
    value = f"replace(#{place}::VARCHAR, ' ', 'T')" if kind.startswith("timestamp") else f"#{place}"
    return f"to_json({value})::VARCHAR"


def _valid(cell: str | None) -> str:
    return "null" if cell is None else _NOT_JSON.sub(lambda found: found[1] or "null", cell)


def as_csv(result: Result) -> str:
    """The header and the rows; texts that a spreadsheet would run begin with an apostrophe, NULL is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(result.names)
    for row in result.rows:
        columns = zip(row, result.texts, strict=True)
        writer.writerow(spreadsheet_safe(cell) if is_text and cell else cell for cell, is_text in columns)
    return out.getvalue()


def as_json(result: Result) -> str:
    """What `read_json` gave as a list of objects; columns of one name are `a`, `a_1`, `a_2`."""
    names = _distinct(result.names)
    records = [
        {name: orjson.Fragment(cell or "null") for name, cell in zip(names, row, strict=True)} for row in result.rows
    ]
    return orjson.dumps(records, option=orjson.OPT_INDENT_2).decode()


def _distinct(names: Sequence[str]) -> list[str]:
    """The names as DuckDB tells columns of one name apart in a new table."""
    found: list[str] = []
    for name in names:
        distinct, number = name, 0
        while distinct in found:
            number += 1
            distinct = f"{name}_{number}"
        found.append(distinct)
    return found


def as_markdown(result: Result) -> str:
    """A table with each cell on one line."""
    lines = ["| " + " | ".join(result.names) + " |", "|" + " --- |" * len(result.names)]
    for row in result.rows:
        cells = (" ".join((cell or "").split()).replace("|", "\\|") for cell in row)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
