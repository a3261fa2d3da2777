"""Prefect's surroundings: no call home, and a database of its own beside the data. Import this before prefect.

Only what the user has not set is set.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from flows import prefect_database, prefect_settings, temporary_server
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

_NO_SERVER = "Failed to reach API"
"""How the message begins with which Prefect gives up."""

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
    if not prefect_settings.uses_prefect():
        home = (data / "state" / "prefect").resolve()
        home.mkdir(parents=True, exist_ok=True)  # Prefect's server hangs where it is missing
        prefect_database.create(home)
        os.environ["PREFECT_HOME"] = str(home)


def foresee_pass() -> None:
    """A pass of this process is to come: start the Prefect server that it needs, unless the user may have one.

    Call it before anything is checked: nothing in the data folder is touched, and it takes seconds to come up.
    """
    if not prefect_settings.may_name_a_server():
        temporary_server.start()


def prepare_pass(data: Path) -> None:
    """The same for a pass of this process: call it when all is checked, and before Prefect is imported."""
    foresee_pass()
    prepare(data, logging_level="CRITICAL")
    home = os.environ.get("PREFECT_HOME")  # not set where the user has a server or a profile
    is_migrated = home is not None and prefect_database.is_current(Path(home))
    temporary_server.go_ahead({"PREFECT_SERVER_DATABASE_MIGRATE_ON_START": "false"} if is_migrated else {})


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
        with _without_heartbeat() if _needs_temporary_server() else nullcontext():
            yield
    except (StoreError, ConfigError, DataFolderBusy):
        raise
    except Exception as error:
        _require_room(data, _FULL_BYTES, error)
        if not isinstance(error, RuntimeError) or not str(error).startswith(_NO_SERVER):
            raise
        reason = str(error).partition("\n")[0]
        is_ours = temporary_server.is_ours(os.environ.get("PREFECT_API_URL"))
        why = f"run `PREFECT_HOME={os.environ.get('PREFECT_HOME', '~/.prefect')} prefect server start` to see why"
        todo = why if is_ours else "start that server, or unset PREFECT_API_URL"
        raise StoreError(f"Prefect: {reason}; {todo}") from error


def _needs_temporary_server() -> bool:
    """Whether a temporary server is the one of this pass; starts it where only Prefect could tell that it is needed."""
    from prefect.context import refresh_global_settings_context
    from prefect.settings import get_current_settings

    settings = get_current_settings()
    if settings.api.url is None and settings.server.ephemeral.enabled:
        temporary_server.start()
        temporary_server.go_ahead({})
        refresh_global_settings_context()
        return True
    return temporary_server.is_ours(settings.api.url)


@contextmanager
def _without_heartbeat() -> Iterator[None]:
    """No thread that tells Prefect's server every three minutes that the flow still runs.

    A temporary server has nobody to tell, and at its end the flow would wait for the thread, up to a second. A variable
    cannot say so: Prefect takes numbers from 30 on there.
    """
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    with temporary_settings(set_defaults={PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield
