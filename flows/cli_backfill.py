"""Commands that derive from what is archived already, here or elsewhere: `backfill` and `replay`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from flows import environment, inputs
from flows.cli_shared import FAILED, INTERRUPTED, Folders, checked_config, folders, require_data
from tasks.settings import ConfigError
from tasks.store.state import locked


def backfill(
    context: typer.Context,
    more: Annotated[list[str] | None, typer.Argument(metavar="GLOB", help="More WARC files, after --warc.")] = None,
    warc: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="WARC files, as CC-NEWS publishes them (repeatable).")
    ] = None,
    urls: Annotated[Path | None, typer.Option(metavar="FILE", help="A list of addresses, one a line.")] = None,
    source: Annotated[str | None, typer.Option(metavar="ID", help="A source whose sitemaps are read.")] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="With --source: the first day.")] = None,
    site: Annotated[
        list[str] | None, typer.Option(metavar="HOST", help="With --warc: only this publisher (repeatable).")
    ] = None,
    language: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="With --warc: only this language (repeatable).")
    ] = None,
) -> None:
    """Articles from WARC files, a list of addresses, or a source's sitemaps; goes on where an earlier one was cut off.

    Example: newsdesk backfill --warc CC-NEWS-20260131*.warc.gz --language es
    """
    patterns = [*(warc or []), *(more or [])]
    _check_usage(bool(warc), patterns, urls, source, since, bool(site or language))
    where = folders(context)
    config = checked_config(where)
    files = [str(path) for path in inputs.warc_files(patterns)]
    inputs.choice(site, language)
    first = inputs.day(since) if since else None
    if urls:
        inputs.addresses(urls)
    if source:
        inputs.configured_source(config, source)

    def work() -> tuple[list[str], int]:
        from flows.backfill import backfill as flow
        from tasks.present.changes import of_backfill

        listed = str(urls) if urls else None
        done = flow(str(where.config), str(where.data), files or None, listed, source, first, site, language)
        assert done.summary
        filled = done.filled
        nothing_read = filled.files_broken and not (filled.files_done or filled.files_known)
        code = FAILED if nothing_read or done.summary.counts.sources_failed else 0
        return of_backfill(filled, done.summary), code

    _run(where, work)


def replay(
    context: typer.Context,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Only pages fetched since then.")] = None,
) -> None:
    """Extract and detect again from the archive, with today's code and topics; no network.

    Example: newsdesk replay --since 2026-01-31
    """
    where = folders(context)
    checked_config(where)
    require_data(where)
    first = inputs.day(since) if since else None

    def work() -> tuple[list[str], int]:
        from flows.replay import replay as flow
        from tasks.present.changes import of_replay

        done = flow(str(where.config), str(where.data), first)
        assert done.summary
        return of_replay(done.changes, done.summary), 0

    _run(where, work)


def _check_usage(
    warc: bool, patterns: list[str], urls: Path | None, source: str | None, since: str | None, chosen: bool
) -> None:
    """Raise ConfigError where the options do not go together."""
    if sum(map(bool, (warc, urls, source))) != 1:
        raise ConfigError("backfill: expected one of --warc GLOB, --urls FILE, and --source ID with --since DATE")
    if bool(source) != bool(since):
        raise ConfigError("backfill: --source ID and --since DATE go together")
    if not warc and (patterns or chosen):
        raise ConfigError("backfill: --site, --language and further files go with --warc")


def _run(where: Folders, work: Callable[[], tuple[list[str], int]]) -> None:
    """Run a flow, with progress on stderr, and print the lines that it gives; end with the exit code that it gives.

    A busy or read-only folder is told before Prefect starts.
    """
    with locked(where.data):
        pass
    environment.prepare_pass(where.data)
    from tasks.present import progress

    try:
        with progress.showing(), environment.needing_prefect(where.data):
            lines, code = work()
    except KeyboardInterrupt:
        print("newsdesk: interrupted; what was committed is kept, the same command goes on from there", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    print("\n".join(lines))
    if code:
        raise typer.Exit(code)
