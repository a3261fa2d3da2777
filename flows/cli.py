"""The command line: `newsdesk`. Prefect and other heavy imports wait until a command needs them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from flows import cli_backfill, cli_data, cli_export, cli_search, cli_sources, cli_topics, environment
from flows.cli_shared import (
    BAD_USAGE,
    BUSY,
    FAILED,
    INTERRUPTED,
    Folders,
    QueryCommand,
    checked_config,
    folders,
    require_data,
)
from tasks import __version__
from tasks.present.terminal import console
from tasks.settings import ConfigError
from tasks.store.state import DataFolderBusy, StoreError, locked

app = typer.Typer(
    name="newsdesk",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="A news monitor: watches feeds and pages, keeps the evidence, answers questions in SQL.",
)
app.add_typer(cli_sources.app, name="sources")
app.add_typer(cli_topics.app, name="topics")
app.command(cls=QueryCommand)(cli_data.sql)
app.command("search", cls=QueryCommand)(cli_search.search_command)
app.command()(cli_data.report)
app.command()(cli_export.export)
app.command()(cli_data.doctor)
app.command()(cli_backfill.backfill)
app.command()(cli_backfill.replay)
app.command()(cli_topics.retag)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"newsdesk {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    config: Annotated[Path, typer.Option(envvar="NEWSDESK_CONFIG", help="Configuration folder.")] = Path("config"),
    data: Annotated[Path, typer.Option(envvar="NEWSDESK_DATA", help="Data folder.")] = Path("data"),
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    source = context.get_parameter_source("data")
    context.obj = Folders(config, data, data_given=source is not None and source.name != "DEFAULT")


@app.command(epilog="Example: newsdesk run --source marshall-project --force")
def run(
    context: typer.Context,
    source: Annotated[list[str] | None, typer.Option(help="Only this source (repeatable).", metavar="ID")] = None,
    force: Annotated[bool, typer.Option(help="Poll every source, due or not.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")] = False,
) -> None:
    """One monitoring pass: poll what is due, fetch, extract, detect, load, publish, report."""
    environment.foresee_pass()
    where = folders(context)
    config = checked_config(where)
    known = {entry.source_id for entry in config.sources}
    for name in source or []:
        if name not in known:
            raise ConfigError(f"--source {name}: no source with this id in {where.config / 'sources.yaml'}")
    with locked(where.data):
        pass  # a busy or read-only folder is told before Prefect starts; the pass itself takes the lock again
    environment.prepare_pass(where.data)
    from flows.monitor import monitor
    from flows.passes import start_workers_early
    from tasks.present import progress, summary

    start_workers_early(where.data, config.settings)
    try:
        with progress.showing(), environment.needing_prefect(where.data):
            done = monitor(str(where.config), str(where.data), source or None, force)
    except KeyboardInterrupt:  # typer would end silently
        _stop("interrupted; what was committed is kept, the next pass goes on from there", INTERRUPTED)
    if json_output:
        print(json.dumps(summary.as_json(done)))
        return
    summary.print_summary(done, where.data)
    summary.print_places(where.data)


@app.command(epilog="Example: newsdesk demo --keep")
def demo(
    context: typer.Context,
    keep: Annotated[bool, typer.Option(help="Leave the site up until Ctrl-C.")] = False,
) -> None:
    """Two passes against the bundled news site, into data/demo/ unless --data is given."""
    where = folders(context)
    data = where.data if where.data_given else where.data / "demo"
    from flows.demo import run_demo

    run_demo(where.config, data, keep=keep)


@app.command(epilog="Example: newsdesk serve")
def serve(context: typer.Context) -> None:
    """All scheduled deployments in this one process."""
    where = folders(context)
    checked_config(where)
    with locked(where.data):
        pass  # a folder that cannot be written is told now, not every 15 minutes
    environment.prepare(where.data)
    from flows import server

    with server.running():
        from flows.serve import serve_deployments

        serve_deployments(where.config, where.data)


@app.command(epilog="Example: newsdesk maintain")
def maintain(context: typer.Context) -> None:
    """Housekeeping: old archive files, what a site's pages share, the search index. `serve` does it every night."""
    where = folders(context)
    checked_config(where)
    require_data(where)
    with locked(where.data):
        pass  # as in run
    environment.prepare_pass(where.data)
    from flows.maintain import maintain as flow

    with environment.needing_prefect(where.data):
        flow(str(where.config), str(where.data))


def main() -> None:
    """Run the command line; every expected mistake is one line on stderr and an exit code."""
    try:
        app()
    except ConfigError as error:
        _stop(str(error), BAD_USAGE)
    except DataFolderBusy as error:
        _stop(str(error), BUSY)
    except StoreError as error:
        _stop(str(error), FAILED)


def _stop(message: str, code: int) -> NoReturn:
    console(stderr=True).print(f"newsdesk: {message}", highlight=False, markup=False, soft_wrap=True)
    sys.exit(code)
