"""Rows into DuckDB set-wise: any number of records as one JSON parameter, typed by the query that reads it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import orjson


def to_json(records: Iterable[Mapping[str, Any]]) -> str:
    """The parameter `$rows` for a query made with `reading`. Lone surrogates, which no column can hold, become `?`."""
    rows = list(records)
    try:
        return orjson.dumps(rows).decode()
    except TypeError:  # orjson refuses lone surrogates
        return orjson.dumps(_well_formed(rows)).decode()


def reading(columns: Mapping[str, object]) -> str:
    """A query over the rows of `$rows`; `columns` gives each its DuckDB type, as from_json's structure does.

    A value that does not fit its type is an error, not a NULL.
    """
    structure = json.dumps([columns]).replace("'", "''")
    return f"SELECT unnest(r) FROM (SELECT unnest(from_json_strict($rows, '{structure}')) AS r)"


def _well_formed(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {key: _well_formed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_well_formed(item) for item in value]
    return value
