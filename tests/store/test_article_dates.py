"""All evidence for an article's date stands in `article_dates`, with what `articles` believes chosen."""

from __future__ import annotations

from datetime import datetime, timedelta

from tasks.model import DateCandidate, Derived
from tasks.store import replay
from tests.store.samples import NOW, Desk, derived

JSONLD, URL, FETCHED = datetime(2026, 3, 10, 8, 30), datetime(2026, 3, 9), NOW


def dated(*values: tuple[str, datetime], text: str = "A text", at: datetime = NOW) -> Derived:
    """An article with these dates, the first of them chosen."""
    found = tuple(
        DateCandidate(evidence, value, value.date().isoformat(), number == 0)
        for number, (evidence, value) in enumerate(values)
    )
    made = derived("a", text, at=at, published_at=found[0].value, published_from=found[0].evidence)
    return Derived(made.page, made.outcome, made.article, made.canonical_url, dates=found)


def stored(desk: Desk) -> list[tuple[str, datetime, bool]]:
    return [tuple(row) for row in desk.rows("SELECT evidence, value, chosen FROM article_dates ORDER BY value")]


def test_every_date_of_an_article_is_kept(desk: Desk) -> None:
    desk.publish(dated(("jsonld", JSONLD), ("url", URL), ("fetched", FETCHED)))
    assert stored(desk) == [("url", URL, False), ("jsonld", JSONLD, True), ("fetched", FETCHED, False)]
    assert desk.rows("SELECT day::VARCHAR FROM article_dates WHERE chosen") == [("2026-03-10",)]
    assert desk.rows("SELECT DISTINCT article_id FROM article_dates") == desk.rows("SELECT article_id FROM articles")


def test_a_revision_brings_its_own_dates_and_the_first_date_stays_chosen(desk: Desk) -> None:
    desk.publish(dated(("jsonld", JSONLD), ("url", URL)))
    later = NOW + timedelta(days=1)
    desk.publish(dated(("jsonld", later), ("fetched", later), text="Another text", at=later))
    assert stored(desk) == [("jsonld", JSONLD, True), ("jsonld", later, False), ("fetched", later, False)]
    assert desk.row("SELECT published_at, revision FROM articles") == (JSONLD, 2)


def test_a_replay_replaces_the_dates(desk: Desk) -> None:
    desk.publish(dated(("jsonld", JSONLD), ("url", URL)))
    for _ in range(2):
        again = [dated(("meta", URL), ("fetched", FETCHED))]
        replay.commit_replayed(desk.connection, again, "task", replay.Position())
        assert stored(desk) == [("meta", URL, True), ("fetched", FETCHED, False)]


def test_an_article_without_evidence_has_the_date_that_it_has(desk: Desk) -> None:
    desk.publish(derived("a"))
    assert stored(desk) == [("jsonld", NOW, True)]
