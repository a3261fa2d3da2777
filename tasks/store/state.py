"""The pipeline's own database: one writer, and migrations."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path

import duckdb

Connection = duckdb.DuckDBPyConnection


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
    if done and max(done) > known_schema():
        raise StoreError(
            f"{path}: made by a newer newsdesk (schema {max(done)}, this version knows {known_schema()}); "
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


def known_schema() -> int:
    """The newest schema that this version knows."""
    return max(_migrations())


def _migrations() -> dict[int, tuple[str, str]]:
    found: dict[int, tuple[str, str]] = {}
    for file in (resources.files("tasks.store") / "migrations").iterdir():
        match = re.fullmatch(r"(\d{4})_(\w+)\.sql", file.name)
        if match:
            found[int(match[1])] = (match[2], file.read_text("utf-8"))
    return found
