"""The pipeline's own database: who may open it, its migrations, and what it remembers between passes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from tasks.model import Counts, Kind, PollState, RobotsFile, Topic
from tasks.store import checks, configured, load, pollstates, runs
from tasks.store.state import DataFolderBusy, StoreError, locked, open_state, state_path
from tests.store.samples import HOUR, NOW, Desk, derived, desk, poll, source

LATER = NOW + HOUR
ROOT = Path(__file__).resolve().parents[2]


# --- who may open it


def in_another_process(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Runs until its standard input ends; returns once it has said a line."""
    program = f"import sys\n{code}\nprint('ready', flush=True)\nsys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout and process.stdout.readline() == "ready\n"
    return process


HOLD = """
import contextlib, pathlib
from tasks.store.state import locked
stack = contextlib.ExitStack()
stack.enter_context(locked(pathlib.Path(sys.argv[1])))
"""


@pytest.mark.parametrize("end", ["exit", "kill"])
def test_folder_is_held_until_the_process_ends(tmp_path: Path, end: str) -> None:
    with in_another_process(HOLD, str(tmp_path)) as holder:
        with pytest.raises(DataFolderBusy, match=f"process {holder.pid}.*holds this data folder"), locked(tmp_path):
            pass
        if end == "kill":
            holder.kill()
        else:
            holder.communicate("")
    with locked(tmp_path):
        assert (tmp_path / "state" / "lock").exists()


def test_lock_is_not_left_to_children(tmp_path: Path) -> None:
    """A worker or server that outlives its pass must not hold the folder."""
    with locked(tmp_path):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with locked(tmp_path):
            pass
    finally:
        child.communicate(b"\n")


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_text("not a folder")
    for attempt in (locked, open_state):
        with pytest.raises(StoreError, match=r"cannot be (written|opened)"), attempt(path):
            pass


def test_state_that_is_no_database(tmp_path: Path) -> None:
    state_path(tmp_path).parent.mkdir()
    state_path(tmp_path).write_text("no database")
    with (
        pytest.raises(StoreError, match=r"cannot be opened: .*not a valid DuckDB"),
        open_state(tmp_path),
    ):
        pass


def test_state_cut_off_by_hand(tmp_path: Path) -> None:
    with desk(tmp_path) as opened:
        opened.publish(*(derived(f"a{number}", "x" * 5000) for number in range(50)))
    whole = state_path(tmp_path).read_bytes()
    state_path(tmp_path).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError, match=r"newsdesk\.duckdb"), desk(tmp_path) as opened:
        opened.rows("SELECT sum(length(text)) FROM articles")


def test_state_open_in_another_program(tmp_path: Path) -> None:
    with open_state(tmp_path):
        pass
    opened = "import duckdb\nconnection = duckdb.connect(sys.argv[1])"
    with in_another_process(opened, str(state_path(tmp_path))) as other:
        with pytest.raises(StoreError, match=r"cannot be opened: .*lock"), open_state(tmp_path):
            pass
        other.communicate("")


def test_what_was_stored_is_there_again(tmp_path: Path) -> None:
    with desk(tmp_path) as opened:
        opened.publish(derived("a"))
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["newsdesk.duckdb"]
    with desk(tmp_path) as opened:
        assert opened.outcomes() == {"a": "article"}


def test_failed_write_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"newsdesk\.duckdb: .*disk full") as error, open_state(tmp_path):
        raise duckdb.IOException("disk full\nwhile writing")
    assert "\n" not in str(error.value)


FULL_DISK = """
import resource
from pathlib import Path
from tasks.store.state import StoreError
from tests.store.samples import derived, desk
data, committed = Path(sys.argv[1]), 0
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    with desk(data) as opened:
        for number in range(int(sys.argv[3])):
            text = "".join(chr(97 + (i * i * number + i * 7) % 26) + " " * (i % 5 == 0) for i in range(20_000))
            opened.publish(derived(f"new{number}", text))
            committed += 1
except StoreError as error:
    print(committed, error)
"""


@pytest.mark.parametrize("commits", [100, 10], ids=["at a commit", "at the checkpoint"])
def test_full_disk_loses_nothing_that_is_committed(tmp_path: Path, commits: int) -> None:
    """A limit on the size of files stands for a disk that is full: writing fails with an error of the system."""
    with desk(tmp_path) as opened:
        opened.publish(derived("a"))
    limit = state_path(tmp_path).stat().st_size
    command = [sys.executable, "-c", f"import sys\n{FULL_DISK}", str(tmp_path), str(limit), str(commits)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    committed, message = said.split(maxsplit=1)
    assert message.startswith(f"{state_path(tmp_path)}: ") and "File too large" in message
    assert message.endswith("; newsdesk doctor says what to do\n")
    with desk(tmp_path) as opened:
        assert opened.row("SELECT count(*) FROM articles")[0] >= 1 + int(committed)
        opened.publish(derived("b"))
    assert checks.problems(state_path(tmp_path)) == []


# --- sources and topics


def test_sources_follow_the_configuration(desk: Desk) -> None:
    def sync(*ids: str, **fields: str) -> bool:
        return configured.sync_sources(desk.connection, [source(name, **fields) for name in ids], NOW)

    def stored() -> list[tuple[object, ...]]:
        return desk.rows("SELECT source_id, name, enabled, removed_at IS NOT NULL FROM sources ORDER BY 1")

    assert sync("a", "b") and not sync("a", "b") and not sync("b", "a")
    assert sync("a")
    assert stored() == [("a", "A", True, False), ("b", "B", False, True)]
    assert sync("a", "b", name="Renamed")
    assert stored() == [("a", "Renamed", True, False), ("b", "Renamed", True, False)]
    assert sync() and stored() == [("a", "Renamed", False, True), ("b", "Renamed", False, True)]


def test_all_of_a_source_is_kept(desk: Desk) -> None:
    given = source(kind=Kind.FEED, country="BR", language="pt", tags=("one", "two"), enabled=False)
    configured.sync_sources(desk.connection, [given], NOW)
    assert desk.row("FROM sources") == (
        ("gazette", "Gazette", given.url, "feed", "BR", "pt", ["one", "two"], False, NOW, None)
    )


def test_topic_versions_are_kept_and_one_is_active(desk: Desk) -> None:
    def sync(*versions: str) -> bool:
        topics = [Topic("prisons", version, "Prisons", f"query {version}", 0.5) for version in versions]
        return configured.sync_topics(desk.connection, topics, NOW)

    def stored() -> list[tuple[object, ...]]:
        return desk.rows("SELECT topic_version, query, active FROM topics ORDER BY 1")

    assert sync("v1") and not sync("v1")
    assert sync("v2") and stored() == [("v1", "query v1", False), ("v2", "query v2", True)]
    assert sync("v1") and stored() == [("v1", "query v1", True), ("v2", "query v2", False)]
    assert sync() and [active for *_, active in stored()] == [False, False]


# --- what is remembered of sources


def test_poll_state_comes_back_as_it_went(desk: Desk) -> None:
    kept = PollState(
        source_id="gazette",
        configured_url=source().url,
        url="https://moved.example/feed",
        kind=Kind.FEED,
        etag='"tag"',
        last_modified="Thu, 12 Mar 2026 12:00:00 GMT",
        body_hash="hash",
        interval=timedelta(minutes=7, seconds=0.5),
        next_poll_at=LATER,
        last_poll_at=NOW,
        last_success_at=NOW,
        last_full_at=NOW - HOUR,
        consecutive_failures=2,
        last_http_status=304,
        last_error="timeout: slow",
        last_outcome="failed",
        moved_to="https://moved.example/feed",
        moves_seen=3,
    )
    load.commit_polls(desk.connection, "run", [replace(poll("gazette"), state=kept)])
    assert pollstates.poll_states(desk.connection, [source()]) == [kept]


@pytest.mark.parametrize("source_id", ["new", "gazette"])
def test_source_without_a_past_starts_anew(desk: Desk, source_id: str) -> None:
    """One that is new, and one whose address the user has changed."""
    load.commit_polls(desk.connection, "run", [poll("gazette", state={"etag": "old"})])
    changed = replace(source(source_id), url="https://elsewhere.example/feed")
    assert pollstates.poll_states(desk.connection, [changed]) == [PollState(source_id, changed.url, changed.url)]


def test_states_come_in_the_order_of_the_sources(desk: Desk) -> None:
    load.commit_polls(desk.connection, "run", [poll("b"), poll("a")])
    states = pollstates.poll_states(desk.connection, [source("a"), source("new"), source("b")])
    assert [(found.source_id, found.last_poll_at) for found in states] == [("a", NOW), ("new", None), ("b", NOW)]


def test_robots_files_are_kept_and_replaced(desk: Desk) -> None:
    first = RobotsFile("https://a.example", "User-agent: *", NOW, LATER)
    other = RobotsFile("https://b.example", "", NOW, LATER)
    newer = RobotsFile("https://a.example", "User-agent: *\nDisallow: /", LATER, LATER + HOUR)
    pollstates.keep_robots(desk.connection, [first, other])
    pollstates.keep_robots(desk.connection, [newer])
    pollstates.keep_robots(desk.connection, [])
    assert sorted(pollstates.known_robots(desk.connection), key=lambda file: file.origin) == [newer, other]


# --- passes


def test_pass_that_was_cut_off_is_named_so(desk: Desk) -> None:
    runs.begin(desk.connection, "one", "monitor", NOW)
    runs.note(desk.connection, "one", Counts(entries_new=2))
    runs.begin(desk.connection, "two", "monitor", LATER)
    runs.finish(desk.connection, "two", Counts(entries_new=3), LATER, LATER + timedelta(seconds=90))
    assert desk.rows("SELECT run_id, outcome, entries_new, duration_s, finished_at FROM runs ORDER BY 1") == [
        ("one", "crashed", 2, None, None),
        ("two", "done", 3, 90.0, LATER + timedelta(seconds=90)),
    ]
