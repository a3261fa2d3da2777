"""What changed in articles, how much attention a topic gets, and who was looking."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tasks import urls
from tasks.model import PollOutcome, Topic
from tasks.store import configured, load
from tasks.store.publish import publish
from tests.store.samples import HOUR, NOW, Desk, address, derived, entry, poll, source
from tests.store.samples import desk as open_desk

DAY = timedelta(days=1)
TODAY = NOW.date()


# --- article_changes


def define(desk: Desk, at: datetime, **versions: str) -> None:
    """The configuration has these topics, each in this version."""
    configured.sync_topics(
        desk.connection, [Topic(name, version, name, "query", 0) for name, version in versions.items()], at
    )


def retag(desk: Desk, path: str, *topics: str) -> None:
    """The article's text matches these topics when all articles are matched again."""
    article_id = urls.page_id(address(path))
    desk.connection.execute("DELETE FROM article_topics WHERE article_id = ?", [article_id])
    for topic in topics:
        desk.connection.execute("INSERT INTO article_topics VALUES (?, ?, 'later', 1, [])", [article_id, topic])


def test_edit_of_headline_and_text(desk: Desk) -> None:
    define(desk, NOW, prisons="v1", policing="v1")
    desk.publish(derived("a", "First line.\nSecond line.\nThird line.", title="Riot in jail", topics=["prisons"]))
    later = "First line.\nSecond line, corrected.\nThird line.\nFourth line."
    desk.store(derived("a", later, title="Unrest in jail", at=NOW + HOUR, topics=["policing", "prisons"]))
    assert desk.rows("SELECT * EXCLUDE (article_id) FROM article_changes") == [
        (
            2,
            NOW + HOUR,
            "Riot in jail",
            "Unrest in jail",
            ["Second line, corrected.", "Fourth line."],
            ["Second line."],
            ["policing"],
            [],
        )
    ]


def test_edit_is_not_credited_with_what_a_later_retag_found(desk: Desk) -> None:
    define(desk, NOW - DAY, prisons="v1", police="v1", courts="v1")
    desk.publish(derived("a", "One.", topics=["prisons", "courts"]))
    desk.store(derived("a", "Two.", at=NOW + HOUR, topics=["prisons", "police"]))
    changes = "SELECT topics_gained, topics_lost FROM article_changes ORDER BY revision"
    assert desk.rows(changes) == [(["police"], ["courts"])]
    # Another day: a new topic, a topic with another query, and one that is gone; then all is matched again.
    define(desk, NOW + DAY, prisons="v2", police="v1", crime="v1")
    retag(desk, "a", "police", "crime")
    assert desk.rows(changes) == [(["police"], [])]
    # The next edit loses what it loses, and the earlier one still has nothing of the retag.
    desk.store(derived("a", "Three.", at=NOW + 2 * DAY, topics=["police"]))
    assert desk.rows(changes) == [(["police"], []), ([], ["crime"])]


def test_every_step_has_its_row(desk: Desk) -> None:
    define(desk, NOW, prisons="v1")
    desk.publish(derived("a", "One.", topics=["prisons"]), derived("unchanged", "Other."))
    desk.store(derived("a", "Two.", at=NOW + HOUR))
    desk.store(derived("a", "Two.", title="Another title", at=NOW + 2 * HOUR))
    steps = "SELECT revision, title_after, paragraphs_added, topics_gained, topics_lost FROM article_changes ORDER BY 1"
    assert desk.rows(steps) == [(2, "A title", ["Two."], [], ["prisons"]), (3, "Another title", [], [], [])]


def test_versions_that_were_stored_before_topics_were_kept(desk: Desk) -> None:
    define(desk, NOW, prisons="v1")
    desk.publish(derived("a", "One."))
    desk.store(derived("a", "Two.", at=NOW + HOUR, topics=["prisons"]))
    desk.rows("UPDATE article_revisions SET topics = NULL")
    assert desk.rows("SELECT topics_gained, topics_lost FROM article_changes") == [(None, None)]


# --- topic_share and topic_trend


