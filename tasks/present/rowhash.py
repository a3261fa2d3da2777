"""A hash of an exported slice's rows that is the same in every format, and is made again from a file alone.

A cell counts as text: numbers, dates and lists as DuckDB's to_json() writes them, NULL as nothing, and in CSV without
the apostrophe that keeps spreadsheets from running it. A row's hash is over the hashes of its cells, the slice's over
the hashes of its rows, each as 64 hexadecimal digits, one after the other.
"""

from __future__ import annotations

import csv
import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path

import duckdb

from tasks.present.cells import restored

_BY_ROW = """
    SELECT sha256(coalesce(string_agg(row_hash, '' ORDER BY published_at, article_id), '')), count(*) FROM (
        SELECT
            row ->> 'published_at' AS published_at, row ->> 'article_id' AS article_id,
            sha256(array_to_string(
                list_transform(json_keys(row), lambda name: sha256(coalesce(row ->> name, ''))), '')) AS row_hash
        FROM ({rows}) AS r(row)
    )"""


def of_relation(connection: duckdb.DuckDBPyConnection, rows: str) -> tuple[str, int]:
    """The hash of the rows that a query gives as one column of JSON objects, and how many they are."""
    found = connection.execute(_BY_ROW.format(rows=rows)).fetchone()
    assert found is not None
    return str(found[0]), int(found[1])


def of_file(file: Path, kind: str) -> tuple[str, int]:
    """The hash of the rows of an exported file, and how many they are; `kind` is `csv`, `parquet` or `jsonl`.

    Raises duckdb.Error, OSError, csv.Error and UnicodeDecodeError for a file that is none of that kind.
    """
    if kind == "csv":
        csv.field_size_limit(sys.maxsize)
        with file.open(encoding="utf-8", newline="") as stream:
            rows = csv.reader(stream)
            next(rows, None)
            return _of_cells([restored(cell) for cell in row] for row in rows)
    name = str(file).replace("'", "''")
    objects = f"SELECT to_json(r) FROM read_parquet('{name}') AS r"
    if kind == "jsonl":
        objects = f"FROM read_json_objects('{name}', format = 'newline_delimited')"
    with duckdb.connect() as connection:
        return of_relation(connection, objects)


def _of_cells(rows: Iterable[list[str]]) -> tuple[str, int]:
    together, count = hashlib.sha256(), 0
    for row in rows:
        cells = "".join(hashlib.sha256(cell.encode()).hexdigest() for cell in row)
        together.update(hashlib.sha256(cells.encode()).hexdigest().encode())
        count += 1
    return together.hexdigest(), count
