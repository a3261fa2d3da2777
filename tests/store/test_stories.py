"""Copies of one text count as one story, and a story keeps its id."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from pathlib import Path

from tasks import urls
from tasks.model import Entry
from tests.store import samples
from tests.store.samples import NOW, Desk, address, derived, entry

DAY = timedelta(days=1)
WIRE = "https://wire.example/a"
LOOP = "https://loop.example/a"


def story_of(desk: Desk, path: str) -> str:
    (found,) = desk.row(f"SELECT story_id FROM articles WHERE url = '{address(path)}'")
    return str(found)


def test_every_text_of_its_own_is_a_story(desk: Desk) -> None:
    desk.show("gazette", entry("a"), entry("b"))
    desk.store(derived("a"), derived("b"))
    assert desk.settle() == 2
    assert desk.rows("SELECT articles, unique_texts, sites, title FROM stories") == [(1, 1, 1, "A title")] * 2


def test_copies_are_one_story_with_the_first_one_as_origin(desk: Desk) -> None:
    loaded = desk.publish(
        derived("a", "One text", published_at=NOW, title="Copied"),
        derived(WIRE, "One text", published_at=NOW - DAY, title="Original"),
        derived("b", "Another text"),
    )
    assert (loaded.articles_new, desk.row("SELECT count(*) FROM stories")) == (3, (2,))
    origin = urls.page_id(WIRE)
    assert story_of(desk, "a") == story_of(desk, WIRE) == origin
    story = desk.row(f"SELECT * EXCLUDE (story_id) FROM stories WHERE story_id = '{origin}'")
    assert story == ("Original", NOW - DAY, NOW, 2, 1, 2, origin)


def test_who_credits_another_is_not_the_origin(desk: Desk) -> None:
    desk.publish(
        derived(LOOP, "One text", published_at=NOW - DAY, original_source="wire.example", title="Credited"),
        derived(WIRE, "One text", published_at=NOW, title="Original"),
    )
    assert desk.row("SELECT title, origin_article_id FROM stories") == ("Original", urls.page_id(WIRE))


def test_story_that_grows_keeps_its_id(desk: Desk) -> None:
    desk.publish(derived("a", "One text"))
    before = story_of(desk, "a")
    assert desk.publish(derived(WIRE, "One text", published_at=NOW - DAY)).articles_new == 1
    assert story_of(desk, "a") == story_of(desk, WIRE) == before
    assert desk.row("SELECT articles, sites, first_published_at, origin_article_id FROM stories") == (
        (2, 2, NOW - DAY, urls.page_id(WIRE))
    )


def test_edited_article_keeps_its_story(desk: Desk) -> None:
    desk.publish(derived("a", "One text"), derived(WIRE, "One text"))
    before = story_of(desk, "a")
    desk.store(derived("a", "One text, corrected"))
    assert desk.settle() == 0
    assert story_of(desk, "a") == before
    assert desk.row("SELECT articles, unique_texts FROM stories") == (2, 2)


def test_copy_of_an_edited_text_joins_its_story(desk: Desk) -> None:
    desk.publish(derived("a", "One text"))
    before = story_of(desk, "a")
    desk.publish(derived(WIRE, "One text, corrected"), derived("a", "One text, corrected"))
    assert story_of(desk, WIRE) == before
    assert desk.row("SELECT articles, unique_texts FROM stories") == (2, 1)


def test_stories_elsewhere_are_not_touched(desk: Desk) -> None:
    desk.publish(derived("a"), derived("b"))
    before = desk.rows("FROM stories ORDER BY ALL")
    desk.publish(derived("c"))
    assert set(before) < set(desk.rows("FROM stories"))


def test_ids_do_not_depend_on_the_order_of_arrival(tmp_path: Path) -> None:
    pages = [
        derived("a", "One text", published_at=NOW),
        derived(WIRE, "One text", published_at=NOW - DAY),
        derived(LOOP, "One text", published_at=NOW + DAY),
    ]
    found = set()
    for number, order in enumerate(permutations(pages)):
        with samples.desk(tmp_path / str(number)) as desk:
            for page in order:
                desk.show("gazette", Entry(page.page.url, page.page.url, "A title"))
                desk.store(page)
            desk.settle()
            found.add((*desk.rows("SELECT article_id, story_id FROM articles ORDER BY ALL"),))
            found.add((*desk.rows("FROM stories ORDER BY ALL"),))
    assert len(found) == 2


def test_story_that_was_seen_keeps_its_id(desk: Desk) -> None:
    desk.publish(derived("a", "One text"))
    desk.publish(derived(WIRE, "One text", published_at=NOW - DAY, at=NOW + DAY))
    assert desk.rows("SELECT DISTINCT story_id FROM articles") == [(urls.page_id(address("a")),)]
    assert desk.rows("SELECT story_id FROM stories") == [(urls.page_id(address("a")),)]
