"""What the database remembers of sources between passes: where each stands, and the robots.txt files of hosts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from tasks import urls
from tasks.model import Kind, PollState, RobotsFile, Source
from tasks.store.rows import reading, to_json
from tasks.store.state import Connection


def poll_states(connection: Connection, sources: Sequence[Source]) -> list[PollState]:
    """What is remembered of each source, in order; a source that is new or has a new address starts anew.

    One whose host has asked to be left alone is not due before.
    """
    kept: dict[str, dict[str, Any]] = {
        row["source_id"]: row for row in _dicts(connection.execute("SELECT * FROM pipeline.poll_state"))
    }
    waits: dict[str, datetime] = dict(connection.execute("SELECT host, until FROM pipeline.hosts").fetchall())
    states = [_poll_state(source, kept.get(source.source_id)) for source in sources]
    states = [_not_before(state, waits.get(urls.host(state.url))) for state in states]
    return _with_robots(connection, sources, states)


def _poll_state(source: Source, row: dict[str, Any] | None) -> PollState:
    if row is None or row["configured_url"] != source.url:
        return PollState(source.source_id, source.url, source.url)
    seconds = row.pop("interval_s")
    row["interval"] = timedelta(seconds=seconds) if seconds else None
    row["kind"] = Kind(row["kind"]) if row["kind"] else None
    return PollState(**row)


def _not_before(state: PollState, until: datetime | None) -> PollState:
    if until is None or (state.next_poll_at and state.next_poll_at >= until):
        return state
    return replace(state, next_poll_at=until)


def _with_robots(connection: Connection, sources: Sequence[Source], states: Sequence[PollState]) -> list[PollState]:
    """The states with the robots.txt files of their hosts, but for those kinds of sources that need none."""
    asked = {
        urls.host(state.url)
        for source, state in zip(sources, states, strict=True)
        if (source.kind or state.kind) not in (Kind.FEED, Kind.ARTICLE)
    }
    files: dict[str, list[RobotsFile]] = {}
    for file in known_robots(connection) if asked else ():
        files.setdefault(urls.host(file.origin), []).append(file)
    return [
        replace(state, robots=tuple(files.get(urls.host(state.url), ()))) if urls.host(state.url) in asked else state
        for state in states
    ]


def known_robots(connection: Connection) -> list[RobotsFile]:
    """The robots.txt files that earlier passes fetched."""
    rows = connection.execute("SELECT origin, body, fetched_at, expires_at FROM pipeline.robots").fetchall()
    return [RobotsFile(*row) for row in rows]


def keep_robots(connection: Connection, files: Sequence[RobotsFile]) -> None:
    """Keep robots.txt files for the next passes."""
    columns = {"origin": "VARCHAR", "body": "VARCHAR", "fetched_at": "TIMESTAMP", "expires_at": "TIMESTAMP"}
    connection.execute(
        f"INSERT OR REPLACE INTO pipeline.robots BY NAME {reading(columns)}", {"rows": to_json(map(asdict, files))}
    )


def _dicts(result: Connection) -> list[dict[str, Any]]:
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
