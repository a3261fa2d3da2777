"""The Prefect server of one pass: when there is one, and what it leaves."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from flows import prefect_settings
from tests.flows.newsroom import WebServer, story, write_config
from tests.flows.processes import NEWSDESK, ending, environment, running


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command as a user starts it, with folders that are the test's."""
    command = [NEWSDESK, "--config", str(folder / "config"), "--data", str(folder / "data"), "run", *arguments]
    with ending(folder):
        return subprocess.run(
            command, cwd=folder, env=environment(**variables), capture_output=True, text=True, check=False
        )


def test_runs_and_tasks_are_in_prefects_database(web: WebServer, tmp_path: Path) -> None:
    web.routes["/news/one"] = story("One")
    web.feed("/feed.xml", [("/news/one", "One")])
    write_config(tmp_path / "config", [web.source("gazette")])
    said = run(tmp_path)
    assert said.returncode == 0, said.stderr
    with closing(sqlite3.connect(tmp_path / "data" / "state" / "prefect" / "prefect.db")) as database:

        def ask(query: str) -> list[tuple[str, ...]]:
            return database.execute(query).fetchall()

        assert ask("SELECT f.name, r.state_type FROM flow_run r JOIN flow f ON f.id = r.flow_id") == [
            ("monitor", "COMPLETED")
        ]
        assert ask("SELECT DISTINCT state_type FROM task_run") == [("COMPLETED",)]
        steps = {name.rpartition("-")[0] for (name,) in ask("SELECT name FROM task_run")}
        assert steps >= {"poll sources", "fetch pages", "derive chunk", "commit articles", "publish", "report"}
        assert ask("SELECT key FROM artifact") == [("newsdesk-pass",)]


def test_a_mistake_leaves_nothing_behind(tmp_path: Path) -> None:
    write_config(tmp_path / "config", [])
    (tmp_path / "config" / "sources.yaml").write_text("sources: 3")
    said = run(tmp_path, NEWSDESK_TEST=str(tmp_path))
    assert (said.returncode, len(said.stderr.splitlines())) == (2, 1), said.stderr
    assert not (tmp_path / "data").exists() and not running(str(tmp_path))


def test_a_server_that_cannot_start_is_told_in_one_line(tmp_path: Path) -> None:
    write_config(tmp_path / "config", [])
    home = tmp_path / "data" / "state" / "prefect"
    home.mkdir(parents=True)
    (home / "prefect.db").write_text("This is no database, and there is nothing to be had from it.")
    said = run(tmp_path)
    assert (said.returncode, said.stdout) == (1, "")
    (line,) = said.stderr.splitlines()
    assert line.startswith("newsdesk: Prefect: Failed to reach API at http://127.0.0.1:")
    assert line.endswith(f"; run `PREFECT_HOME={home} prefect server start` to see why")


@pytest.mark.parametrize(
    ("variables", "files", "expected"),
    [
        ({}, {}, False),
        ({"PREFECT_HOME": "elsewhere"}, {}, False),
        ({"PREFECT_LOGGING_LEVEL": "DEBUG"}, {}, False),
        ({}, {"pyproject.toml": "[tool.ruff]\n[tool.prefect.server]\nanalytics_enabled = false"}, False),
        ({"PREFECT_API_URL": "http://127.0.0.1:4200/api"}, {}, True),
        ({"PREFECT_PROFILE": "work"}, {}, True),
        ({"PREFECT_SERVER_EPHEMERAL_ENABLED": "false"}, {}, True),
        ({"PREFECT_API_DATABASE_CONNECTION_URL": "postgresql://db"}, {}, True),
        ({}, {"home/.prefect/profiles.toml": ""}, True),
        ({"PREFECT_HOME": "elsewhere"}, {"elsewhere/profiles.toml": ""}, True),
        ({}, {"prefect.toml": ""}, True),
        ({}, {".env": "NEWSDESK_DATA=data"}, False),
        ({}, {".env": "prefect_api_url=http://127.0.0.1:4200/api"}, True),
        ({}, {"pyproject.toml": "[tool.prefect.api]\nurl = 'http://127.0.0.1:4200/api'"}, True),
        ({}, {"pyproject.toml": "[tool.prefect.server.database]\ntimeout = 3"}, True),
        ({}, {"pyproject.toml": "[tool"}, True),
    ],
)
def test_what_may_name_a_server(
    variables: dict[str, str],
    files: dict[str, str],
    expected: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in os.environ if name.startswith("PREFECT")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "prefect")
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert prefect_settings.may_name_a_server() is expected
