"""Replays: the same pages and today's code; what an earlier one made of them is altered here in the database."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows import replay as flow
from flows.backfill import backfill
from flows.replay import Replayed, replay
from tasks.model import Changes, RunSummary
from tasks.present.changes import of_replay
from tasks.store import checks, state
from tasks.store.publish import published_path
from tests.flows.dying import REPLAY, run_and_die
from tests.flows.newsroom import TOPICS, ask, write_config
from tests.flows.processes import NEWSDESK, environment
from tests.warcfiles import CAPTURED, article, record, write

SITE = "https://gazette.example"
SHORT = b"<html><body><p>Nothing to see here.</p></body></html>"
COUNT = 13
"""Pages with an article; there is one without."""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_config(tmp_path / "config", [])


@pytest.fixture
def data(config: Path, tmp_path: Path) -> Path:
    """A database with one article a day, and no article where nothing is to be seen."""
    records = [
        record(f"{SITE}/{number}", article(f"Report {number}"), date=CAPTURED + timedelta(days=number))
        for number in range(COUNT - 1)
    ]
    records.insert(4, record(f"{SITE}/short", SHORT))
    records.append(record(f"{SITE}/jail", article("The jail", about="the jail"), date=CAPTURED + timedelta(days=COUNT)))
    folder = tmp_path / "data"
    backfill(str(config), str(folder), [str(write(tmp_path / "a.warc.gz", records))])
    return folder


def alter(data: Path, *statements: str) -> None:
    """What an earlier version is to have stored."""
    with state.open_state(data) as connection:
        for statement in statements:
            connection.execute(statement)


def contents(data: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All that a replay may change."""
    tables = ("pages", "articles", "article_revisions", "article_topics", "article_dates", "stories")
    return {table: ask(data, f"FROM {table} ORDER BY ALL") for table in tables}


def ids(data: Path) -> list[tuple[Any, ...]]:
    return ask(data, "SELECT page_id, article_id, outcome FROM pages ORDER BY ALL")


def again(config: Path, data: Path, since: datetime | None = None) -> Replayed:
    done = replay(str(config), str(data), since)
    assert checks.problems(published_path(data)) == []
    return done


def test_same_code_changes_nothing(config: Path, data: Path) -> None:
    before = contents(data)
    changes = again(config, data).changes
    assert (changes.articles_changed, changes.articles_new, changes.articles_gone, changes.revisions) == (0, 0, 0, 0)
    assert (changes.matches_gained, changes.matches_lost, changes.fields) == (0, 0, {})
    assert changes.outcomes == {"article": COUNT, "too_short": 1}
    assert contents(data) == before


CONTENT = "SELECT title, text, authors, language, published_at, excerpt, tags FROM articles ORDER BY ALL"
EARLIER_CODE = {
    "title": "title = 'Report 0 - The Gazette', content_hash = 'earlier'",
    "text": "text = 'Subscribe now.' || text, content_hash = 'earlier'",
    "authors": "authors = ['By Ada']",
    "language": "language = NULL",
    "published_at": "published_at = published_at - INTERVAL 1 YEAR",
    "excerpt": "excerpt = ''",
    "tags": "tags = ['x']",
}
"""What an earlier version stored otherwise in one article each."""


def test_revision_only_where_text_or_title_differs(config: Path, data: Path) -> None:
    known, before = ids(data), ask(data, CONTENT)
    assignments = enumerate(EARLIER_CODE.values())
    alter(data, *(f"UPDATE articles SET {assign} WHERE url = '{SITE}/{number}'" for number, assign in assignments))
    changes = again(config, data).changes
    assert changes.articles_changed == len(EARLIER_CODE) and changes.revisions == 2
    assert changes.fields == dict.fromkeys(EARLIER_CODE, 1)
    assert ids(data) == known
    revisions = dict(ask(data, "SELECT url, a.revision FROM article_revisions JOIN articles AS a USING (article_id)"))
    assert revisions == {f"{SITE}/0": 2, f"{SITE}/1": 2}
    assert ask(data, "SELECT title FROM article_revisions ORDER BY title") == [
        ("Report 0 - The Gazette",),
        ("Report 1",),
    ]
    assert ask(data, CONTENT) == before


