"""In what condition a database file is: whether each of its blocks can be read, and which newsdesk made it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

import duckdb

from tasks.store.state import Connection, known_schema

_HEADERS = 3 * 4096
"""Bytes before the first block of a DuckDB file."""


class Standing(Enum):
    """What can be said of a database file."""

    WHOLE = auto()
    MISSING = auto()
    IN_USE = auto()
    """Another program has it open read-write: it cannot be looked at."""
    FORBIDDEN = auto()
    """This user may not read it."""
    EARLIER = auto()
    """Whole, and made by an earlier newsdesk: a pass brings the state up to date; queries may lack what they need."""
    NEWER = auto()
    """Whole, and made by a newer newsdesk, which a pass of this one refuses."""
    DAMAGED = auto()


@dataclass(frozen=True, slots=True)
class Condition:
    """How a database file stands, and what tells so where that is not well."""

    path: Path
    standing: Standing
    reason: str = ""

    @property
    def is_intact(self) -> bool:
        """Whether every block can be read: it can be asked, and a copy is as good as the file."""
        return self.standing in (Standing.WHOLE, Standing.EARLIER, Standing.NEWER)


def examine(path: Path) -> Condition:
    """Read the whole file: one block that cannot be read ends every pass that comes to it, be it in a month."""
    try:
        if not path.exists():
            return Condition(path, Standing.MISSING)
        with duckdb.connect(path, read_only=True) as connection:
            cut = _missing_bytes(connection, path)
            if cut > 0:
                return Condition(path, Standing.DAMAGED, f"at least {cut} bytes are missing")
            schema = _schema(connection)
            _read_tables(connection)
            _read_indexes(connection)
    except (duckdb.Error, OSError) as error:
        return Condition(path, *_failure(error))
    if schema == known_schema():
        return Condition(path, Standing.WHOLE)
    which = Standing.NEWER if schema > known_schema() else Standing.EARLIER
    return Condition(path, which, f"schema {schema}, this version knows {known_schema()}")


def _failure(error: Exception) -> tuple[Standing, str]:
    reason = " ".join(str(error).split())[:300]
    if "Could not set lock on file" in reason:
        return Standing.IN_USE, reason
    if isinstance(error, PermissionError) or "Permission denied" in reason:
        return Standing.FORBIDDEN, reason
    if "with version number" in reason:  # the format of DuckDB itself
        return Standing.NEWER, reason
    return Standing.DAMAGED, reason


def _missing_bytes(connection: Connection, path: Path) -> int:
    """By the size that the file says of itself. Free blocks at its end need not have been written ever."""
    row = connection.execute("SELECT used_blocks * block_size FROM pragma_database_size()").fetchone()
    return int(row[0] if row else 0) + _HEADERS - path.stat().st_size


def _schema(connection: Connection) -> int:
    """0 where no pass has come so far as to say."""
    query = "SELECT count(*) FROM duckdb_tables() WHERE (schema_name, table_name) = ('main', 'schema_migrations')"
    if connection.execute(query).fetchall() == [(0,)]:
        return 0
    ((version,),) = connection.execute("SELECT coalesce(max(version), 0) FROM schema_migrations").fetchall()
    return int(version)


def _read_tables(connection: Connection) -> None:
    """Every value of every table: DuckDB compares a block with its checksum when it reads it.

    1.4 GB take 2 s of CPU; memory stays that of a scan.
    """
    query = "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary"
    for schema, table in connection.execute(query).fetchall():
        connection.execute(f'SELECT bit_xor(hash(COLUMNS(*))) FROM "{schema}"."{table}"').fetchall()


def _read_indexes(connection: Connection) -> None:
    """The index of every key, which a scan leaves alone and a pass needs: each key is looked up in it.

    Only small tables have one.
    """
    query = """SELECT schema_name, table_name, constraint_column_names FROM duckdb_constraints()
               WHERE constraint_type = 'PRIMARY KEY'"""
    for schema, table, columns in connection.execute(query).fetchall():
        named = ", ".join(f'"{column}"' for column in columns)
        marks = " AND ".join(f'"{column}" = ?' for column in columns)
        for key in connection.execute(f'SELECT {named} FROM "{schema}"."{table}"').fetchall():
            connection.execute(f'SELECT count(*) FROM "{schema}"."{table}" WHERE {marks}', key).fetchall()
