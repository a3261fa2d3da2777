"""Nobody waits for anybody: passes go on while others read news.duckdb or hold it, and no reader sees half a state."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tasks.store import checks
from tasks.store.publish import published_path
from tasks.store.state import state_path
from tests.flows.newsroom import WebServer, ask, one_pass, story, write_config


@contextmanager
def session(data: Path, mode: str, *statements: str) -> Iterator[None]:
    """Another process with the published database open, which has run these statements and waits."""
    program = f"""
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only={mode == "read-only"})
for statement in sys.argv[2:]:
    connection.execute(statement)
print("open", flush=True)
sys.stdin.readline()
try:
    connection.execute("COMMIT")
except duckdb.Error:
    pass
connection.close()
"""
    command = [sys.executable, "-c", program, str(published_path(data)), *statements]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "open\n"
        yield
        process.communicate("go on\n")


HOLDERS = {
    "read-only": ("read-only", "BEGIN", "SELECT count(*) FROM articles"),
    "read-write, nothing written": ("read-write",),
    "read-write, committed": ("read-write", "DELETE FROM articles"),
    "read-write, uncommitted": ("read-write", "BEGIN", "DELETE FROM articles"),
}
RARE = ("read-write, nothing written", "read-write, committed")


@pytest.mark.parametrize(
    "holder",
    [pytest.param(h, id=name, marks=pytest.mark.slow if name in RARE else ()) for name, h in HOLDERS.items()],
)
def test_pass_publishes_while_another_program_holds_the_database(
    web: WebServer, tmp_path: Path, holder: tuple[str, ...]
) -> None:
    if holder[0] == "read-write" and os.geteuid() != 0:
        pytest.skip("only root may open the published file read-write")
    config, data = write_config(tmp_path / "config", [web.source("gazette")]), tmp_path / "data"
    web.routes["/news/one"], web.routes["/news/two"] = story("One"), story("Two")
    web.feed("/feed.xml", [("/news/one", "One")])
    one_pass(config, data)
    with session(data, *holder):
        web.feed("/feed.xml", [("/news/one", "One"), ("/news/two", "Two")])
        assert one_pass(config, data).counts.articles_new == 1
        assert ask(data, "SELECT count(*) FROM articles") == [(2,)]
    assert ask(data, "SELECT count(*) FROM articles") == [(2,)]
    assert checks.problems(published_path(data)) == []
    assert published_path(data).read_bytes() == state_path(data).read_bytes()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may open the published file read-write")
def test_idle_pass_leaves_a_held_database_alone(web: WebServer, tmp_path: Path) -> None:
    config, data = write_config(tmp_path / "config", [web.source("gazette")]), tmp_path / "data"
    web.feed("/feed.xml", [])
    one_pass(config, data)
    with session(data, "read-write"):
        assert not one_pass(config, data, force=False).published


# Every read opens the file anew, as a script would, and compares the tables with one another.
READER = """
import sys, threading
from pathlib import Path
import duckdb
from tasks.store import checks
path, ended, reads, versions = Path(sys.argv[1]), threading.Event(), 0, set()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
print("reading", flush=True)
while not ended.is_set():
    problems = checks.problems(path)
    assert not problems, problems
    with duckdb.connect(path, read_only=True) as connection:
        ((articles, counted, running),) = connection.execute(
            "SELECT (SELECT count(*) FROM articles), (SELECT sum(articles_new) FROM runs), "
            "(SELECT count(*) FROM runs WHERE outcome <> 'done')").fetchall()
    assert (articles, running) == (counted, 0), (articles, counted, running)
    reads += 1
    ended.wait(0.05)
    versions.add(articles)
print(reads, len(versions), flush=True)
"""


# An analyst opens the file once and asks all day: the answers are those of the version that was opened.
ANALYST = """
import sys, threading
import duckdb
ended, answers, asked = threading.Event(), set(), 0
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
connection = duckdb.connect(sys.argv[1], read_only=True)
connection.execute("CREATE TEMP TABLE notes AS SELECT article_id FROM articles")
print("open", flush=True)
while not ended.is_set():
    answers.add(connection.execute(
        "SELECT (SELECT count(*) FROM articles), (SELECT sum(articles) FROM stories), (SELECT count(*) FROM notes), "
        "(SELECT count(*) FROM pages WHERE outcome = 'article'), (SELECT sum(entries_new) FROM polls), "
        "(SELECT sum(all_articles) FROM topic_daily WHERE topic_id = 'prisons')").fetchone())
    asked += 1
    ended.wait(0.05)
assert len(answers) == 1 and len(set(*answers)) == 1, answers
print(asked, *answers.pop()[:1], flush=True)
"""


@contextmanager
def beside(program: str, data: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that reads the published database until its standard input ends; it has begun."""
    command = [sys.executable, "-c", program, str(published_path(data))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline()
        yield process


def counts_of(process: subprocess.Popen[str]) -> list[int]:
    """What it tells at its end; it has found nothing wrong."""
    told, _ = process.communicate()
    assert process.returncode == 0
    return [int(number) for number in told.split()]


PASSES = {"some passes": 3, "twenty passes": 20}


@pytest.mark.parametrize(
    "passes", [pytest.param(n, marks=pytest.mark.slow if n > 3 else ()) for n in PASSES.values()], ids=PASSES
)
def test_reader_in_a_loop_and_open_session_during_passes(web: WebServer, tmp_path: Path, passes: int) -> None:
    config, data = write_config(tmp_path / "config", [web.source("gazette")]), tmp_path / "data"

    def add_one(number: int) -> None:
        web.routes[f"/news/{number}"] = story(f"Story number {number}")
        web.feed("/feed.xml", [(f"/news/{shown}", f"Story number {shown}") for shown in range(number + 1)])
        summary = one_pass(config, data)
        assert summary.published and summary.counts.articles_new == 1

    add_one(0)
    with beside(READER, data) as reader, beside(ANALYST, data) as analyst:
        for number in range(1, passes):
            add_one(number)
        asked, seen_by_analyst = counts_of(analyst)
        reads, versions = counts_of(reader)
    assert reads > 3 and versions > 1
    assert asked > 3 and seen_by_analyst == 1
    assert ask(data, "SELECT count(*) FROM articles") == [(passes,)]
    assert checks.problems(published_path(data)) == []
