"""Commands that look at what is stored: `sql`, `report`, `doctor`."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import duckdb
import orjson
import typer
from rich.table import Table

from flows.cli_shared import FAILED, folders, printing, published
from tasks.present.terminal import console
from tasks.settings import ConfigError
from tasks.store.state import StoreError


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    MARKDOWN = "markdown"


def sql(
    context: typer.Context,
    query: Annotated[str | None, typer.Argument(help="The query; read from stdin when left out.")] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print the rows.")] = Format.TABLE,
) -> None:
    """Read-only SQL on the published database.

    Example: newsdesk sql "FROM topic_daily ORDER BY day DESC LIMIT 20" --format csv
    """
    path = published(folders(context))
    text = query if query is not None else sys.stdin.read()
    if not text.strip():
        raise ConfigError('no query; expected one, for example: newsdesk sql "FROM source_health"')
    with _opened(path) as connection:
        try:
            result = connection.execute(text)
            if result is None or result.description is None:  # a comment only
                return
            names = [column[0] for column in result.description]
            rows = result.fetchall()
        except duckdb.Error as error:
            raise ConfigError(f"{path}: {str(error).strip()}") from error
    with printing():
        _print_rows(names, rows, output)


def _opened(path: Path) -> duckdb.DuckDBPyConnection:
    """The published database, with no way to other files: what is promised is read-only."""
    try:
        return duckdb.connect(path, read_only=True, config={"enable_external_access": "false"})
    except duckdb.Error as error:
        reason = " ".join(str(error).split())[:200]
        raise StoreError(f"{path}: cannot be opened: {reason}; newsdesk doctor says what to do") from error


def _print_rows(names: Sequence[str], rows: Sequence[Sequence[Any]], output: Format) -> None:
    if output is Format.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([["" if value is None else _text(value) for value in row] for row in rows])
    elif output is Format.JSON:
        records = [dict(zip(names, row, strict=True)) for row in rows]
        print(orjson.dumps(records, default=str, option=orjson.OPT_INDENT_2).decode())
    elif output is Format.MARKDOWN:
        print("| " + " | ".join(names) + " |")
        print("|" + " --- |" * len(names))
        for row in rows:
            print("| " + " | ".join(" ".join(_text(value).split()).replace("|", "\\|") for value in row) + " |")
    else:
        table = Table(*names)
        for row in rows:
            table.add_row(*(_text(value) for value in row))
        console().print(table, markup=False)
        print(f"{len(rows)} {'row' if len(rows) == 1 else 'rows'}")


def _text(value: Any) -> str:
    """Nested values as JSON, the rest as DuckDB gives it."""
    if value is None:
        return ""
    return orjson.dumps(value, default=str).decode() if isinstance(value, list | dict) else str(value)


def report(context: typer.Context) -> None:
    """Write the HTML report and the per-topic feeds again.

    Example: newsdesk report
    """
    where = folders(context)
    published(where)
    from tasks.present.report import write_report

    print(write_report(where.data))


def doctor(context: typer.Context) -> None:
    """Check configuration, database, archive, disk and schedule; say what to do.

    Example: newsdesk --data data/demo doctor
    """
    from flows.doctor import examine

    findings = examine(folders(context))
    for finding in findings:
        mark = "ok     " if finding.good else "PROBLEM"
        print(f"{mark} {finding.subject}: {finding.message}")
    if not all(finding.good for finding in findings):
        raise typer.Exit(FAILED)
