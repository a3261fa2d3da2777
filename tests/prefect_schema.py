"""The schema of Prefect's own database as its migrations make it: `make prefect-schema` prints it as SQL."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from importlib.metadata import version
from pathlib import Path


def migrated(home: Path) -> Path:
    """A database that Prefect's migrations have made in `home`; some order constraints as sets happen to be ordered."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
    environment = {**kept, "HOME": str(home), "PREFECT_HOME": str(home), "DO_NOT_TRACK": "1", "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "--yes"]
    subprocess.run(command, cwd=home, env=environment, stdout=subprocess.DEVNULL, check=True, timeout=240)
    return home / "prefect.db"


def contents(database: Path) -> str:
    """Everything that is in a database, as SQL."""
    with closing(sqlite3.connect(database)) as connection:
        return "\n".join(connection.iterdump()) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(f"-- Written by `make prefect-schema`: what the migrations make\n-- of Prefect {version('prefect')}")
        print(contents(migrated(Path(folder))), end="")