def test_what_changed_is_told(config: Path, data: Path) -> None:
    alter(
        data,
        f"UPDATE articles SET title = 'Old', content_hash = 'earlier' WHERE url = '{SITE}/0'",
        f"UPDATE articles SET authors = ['By Ada'] WHERE url = '{SITE}/1'",
    )
    done = again(write_config(config, [], topics=[*TOPICS[1:], {"id": "r", "name": "R", "query": "harbour"}]), data)
    assert done.summary
    assert of_replay(done.changes, done.summary)[1:] == [
        "articles: 2 changed (1 with a new revision), 0 new, 0 gone",
        "fields that changed: 1 authors, 1 title",
        f"topic matches: {COUNT - 1} gained, 1 lost",
    ]


def test_pages_become_articles_and_are_never_taken_away(config: Path, data: Path) -> None:
    before = contents(data)
    alter(
        data,
        # Earlier code found no article where today's does …
        f"DELETE FROM article_dates WHERE article_id = (SELECT article_id FROM pages WHERE url = '{SITE}/2')",
        f"DELETE FROM articles WHERE article_id = (SELECT article_id FROM pages WHERE url = '{SITE}/2')",
        f"UPDATE pages SET outcome = 'too_short', article_id = NULL WHERE url = '{SITE}/2'",
        # … and one where today's finds none.
        f"UPDATE pages SET outcome = 'article', article_id = page_id WHERE url = '{SITE}/short'",
        f"""INSERT INTO articles BY NAME SELECT a.* REPLACE (p.page_id AS article_id, p.url AS url) FROM articles AS a,
            (SELECT page_id, url FROM pages WHERE url = '{SITE}/short') AS p WHERE a.url = '{SITE}/3'""",
    )
    changes = replay(str(config), str(data)).changes
    assert (changes.articles_new, changes.articles_gone, changes.articles_changed) == (1, 1, 0)
    kept = ask(data, f"SELECT outcome, error FROM pages WHERE url = '{SITE}/short'")
    assert kept[0][0] == "article" and "words" in kept[0][1]
    assert len(ask(data, "FROM articles")) == len(before["articles"]) + 1


def test_only_pages_since(config: Path, data: Path) -> None:
    alter(data, "UPDATE articles SET authors = ['By Ada']")
    changes = again(config, data, CAPTURED + timedelta(days=10)).changes
    assert (changes.articles_changed, changes.outcomes) == (3, {"article": 3})
    assert ask(data, "SELECT count(*) FROM articles WHERE authors = ['By Ada']") == [(COUNT - 3,)]


