"""news.duckdb is replaced whole or not at all, whoever has it open."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tasks.store import publish
from tasks.store.state import StoreError, state_path
from tests.store.samples import derived, desk


def store(data: Path, *paths: str) -> None:
    with desk(data) as opened:
        opened.publish(*(derived(path) for path in paths))


def articles(data: Path) -> int:
    with duckdb.connect(publish.published_path(data), read_only=True) as connection:
        (count,) = connection.execute("SELECT count(*) FROM articles").fetchall()
    return int(count[0])


def test_published_file_is_the_state_read_only(tmp_path: Path) -> None:
    store(tmp_path, "a", "b")
    path = publish.publish(tmp_path)
    assert path == tmp_path / "news.duckdb"
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert path.read_bytes() == state_path(tmp_path).read_bytes()
    assert articles(tmp_path) == 2


def test_reader_keeps_the_version_it_opened(tmp_path: Path) -> None:
    store(tmp_path, "a")
    with duckdb.connect(publish.publish(tmp_path), read_only=True) as reader:
        for name in ("b", "c"):
            store(tmp_path, name)
            publish.publish(tmp_path)
            assert reader.execute("SELECT count(*) FROM articles").fetchall() == [(1,)]
    assert articles(tmp_path) == 3


def fail(source: Path, target: Path) -> None:
    target.write_bytes(source.read_bytes()[:1000])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(tmp_path, "a")
    publish.publish(tmp_path)
    store(tmp_path, "b")
    with monkeypatch.context() as full, pytest.raises(StoreError) as error:
        full.setattr(publish, "_copy", fail)
        publish.publish(tmp_path)
    assert str(error.value) == (
        f"{tmp_path / 'news.duckdb'}: cannot be published: No space left on device; the earlier file is as it was"
    )
    assert articles(tmp_path) == 1
    assert not list(tmp_path.glob(".*.part"))
    publish.publish(tmp_path)
    assert articles(tmp_path) == 2


CRASHES = {
    "before the copy is on the disk": "os.fsync",
    "before the log is cleared": "publish._clear_log",
    "before the rename": "pathlib.Path.chmod",
    "after the rename": "publish._sync_folder",
}


@pytest.mark.parametrize("place", CRASHES.values(), ids=CRASHES)
def test_crash_in_the_middle_leaves_a_whole_file(tmp_path: Path, place: str) -> None:
    store(tmp_path, "a")
    publish.publish(tmp_path)
    store(tmp_path, "b")
    program = (
        "import os, pathlib, sys; from tasks.store import publish; "
        f"{place} = lambda *arguments: os._exit(9); publish.publish(pathlib.Path(sys.argv[1]))"
    )
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False).returncode == 9
    assert articles(tmp_path) in (1, 2)
    publish.publish(tmp_path)
    assert articles(tmp_path) == 2
    assert not list(tmp_path.glob(".*.part"))


def refuse(*arguments: object) -> int:
    raise OSError(errno.EXDEV, "not here")


@pytest.mark.parametrize("copy_file_range", [refuse, lambda *arguments: 0], ids=["refused", "stops early"])
def test_file_system_without_fast_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copy_file_range: Callable[..., int]
) -> None:
    store(tmp_path, "a")
    monkeypatch.setattr(os, "copy_file_range", copy_file_range, raising=False)
    publish.publish(tmp_path)
    assert articles(tmp_path) == 1


# --- somebody has it open read-write: root can, in spite of the mode


class Writer:
    """A session on the published database in another process, which runs one statement at a time."""

    _PROGRAM = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
for line in sys.stdin:
    try:
        print(connection.execute(line).fetchall(), flush=True)
    except duckdb.Error as error:
        print("failed", flush=True)
"""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, "-c", self._PROGRAM, str(path)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.run("SELECT 1") == "[(1,)]", "it has the file open"

    def run(self, statement: str) -> str:
        assert self.process.stdin and self.process.stdout
        print(statement, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()

    def close(self) -> None:
        self.process.communicate()


BEFORE = {
    "nothing written": [],
    "committed": ["DELETE FROM articles"],
    "uncommitted": ["BEGIN", "DELETE FROM articles"],
    "committed and uncommitted": ["DROP TABLE stories", "BEGIN", "DELETE FROM articles"],
}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may write to the published file")
@pytest.mark.parametrize("statements", BEFORE.values(), ids=BEFORE)
def test_writer_never_reaches_the_new_file(tmp_path: Path, statements: list[str]) -> None:
    store(tmp_path, "a")
    path = publish.publish(tmp_path)
    writer = Writer(path)
    try:
        for statement in statements:
            assert writer.run(statement) != "failed"
        store(tmp_path, "b")
        publish.publish(tmp_path)
        assert articles(tmp_path) == 2
        for statement in ("COMMIT", "DELETE FROM pages", "CHECKPOINT", "INSERT INTO runs SELECT * FROM runs", "COMMIT"):
            writer.run(statement)
            assert articles(tmp_path) == 2
    finally:
        writer.close()
    assert articles(tmp_path) == 2
    assert path.read_bytes() == state_path(tmp_path).read_bytes()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may write to the published file")
def test_bar_against_a_writer_goes_with_the_writer(tmp_path: Path) -> None:
    store(tmp_path, "a")
    path = publish.publish(tmp_path)
    assert [found.name for found in tmp_path.iterdir() if found.name != "state"] == ["news.duckdb"]
    writer = Writer(path)
    publish.publish(tmp_path)
    assert path.with_name("news.duckdb.wal").is_symlink()
    writer.close()
    publish.publish(tmp_path)
    assert [found.name for found in tmp_path.iterdir() if found.name != "state"] == ["news.duckdb"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may write to the published file")
def test_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(tmp_path, "a")
    path = publish.publish(tmp_path)
    writer = Writer(path)
    assert writer.run("DELETE FROM articles") != "failed"
    monkeypatch.setattr(Path, "symlink_to", refuse)
    publish.publish(tmp_path)
    assert not path.with_name("news.duckdb.wal").exists()
    assert articles(tmp_path) == 1
    writer.close()


def test_log_that_somebody_left_is_removed(tmp_path: Path) -> None:
    store(tmp_path, "a")
    path = publish.publish(tmp_path)
    path.with_name("news.duckdb.wal").write_text("left by a writer")
    publish.publish(tmp_path)
    assert not path.with_name("news.duckdb.wal").exists()
    assert articles(tmp_path) == 1


# --- what is still to be published


def test_change_is_noted_until_it_is_published(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    assert not publish.note_change(tmp_path)
    assert publish.note_change(tmp_path)
    publish.forget_change(tmp_path)
    assert not publish.note_change(tmp_path)


def test_state_that_is_gone_is_not_begun_anew_over_its_copy(tmp_path: Path) -> None:
    store(tmp_path, "a")
    publish.require_state(tmp_path)
    publish.publish(tmp_path)
    state_path(tmp_path).unlink()
    with pytest.raises(StoreError, match=r"is missing, while .* is there; newsdesk doctor says how"):
        publish.require_state(tmp_path)
    shutil.copy(publish.published_path(tmp_path), state_path(tmp_path))
    publish.require_state(tmp_path)
