"""Every state that an earlier version may have left becomes this version's, and loses nothing."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tasks.store import state
from tasks.store.state import StoreError, open_state, state_path
from tests.store.samples import derived, desk

KNOWN = state._migrations()
LAST = max(KNOWN)
_VALUES = {
    "VARCHAR": "'x'",
    "VARCHAR[]": "['x']",
    "BOOLEAN": "true",
    "TIMESTAMP": "TIMESTAMP '2026-03-12 12:00:00'",
    "DATE": "DATE '2026-03-12'",
    "MAP(VARCHAR, BIGINT)": "MAP {'x': 1}",
    "TINYINT[256]": "CAST(list_resize([1], 256, 1) AS TINYINT[256])",
}


def columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    """Names and types."""
    return [(row[0], row[1]) for row in connection.execute(f"DESCRIBE {table}").fetchall()]


def tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """All tables with rows of users or of the pipeline, by full name."""
    rows = connection.execute("SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE NOT internal")
    return sorted({name for (name,) in rows.fetchall()} - {"main.schema_migrations", "pipeline.definitions"})


def contents(connection: duckdb.DuckDBPyConnection, shape: dict[str, list[tuple[str, str]]]) -> dict[str, object]:
    """What stands in these columns of these tables."""
    found: dict[str, object] = {}
    for table, of in shape.items():
        names = ", ".join(f'"{name}"' for name, _ in of)
        found[table] = connection.execute(f"SELECT {names} FROM {table}").fetchall()
    return found


def any_value(kind: str) -> str:
    """A value of this type, in SQL."""
    if kind.startswith("STRUCT"):
        return f"CAST([] AS {kind})"
    return _VALUES.get(kind, f"CAST({'[1]' if kind.endswith('[]') else '1'} AS {kind})")


@pytest.mark.parametrize("version", sorted(KNOWN))
def test_from_every_earlier_state(version: int, tmp_path: Path) -> None:
    path = state_path(tmp_path)
    path.parent.mkdir()
    with duckdb.connect(path) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "_migrations", lambda: {n: each for n, each in KNOWN.items() if n <= version})
        patch.setattr(state, "_DEFINITIONS", ())
        if version < 6:  # the table in which definitions are noted came with it
            patch.setattr(state, "_define", lambda *_: None)
        state.migrate(connection, path)
        shape = {table: columns(connection, table) for table in tables(connection)}
        for table, of in shape.items():
            values = ", ".join(any_value(kind) for _, kind in of)
            connection.execute(f"INSERT INTO {table} VALUES ({values})")
        before = contents(connection, shape)
    with open_state(tmp_path) as connection:
        assert contents(connection, shape) == before
        assert connection.execute("SELECT max(version) FROM schema_migrations").fetchall() == [(LAST,)]
        for (view,) in connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall():
            connection.execute(f"FROM {view}").fetchall()


def test_all_migrations_are_applied_once(tmp_path: Path) -> None:
    for _ in range(2):
        with desk(tmp_path) as opened:
            rows = opened.rows("SELECT version, name FROM schema_migrations ORDER BY version")
            assert rows == [(version, name) for version, (name, _) in sorted(KNOWN.items())]


def test_migration_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk(tmp_path) as opened:
        opened.publish(derived("a"))
    added = "ALTER TABLE pages ADD COLUMN a INTEGER;"
    monkeypatch.setattr(state, "_migrations", lambda: {**KNOWN, LAST + 1: ("add", f"{added} SELECT error('no');")})
    with pytest.raises(duckdb.Error), open_state(tmp_path):
        pass
    whole = {**KNOWN, LAST + 1: ("add", added), LAST + 2: ("fill", "UPDATE pages SET a = 7;")}
    monkeypatch.setattr(state, "_migrations", lambda: whole)
    with desk(tmp_path) as opened:
        assert opened.rows("SELECT url, a FROM pages") == [("https://news.example/a", 7)]
        assert opened.rows("SELECT max(version) FROM schema_migrations") == [(LAST + 2,)]


def test_newer_database_is_refused(tmp_path: Path) -> None:
    with desk(tmp_path) as opened:
        opened.rows("INSERT INTO schema_migrations VALUES (999, 'later', TIMESTAMP '2030-01-01')")
    with pytest.raises(StoreError, match=r"newer newsdesk .schema 999.*install the newer"), open_state(tmp_path):
        pass


def test_views_are_made_anew_where_they_differ(tmp_path: Path) -> None:
    with desk(tmp_path) as opened:
        opened.rows("DROP VIEW topic_daily")
        opened.rows("UPDATE pipeline.definitions SET hash = 'of an earlier version'")
    with desk(tmp_path) as opened:
        assert opened.rows("FROM topic_daily") == []
        comment = "SELECT comment FROM duckdb_columns() WHERE table_name = 'topic_daily' AND column_name = 'topic_id'"
        assert opened.rows(comment) == [("the topic",)]
