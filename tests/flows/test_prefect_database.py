"""Prefect's own database as a first pass makes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows import prefect_database
from tests.prefect_schema import contents, migrated


def lines(database: Path) -> list[str]:
    """What is in the database, without the order of constraints and indexes, in which Prefect's migrations vary."""
    return sorted(line.strip().rstrip(",") for line in contents(database).splitlines())


def test_it_is_what_the_migrations_make(tmp_path: Path) -> None:
    """If this fails after an update of Prefect: `make prefect-schema`."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    prefect_database.create(ours)
    assert lines(ours / "prefect.db") == lines(migrated(theirs))
    assert prefect_database.is_current(ours) and prefect_database.is_current(theirs)
    assert [path.name for path in ours.iterdir()] == ["prefect.db"]


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "prefect.db").write_text("somebody's")
    prefect_database.create(tmp_path)
    assert (tmp_path / "prefect.db").read_text() == "somebody's"
    assert not prefect_database.is_current(tmp_path)


def test_a_prefect_that_does_not_know_the_schema_makes_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    schema = tmp_path / "schema.sql"
    schema.write_text(prefect_database.SCHEMA.read_text().replace("VALUES('", "VALUES('0"))
    monkeypatch.setattr(prefect_database, "SCHEMA", schema)
    prefect_database.create(tmp_path)
    assert not (tmp_path / "prefect.db").exists() and not prefect_database.is_current(tmp_path)


def test_another_prefect_looks_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prefect_database.create(tmp_path)
    monkeypatch.setattr(prefect_database, "version", lambda package: "3.99")
    assert not prefect_database.is_current(tmp_path)
