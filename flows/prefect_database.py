"""Prefect's own database, made at once: its hundred migrations cost a first pass 4 s of CPU and 5 s of waiting.

The schema that they end in is kept in prefect_schema.sql, with its revision: Prefect goes on from there as from any
database of its own. A test compares it with what the migrations of the installed Prefect make.
"""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

SCHEMA = Path(__file__).with_name("prefect_schema.sql")
_MIGRATIONS = "server/database/_migrations/versions/sqlite"


def create(home: Path) -> None:
    """Make the database in `home`; does nothing where there is one, or where this Prefect does not know the schema."""
    database = home / "prefect.db"
    schema = SCHEMA.read_text(encoding="utf-8")
    if database.exists() or not _is_known(revision(schema)):
        return
    new = home / f".prefect-{os.getpid()}.db"
    new.unlink(missing_ok=True)
    with closing(sqlite3.connect(new)) as connection:
        connection.executescript(schema)
    new.replace(database)


def is_current(home: Path) -> bool:
    """Whether the database in `home` has the installed Prefect's schema: that need not look then, 0.15 s of CPU."""
    database, schema = home / "prefect.db", SCHEMA.read_text(encoding="utf-8")
    if not database.exists() or f"of Prefect {version('prefect')}\n" not in schema.partition("BEGIN")[0]:
        return False
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(revision(schema),)]
    except sqlite3.Error:  # Prefect's server says what is wrong with it
        return False


def revision(schema: str) -> str:
    """The migration after which the schema stands."""
    found = re.search(r"""INSERT INTO "alembic_version" VALUES\('(\w+)'\)""", schema)
    assert found
    return found[1]


def _is_known(wanted: str) -> bool:
    """Whether the installed Prefect has this migration; tells without importing it."""
    package = find_spec("prefect")
    folders = (package.submodule_search_locations if package else None) or ()
    return any(next(Path(folder, _MIGRATIONS).glob(f"*_{wanted}_*.py"), None) for folder in folders)
