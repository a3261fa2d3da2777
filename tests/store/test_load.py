"""The two commits: what feeds showed and where they stand; what pages became."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

import duckdb
import pytest

from tasks import urls
from tasks.model import Derived, Entry, Outcome, PollOutcome
from tasks.store import load
from tests.store.samples import HOUR, NOW, Desk, address, derived, entry, failed, fetched, poll, too_short

LATER = NOW + HOUR
DAY = timedelta(days=1)


class Shown(NamedTuple):
    """A feed shows `first`, whose pages become articles, and later `then`."""

    first: list[Entry]
    then: list[Entry]
    new: int
    """Entries that are new the second time."""
    due: list[str]
    """Paths of the pages that are fetched the second time."""


SHOWN = {
    "nothing new": Shown([entry("a")], [entry("a")], 0, []),
    "one more": Shown([entry("a")], [entry("b"), entry("a")], 1, ["b"]),
    "an entry that has left the feed": Shown([entry("a"), entry("b")], [entry("b")], 0, []),
    "the same id with another address": Shown([entry("a", "1")], [entry("b", "1")], 1, ["b"]),
    "the same address with another id": Shown([entry("a", "1")], [entry("a", "2")], 1, []),
    "another form of the same address": Shown([entry("a", "1")], [entry("a/?utm_source=feed", "1")], 0, []),
    "another title": Shown([entry("a", title="Old")], [entry("a", title="New")], 0, ["a"]),
    "a title where there was none": Shown([entry("a", title=None)], [entry("a", title="New")], 0, []),
    "no title any more": Shown([entry("a", title="Old")], [entry("a", title=None)], 0, []),
    "published later": Shown([entry("a", published_at=NOW)], [entry("a", published_at=LATER)], 0, ["a"]),
    "published earlier": Shown([entry("a", published_at=LATER)], [entry("a", published_at=NOW)], 0, []),
    "updated": Shown([entry("a", updated_at=NOW)], [entry("a", updated_at=LATER)], 0, ["a"]),
    "updated for the first time": Shown(
        [entry("a", published_at=NOW)], [entry("a", published_at=NOW, updated_at=LATER)], 0, ["a"]
    ),
    "updated when it was published": Shown(
        [entry("a", published_at=NOW)], [entry("a", published_at=NOW, updated_at=NOW)], 0, []
    ),
    "shown twice, with two titles": Shown(
        [entry("a", "1", title="One"), entry("a", "1", title="Two")],
        [entry("a", "1", title="One"), entry("a", "1", title="Two")],
        0,
        [],
    ),
    "one page under two ids": Shown([entry("a", "1"), entry("a", "2")], [entry("a", "1"), entry("a", "2")], 0, []),
}


@pytest.mark.parametrize("case", SHOWN.values(), ids=SHOWN)
def test_what_a_feed_shows_later(desk: Desk, case: Shown) -> None:
    desk.show("gazette", *case.first)
    desk.store(*(derived(path) for path in desk.due(NOW)))
    assert desk.due(LATER) == []
    assert desk.show("gazette", *case.then, at=LATER) == case.new
    assert desk.due(LATER) == case.due


def test_same_page_from_two_sources(desk: Desk) -> None:
    first = poll("gazette", [entry("a", title="Gazette's title")])
    second = poll("wire", [entry("a?utm_source=wire", title="Wire's title")])
    assert load.commit_polls(desk.connection, "run", [first, second]) == 2
    assert desk.due(NOW) == ["a"]
    assert desk.rows("SELECT source_id, url FROM entries ORDER BY ALL") == [
        ("gazette", address("a")),
        ("wire", address("a?utm_source=wire")),
    ]
    assert desk.rows("SELECT count(DISTINCT page_id) FROM entries") == [(1,)]


def test_article_without_a_source_takes_the_first_to_show_it(desk: Desk) -> None:
    """As after a backfill, also where an earlier version has left it without one although it was shown."""
    desk.publish(derived("a"), derived("b"), derived("c"))
    desk.show("wire", entry("b"), at=LATER)
    desk.connection.execute("UPDATE articles SET source_id = NULL WHERE url NOT LIKE '%/c'")
    desk.connection.execute("DELETE FROM entries WHERE source_id = 'gazette'")
    desk.show("courier", entry("a"), entry("b"), entry("c"), at=LATER + HOUR)
    desk.show("wire", entry("a"), at=LATER + HOUR)
    query = "SELECT right(url, 1), source_id FROM articles ORDER BY ALL"
    assert desk.rows(query) == [("a", "courier"), ("b", "wire"), ("c", "gazette")]


def test_entry_keeps_when_it_was_seen_and_takes_what_is_new(desk: Desk) -> None:
    desk.show("gazette", entry("a", title="Old", summary="Kept", authors=("Ann",)))
    desk.show("gazette", entry("a", title="New", tags=("prisons",)), at=LATER)
    assert desk.row("SELECT title, summary, authors, tags, first_seen_at, last_seen_at FROM entries") == (
        ("New", "Kept", [], ["prisons"], NOW, LATER)
    )


def test_polls_count_their_new_entries(desk: Desk) -> None:
    load.commit_polls(desk.connection, "one", [poll("gazette", [entry("a")]), poll("wire", [entry("b"), entry("c")])])
    again = [poll("gazette", [entry("a"), entry("d")], LATER), poll("wire", at=LATER, outcome=PollOutcome.UNCHANGED)]
    load.commit_polls(desk.connection, "two", again)
    assert desk.rows("SELECT run_id, source_id, outcome, entries, entries_new FROM polls ORDER BY ALL") == [
        ("one", "gazette", "ok", 1, 1),
        ("one", "wire", "ok", 2, 2),
        ("two", "gazette", "ok", 2, 1),
        ("two", "wire", "unchanged", 0, 0),
    ]


def test_state_of_a_poll_replaces_the_earlier_one(desk: Desk) -> None:
    load.commit_polls(desk.connection, "one", [poll("gazette", state={"etag": "first"})])
    load.commit_polls(desk.connection, "two", [poll("gazette", at=LATER, state={"interval": HOUR})])
    assert desk.rows("SELECT etag, interval_s, last_poll_at FROM pipeline.poll_state") == [(None, 3600.0, LATER)]


def test_validators_move_only_together_with_the_entries(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "_INSERT_POLLS", "SELECT error('no')")
    with pytest.raises(duckdb.Error):
        load.commit_polls(desk.connection, "run", [poll("gazette", [entry("a")], state={"etag": "new"})])
    for table in ("entries", "pages", "polls", "pipeline.poll_state"):
        assert desk.rows(f"FROM {table}") == [], table


# --- what pages become


def test_new_article(desk: Desk) -> None:
    loaded = desk.publish(derived("a", topics=["prisons", "police"]))
    assert loaded == load.Loaded(articles_new=1, articles_updated=0, topic_matches=2)
    assert desk.outcomes() == {"a": "article"}
    assert desk.row("SELECT article_id, url, source_id, fetched_at, updated_at, revision, story_id FROM articles") == (
        (urls.page_id(address("a")), address("a"), "gazette", NOW, NOW, 1, urls.page_id(address("a")))
    )
    assert desk.row("SELECT warc_file, warc_offset, http_status, attempts, error FROM pages") == (
        ("archive/one.warc.gz", 7, 200, 1, None)
    )


def test_record_that_is_only_spooled_leaves_no_trace(desk: Desk) -> None:
    page = derived("a")
    desk.publish(replace(page, page=replace(page.page, archived=False)))
    assert desk.row("SELECT warc_file, warc_offset FROM pages") == (None, None)


def test_page_that_is_no_article(desk: Desk) -> None:
    desk.show("gazette", entry("a"))
    assert desk.store(too_short("a")) == load.Loaded()
    assert desk.row("SELECT outcome, error, article_id FROM pages") == ("too_short", "3 words of text", None)
    assert desk.due(NOW + 365 * DAY) == []


def test_pages_with_one_canonical_are_one_article(desk: Desk) -> None:
    desk.show("gazette", entry("a?page=1"), entry("a?page=2"), entry("a?page=3"))
    together = desk.store(derived("a?page=2", canonical="a"), derived("a?page=1", canonical="a"))
    assert together.articles_new == 1
    assert desk.store(derived("a?page=3", canonical="a")) == load.Loaded()
    assert desk.row("SELECT article_id, url FROM articles") == (urls.page_id(address("a")), address("a"))
    assert sorted(desk.outcomes().values()) == ["article", "duplicate", "duplicate"]
    assert desk.rows("SELECT DISTINCT article_id FROM pages") == [(urls.page_id(address("a")),)]


def test_first_seen_page_keeps_the_article(desk: Desk) -> None:
    desk.show("gazette", entry("late/x"), at=LATER)
    desk.show("wire", entry("early/x"), at=NOW)
    desk.store(derived("late/x", "One text", canonical="x"), derived("early/x", "Another", canonical="x"))
    assert desk.outcomes() == {"early/x": "article", "late/x": "duplicate"}
    assert desk.row("SELECT source_id, text FROM articles") == ("wire", "Another")


class Again(NamedTuple):
    """How an article looks after its page was fetched again."""

    text: str
    title: str
    revision: int
    updated: int
    kept: list[tuple[int, str, str]]
    """The earlier versions: number, title, text."""


AGAIN = {
    "the same": Again("Text", "Title", 1, 0, []),
    "another text": Again("Text, changed", "Title", 2, 1, [(1, "Title", "Text")]),
    "another title": Again("Text", "Title, changed", 2, 1, [(1, "Title", "Text")]),
}


@pytest.mark.parametrize("case", AGAIN.values(), ids=AGAIN)
def test_fetched_again(desk: Desk, case: Again) -> None:
    desk.publish(derived("a", "Text", title="Title"))
    loaded = desk.store(derived("a", case.text, title=case.title, at=LATER, published_at=LATER))
    assert loaded == load.Loaded(articles_updated=case.updated)
    assert desk.row("SELECT text, title, revision, fetched_at, updated_at, published_at FROM articles") == (
        (case.text, case.title, case.revision, NOW, LATER if case.updated else NOW, NOW)
    )
    assert desk.rows("SELECT revision, title, text FROM article_revisions") == case.kept


def test_revisions_are_numbered_and_dated(desk: Desk) -> None:
    desk.publish(derived("a", "one"))
    for number, text in enumerate(["two", "three"], 1):
        desk.store(derived("a", text, at=NOW + number * HOUR))
    assert desk.rows("SELECT revision, text, fetched_at FROM article_revisions ORDER BY ALL") == [
        (1, "one", NOW),
        (2, "two", NOW + HOUR),
    ]
    assert desk.row("SELECT revision, text, updated_at FROM articles") == (3, "three", NOW + 2 * HOUR)


def test_date_of_the_fetch_gives_way_to_a_real_one(desk: Desk) -> None:
    desk.publish(derived("a", published_from="fetched"))
    desk.store(derived("a", published_from="meta", published_at=NOW - DAY))
    assert desk.row("SELECT published_at, published_from FROM articles") == (NOW - DAY, "meta")


def test_canonical_that_changes_later_keeps_the_article(desk: Desk) -> None:
    desk.publish(derived("a?id=1", "one", canonical="a"))
    assert desk.store(derived("a?id=1", "two", canonical="moved/a")).articles_new == 0
    assert desk.row("SELECT article_id, url, text FROM articles") == (urls.page_id(address("a")), address("a"), "two")
    assert desk.outcomes() == {"a?id=1": "article"}


def test_matches_are_replaced(desk: Desk) -> None:
    desk.publish(derived("a", topics=["prisons", "police"]), derived("b", topics=["police"]))
    loaded = desk.store(derived("a", "changed", topics=["courts", "police"]))
    assert loaded.topic_matches == 1
    rows = desk.rows("SELECT url, topic_id FROM article_topics JOIN articles USING (article_id) ORDER BY ALL")
    assert rows == [(address("a"), "courts"), (address("a"), "police"), (address("b"), "police")]
    assert desk.rows("SELECT DISTINCT evidence FROM article_topics") == [
        ([{"field": "title", "term": "title", "start": 2, "end": 7, "sentence": "A title"}],)
    ]


def test_duplicate_brings_no_matches(desk: Desk) -> None:
    desk.publish(derived("a?p=1", canonical="a", topics=["police"]))
    assert desk.publish(derived("a?p=2", canonical="a", topics=["prisons"])).topic_matches == 0
    assert desk.rows("SELECT topic_id FROM article_topics") == [("police",)]


def test_error_in_the_middle_leaves_nothing_half(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.publish(derived("a", "one", topics=["police"]))
    desk.show("gazette", entry("b"))
    before = everything(desk)
    with monkeypatch.context() as broken, pytest.raises(duckdb.Error):
        broken.setattr(load, "_INSERT_MATCHES", "SELECT error('no')")
        desk.store(derived("a", "two"), derived("b"))
    assert everything(desk) == before
    assert desk.store(derived("a", "two"), derived("b")).articles_new == 1


def everything(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    tables = ("pages", "articles", "article_revisions", "article_topics", "stories")
    return {table: desk.rows(f"FROM {table} ORDER BY ALL") for table in tables}


# --- failures and further attempts


def test_failed_page_is_tried_again_when_it_is_due(desk: Desk) -> None:
    desk.show("gazette", entry("a"))
    load.commit_failures(desk.connection, [failed("a", Outcome.TIMEOUT, attempts=2, next_attempt_at=LATER)])
    assert (desk.due(NOW), desk.due(LATER)) == ([], ["a"])
    assert load.pending_pages(desk.connection, LATER)[0].attempts == 2
    load.commit_failures(
        desk.connection, [failed("a", Outcome.HTTP_ERROR, LATER, attempts=3, http_status=404, error="HTTP 404")]
    )
    assert desk.due(NOW + 365 * DAY) == []
    assert desk.row("SELECT outcome, http_status, attempts, error, fetched_at FROM pages") == (
        ("http_error", 404, 3, "HTTP 404", LATER)
    )


@pytest.mark.parametrize("known", [False, True])
def test_page_that_cannot_be_read_back_from_the_archive_is_fetched_again(desk: Desk, known: bool) -> None:
    desk.show("gazette", entry("a"))
    if known:
        desk.store(derived("a"))
    before = desk.rows("FROM articles")
    page = replace(fetched("a", LATER), next_attempt_at=LATER + HOUR)
    desk.store(Derived(page, Outcome.ARCHIVE_DAMAGED, error="the record is cut off"))
    assert desk.outcomes() == {"a": "article" if known else "archive_damaged"}
    assert (desk.due(LATER), desk.due(LATER + HOUR)) == ([], ["a"])
    assert desk.rows("FROM articles") == before


@pytest.mark.parametrize("outcome", [Outcome.HTTP_ERROR, Outcome.TIMEOUT, Outcome.GAVE_UP, Outcome.TOO_SHORT])
def test_failed_refetch_leaves_the_article(desk: Desk, outcome: Outcome) -> None:
    desk.publish(derived("a", "one", topics=["police"]))
    before = desk.rows("FROM articles"), desk.rows("FROM article_topics")
    if outcome is Outcome.TOO_SHORT:
        desk.store(too_short("a", LATER))
    else:
        load.commit_failures(desk.connection, [failed("a", outcome, LATER, http_status=500, error="why")])
    assert (desk.rows("FROM articles"), desk.rows("FROM article_topics")) == before
    assert desk.row("SELECT outcome, fetched_at, warc_file, error IS NOT NULL FROM pages") == (
        ("article", NOW, "archive/one.warc.gz", True)
    )


def test_updated_page_that_fails_is_tried_again_only_so_often(desk: Desk) -> None:
    """Its attempts are counted from the update, not from its first fetch, and not anew each time."""
    desk.publish(derived("a"))
    desk.show("gazette", entry("a", title="New"), at=LATER)
    (page,) = load.pending_pages(desk.connection, LATER)
    assert page.attempts == 0
    again = failed("a", Outcome.TIMEOUT, LATER, attempts=1, next_attempt_at=LATER + HOUR)
    load.commit_failures(desk.connection, [again])
    (page,) = load.pending_pages(desk.connection, LATER + HOUR)
    assert page.attempts == 1


def test_update_puts_up_a_page_that_had_failed(desk: Desk) -> None:
    desk.show("gazette", entry("gone"), entry("short"), entry("waiting"))
    waiting = failed("waiting", Outcome.TIMEOUT, attempts=3, next_attempt_at=NOW + DAY)
    load.commit_failures(desk.connection, [failed("gone", Outcome.HTTP_ERROR, http_status=404), waiting])
    desk.store(too_short("short"))
    desk.show("gazette", *(entry(path, title="New") for path in ("gone", "short", "waiting")), at=LATER)
    assert sorted(desk.due(LATER)) == ["gone", "short"]


def test_update_shown_at_another_address_puts_up_the_page_that_holds_the_article(desk: Desk) -> None:
    desk.publish(derived("a?p=1", canonical="a"))
    desk.publish(derived("a?p=2", canonical="a"))
    desk.show("gazette", entry("a?p=2", title="New"), at=LATER)
    assert desk.due(LATER) == ["a?p=1"]


# --- what feeds say about a page


def test_hint_is_the_entry_with_the_most_content_and_the_source_the_first(desk: Desk) -> None:
    desk.show("gazette", entry("a", title="First", authors=("Ann",)))
    desk.show("wire", entry("a", title="Whole", content_html="<p>All of it</p>", published_at=NOW), at=LATER)
    desk.show("gazette", entry("b", summary="Short"))
    hinted = load.with_hints(desk.connection, [fetched("b"), fetched("a"), fetched("unknown")])
    assert [(page.source_id, page.hint and page.hint.title) for page in hinted] == [
        ("gazette", "A title"),
        ("gazette", "Whole"),
        (None, None),
    ]
    assert hinted[1].hint == entry("a", title="Whole", content_html="<p>All of it</p>", published_at=NOW)


def test_oldest_pages_come_first(desk: Desk) -> None:
    desk.show("gazette", entry("new"), at=LATER)
    desk.show("gazette", entry("old"), at=NOW)
    assert desk.due(LATER) == ["old", "new"]


def test_no_row_is_no_commit(desk: Desk) -> None:
    assert load.commit_polls(desk.connection, "run", []) == 0
    assert desk.store() == load.Loaded()
    load.commit_failures(desk.connection, [])
    assert everything(desk) == {table: [] for table in everything(desk)}


def test_article_that_never_said_its_date_keeps_the_time_of_its_first_fetch(desk: Desk) -> None:
    """An edit must not move it to another day of `topic_daily`."""
    desk.publish(derived("a", "One.", published_from="fetched", published_at=NOW))
    desk.store(derived("a", "Two.", at=NOW + 24 * HOUR, published_from="fetched", published_at=NOW + 24 * HOUR))
    assert desk.rows("SELECT revision, published_at FROM articles") == [(2, NOW)]


def test_pages_that_were_never_tried_come_first(desk: Desk) -> None:
    """Broken pages do not keep the good ones of their host waiting."""
    desk.show("gazette", entry("broken"))
    load.commit_failures(desk.connection, [failed("broken", Outcome.TIMEOUT, attempts=1, next_attempt_at=LATER)])
    desk.show("gazette", entry("new"), at=LATER)
    assert desk.due(LATER) == ["new", "broken"]
