"""Prefect's surroundings: no call home, and a database of its own beside the data. Import this before prefect.

Only what the user has not set is set.
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

_QUIET = {
    # No call home: neither the client's usage events, nor the server's heartbeat, nor promotional content in the UI.
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    # A small box runs for years: Prefect removes old flow runs from its database, not only old events.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "60",
}


def prepare(data: Path, *, logging_level: str | None = None) -> None:
    """Set the environment for Prefect; `data` is where its own database goes for who does not use Prefect already."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    if logging_level:
        os.environ.setdefault("PREFECT_LOGGING_LEVEL", logging_level)
    if not _uses_prefect():
        home = (data / "state" / "prefect").resolve()
        home.mkdir(parents=True, exist_ok=True)  # Prefect's server hangs where it is missing
        os.environ["PREFECT_HOME"] = str(home)


def _uses_prefect() -> bool:
    named = any(os.environ.get(name) for name in ("PREFECT_HOME", "PREFECT_API_URL", "PREFECT_PROFILE"))
    return named or (Path.home() / ".prefect" / "profiles.toml").exists()


def keep_track_of_server(data: Path) -> None:
    """Note the temporary Prefect server of this process; end that of an earlier pass that was killed before it could.

    Call it with the data folder locked, once the flow runs: then a server that is noted and not ours is nobody's.
    """
    from prefect.server.api.server import SubprocessASGIServer

    note = data / "state" / "prefect-server.pid"
    servers = [server.server_process for server in SubprocessASGIServer._instances.values()]
    ours = {server.pid for server in servers if server}
    with suppress(OSError, ValueError):
        noted = int(note.read_text())
        if noted not in ours and "prefect.server.api.server" in _command(noted):
            os.kill(noted, signal.SIGTERM)
    note.write_text("\n".join(map(str, ours)))


def _command(pid: int) -> str:
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout
