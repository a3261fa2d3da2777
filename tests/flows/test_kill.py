"""kill -9 at any moment, run again: nothing lost, nothing twice, and no process left behind."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.fetching import SMALL_CHUNK
from tasks.demosite import DemoSite
from tasks.store import checks
from tasks.store.publish import published_path
from tests.flows.moments import STEPS, Event, Target, events
from tests.flows.newsroom import ask, one_pass, write_config
from tests.flows.processes import NEWSDESK, ending, environment, running, wait_until


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path) -> Iterator[None]:
    with ending(tmp_path):
        yield


SEED = int(os.environ.get("NEWSDESK_SEED", random.SystemRandom().randrange(10**6)))
ROOT = Path(__file__).parents[2]
MOMENTS = (("end", "commit 1"), *(("begin", step) for step in STEPS))
"""Events after which a pass is killed: while a step works, and with the entries stored but no page fetched."""

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


def start(config: Path, data: Path, *, log: Path, target: Target | None, server: str) -> subprocess.Popen[str]:
    """A real pass in a process of its own, that kills itself."""
    command = [sys.executable, "-m", "tests.flows.moments", str(log), json.dumps(target)]
    command += ["--config", str(config), "--data", str(data), "run", "--force"]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(PREFECT_API_URL=server),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_plain(config: Path, data: Path, **variables: str) -> subprocess.Popen[str]:
    """The command as a user starts it, with a Prefect server of its own."""
    command = [NEWSDESK, "--config", str(config), "--data", str(data), "run", "--force"]
    return subprocess.Popen(
        command, env=environment(**variables), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
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


def chosen(undisturbed: list[Event], kills: int, moments: random.Random) -> list[Target]:
    """Random moments in as many kinds of them as there are kills, then in all kinds once more."""
    targets = []
    for number in range(kills):
        if number % len(MOMENTS) == 0:
            kinds = moments.sample(MOMENTS, len(MOMENTS))
        what, step = kinds[number % len(MOMENTS)]
        event = moments.choice([event for event in undisturbed if (event.what, event.step) == (what, step)])
        later = [other for other in undisturbed if other.at > event.at and other.what != what]
        if what == "begin":
            later = [other for other in later if (other.step, other.number) == (step, event.number)]
        targets.append(Target(what, step, event.number, moments.uniform(0, later[0].at - event.at)))
    return targets


@pytest.mark.parametrize("kills", [2, pytest.param(30, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])])
def test_killed_at_random_moments(
    kills: int, site: DemoSite, prefect_server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_config(tmp_path / "config", site.sources()[:6])  # enough for two chunks of pages
    log = tmp_path / "log"
    finish(start(config, tmp_path / "undisturbed", log=log, target=None, server=prefect_server))
    expected = contents(tmp_path / "undisturbed")
    assert len(expected["pages"]) > SMALL_CHUNK

    targets = chosen(events(log), kills, random.Random(SEED))
    with capsys.disabled():
        hit = Counter(f"{'after' if target.what == 'end' else 'in'} {target.step}" for target in targets)
        print(f"\nNEWSDESK_SEED={SEED}: {dict(hit)}", end=" ", flush=True)
    for number, target in enumerate(targets):
        data = tmp_path / f"killed-{number}"
        process = start(config, data, log=tmp_path / f"log-{number}", target=target, server=prefect_server)
        _, errors = process.communicate()
        assert process.returncode == -signal.SIGKILL, (target, errors)
        one_pass(config, data)
        assert checks.problems(published_path(data)) == [], target
        assert contents(data) == expected, target
        assert ask(data, "SELECT outcome FROM runs ORDER BY started_at")[-1] == ("done",)
        counted = "SELECT source_id, sum(entries_new) FROM polls GROUP BY 1 HAVING sum(entries_new) > 0 ORDER BY 1"
        assert ask(data, counted) == ask(data, "SELECT source_id, count(*) FROM entries GROUP BY 1 ORDER BY 1")
        wait_until(lambda data=data: not running(str(data)))  # type: ignore[misc]


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked up in /proc")
@pytest.mark.parametrize(
    "asked",
    [{}, pytest.param({"PREFECT_PROFILE": "ephemeral"}, marks=pytest.mark.slow)],
    ids=["at once", "after asking Prefect"],
)
def test_temporary_server_ends_with_a_killed_pass(asked: dict[str, str], site: DemoSite, tmp_path: Path) -> None:
    """Killed while Prefect's server starts, when it serves nobody yet."""
    config, data = write_config(tmp_path / "config", site.sources()[:1]), tmp_path / "data"
    (tmp_path / "prefect").mkdir()
    asked = {"NEWSDESK_TEST": str(tmp_path), **asked} | ({"PREFECT_HOME": str(tmp_path / "prefect")} if asked else {})
    killed = start_plain(config, data, **asked)
    wait_until(lambda: running("flows.temporary_server", str(tmp_path)), 120)
    kill(killed)
    wait_until(lambda: not running(str(tmp_path)))
    finish(start_plain(config, data, **asked))
    assert not running(str(tmp_path))
    assert checks.problems(published_path(data)) == []
