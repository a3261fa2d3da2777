"""What Prefect is told in files and variables, as far as that is known without importing it, which takes a second."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

_NAMES_A_SERVER = (
    "PREFECT_API_URL",
    "PREFECT_PROFILE",
    "PREFECT_PROFILES_PATH",
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE",
    "PREFECT_SERVER_EPHEMERAL_ENABLED",
)


def uses_prefect() -> bool:
    """Whether the user has a Prefect home, server or profile."""
    named = any(os.environ.get(name) for name in ("PREFECT_HOME", "PREFECT_API_URL", "PREFECT_PROFILE"))
    return named or (Path.home() / ".prefect" / "profiles.toml").exists()


def may_name_a_server() -> bool:
    """Whether something may name a server or a database; Prefect, which knows, has to be asked then."""
    home = Path(os.environ.get("PREFECT_HOME") or Path.home() / ".prefect")
    return (
        "prefect" in sys.modules
        or any(name in _NAMES_A_SERVER or "DATABASE" in name for name in os.environ if name.startswith("PREFECT"))
        or any(path.exists() for path in (home / "profiles.toml", Path("prefect.toml")))
        or _mentions_prefect(Path(".env"))
        or _project_may_name_a_server(Path("pyproject.toml"))
    )


def _mentions_prefect(variables: Path) -> bool:
    return variables.is_file() and b"PREFECT" in variables.read_bytes().upper()


def _project_may_name_a_server(project: Path) -> bool:
    try:
        found = tomllib.loads(project.read_text(encoding="utf-8")) if project.exists() else {}
    except (OSError, ValueError):  # Prefect says what is wrong with it
        return True
    prefect = found.get("tool", {}).get("prefect", {})
    server = prefect.get("server", {})
    return not set(prefect) <= {"server"} or not set(server) <= {"analytics_enabled", "ui"}
