"""What `newsdesk doctor` finds in a damaged data folder, and that what it says to do helps."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.cli_shared import Folders
from flows.doctor import examine
from tasks.store import checks
from tasks.store.publish import publish, published_path
from tasks.store.state import open_state, state_path
from tests.store.samples import derived, desk


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a published article, and one that was stored since."""
    folder = tmp_path / "data"
    with desk(folder) as opened:
        opened.publish(derived("a"))
    publish(folder)
    with desk(folder) as opened:
        opened.publish(derived("b"))
    archive = folder / "archive" / "one.warc.gz"
    archive.parent.mkdir()
    archive.write_bytes(b"")
    return folder


def findings(data: Path) -> dict[str, str]:
    """What is not good, by subject; configuration, schedule and disk are not looked at."""
    found = examine(Folders(data.parent / "config", data, True))
    looked_at = ("data folder", "state", "database", "archive")
    return {finding.subject: finding.message for finding in found if not finding.good and finding.subject in looked_at}


def cut_off(path: Path) -> None:
    path.chmod(0o644)
    os.truncate(path, path.stat().st_size // 2)


def overwritten(path: Path) -> None:
    path.chmod(0o644)
    path.write_text("no database")


HARM: dict[str, Callable[[Path], None]] = {"cut off": cut_off, "overwritten": overwritten}


def test_nothing_is_found_in_a_whole_folder(data: Path) -> None:
    assert findings(data) == {}


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_damaged_state_is_made_whole_by_what_doctor_says(data: Path, harm: Callable[[Path], None]) -> None:
    harm(state_path(data))
    ((subject, message),) = findings(data).items()
    assert subject == "state" and "is damaged" in message
    command = message.partition("put that in its place: ")[2]
    assert command
    subprocess.run(["sh", "-ec", command], check=True)
    assert findings(data) == {}
    with open_state(data) as connection:
        assert connection.execute("SELECT count(*) FROM articles").fetchall() == [(1,)]


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM)
def test_damaged_publication_is_published_again(data: Path, harm: Callable[[Path], None]) -> None:
    harm(published_path(data))
    assert "newsdesk run --force publishes it again" in findings(data)["database"]
    publish(data)
    assert findings(data) == {}


def test_both_damaged(data: Path) -> None:
    cut_off(state_path(data))
    cut_off(published_path(data))
    assert "restore the data folder from a backup" in findings(data)["state"]


def test_state_that_a_pass_holds_is_left_alone(data: Path) -> None:
    with open_state(data):
        program = "import sys, pathlib; from tasks.store import checks; print(checks.damage(pathlib.Path(sys.argv[1])))"
        command = [sys.executable, "-c", program, str(state_path(data))]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said == "None\n"


def test_missing_archive_file_is_named(data: Path) -> None:
    (data / "archive" / "one.warc.gz").unlink()
    assert findings(data) == {
        "archive": "1 files are missing, e.g. archive/one.warc.gz; restore them from a backup: "
        "their articles stay, but cannot be derived again"
    }
    assert checks.problems(published_path(data)) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_cannot_be_written(data: Path) -> None:
    data.chmod(0o500)
    assert "cannot be written by this user" in findings(data)["data folder"]
    data.chmod(0o700)
