"""The pipeline's own database: one writer, migrations, and what it remembers of sources between passes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb

from tasks import urls
from tasks.model import Kind, PollState, RobotsFile, Source, Topic
from tasks.store.rows import reading, to_json

Connection = duckdb.DuckDBPyConnection

_SOURCE_COLUMNS = {
    "source_id": "VARCHAR",
    "name": "VARCHAR",
    "url": "VARCHAR",
    "kind": "VARCHAR",
    "country": "VARCHAR",
    "language": "VARCHAR",
    "tags": ["VARCHAR"],
    "enabled": "BOOLEAN",
}
_TOPIC_COLUMNS = {
    "topic_id": "VARCHAR",
    "topic_version": "VARCHAR",
    "name": "VARCHAR",
    "query": "VARCHAR",
    "min_score": "DOUBLE",
    "model": "VARCHAR",
}


class DataFolderBusy(Exception):
    """Another pass holds this data folder."""


class StoreError(Exception):
    """The database cannot be used; the message says why and what to do."""


def state_path(data: Path) -> Path:
    """Where the pipeline's database lies."""
    return data / "state" / "newsdesk.duckdb"


_DEFINITIONS = ("views.sql", "search.sql", "analysis.sql", "comments.sql")
"""What is made anew in every version, in this order."""


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Hold `data` for one pass; the lock ends with the process, however it ends.

    Raises DataFolderBusy while another process holds it, StoreError where the folder cannot be written.
    """
    path = data / "state" / "lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = path.open("a+", encoding="ascii")
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({error.strerror}); newsdesk needs a data folder it may write"
        ) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            raise DataFolderBusy(
                f"{data}: another pass (process {handle.read() or '?'}) holds this data folder"
            ) from error
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


@contextmanager
def open_state(data: Path) -> Iterator[Connection]:
    """The state database, migrated to this version; checkpointed and closed at the end.

    Raises StoreError where the file is damaged, locked by another program or of a newer version, or cannot be written.
    """
    path = state_path(data)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(path)
    except (OSError, duckdb.Error) as error:
        raise StoreError(f"{path}: cannot be opened: {_one_line(error)}; newsdesk doctor says what to do") from error
    with connection:
        # One checkpoint per pass, at its end, and none in the middle of a load.
        connection.execute("SET wal_autocheckpoint = '1GB'")
        try:
            migrate(connection, path)
            yield connection
            connection.execute("CHECKPOINT")
        except (duckdb.OperationalError, duckdb.FatalException) as error:  # a full disk, a damaged file
            raise StoreError(f"{path}: {_one_line(error)}; newsdesk doctor says what to do") from error


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())


def migrate(connection: Connection, path: Path) -> None:
    """Bring the schema to this version, each migration in its own transaction, and make the views anew."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name VARCHAR, applied_at TIMESTAMP)"
    )
    done = {row[0] for row in connection.execute("SELECT version FROM schema_migrations").fetchall()}
    known = _migrations()
    if done and max(done) > max(known):
        raise StoreError(
            f"{path}: made by a newer newsdesk (schema {max(done)}, this version knows {max(known)}); "
            "install the newer version again"
        )
    for version, (name, sql) in sorted(known.items()):
        if version not in done:
            with transaction(connection):
                connection.execute(sql)
                connection.execute(
                    "INSERT INTO schema_migrations VALUES (?, ?, make_timestamp(epoch_us(now())))", [version, name]
                )
    _define(connection, max(known))


def _define(connection: Connection, version: int) -> None:
    """Make views, macros and comments anew where this version has others than the file."""
    folder = resources.files("tasks.store")
    definitions = "".join((folder / name).read_text("utf-8") for name in _DEFINITIONS)
    made_of = hashlib.sha256(f"{version}{definitions}".encode()).hexdigest()
    if connection.execute("FROM pipeline.definitions").fetchall() == [(made_of,)]:
        return
    with transaction(connection):
        connection.execute(definitions)
        connection.execute("DELETE FROM pipeline.definitions")
        connection.execute("INSERT INTO pipeline.definitions VALUES (?)", [made_of])


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """All or nothing."""
    connection.begin()
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):  # a database that a failed write has closed cannot roll back, nor need it
            connection.rollback()
        raise
    connection.commit()


def _migrations() -> dict[int, tuple[str, str]]:
    found: dict[int, tuple[str, str]] = {}
    for file in (resources.files("tasks.store") / "migrations").iterdir():
        match = re.fullmatch(r"(\d{4})_(\w+)\.sql", file.name)
        if match:
            found[int(match[1])] = (match[2], file.read_text("utf-8"))
    return found


def sync_sources(connection: Connection, sources: Sequence[Source], now: datetime) -> bool:
    """Make `sources` the same as the configuration; a source that has left it is kept, disabled, for its articles.

    Returns whether anything changed.
    """
    records = [{name: getattr(source, name) for name in _SOURCE_COLUMNS} for source in sources]
    incoming = reading(_SOURCE_COLUMNS)
    parameters = {"rows": to_json(records), "now": now}
    with transaction(connection):
        changed = connection.execute(
            f"""SELECT count(*) FROM (
                ({incoming}) EXCEPT (SELECT {", ".join(_SOURCE_COLUMNS)} FROM sources WHERE removed_at IS NULL))""",
            {"rows": parameters["rows"]},
        ).fetchone() != (0,)
        removed = connection.execute(
            f"""UPDATE sources SET enabled = false, removed_at = $now
                WHERE removed_at IS NULL AND source_id NOT IN (SELECT source_id FROM ({incoming}))
                RETURNING source_id""",
            parameters,
        ).fetchall()
        if changed:
            connection.execute(
                f"""INSERT INTO sources BY NAME (SELECT *, $now AS added_at, NULL AS removed_at FROM ({incoming}))
                    ON CONFLICT (source_id) DO UPDATE SET
                        name = excluded.name, url = excluded.url, kind = excluded.kind, country = excluded.country,
                        language = excluded.language, tags = excluded.tags, enabled = excluded.enabled,
                        removed_at = NULL""",
                parameters,
            )
        connection.execute(_END_WATCHES, {"now": now})
        connection.execute(_BEGIN_WATCHES, {"now": now})
    return bool(changed or removed)


_END_WATCHES = """
    UPDATE source_watches SET watched_until = $now
    WHERE watched_until IS NULL AND source_id NOT IN (SELECT source_id FROM sources WHERE enabled)"""

_BEGIN_WATCHES = """
    INSERT INTO source_watches
    SELECT source_id, $now, NULL FROM sources
    WHERE enabled AND source_id NOT IN (SELECT source_id FROM source_watches WHERE watched_until IS NULL)
    ORDER BY source_id"""


def sync_topics(connection: Connection, topics: Sequence[Topic], now: datetime) -> bool:
    """Add new topic versions and mark which are active; earlier versions stay. Returns whether anything changed."""
    records = [{**asdict(topic), "topic_version": topic.version} for topic in topics]
    incoming = reading(_TOPIC_COLUMNS)
    rows = {"rows": to_json(records)}
    with transaction(connection):
        added = connection.execute(
            f"""INSERT INTO topics BY NAME SELECT *, $now AS since, false AS active FROM ({incoming}) AS i
                WHERE NOT EXISTS (FROM topics AS t WHERE (t.topic_id, t.topic_version) = (i.topic_id, i.topic_version))
                RETURNING topic_id""",
            {**rows, "now": now},
        ).fetchall()
        switched = connection.execute(
            f"""UPDATE topics SET active = NOT active
                WHERE active <> ((topic_id, topic_version) IN (SELECT (topic_id, topic_version) FROM ({incoming})))
                RETURNING topic_id""",
            rows,
        ).fetchall()
    return bool(added or switched)


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
