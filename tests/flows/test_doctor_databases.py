"""What `newsdesk doctor` prints for broken databases is run as it stands, and everything is well afterwards."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from flows.backfill import backfill
from tasks.store.publish import published_path
from tasks.store.state import known_schema, open_state, state_path
from tests.flows.commands import Newsdesk, Said
from tests.flows.newsroom import ask, write_config
from tests.warcfiles import article, record, write

Harm = Callable[[Path], None]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a configuration that watches nothing and a data folder with three articles and their archive."""
    folder = tmp_path_factory.mktemp("whole")
    data = folder / "data"
    archive = data / "archive" / "2026" / "01" / "31"
    archive.mkdir(parents=True)
    pages = {f"https://gazette.example/{name}": article(f"Report {name}") for name in "abc"}
    file = write(archive / "a.warc.gz", [record(url, body) for url, body in pages.items()])
    backfill(str(write_config(folder / "config", [])), str(data), [str(file)])
    return folder


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    """A copy, in a folder whose name a shell and a pattern take for something else."""
    shutil.copytree(whole / "config", tmp_path / "config")
    return shutil.copytree(whole / "data", tmp_path / "it's [1] of mine")


def cut_off(path: Path) -> None:
    path.chmod(0o644)
    os.truncate(path, 300_000)


