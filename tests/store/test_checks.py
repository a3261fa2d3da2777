"""Each rule of integrity finds what breaks it, and nothing in a database that the writer made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tasks.model import PollOutcome
from tasks.store import checks, configured, load, publish, runs
from tasks.store.state import StoreError, state_path
from tests.store.samples import HOUR, NOW, derived, desk, entry, poll, source, too_short


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A state database with a bit of everything."""
    with desk(tmp_path) as opened:
        configured.sync_sources(opened.connection, [source("gazette"), source("wire")], NOW)
        opened.publish(derived("a", "One text", topics=["prisons"]), derived("b", "One text"), derived("c"))
        opened.publish(derived("a?p=2", canonical="a"))
        opened.store(derived("a", "Another text", topics=["prisons", "police"]))
        opened.show("wire", entry("short"), entry("a"))
        opened.store(too_short("short"))
    return state_path(tmp_path)


BREAKS = {
    "articles with the same article_id": "INSERT INTO articles FROM articles LIMIT 1",
    "pages with the same page_id": "INSERT INTO pages FROM pages WHERE outcome = 'too_short'",
    "stories with the same story_id": "INSERT INTO stories FROM stories LIMIT 1",
    "entries with the same source, id and page": "INSERT INTO entries FROM entries LIMIT 1",
    "matches with the same article and topic": "INSERT INTO article_topics FROM article_topics LIMIT 1",
    "revisions with the same number": "INSERT INTO article_revisions FROM article_revisions",
    "entries without their page": "DELETE FROM pages WHERE outcome = 'too_short'",
    "pages without the article they name": "DELETE FROM articles WHERE url LIKE '%/c'",
    "articles without exactly one page": "UPDATE pages SET outcome = 'article' WHERE outcome = 'duplicate'",
    "matches without their article": "UPDATE article_topics SET article_id = 'other' WHERE topic_id = 'police'",
    "places without their article": "INSERT INTO article_places VALUES ('other', 'EC', 1, false)",
    "places with the same article and country": (
        "INSERT INTO article_places SELECT article_id, 'EC', 1, false FROM articles, range(2) WHERE url LIKE '%/c'"
    ),
    "articles without exactly one chosen date": "UPDATE article_dates SET chosen = false FROM articles AS a "
    "WHERE a.article_id = article_dates.article_id AND a.url LIKE '%/c'",
    "dates without their article": (
        "INSERT INTO article_dates VALUES ('other', 'url', '2026-03-12', '2026-03-12', true)"
    ),
    "articles without their story": "DELETE FROM stories WHERE articles = 1",
    "stories that count their articles wrongly": "UPDATE stories SET articles = 7 WHERE articles = 1",
    "stories that count their texts wrongly": "UPDATE stories SET unique_texts = 7 WHERE articles = 1",
    "texts in more than one story": "UPDATE articles SET story_id = 'other' WHERE url LIKE '%/b'",
    "redirects that lead to no story": "INSERT INTO story_redirects VALUES ('gone', 'other', '2026-03-12')",
    "redirects of a story that is there": (
        "INSERT INTO story_redirects SELECT story_id, story_id, '2026-03-12' FROM stories WHERE articles = 1"
    ),
    "articles that wait for their story twice": "INSERT INTO pipeline.arrivals FROM pipeline.arrivals",
}


def test_what_the_writer_makes_is_whole(path: Path) -> None:
    assert checks.problems(path) == []


@pytest.mark.parametrize("rule", checks._RULES)
def test_rule_finds_what_breaks_it(path: Path, rule: str) -> None:
    with duckdb.connect(path) as connection:
        connection.execute(BREAKS[rule])
    assert f"1 {rule}; please report this with the output of newsdesk doctor" in checks.problems(path)


def test_nothing_is_said_of_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    broken = tmp_path / "news.duckdb"
    broken.write_text("no database")
    asked = (checks.problems, checks.archive_files, checks.last_run, checks.failing_sources, checks.sources_watched)
    for ask in asked:
        with pytest.raises(StoreError, match="cannot be read"):
            ask(broken)


@pytest.fixture
def troubled(tmp_path: Path) -> Iterator[Path]:
    """A published database with a pass and sources of every kind."""
    outcomes = {
        "fine": PollOutcome.OK,
        "quiet": PollOutcome.UNCHANGED,
        "failing": PollOutcome.FAILED,
        "gone": PollOutcome.GONE,
        "off": PollOutcome.FAILED,
    }
    with desk(tmp_path) as opened:
        runs.begin(opened.connection, "one", "monitor", NOW)
        runs.begin(opened.connection, "two", "monitor", NOW + HOUR)
        configured.sync_sources(opened.connection, [source(name, enabled=name != "off") for name in outcomes], NOW)
        failed = (PollOutcome.FAILED, PollOutcome.GONE)
        polls = [
            poll(name, outcome=outcome, state={"consecutive_failures": int(outcome in failed)})
            for name, outcome in outcomes.items()
        ]
        load.commit_polls(opened.connection, "one", polls)
        opened.publish(derived("a"), derived("b"))
    yield publish.publish(tmp_path)


def test_what_doctor_asks(troubled: Path) -> None:
    assert checks.last_run(troubled) == NOW + HOUR
    assert checks.failing_sources(troubled) == ["failing", "gone"]
    assert checks.archive_files(troubled) == ["archive/one.warc.gz"]
