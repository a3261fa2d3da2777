"""What is learned about a site from its pages, and what that does to their texts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tasks.derive.article import PageInput, derive_article
from tasks.model import UNKNOWN_SITE, DateCandidate, Derived, Outcome
from tasks.store import load, sites
from tests import courier
from tests.store.samples import NOW, Desk, derived, fetched

HOST = "news.example"


def read(desk: Desk, path: str, page: str, at: datetime = NOW) -> Derived:
    """A page derived with what the state knows about its site by now."""
    (known,) = load.with_hints(desk.connection, [fetched(path, at)])
    given = PageInput(page.encode(), "text/html", known.final_url, at, known.hint, known.profile)
    result = derive_article(given)
    assert result.article is not None
    return Derived(
        known, Outcome.ARTICLE, result.article, result.canonical_url, dates=result.dates, blocks=result.blocks
    )


def publish(desk: Desk, *pages: Derived) -> load.Loaded:
    """A pass: pages are stored, stories settled, sites learned."""
    loaded = desk.publish(*pages)
    sites.learn(desk.connection)
    return loaded


def texts(desk: Desk) -> dict[str, list[str]]:
    """Paragraphs of each article, by its title."""
    return {title: text.split("\n\n") for title, text in desk.rows("SELECT title, text FROM articles")}


def whole_site(desk: Desk) -> list[Derived]:
    return [read(desk, f"story-{number}", courier.article(number)) for number in range(6)]


def test_shared_paragraphs_leave_the_text_and_no_others(desk: Desk) -> None:
    publish(desk, *whole_site(desk))
    assert all(courier.NEWSLETTER in text for text in texts(desk).values())

    loaded = publish(desk, *whole_site(desk))
    expected = {title: courier.own_text(number) for number, title in enumerate(courier.TITLES)}
    assert texts(desk) == expected
    assert courier.LAW in texts(desk)[courier.TITLES[2]] and courier.LAW in texts(desk)[courier.TITLES[3]]
    # Nobody has edited anything.
    assert (loaded.articles_new, loaded.articles_updated) == (0, 0)
    assert desk.rows("SELECT DISTINCT revision FROM articles") == [(1,)]
    assert desk.rows("FROM article_revisions") == []

    before = desk.rows("SELECT * FROM articles ORDER BY article_id")
    publish(desk, *whole_site(desk))
    assert desk.rows("SELECT * FROM articles ORDER BY article_id") == before


def test_a_new_article_of_a_known_site_comes_out_clean(desk: Desk) -> None:
    publish(desk, *whole_site(desk)[:5])
    publish(desk, read(desk, "story-5", courier.article(5)))
    assert texts(desk)[courier.TITLES[5]] == courier.own_text(5)
    assert desk.row("SELECT count(*) FROM articles WHERE page_hash <> content_hash") == (1,)


def test_an_edit_beside_shared_paragraphs_is_an_edit(desk: Desk) -> None:
    publish(desk, *whole_site(desk))
    later = NOW + timedelta(hours=3)
    correction = "An earlier version of this article gave a wrong number of passengers; there were forty of them."
    loaded = publish(desk, read(desk, "story-0", courier.article(0, extra=correction), later))
    assert loaded.articles_updated == 1
    revision, updated_at, text = desk.row("SELECT revision, updated_at, text FROM articles WHERE revision > 1")
    assert (revision, updated_at) == (2, later)
    assert correction in text and courier.NEWSLETTER not in text


def test_a_new_wording_of_a_shared_paragraph_is_no_edit_once_it_is_known(desk: Desk) -> None:
    publish(desk, *whole_site(desk))
    other = courier.NEWSLETTER.replace("Friday", "Sunday")
    for number in range(1, 6):
        publish(desk, read(desk, f"story-{number}", courier.article(number, newsletter=other), NOW + timedelta(1)))
    publish(desk, read(desk, "story-0", courier.article(0), NOW + timedelta(2)))
    loaded = publish(desk, read(desk, "story-0", courier.article(0, newsletter=other), NOW + timedelta(3)))
    assert loaded.articles_updated == 0
    assert desk.row(f"SELECT revision FROM articles WHERE title = '{courier.TITLES[0]}'") == (1,)


def blocks_of(desk: Desk, *pages: Derived) -> frozenset[int]:
    """What is learned from these pages."""
    publish(desk, *pages)
    return sites.profiles(desk.connection, [HOST]).get(HOST, UNKNOWN_SITE).blocks


def page(path: str, *blocks: int, title: str | None = None, text: str | None = None, at: datetime = NOW) -> Derived:
    """An article with these blocks."""
    made = derived(path, text, title=title or f"What happened at {path}", at=at)
    return Derived(made.page, made.outcome, made.article, made.canonical_url, blocks=blocks)


LEARNED = {
    "on four articles": ([page("a", 1, 2), page("b", 1, 3), page("c", 1), page("d", 1)], {1}),
    "on three": ([page("a", 1), page("b", 1), page("c", 1), page("d", 2)], set()),
    "copies of one text": ([page(path, 1, text="same") for path in "abcd"], set()),
    "one title": ([page(path, 1, title="Ad") for path in "abcd"], set()),
    "other sites": ([page(path, 1) for path in ("a", "b", "c", "https://other.example/d")], set()),
    "on four of a hundred": ([page(str(n), 1 if n < 4 else 2) for n in range(100)], {2}),
    "largest number": ([page(path, 2**64 - 1) for path in "abcd"], {2**64 - 1}),
}


@pytest.mark.parametrize(("pages", "expected"), LEARNED.values(), ids=LEARNED.keys())
def test_what_is_learned(desk: Desk, pages: list[Derived], expected: set[int]) -> None:
    assert blocks_of(desk, *pages) == expected


def test_revisions_of_one_article_count_once(desk: Desk) -> None:
    for hour in range(6):
        changed = page("a", 1, text=f"Version {hour}", title=f"Title {hour}")
        assert blocks_of(desk, changed) == frozenset()


def test_only_the_newest_articles_are_looked_at_and_what_is_known_stays(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sites, "_FORGET", sites._FORGET.replace(f"> {sites.WINDOW}", "> 5"))
    assert blocks_of(desk, *[page(f"old-{n}", 1) for n in range(5)]) == {1}
    assert blocks_of(desk, *[page(f"new-{n}", 2, at=NOW + timedelta(days=1)) for n in range(5)]) == {1, 2}
    assert desk.row("SELECT count(*) FROM pipeline.site_pages") == (5,)


def test_articles_derived_before_wait_for_cleaning(desk: Desk) -> None:
    publish(desk, *[page(path, 1) for path in "abc"])
    assert desk.row("SELECT count(*) FROM pipeline.site_pages WHERE awaits_cleaning") == (0,)
    publish(desk, page("d", 1), page("e", 2))
    assert desk.row("SELECT count(*) FROM pipeline.site_pages WHERE awaits_cleaning") == (4,)
    publish(desk, *[page(path, 1) for path in "abcd"])
    assert desk.row("SELECT count(*) FROM pipeline.site_pages WHERE awaits_cleaning") == (0,)


def test_a_pass_without_pages_learns_nothing(desk: Desk) -> None:
    assert sites.learn(desk.connection) == 0
    publish(desk, *[page(path, 1) for path in "abcd"])
    assert sites.learn(desk.connection) == 0


AGES = {
    "most are days old": ([2] * 38 + [900] * 2, timedelta(days=2)),
    "an archive": ([2] * 20 + [3000] * 20, timedelta(days=3000)),
    "too few are known": ([2] * 19, None),
}


@pytest.mark.parametrize(("days", "usual"), AGES.values(), ids=AGES.keys())
def test_the_usual_age_of_a_sites_articles(desk: Desk, days: list[int], usual: timedelta | None) -> None:
    pages = []
    for number, age in enumerate(days):
        at = NOW - timedelta(days=age)
        made = derived(f"{number}", published_at=at)
        dates = (DateCandidate("fetched", NOW, "2026-03-12", True), DateCandidate("text", at, at.date().isoformat()))
        pages.append(Derived(made.page, made.outcome, made.article, made.canonical_url, dates=dates))
    publish(desk, *pages)
    assert sites.profiles(desk.connection, [HOST]).get(HOST, UNKNOWN_SITE).usual_age == usual
