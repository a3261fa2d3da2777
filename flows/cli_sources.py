"""Commands on sources: `sources list` and `check`; those that change the list are in `cli_subscriptions`."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer
from rich.table import Table

from flows.cli_shared import FAILED, checked_config, folders
from flows.cli_subscriptions import add_source, export_sources, import_sources
from tasks.model import Poll, PollOutcome, PollState, Source
from tasks.present.terminal import console
from tasks.settings import Config, ConfigError
from tasks.store.publish import published_path
from tasks.store.published import reading

app = typer.Typer(no_args_is_help=True, help="The sources that are watched.")


@app.callback()
def _sources() -> None:
    """The sources that are watched."""


@app.command("list")
def list_sources(context: typer.Context) -> None:
    """Every configured source and its health.

    Example: newsdesk sources list
    """
    where = folders(context)
    health: dict[str, tuple[Any, ...]] = {}
    if published_path(where.data).exists():
        with reading(published_path(where.data)) as connection:
            rows = connection.execute(
                """SELECT source_id, status, last_success_at, next_poll_at, entries_7d, articles_7d, last_error
                   FROM source_health"""
            ).fetchall()
            health = {row[0]: row[1:] for row in rows}
    table = Table(
        "source", "status", "last success (UTC)", "next poll (UTC)", "entries 7d", "articles 7d", "last error"
    )
    for source in checked_config(where).sources:
        status, success, following, entries, articles, error = health.get(
            source.source_id, ("never", None, None, 0, 0, None)
        )
        shown = status if source.enabled else "disabled"
        table.add_row(
            source.source_id, shown, _time(success), _time(following), str(entries), str(articles), error or ""
        )
    console().print(table, markup=False)


@app.command("check")
def check_sources(
    context: typer.Context,
    source_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="One source; all when left out.")] = None,
) -> None:
    """Fetch a source now and say what it gives; nothing is stored.

    Example: newsdesk sources check marshall-project
    """
    where = folders(context)
    config = checked_config(where)
    chosen = [s for s in config.sources if s.source_id == source_id] if source_id else list(config.sources)
    if not chosen:
        raise ConfigError(f"no source {source_id!r} in {where.config / 'sources.yaml'}")
    polls = sorted(_poll_now(chosen, config), key=lambda poll: poll.source_id)
    for poll in polls:
        print(_line(poll))
    if source_id:
        _print_entries(polls[0])
    if any(poll.outcome is not PollOutcome.OK for poll in polls):
        raise typer.Exit(FAILED)


def _poll_now(sources: list[Source], config: Config) -> list[Poll]:
    """Poll as if for the first time."""
    from tasks.capture.sources import poll_sources
    from tasks.clock import now

    polls: list[Poll] = []
    pairs = [(source, PollState(source.source_id, source.url, source.url)) for source in sources]
    asyncio.run(poll_sources(pairs, config.settings, now, polls.append))
    return polls


def _line(poll: Poll) -> str:
    if poll.outcome is not PollOutcome.OK:
        return f"{poll.source_id}: {poll.outcome}: {poll.error} ({poll.state.url})"
    moved = f", moved for good to {poll.state.moved_to}" if poll.state.moved_to else ""
    return (
        f"{poll.source_id}: ok, {len(poll.entries)} entries, {poll.bytes} bytes in {poll.duration_ms} ms, "
        f"next poll in {poll.state.interval}{moved}"
    )


def _print_entries(poll: Poll) -> None:
    for entry in poll.entries[:10]:
        print(f"  {_time(entry.published_at) or 'undated':16}  {entry.title or '(no title)'}\n{'':20}{entry.url}")
    if len(poll.entries) > 10:
        print(f"  and {len(poll.entries) - 10} more")


def _time(value: Any) -> str:
    return value.strftime("%Y-%m-%d %H:%M") if value else ""


app.command("add")(add_source)
app.command("import")(import_sources)
app.command("export")(export_sources)
