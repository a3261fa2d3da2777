"""Commands that look at what is stored: `sql`, `report`, `doctor`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import duckdb
import typer
from rich.table import Table

from flows.cli_shared import FAILED, folders, printing, published
from tasks.present import queryresult
from tasks.present.terminal import console
from tasks.settings import ConfigError
from tasks.store.published import damage_told, reading
from tasks.store.state import StoreError

_DAMAGE = (duckdb.IOException, duckdb.SerializationException, duckdb.FatalException, duckdb.InternalException)
"""What a query meets in a damaged file, however right it is."""


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
    wants_json = output is Format.JSON
    with reading(path) as connection:
        try:
            relation = connection.sql(text)
            if relation is None:  # a comment, or a setting
                return
            result = queryresult.read_json(relation) if wants_json else queryresult.read_text(relation)
        except _DAMAGE:
            raise
        except duckdb.Error as error:
            raise ConfigError(f"{path}: {str(error).strip()}") from error
    with printing():
        _print(result, output)


def _print(result: queryresult.Result, output: Format) -> None:
    match output:
        case Format.CSV:
            print(queryresult.as_csv(result), end="")
        case Format.JSON:
            print(queryresult.as_json(result))
        case Format.MARKDOWN:
            print(queryresult.as_markdown(result))
        case Format.TABLE:
            table = Table(*result.names)
            for row in result.rows:
                table.add_row(*(cell or "" for cell in row))
            console().print(table, markup=False)
            print(f"{len(result.rows)} {'row' if len(result.rows) == 1 else 'rows'}")


def report(context: typer.Context) -> None:
    """Write the HTML report and the per-topic feeds again.

    Example: newsdesk report
    """
    where = folders(context)
    path = published(where)
    from tasks.present.report import write_report

    try:
        with damage_told(path):
            index = write_report(where.data)
    except OSError as error:
        place, reason = error.filename or where.data / "report", error.strerror or error
        raise StoreError(f"{place}: cannot be written ({reason}); newsdesk needs a data folder it may write") from error
    print(index)


def doctor(context: typer.Context) -> None:
    """Check configuration, database, archive, disk and schedule; say what to do.

    Example: newsdesk --config data/demo/config --data data/demo doctor
    """
    from flows.doctor import examine

    findings = examine(folders(context))
    for finding in findings:
        mark = "ok     " if finding.good else "PROBLEM"
        print(f"{mark} {finding.subject}: {finding.message}")
        if finding.commands:  # on a line of their own, to be copied
            print(f"        {finding.commands}")
    if not all(finding.good for finding in findings):
        raise typer.Exit(FAILED)