def test_missing_archive_file_is_told_and_its_pages_stay(
    config: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(data)
    (tmp_path / "a.warc.gz").unlink()
    changes = again(config, data).changes
    assert (changes.unreadable, changes.outcomes) == (COUNT + 1, {})
    assert f"{tmp_path / 'a.warc.gz'}: this archive file is missing" in capsys.readouterr().err
    assert contents(data) == before


def cut_off(path: Path, places: list[int]) -> None:
    """The file ends in the middle of its last record."""
    os.truncate(path, (places[-1] + path.stat().st_size) // 2)


def another_in_its_place(path: Path, places: list[int]) -> None:
    """The last record is one of another page, as after a wrong restore."""
    other = record(f"{SITE}/other", article("Another", about="the theatre"))
    path.write_bytes(path.read_bytes()[: places[-1]] + other)


def overwritten(path: Path, places: list[int]) -> None:
    """The last record begins with something else."""
    content = path.read_bytes()
    path.write_bytes(content[: places[-1]] + b"x" * (len(content) - places[-1]))


@pytest.mark.parametrize(
    "harm", [cut_off, *(pytest.param(harm, marks=pytest.mark.slow) for harm in (another_in_its_place, overwritten))]
)
def test_damaged_record_is_told_and_its_page_stays(
    harm: Callable[[Path, list[int]], None],
    config: Path,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before, path = contents(data), tmp_path / "a.warc.gz"
    whole = path.read_bytes()
    places = [row[0] for row in ask(data, "SELECT warc_offset FROM pages ORDER BY 1")]
    harm(path, places)
    done = again(config, data)
    changes = done.changes
    assert (changes.damaged, changes.outcomes) == ({str(path): 1}, {"article": COUNT - 1, "too_short": 1})
    assert (changes.articles_gone, changes.articles_changed, changes.unreadable) == (0, 0, 0)
    assert contents(data) == before
    assert f"{path} at {places[-1]}: " in capsys.readouterr().err
    assert done.summary
    first, _, damaged, *_ = of_replay(changes, done.summary)
    assert first.startswith(f"{COUNT} archived pages derived again in ")
    assert ", 1 left because their archive record is damaged: " in first
    assert damaged == f"  damaged records, or of another page: 1 in {path}; restore from a backup, then replay again"
    # What the line says to do helps.
    path.write_bytes(whole)
    assert (again(config, data).changes.damaged, contents(data)) == ({}, before)


def test_damaged_files_are_named_worst_first_and_not_all_of_them() -> None:
    changes = Changes(damaged={f"{number}.warc.gz": number for number in range(1, 9)})
    (line,) = [line for line in of_replay(changes, RunSummary("r", "replay", CAPTURED)) if "another page" in line]
    assert "page: 8 in 8.warc.gz, 7 in 7.warc.gz, " in line and "4 in 4.warc.gz, 3 more; restore" in line


# --- killed and gone on with


@pytest.mark.parametrize(
    ("moment", "left"), [pytest.param(*each, marks=pytest.mark.slow) for each in (("before", 10), ("after", 6))]
)
def test_killed_and_gone_on_with(
    moment: str,
    left: int,
    config: Path,
    data: Path,
    prefect_server: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of 14 pages in batches of 4 the first, or the first two, are not derived again; every change is made once."""
    alter(data, "UPDATE articles SET title = 'Old ' || title, content_hash = 'earlier'")
    assert run_and_die(REPLAY, "commit_replayed", config, data, prefect_server, moment, 2) == -9
    monkeypatch.setattr(flow, "BATCH", 4)
    done = again(config, data)
    assert sum(done.changes.outcomes.values()) == left
    assert f"an earlier replay was cut off: {left} pages are left" in capsys.readouterr().err
    assert ask(data, "SELECT DISTINCT title LIKE 'Old %', revision FROM articles") == [(False, 2)]
    assert ask(data, "SELECT count(*), count(DISTINCT article_id) FROM article_revisions") == [(COUNT, COUNT)]
    # The next one begins at the beginning.
    assert sum(again(config, data).changes.outcomes.values()) == COUNT + 1


def test_command_says_what_changed(config: Path, data: Path, prefect_server: str) -> None:
    alter(data, f"UPDATE articles SET title = 'Old', content_hash = 'earlier' WHERE url = '{SITE}/0'")
    command = [NEWSDESK, "--config", str(config), "--data", str(data), "replay", "--since", f"{CAPTURED:%Y-%m-%d}"]
    done = subprocess.run(
        command, env=environment(PREFECT_API_URL=prefect_server), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    first, *rest = done.stdout.splitlines()
    assert first.startswith(f"{COUNT + 1} archived pages derived again in ")
    assert first.endswith(f": {COUNT} article, 1 too_short")
    assert rest == [
        "articles: 1 changed (1 with a new revision), 0 new, 0 gone",
        "fields that changed: 1 title",
        "topic matches: 0 gained, 0 lost",
    ]
