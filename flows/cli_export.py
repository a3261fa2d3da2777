"""The command `export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows import inputs
from flows.cli_shared import FAILED, Folders, folders, published
from tasks.present.export import ExportFormat, Slice, write_export
from tasks.present.verify import verify_export
from tasks.settings import ConfigError
from tasks.store.published import reading


def export(
    context: typer.Context,
    topic: Annotated[str | None, typer.Option(metavar="ID", help="The topic whose articles are written.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to; replaced if it is there.")
    ] = None,
    file_format: Annotated[ExportFormat, typer.Option("--format", help="How the rows are written.")] = ExportFormat.CSV,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Published on this day or later (UTC).")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Published before this day (UTC).")] = None,
    verify: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Instead: compare an exported file with FILE.manifest.json; no database."),
    ] = None,
) -> None:
    """A citable slice: the articles of a topic, and FILE.manifest.json, which says what they are and whence.

    Example: newsdesk export --topic prison-reform --format csv -o prison-reform.csv
    """
    if verify:
        if topic or output or since or until:
            raise ConfigError("export: --verify FILE goes with no other option")
        _verify(verify)
        return
    if not topic or not output:
        raise ConfigError("export: expected --topic ID and -o FILE, or --verify FILE")
    where = folders(context)
    database = published(where)
    _refuse_own_files(output, where, database)
    first = inputs.day(since) if since else None
    end = inputs.day(until, "--until") if until else None
    if first and end and first >= end:
        raise ConfigError(f"--until {until}: expected a day after --since {since}")
    with reading(database, other_files=True) as connection:
        done = write_export(connection, Slice(topic, first, end), file_format, output)
    print(f"{done.file}: {done.articles} articles, {done.unique_texts} unique texts, {done.stories} stories")
    print(f"{done.manifest}: what they are, where they are from, and on which days nobody looked")


def _refuse_own_files(output: Path, where: Folders, database: Path) -> None:
    """A slip of the hand must not cost the collection or its topics."""
    own = [database, *where.config.glob("*.yaml")]
    own += [where.data / name for name in ("state", "archive", "report", "parquet")]
    if any(output.resolve().is_relative_to(path.resolve()) for path in own):
        raise ConfigError(f"-o {output}: that is one of newsdesk's own files or folders; expected another place")


def _verify(file: Path) -> None:
    found = verify_export(file)
    if not found.same_rows:
        print(f"{file}: its {found.rows} rows are NOT those that {file}.manifest.json describes")
        raise typer.Exit(FAILED)
    written = "" if found.same_bytes else ", though the file was written anew since (its sha256 is another)"
    print(f"{file}: {found.rows} rows, those that {file}.manifest.json describes{written}")
