"""kill -9 at any moment, run again: nothing lost, nothing twice, and no process left behind."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.passes import CHUNK
from tasks.demosite import DemoSite
from tasks.store import checks
from tasks.store.publish import published_path
from tests.flows.newsroom import ask, one_pass, write_config
from tests.flows.processes import NEWSDESK, ending, environment, running, wait_for_line, wait_until


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path) -> Iterator[None]:
    with ending(tmp_path):
        yield


KILLS = 10
SEED = int(os.environ.get("NEWSDESK_SEED", random.SystemRandom().randrange(10**6)))

# What must be the same, however often a pass was killed. Times and the archive's files are its own.
SAME = {
    "pages": "page_id, url, outcome, http_status, final_url, canonical_url, error, article_id",
    "entries": "* EXCLUDE (first_seen_at, last_seen_at)",
    "articles": "* EXCLUDE (fetched_at, updated_at)",
    "article_topics": "*",
    "article_places": "*",
    "article_revisions": "*",
    "stories": "*",
    "sources": "source_id, enabled",
}


def start(config: Path, data: Path, **more: str) -> subprocess.Popen[str]:
    """A real pass in a process of its own."""
    command = [NEWSDESK, "--config", str(config), "--data", str(data), "run", "--force"]
    return subprocess.Popen(
        command, env=environment(**more), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def contents(data: Path) -> dict[str, list[tuple[Any, ...]]]:
    return {table: ask(data, f"SELECT {columns} FROM {table} ORDER BY ALL") for table, columns in SAME.items()}


def kill(process: subprocess.Popen[str]) -> None:
    """kill -9. Its standard error is not read to the end: a server that outlives it holds that open."""
    process.kill()
    process.wait()
    assert process.stderr
    process.stderr.close()


def finish(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate()
    assert process.returncode == 0, errors


def test_killed_at_ten_random_moments(
    site: DemoSite, prefect_server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print(f"\nNEWSDESK_SEED={SEED}", end=" ", flush=True)
    moments = random.Random(SEED)
    config = write_config(tmp_path / "config", site.sources()[:6])  # enough for two chunks of pages
    undisturbed = start(config, tmp_path / "undisturbed", PREFECT_API_URL=prefect_server)
    wait_for_line(undisturbed, "sources: ")
    began = time.monotonic()
    finish(undisturbed)
    duration = time.monotonic() - began
    expected = contents(tmp_path / "undisturbed")
    assert len(expected["pages"]) > CHUNK

    for number in range(KILLS):
        data = tmp_path / f"killed-{number}"
        process = start(config, data, PREFECT_API_URL=prefect_server)
        wait_for_line(process, "sources: ")
        time.sleep(moments.uniform(0, duration))
        kill(process)
        one_pass(config, data)
        assert checks.problems(published_path(data)) == []
        assert contents(data) == expected
        assert ask(data, "SELECT outcome FROM runs ORDER BY started_at")[-1] == ("done",)
        counted = "SELECT source_id, sum(entries_new) FROM polls GROUP BY 1 HAVING sum(entries_new) > 0 ORDER BY 1"
        assert ask(data, counted) == ask(data, "SELECT source_id, count(*) FROM entries GROUP BY 1 ORDER BY 1")
        wait_until(lambda data=data: not running(str(data)))  # type: ignore[misc]


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked up in /proc")
def test_temporary_server_of_a_killed_pass_is_ended(site: DemoSite, tmp_path: Path) -> None:
    """Killed while Prefect's server starts, when nobody could have noted it yet."""
    config, data = write_config(tmp_path / "config", site.sources()[:1]), tmp_path / "data"
    killed = start(config, data)
    wait_until(lambda: running("prefect.server.api.server", str(data)))
    kill(killed)
    assert len(running("prefect.server.api.server", str(data))) == 1
    finish(start(config, data))
    wait_until(lambda: not running(str(data)))
    assert checks.problems(published_path(data)) == []