def emptied(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(b"")


def deleted(path: Path) -> None:
    path.unlink()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def overwritten_inside(path: Path) -> None:
    """One block of texts, which nothing reads that only opens the database or counts its rows."""
    with duckdb.connect(path, read_only=True) as connection:
        query = "SELECT block_id FROM pragma_storage_info('articles') WHERE column_name = 'text' AND block_id >= 0"
        block = connection.execute(query).fetchall()[0][0]
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(3 * 4096 + block * 262_144 + 100)
        file.write(os.urandom(200_000))


def untouched(path: Path) -> None:
    """Nothing is wrong with it."""


BROKEN: dict[str, tuple[Harm, Harm]] = {
    "state cut off": (cut_off, untouched),
    "state emptied": (emptied, untouched),
    "state overwritten inside": (overwritten_inside, untouched),
    "state deleted": (deleted, untouched),
    "copy cut off": (untouched, cut_off),
    "copy emptied": (untouched, emptied),
    "copy overwritten inside": (untouched, overwritten_inside),
    "copy a folder": (untouched, a_folder),
    "copy deleted": (untouched, deleted),
    "both cut off": (cut_off, cut_off),
    "both overwritten inside": (overwritten_inside, overwritten_inside),
    "state deleted, copy cut off": (deleted, cut_off),
    "state emptied, copy a folder": (emptied, a_folder),
    "state cut off, copy deleted": (cut_off, deleted),
    "both deleted": (deleted, deleted),
}


QUICK = ("state overwritten inside", "state deleted", "copy a folder", "both cut off", "state cut off, copy deleted")


@pytest.mark.parametrize(
    ("to_state", "to_copy"),
    [pytest.param(*harms, marks=() if name in QUICK else pytest.mark.slow) for name, harms in BROKEN.items()],
    ids=BROKEN,
)
def test_what_doctor_prints_helps(newsdesk: Newsdesk, data: Path, to_state: Harm, to_copy: Harm) -> None:
    to_state(state_path(data))
    to_copy(published_path(data))
    said = newsdesk("--data", str(data), "doctor")
    assert said.code == 1
    follow(said, newsdesk)
    again = newsdesk("--data", str(data), "doctor")
    assert again.code == 0, again.out
    assert ask(data, "SELECT count(*) FROM articles") == [(3,)]
    if to_copy is untouched:  # else a pass was among the commands
        assert newsdesk("--data", str(data), "run").code == 0


def follow(said: Said, newsdesk: Newsdesk) -> None:
    """Run the commands that doctor has printed, the only ones, as a user would paste them."""
    (line,) = (line for line in said.out.splitlines() if line.startswith("        "))
    for command in line.split(" && "):
        name, *arguments = shlex.split(command)
        if name == "newsdesk":
            assert newsdesk(*arguments).code == 0, command
        else:
            subprocess.run(["sh", "-ec", command], check=True)


def test_whole_folder_is_told_to_be(newsdesk: Newsdesk, data: Path) -> None:
    said = newsdesk("--data", str(data), "doctor")
    assert said.code == 0 and f"ok      state: {state_path(data)} (" in said.out


def test_both_damaged_and_no_archive(newsdesk: Newsdesk, data: Path) -> None:
    cut_off(state_path(data))
    cut_off(published_path(data))
    shutil.rmtree(data / "archive")
    said = newsdesk("--data", str(data), "doctor")
    assert "restore the data folder from a backup, or begin anew, for there is no archive either" in said.out
    follow(said, newsdesk)
    assert newsdesk("--data", str(data), "doctor").code == 0


def test_what_was_moved_away_before_stays(newsdesk: Newsdesk, data: Path) -> None:
    kept = data / "state" / "newsdesk.duckdb.damaged"
    kept.write_text("an earlier one")
    cut_off(state_path(data))
    follow(newsdesk("--data", str(data), "doctor"), newsdesk)
    assert kept.read_text() == "an earlier one"
    assert kept.with_name("newsdesk.duckdb.damaged-2").exists()


def test_log_of_a_state_that_is_gone_is_not_replayed_into_its_copy(newsdesk: Newsdesk, data: Path) -> None:
    state_path(data).unlink()
    Path(f"{state_path(data)}.wal").write_bytes(b"of another database")
    follow(newsdesk("--data", str(data), "doctor"), newsdesk)
    with open_state(data) as connection:
        assert connection.execute("SELECT count(*) FROM articles").fetchall() == [(3,)]


@pytest.mark.parametrize(
    ("to_state", "to_copy"), [(cut_off, cut_off), (deleted, a_folder)], ids=["both cut off", "neither there"]
)
def test_nothing_is_claimed_of_what_could_not_be_asked(
    newsdesk: Newsdesk, data: Path, to_state: Harm, to_copy: Harm
) -> None:
    to_state(state_path(data))
    to_copy(published_path(data))
    out = newsdesk("--data", str(data), "doctor").out
    for subject in ("archive", "schedule"):
        assert f"PROBLEM {subject}: not looked at, for neither database can be asked" in out
    assert "no pass has run" not in out and "are there" not in out


@pytest.mark.parametrize("harm", [cut_off, emptied, a_folder, overwritten_inside, deleted])
def test_the_state_answers_for_a_copy_that_cannot_be_read(newsdesk: Newsdesk, data: Path, harm: Harm) -> None:
    harm(published_path(data))
    out = newsdesk("--data", str(data), "doctor").out
    assert "ok      archive: all 1 files that pages refer to are there, 3 pages read again from them" in out
    assert "ok      schedule: the last pass began " in out


def of_a_newer_schema(path: Path) -> None:
    path.chmod(0o644)
    with duckdb.connect(path) as connection:
        connection.execute("INSERT INTO schema_migrations VALUES (?, 'later', now())", [known_schema() + 5])


def test_state_of_a_newer_version(newsdesk: Newsdesk, data: Path) -> None:
    of_a_newer_schema(state_path(data))
    said = newsdesk("--data", str(data), "doctor")
    schemas = f"schema {known_schema() + 5}, this version knows {known_schema()}"
    newer = f"{state_path(data)} was made by a newer newsdesk ({schemas}); install the newer version again"
    assert said.code == 1 and f"PROBLEM state: {newer}" in said.out
    a_folder(published_path(data))
    said = newsdesk("--data", str(data), "doctor")
    assert "and the state was made by a newer newsdesk; install the newer version again" in said.out


def test_copy_of_a_newer_version(newsdesk: Newsdesk, data: Path) -> None:
    of_a_newer_schema(published_path(data))
    said = newsdesk("--data", str(data), "doctor")
    assert said.code == 1 and f"PROBLEM database: {published_path(data)} was published by a newer newsdesk" in said.out
    follow(said, newsdesk)
    assert newsdesk("--data", str(data), "doctor").code == 0


def test_both_of_a_newer_version(newsdesk: Newsdesk, data: Path) -> None:
    for path in (state_path(data), published_path(data)):
        of_a_newer_schema(path)
    lines = newsdesk("--data", str(data), "doctor").out.splitlines()
    problems = [line for line in lines if line.startswith("PROBLEM")]
    assert [problem.split()[1] for problem in problems] == ["state:", "database:"]
    assert all("install the newer version again" in problem for problem in problems)
    assert not [line for line in lines if line.startswith(" ")]


def test_copy_of_an_earlier_version(newsdesk: Newsdesk, data: Path) -> None:
    published_path(data).chmod(0o644)
    with duckdb.connect(published_path(data)) as connection:
        connection.execute("DELETE FROM schema_migrations WHERE version > 2")
        connection.execute("DROP TABLE article_places")
    said = newsdesk("--data", str(data), "doctor")
    assert f"{published_path(data)} was published by an earlier newsdesk" in said.out
    follow(said, newsdesk)
    assert newsdesk("--data", str(data), "doctor").code == 0
