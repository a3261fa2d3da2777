"""What `newsdesk doctor` finds of archive, configuration and folder; databases: `test_doctor_databases`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.cli_shared import Folders
from flows.doctor import examine
from tasks.store import checks, configured
from tasks.store.publish import publish, published_path
from tests.flows.newsroom import write_config
from tests.store.samples import NOW, derived, desk, source
from tests.warcfiles import record, write


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a published article, and one that was stored since."""
    folder = tmp_path / "data"
    pages = {name: derived(name) for name in ("a", "b")}
    records = [record(page.page.url, b"<p>A page</p>") for page in pages.values()]
    with desk(folder) as opened:
        opened.publish(pages["a"])
        opened.connection.execute("UPDATE pages SET warc_offset = 0")
    publish(folder)
    with desk(folder) as opened:
        opened.publish(pages["b"])
        opened.connection.execute("UPDATE pages SET warc_offset = ? WHERE warc_offset <> 0", [len(records[0])])
    (folder / "archive").mkdir()
    write(folder / "archive" / "one.warc.gz", records)
    return folder


def findings(data: Path) -> dict[str, str]:
    """What is not good, by subject; configuration, schedule and disk are not looked at."""
    found = examine(Folders(data.parent / "config", data, True))
    looked_at = ("data folder", "state", "database", "archive")
    return {finding.subject: finding.message for finding in found if not finding.good and finding.subject in looked_at}


def test_nothing_is_found_in_a_whole_folder(data: Path) -> None:
    assert findings(data) == {}


def test_missing_archive_file_is_named(data: Path) -> None:
    (data / "archive" / "one.warc.gz").unlink()
    assert findings(data) == {
        "archive": "1 files are missing, e.g. archive/one.warc.gz; restore them from a backup: "
        "their articles stay, but cannot be derived again"
    }
    assert checks.problems(published_path(data)) == []


def zeroed(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 - 15)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def of_another_page(path: Path) -> None:
    write(path, [record("https://news.example/z", b"<p>Another</p>")])


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "cut off": (cut_short, "archive/one.warc.gz at 0: the record is cut off or damaged"),
    "zeroed": (zeroed, "archive/one.warc.gz at 0: "),
    "emptied": (emptied, "archive/one.warc.gz at 0: no WARC record begins there"),
    "another file": (
        of_another_page,
        "archive/one.warc.gz at 0: a record of https://news.example/z, not of https://news.example/a",
    ),
}


@pytest.mark.parametrize(("harm", "expected"), DAMAGE.values(), ids=DAMAGE)
def test_damaged_archive_file_is_named(data: Path, harm: Callable[[Path], None], expected: str) -> None:
    harm(data / "archive" / "one.warc.gz")
    message = findings(data)["archive"]
    assert message.startswith("1 of 1 pages looked at have no readable record, e.g. ") and expected in message
    assert "restore the file from a backup" in message


def said(data: Path, config: Path, subject: str) -> list[tuple[bool, str]]:
    return [(f.good, f.message) for f in examine(Folders(config, data, True)) if f.subject == subject]


def test_archive_outside_the_data_folder_is_said(data: Path, tmp_path: Path) -> None:
    away = (data / "archive" / "one.warc.gz").rename(tmp_path / "elsewhere.warc.gz")
    with desk(data) as opened:
        opened.connection.execute("UPDATE pages SET warc_file = ?", [str(away)])
    publish(data)
    ((good, message),) = said(data, tmp_path / "config", "archive")
    assert good and message == (
        "all 1 files that pages refer to are there, 2 pages read again from them; "
        "1 of the files lie outside the data folder"
    )


def test_configuration_of_another_installation_is_told(data: Path, tmp_path: Path) -> None:
    with desk(data) as opened:
        configured.sync_sources(opened.connection, [source("a"), source("b")], NOW)
    publish(data)
    config = tmp_path / "config"
    for ids, good, expected in (
        (["a", "b", "c"], True, None),
        (["b"], True, f"1 of the 2 sources of {data} are not in {config}; the next pass takes that over"),
        (["x"], False, f"2 of the 2 sources of {data} are not in {config}; if that is the configuration of another"),
    ):
        write_config(config, [{"id": name, "name": name, "url": f"https://{name}.example/"} for name in ids])
        first, *more = said(data, config, "configuration")
        assert first == (True, f"{config}: {len(ids)} sources enabled, 2 topics")
        assert [(found, message[: len(expected or "")]) for found, message in more] == (
            [(good, expected)] if expected else []
        )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_cannot_be_written(data: Path) -> None:
    data.chmod(0o500)
    assert "cannot be written by this user" in findings(data)["data folder"]
    data.chmod(0o700)
