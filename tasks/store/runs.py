"""The `runs` table: a row when a pass begins, completed when it ends; what a crash left is named so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from tasks.model import Counts
from tasks.store.state import Connection, transaction


def begin(connection: Connection, run_id: str, flow: str, now: datetime) -> None:
    """Note the start of a pass. A pass that still says `running` was cut off: only one holds the folder at a time."""
    with transaction(connection):
        connection.execute("UPDATE runs SET outcome = 'crashed' WHERE outcome = 'running'")
        connection.execute(
            "INSERT INTO runs (run_id, flow, started_at, outcome) VALUES (?, ?, ?, 'running')", [run_id, flow, now]
        )


def note(connection: Connection, run_id: str, counts: Counts) -> None:
    """Keep what the pass has counted so far: all that there is of one that is cut off."""
    _update(connection, run_id, asdict(counts))


def finish(connection: Connection, run_id: str, counts: Counts, started_at: datetime, now: datetime) -> None:
    """Complete the row with its counts."""
    ended = {"finished_at": now, "duration_s": (now - started_at).total_seconds(), "outcome": "done"}
    _update(connection, run_id, asdict(counts) | ended)


def _update(connection: Connection, run_id: str, values: Mapping[str, object]) -> None:
    assignments = ", ".join(f"{name} = ${name}" for name in values)
    with transaction(connection):
        connection.execute(f"UPDATE runs SET {assignments} WHERE run_id = $run_id", {**values, "run_id": run_id})