@pytest.fixture
def watched(desk: Desk) -> Desk:
    """Five weeks: a topic with one of four articles a day, and two of four in the last week."""
    configured.sync_topics(desk.connection, [Topic("prisons", "v1", "prisons", "query", 0)], NOW)
    monday = TODAY - timedelta(days=TODAY.weekday())
    first = NOW - (TODAY - monday) - 4 * 7 * DAY
    pages = []
    for day in range(5 * 7):
        of_topic = 2 if day >= 4 * 7 else 1
        for number in range(4):
            topics = ["prisons"] if number < of_topic else []
            pages.append(derived(f"{day}-{number}", published_at=first + day * DAY, topics=topics))
    desk.publish(*pages)
    return desk


def test_share_by_day(watched: Desk) -> None:
    last = watched.row("SELECT max(day) FROM topic_daily")[0]
    since = last - 7 * DAY
    rows = watched.rows(f"SELECT day, articles, all_articles, share, share_7d FROM topic_share('prisons', '{since}')")
    assert [row[0] for row in rows] == [since + number * DAY for number in range(8)]
    assert rows[0][1:] == (1, 4, 0.25, 0.25)
    assert rows[1][1:] == (2, 4, 0.5, pytest.approx(8 / 28))
    assert rows[-1][1:] == (2, 4, 0.5, 0.5)


def test_share_of_a_topic_that_does_not_exist(watched: Desk) -> None:
    assert watched.rows("FROM topic_share('none', '2026-01-01')") == []


def test_trend_by_week(watched: Desk) -> None:
    columns = "articles, unique_texts, stories, all_articles, share, usual_share, change"
    rows = watched.rows(f"SELECT {columns} FROM topic_trend('prisons')")
    assert rows[0] == (7, 7, 7, 28, 0.25, None, None)
    assert rows[1] == (7, 7, 7, 28, 0.25, 0.25, 1.0)
    assert rows[-1] == (14, 14, 14, 28, 0.5, 0.25, 2.0)
    mondays = watched.rows("SELECT week FROM topic_trend('prisons')")
    assert [week.isoweekday() for (week,) in mondays] == [1] * 5


def test_story_that_lasts_over_midnight_is_one_in_its_week(desk: Desk) -> None:
    configured.sync_topics(desk.connection, [Topic("prisons", "v1", "prisons", "query", 0)], NOW)
    monday = NOW - timedelta(days=TODAY.weekday())
    for number, name in enumerate("abc"):
        desk.publish(derived(name, "One text", published_at=monday + number * DAY, topics=["prisons"]))
    assert desk.rows("SELECT articles, stories FROM topic_trend('prisons')") == [(3, 1)]


# --- coverage


def test_who_was_looking_on_a_day(desk: Desk) -> None:
    names = ("fine", "broken", "asleep", "silent")
    configured.sync_sources(desk.connection, [source(name) for name in names], NOW - 40 * DAY)
    for number in range(56):
        desk.show("silent", entry(f"s{number}"), at=NOW - DAY)
        desk.store(derived(f"s{number}", published_at=NOW - (1 + number % 28) * DAY))
    desk.show("fine", entry("f"))
    desk.store(derived("f"))
    failed = poll("broken", outcome=PollOutcome.FAILED, error="timeout: no answer in 30 s")
    load.commit_polls(desk.connection, "run", [failed, poll("silent")])
    load.commit_polls(desk.connection, "run", [poll("silent", at=NOW + HOUR)])
    columns = "source_id, status, polls, answered, entries_new, articles, usual_articles, last_error"
    assert desk.rows(f"SELECT {columns} FROM coverage('{TODAY}')") == [
        ("broken", "failing", 1, 0, 0, 0, 0.0, "timeout: no answer in 30 s"),
        ("asleep", "not polled", 0, 0, 0, 0, 0.0, None),
        ("silent", "quiet", 2, 2, 0, 0, 2.0, None),
        ("fine", "ok", 1, 1, 1, 1, 0.0, None),
    ]
    assert desk.rows(f"FROM coverage('{date(2020, 1, 1)}')") == []


def test_macros_are_in_the_published_file(tmp_path: Path) -> None:
    with open_desk(tmp_path) as opened:
        opened.publish(derived("a"))
    with duckdb.connect(publish(tmp_path), read_only=True) as connection:
        assert connection.execute("FROM coverage(current_date)").fetchall() == []
        assert connection.execute("FROM topic_trend('prisons')").fetchall() == []
        assert connection.execute("FROM article_changes").fetchall() == []
