"""`newsdesk demo`: what a new user sees first, as a real process."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from flows import demo
from tasks.settings import ConfigError
from tasks.store import checks
from tasks.store.state import DataFolderBusy, StoreError, locked
from tests.flows.newsroom import ask, outcomes
from tests.flows.processes import NEWSDESK, ending, environment, running, wait_until


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path) -> Iterator[None]:
    with ending(tmp_path):
        yield


CONFIG = Path(__file__).resolve().parents[2] / "config"


def test_demo_from_an_empty_folder(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    command = [NEWSDESK, "--config", str(CONFIG), "--data", str(data), "demo", "--keep"]
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        shown = ""
        for line in process.stdout:
            shown += line
            if "stays up" in line:
                break
        address = re.search(r"http://127[\d.]+:\d+/", shown)
        assert address, shown
        assert httpx.get(address[0], trust_env=False).status_code == 200
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    assert process.returncode == 0, rest
    assert "Traceback" not in shown + rest
    wait_until(lambda: not running(str(data)))

    first, second = re.findall(r"\d+ sources polled.*", shown)
    assert "10 sources polled (0 unchanged, 2 failed), 73 new entries" in first
    assert "7 unchanged" in second and "1 new articles (1 updated)" in second
    for place in ("report/index.html", "news.duckdb"):
        assert (data / place).exists() and str(data / place) in shown.replace("\n", "")
    assert checks.problems(data / "news.duckdb") == []
    assert outcomes(data) == {"article": 70, "http_error": 1, "not_html": 1, "robots": 1, "too_short": 1}
    assert ask(data, "SELECT count(*) FROM runs WHERE outcome = 'done'") == [(2,)]
    assert ask(data, "SELECT count(*) > 0 FROM article_topics") == [(True,)]


def test_folder_of_an_earlier_demo_is_emptied(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    demo._empty(data)
    (data / "state").mkdir()
    (data / "state" / "old").touch()
    demo._empty(data)
    assert [path.name for path in data.iterdir()] == ["made-by-newsdesk-demo"]


def test_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match="holds something that the demo did not make"):
        demo.run_demo(CONFIG, tmp_path, keep=False)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_demo_that_is_at_work_is_left_alone(tmp_path: Path) -> None:
    demo._empty(tmp_path)
    with locked(tmp_path), pytest.raises(DataFolderBusy):
        demo._empty(tmp_path)
    assert (tmp_path / "made-by-newsdesk-demo").exists()


def test_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("a file")
    with pytest.raises(StoreError, match="cannot be written"):
        demo._empty(tmp_path / "demo")
