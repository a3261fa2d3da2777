"""The `runs` table: a row when a pass begins, completed when it ends; what a crash left is named so."""

from __future__ import annotations

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


def finish(connection: Connection, run_id: str, counts: Counts, started_at: datetime, now: datetime) -> None:
    """Complete the row with its counts."""
    values = {**asdict(counts), "finished_at": now, "duration_s": (now - started_at).total_seconds(), "outcome": "done"}
    assignments = ", ".join(f"{name} = ${name}" for name in values)
    with transaction(connection):
        connection.execute(f"UPDATE runs SET {assignments} WHERE run_id = $run_id", {**values, "run_id": run_id})
