"""No damage that a pass would meet is missed, and a database that is whole is called so."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from functools import reduce
from operator import xor
from pathlib import Path

import duckdb
import pytest

from tasks.model import HostWait
from tasks.store import condition, configured, hosts
from tasks.store.condition import Standing
from tasks.store.state import known_schema, open_state, state_path
from tests.store.samples import HOUR, NOW, derived, desk, entry, source

HEADERS, BLOCK = 3 * 4096, 262_144


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A state database with something in tables with keys and without."""
    with desk(tmp_path) as opened:
        configured.sync_sources(opened.connection, [source("gazette"), source("wire")], NOW)
        opened.publish(derived("a", topics=["prisons"]), derived("b"))
        opened.show("wire", entry("a"))
        hosts.keep_waits(opened.connection, [HostWait("news.example", NOW + HOUR, 429, NOW)])
    return state_path(tmp_path)


def test_whole(path: Path) -> None:
    assert condition.examine(path) == condition.Condition(path, Standing.WHOLE)
    assert condition.examine(path.with_name("other")).standing is Standing.MISSING


def test_no_block_that_a_pass_needs_is_missed(path: Path) -> None:
    """One after the other is overwritten; only a free one may pass for whole."""
    content = path.read_bytes()
    standings = []
    for start in range(HEADERS, len(content), BLOCK):
        damaged = bytearray(content)
        damaged[start + 100 : start + BLOCK - 100] = os.urandom(BLOCK - 200)
        path.write_bytes(damaged)
        found = condition.examine(path)
        standings.append(found.standing)
        if found.standing is Standing.WHOLE:
            rewrite_everything(path)
        else:
            assert found.standing is Standing.DAMAGED and found.reason
        path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    assert standings.count(Standing.DAMAGED) > len(standings) / 2


def rewrite_everything(path: Path) -> None:
    """More than a pass does: every row of every table with a key, and a checkpoint."""
    with duckdb.connect(path) as connection:
        query = "SELECT schema_name, table_name FROM duckdb_tables() WHERE has_primary_key"
        for schema, table in connection.execute(query).fetchall():
            connection.execute(f"INSERT INTO {schema}.{table} FROM {schema}.{table} ON CONFLICT DO NOTHING")
            connection.execute(f"DELETE FROM {schema}.{table}")
        connection.execute("CHECKPOINT")


def test_state_that_a_pass_holds_is_left_alone(tmp_path: Path) -> None:
    with open_state(tmp_path):
        program = (
            "import sys, pathlib; from tasks.store import condition as c; print(c.examine(pathlib.Path(*sys.argv[1:])))"
        )
        command = [sys.executable, "-c", program, str(state_path(tmp_path))]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "IN_USE" in said and "Could not set lock" in said


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("INSERT INTO schema_migrations VALUES (99, 'later', now())", Standing.NEWER),
        ("DELETE FROM schema_migrations WHERE version > 3", Standing.EARLIER),
        ("DROP TABLE schema_migrations", Standing.EARLIER),
    ],
)
def test_schema_of_another_version(path: Path, change: str, expected: Standing) -> None:
    with duckdb.connect(path) as connection:
        connection.execute(change)
    found = condition.examine(path)
    assert found.standing is expected and f"this version knows {known_schema()}" in found.reason


def test_format_of_a_newer_duckdb_is_no_damage(path: Path) -> None:
    """The version stands behind the checksum and four letters in the first header."""
    with path.open("r+b") as file:
        header = bytearray(file.read(4096))
        header[12:20] = (999).to_bytes(8, "little")
        words = struct.unpack("<511Q", header[8:])
        checksum = reduce(xor, (word * 0xBF58476D1CE4E5B9 % 2**64 for word in words), 5381)
        header[:8] = checksum.to_bytes(8, "little")
        file.seek(0)
        file.write(header)
    found = condition.examine(path)
    assert found.standing is Standing.NEWER and "version number 999" in found.reason


def test_file_that_this_user_may_not_read(tmp_path: Path) -> None:
    for error in (PermissionError(13, "Permission denied"), duckdb.IOException("Cannot open file: Permission denied")):
        assert condition._failure(error)[0] is Standing.FORBIDDEN
