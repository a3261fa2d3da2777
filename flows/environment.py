"""Prefect's surroundings: no call home, and a database of its own beside the data. Import this before prefect.

Only what the user has not set is set.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tasks.settings import ConfigError
from tasks.store.state import DataFolderBusy, StoreError

_QUIET = {
    # No call home: neither the client's usage events, nor the server's heartbeat, nor promotional content in the UI.
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    # A small box runs for years: Prefect removes old flow runs from its database, not only old events.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "60",
}

_NO_SERVER = ("Failed to reach API", "Timed out while attempting to connect to ephemeral Prefect API server")
"""How the messages begin with which Prefect gives up."""

_MARK = "NEWSDESK_PASS"
"""Process and data folder of the pass that a temporary Prefect server belongs to; it inherits the variable."""


MIN_FREE_BYTES = 20_000_000
"""Without so much room Prefect's own database, of 5 MB when it is new, may not fit: its server does not start then."""
_FULL_BYTES = 2_000_000


def prepare(data: Path, *, logging_level: str | None = None) -> None:
    """Set the environment for Prefect; `data` is where its own database goes for who does not use Prefect already.

    Raises StoreError where the disk is full.
    """
    _require_room(data, MIN_FREE_BYTES)
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    if logging_level:
        os.environ.setdefault("PREFECT_LOGGING_LEVEL", logging_level)
        os.environ.setdefault("PREFECT_SERVER_LOGGING_LEVEL", logging_level)
    os.environ[_MARK] = f"{os.getpid()} {data.resolve()}"
    if not _uses_prefect():
        home = (data / "state" / "prefect").resolve()
        home.mkdir(parents=True, exist_ok=True)  # Prefect's server hangs where it is missing
        os.environ["PREFECT_HOME"] = str(home)


def _require_room(data: Path, size: int, cause: Exception | None = None) -> None:
    """Raise StoreError where less than `size` bytes are free for the folder, or for the first one above it."""
    folder = next(path for path in (data.resolve(), *data.resolve().parents) if path.exists())
    free = shutil.disk_usage(folder).free
    if free < size:
        raise StoreError(
            f"{data}: the disk is full ({free / 1e6:.1f} MB free); make room (archive.keep in settings.yaml, or a "
            "larger disk); what was committed is kept, the next pass goes on from there"
        ) from cause


@contextmanager
def needing_prefect(data: Path) -> Iterator[None]:
    """Say in one line that there is no Prefect server, which Prefect itself tells by a bare RuntimeError.

    Or that the disk with `data` and Prefect's own database is full, which it tells in many ways. Raises StoreError.
    """
    try:
        with _without_heartbeat():
            yield
    except (StoreError, ConfigError, DataFolderBusy):
        raise
    except Exception as error:
        _require_room(data, _FULL_BYTES, error)
        if not isinstance(error, RuntimeError) or not str(error).startswith(_NO_SERVER):
            raise
        reason = str(error).partition("\n")[0]
        url = os.environ.get("PREFECT_API_URL")
        todo = "start that server, or unset PREFECT_API_URL" if url else "run `prefect server start` to see why"
        raise StoreError(f"Prefect: {reason}; {todo}") from error


@contextmanager
def _without_heartbeat() -> Iterator[None]:
    """No thread that tells Prefect's server every three minutes that the flow still runs.

    A temporary server has nobody to tell, and at its end the flow would wait for the thread, up to a second. A variable
    cannot say so: Prefect takes numbers from 30 on there.
    """
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, get_current_settings, temporary_settings

    if get_current_settings().api.url:
        yield
        return
    with temporary_settings(set_defaults={PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield


def _uses_prefect() -> bool:
    named = any(os.environ.get(name) for name in ("PREFECT_HOME", "PREFECT_API_URL", "PREFECT_PROFILE"))
    return named or (Path.home() / ".prefect" / "profiles.toml").exists()


def end_orphaned_servers(data: Path) -> None:
    """End the temporary Prefect server of a pass over `data` that was killed before it could do so itself.

    Such a server bears the mark of that pass and has lost its parent. Where there is no /proc (macOS), it stays.
    """
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):  # it has ended, or is not ours to read
            if b"prefect.server.api.server" not in (process / "cmdline").read_bytes():
                continue
            variables = dict(
                pair.partition("=")[::2] for pair in (process / "environ").read_text(errors="replace").split("\0")
            )
            owner, _, folder = variables.get(_MARK, "").partition(" ")
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            temporary = variables.get("PREFECT__SERVER_EPHEMERAL") == "1"
            if temporary and folder == str(data.resolve()) and parent != owner:
                os.kill(int(process.name), signal.SIGTERM)
