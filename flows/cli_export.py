"""The command `export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows import inputs
from flows.cli_shared import folders, published
from tasks.present.export import ExportFormat, Slice, write_export
from tasks.settings import ConfigError


def export(
    context: typer.Context,
    topic: Annotated[str, typer.Option(metavar="ID", help="The topic whose articles are written.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where to; replaced if it is there.")],
    file_format: Annotated[ExportFormat, typer.Option("--format", help="How the rows are written.")] = ExportFormat.CSV,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Published on this day or later (UTC).")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Published before this day (UTC).")] = None,
) -> None:
    """A citable slice: the articles of a topic, and FILE.manifest.json, which says what they are and whence.

    Example: newsdesk export --topic prison-reform --format csv -o prison-reform.csv
    """
    database = published(folders(context))
    first = inputs.day(since) if since else None
    end = inputs.day(until, "--until") if until else None
    if first and end and first >= end:
        raise ConfigError(f"--until {until}: expected a day after --since {since}")
    done = write_export(database, Slice(topic, first, end), file_format, output)
    print(f"{done.file}: {done.articles} articles, {done.unique_texts} unique texts, {done.stories} stories")
    print(f"{done.manifest}: what they are, where they are from, and on which days nobody looked")
