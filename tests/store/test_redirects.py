"""Redirects that lead away from articles: no such page becomes an article, and none a new version of one."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pytest

from tasks.model import Derived, FetchedPage, Outcome
from tasks.store import load
from tests.store.samples import HOUR, NOW, Desk, address, derived, entry, fetched

LATER = NOW + HOUR
TEXT = "The inspectors found three men in a cell that was built for one, and no doctor in the whole of the prison"
CONSENT = "We and our partners store cookies on your device. Choose what you agree to before you read on"


def led_to(page: Derived, to: str) -> Derived:
    """A page that was redirected, with when to try again."""
    return replace(page, page=replace(page.page, final_url=address(to), next_attempt_at=page.page.fetched_at + HOUR))


class Refetch(NamedTuple):
    """What a page that holds the article "Cells", with `TEXT`, gives the next time."""

    to: str
    title: str
    text: str
    text_from: str
    revision: int


REFETCHES = {
    "the same": Refetch("a/cells", "Cells", TEXT, "page", 1),
    "an edit": Refetch("a/cells", "Too full", f"Something quite different in every word. {CONSENT}", "page", 2),
    "not found, answered as found": Refetch("a/cells", "Page not found", "Nothing is here", "page", 1),
    "a withdrawal": Refetch("a/cells", "Cells", "This article was withdrawn by its author", "page", 2),
    "a consent page under any name": Refetch("welcome/you", "Your choices", CONSENT, "page", 1),
    "another article": Refetch("a/police", "Cameras", "A judge has ordered that officers wear cameras", "page", 1),
    "a new slug": Refetch("a/cells-and-doctors", "No doctor", TEXT + " of Vallmera", "page", 2),
    "a new slug, and all of the text new": Refetch("a/cells-2", "Cells", "Only the headline is what it was", "page", 2),
    "a front page, and the feed's text": Refetch("", "Cells", TEXT[:60], "feed", 1),
}


@pytest.mark.parametrize("case", REFETCHES.values(), ids=REFETCHES)
def test_an_article_is_only_followed_to_what_is_the_article(desk: Desk, case: Refetch) -> None:
    desk.publish(derived("a/cells", TEXT, title="Cells", topics=["prisons"]))
    again = derived("a/cells", case.text, title=case.title, at=LATER, text_from=case.text_from, topics=["prisons"])
    desk.store(led_to(again, case.to))
    kept = case.revision == 1
    assert desk.row("SELECT revision, title, text FROM articles") == (
        case.revision, "Cells" if kept else case.title, TEXT if kept else case.text,
    )  # fmt: skip
    assert desk.rows("SELECT topic_id FROM article_topics") == [("prisons",)]
    final, error, again_at = desk.row("SELECT final_url, error, next_attempt_at FROM pages WHERE outcome = 'article'")
    refused = (kept and case.title != "Cells") or case.to == ""
    said = f"redirected to {address(case.to)}" if case.to != "a/cells" else "something else stands in its place"
    assert (again_at, (error or "").startswith(said)) == ((LATER + HOUR, True) if refused else (None, False))
    assert final == address("a/cells" if refused else case.to)


@pytest.mark.parametrize(
    ("path", "to", "announced", "revision"),
    [
        ("news/123456-train", "news/123456-seven-dead", None, 2),
        ("news/train", "news/seven-dead", "Seven dead after a train has left its rails", 2),
        ("news/20261122-train", "offers/20261122-holidays", None, 1),
        ("news/train", "offers/holidays", "A train has left its rails", 1),
    ],
    ids=["its number in both", "announced by the feed", "a day in both", "something else"],
)
def test_a_story_that_was_moved_and_written_anew(
    desk: Desk, path: str, to: str, announced: str | None, revision: int
) -> None:
    desk.publish(derived(path, "A train has left its rails", title="Train accident"))
    new = led_to(derived(path, f"What is known by now. {CONSENT}", title="Seven dead", at=LATER), to)
    hint = entry(path, title=announced) if announced else None
    if announced and revision == 2:
        new = replace(new, article=replace(new.article, title=announced) if new.article else None)
    desk.store(replace(new, page=replace(new.page, hint=hint)))
    assert desk.row("SELECT revision FROM articles") == (revision,)


def test_the_feeds_text_is_brought_up_to_date_where_the_page_was_never_had(desk: Desk) -> None:
    desk.publish(led_to(derived("a/cells", "One", text_from="feed"), ""))
    desk.store(led_to(derived("a/cells", "Two", text_from="feed", at=LATER), "login"))
    assert desk.row("SELECT revision, text FROM articles") == (2, "Two")


def test_a_page_that_a_redirect_led_away_from_is_tried_again(desk: Desk) -> None:
    desk.show("gazette", entry("a"))
    page = led_to(Derived(fetched("a"), Outcome.REDIRECTED_AWAY, error="redirected to /"), "")
    desk.store(page)
    assert desk.outcomes() == {"a": "redirected_away"}
    assert (desk.due(NOW), desk.due(LATER)) == ([], ["a"])


def hinted(desk: Desk, *pages: FetchedPage) -> list[bool]:
    return [page.is_substitute for page in load.with_hints(desk.connection, pages)]


def there(path: str, to: str = "welcome") -> FetchedPage:
    return replace(fetched(path), final_url=address(to))


def test_what_many_different_articles_are_redirected_to_is_none_of_them(desk: Desk) -> None:
    desk.show("gazette", *(entry(path, title=f"About {path}") for path in ("a", "b", "c", "d", "welcome")))
    assert hinted(desk, there("a"), there("b"), fetched("d")) == [False, False, False]
    assert hinted(desk, there("a"), there("b"), there("c"), fetched("d")) == [True, True, True, False]
    assert hinted(desk, there("a"), there("b"), there("c"), fetched("welcome"))[3] is False
    assert hinted(desk, there("a", "a2"), there("b", "b2"), there("c", "c2")) == [False, False, False]


def test_pages_of_earlier_passes_count_too(desk: Desk) -> None:
    desk.show("gazette", *(entry(path, title=f"About {path}") for path in ("a", "b", "c")))
    desk.store(*(Derived(there(path), Outcome.TOO_SHORT) for path in ("a", "b")))
    assert hinted(desk, there("c")) == [True]


def test_short_links_to_one_article_are_its_own(desk: Desk) -> None:
    """Ten sources may link to it in ten ways; their feeds call it by its name."""
    for number in range(10):
        desk.show(f"source-{number}", entry(f"go/{number}", title="Cells"))
    assert not any(hinted(desk, *(there(f"go/{number}", "a/cells") for number in range(10))))
