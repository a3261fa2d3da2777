"""Pages that share a canonical address: which are one article, and that none is lost where they are not."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import NamedTuple

import pytest

from tasks import urls
from tasks.model import Derived
from tasks.store.canonicals import Version, same_article
from tests.store.samples import HOUR, NOW, Desk, address, derived, entry

PRISON = "The inspectors found three men in a cell that was built for one, and no doctor in the whole of the prison"
POLICE = "A judge in the coastal province has ordered that officers wear cameras whenever they search somebody's home"


class Pair(NamedTuple):
    one: tuple[str, str, str]
    """Address after redirects, title, text."""
    other: tuple[str, str, str]
    same: bool


PAIRS = {
    "nothing in common": Pair(("a/one", "Cells", PRISON), ("a/two", "Cameras", POLICE), False),
    "a print version": Pair(("a/one", "Cells", PRISON), ("print/17", "Print: Cells", f"{PRISON}. Print this"), True),
    "an edited text under a new title": Pair(
        ("a/one", "Cells", PRISON), ("b/one", "Too full", PRISON.replace("three", "four")), True
    ),
    "only the case differs": Pair(("a/one", "Cells", PRISON), ("b/two", "x", PRISON.upper()), True),
    "the same address but for tracking": Pair(("a", "Cells", PRISON), ("a?utm_source=x", "Cameras", POLICE), True),
    "the mobile host": Pair(("https://m.x.example/a", "C", PRISON), ("https://www.x.example/a/", "P", POLICE), True),
    "the second part of a long article": Pair(("a/one", "Cells", PRISON), ("a/one/2", "Cells", POLICE), True),
    "parts by a query": Pair(("a/one", "Cells", PRISON), ("a/one?page=2", "cells", POLICE), True),
    "an edition's path": Pair(("uk/one", "Cells", PRISON), ("us/one", "Cells", POLICE), True),
    "one title for the whole site": Pair(("a/one", "The Gazette", PRISON), ("a/two", "The Gazette", POLICE), False),
    "articles told apart by a query": Pair(("story?id=1", "Cells", PRISON), ("story?id=2", "Cameras", POLICE), False),
    "a text in a script without spaces": Pair(
        ("a/one", "监狱", "检查员找到三个人。没有医生。"), ("b/two", "监狱。", "检查员找到三个人，没有医生"), True
    ),
}  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_same_article(pair: Pair) -> None:
    one, other = (Version(address(path), title, text) for path, title, text in (pair.one, pair.other))
    assert same_article(one, other) is same_article(other, one) is pair.same


SECTION = "news/latest"
PAGES = [
    derived("a/cells", PRISON, canonical=SECTION, title="Cells"),
    derived("a/cameras", POLICE, canonical=SECTION, title="Cameras"),
    derived("a/courts", "Nobody came to the hearing but a cat", canonical=SECTION, title="Courts"),
]


def stored(desk: Desk) -> set[tuple[str, str, str]]:
    return set(desk.rows("SELECT url, title, text FROM articles"))


ALL = {(page.page.url, page.article.title, page.article.text) for page in PAGES if page.article}


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("commits", ["together", "one by one"])
def test_a_canonical_that_many_articles_share_costs_none_of_them(
    desk: Desk, order: tuple[int, ...], commits: str
) -> None:
    """Each keeps its own address, in one pass and across passes; no revision is made of another article."""
    pages = [PAGES[number] for number in order]
    desk.show("gazette", *(entry(page.page.url) for page in pages))
    loaded = [desk.store(*batch) for batch in ([pages] if commits == "together" else [[page] for page in pages])]
    assert stored(desk) == ALL
    assert sum(one.articles_new for one in loaded) == 3
    assert set(desk.outcomes().values()) == {"article"}
    assert desk.rows("SELECT count(DISTINCT article_id), count(DISTINCT p.page_id) FROM pages AS p") == [(3, 3)]
    assert desk.rows("FROM article_revisions") == []
    desk.settle()
    assert desk.rows("SELECT sum(articles) FROM stories") == [(3,)]


def test_pages_that_were_told_apart_stay_so_when_they_are_fetched_again(desk: Desk) -> None:
    desk.publish(*PAGES)
    before = desk.rows("SELECT page_id, article_id FROM pages ORDER BY ALL")
    assert (
        desk.store(*(replace(page, page=replace(page.page, fetched_at=NOW + HOUR)) for page in PAGES)).articles_new == 0
    )
    assert desk.rows("SELECT page_id, article_id FROM pages ORDER BY ALL") == before
    assert stored(desk) == ALL


def test_variants_of_each_are_still_found(desk: Desk) -> None:
    desk.publish(PAGES[0])
    desk.publish(PAGES[1])
    desk.publish(derived("print/17", f"{PRISON}. Print", canonical=SECTION, title="Cells"))
    assert desk.outcomes() == {"a/cells": "article", "a/cameras": "article", "print/17": "duplicate"}


def test_the_page_at_the_address_that_others_call_theirs(desk: Desk) -> None:
    """The day's first story, which a faulty template names as canonical in all others, in any order."""
    first = derived("a/first", "The minister has resigned over the letters", title="Resigned")
    others = [derived(page.page.url, page.article.text, canonical="a/first", title=page.article.title)
              for page in PAGES if page.article]  # fmt: skip
    desk.publish(others[0])
    desk.publish(first)
    desk.publish(*others[1:])
    assert {url for url, _, _ in stored(desk)} == {page.page.url for page in [first, *others]}
    assert desk.rows("SELECT count(*), count(DISTINCT article_id) FROM articles") == [(4, 4)]


def redirected(page: Derived, to: str) -> Derived:
    return replace(page, page=replace(page.page, final_url=address(to)))


def test_two_addresses_that_redirect_to_one_are_one_article_however_it_has_changed(desk: Desk) -> None:
    desk.publish(redirected(derived("go/1", PRISON, canonical="a", title="Cells"), "a?from=1"))
    desk.publish(redirected(derived("go/2", POLICE, canonical="a", title="Cameras"), "a?from=1&utm_source=x"))
    assert desk.outcomes() == {"go/1": "article", "go/2": "duplicate"}


def test_an_article_keeps_its_id_when_its_canonical_is_no_longer_believed(desk: Desk) -> None:
    desk.publish(PAGES[0])
    assert desk.row("SELECT article_id, url FROM articles") == (urls.page_id(address(SECTION)), address(SECTION))
    desk.publish(PAGES[1])
    assert desk.rows("SELECT article_id, url FROM articles WHERE title = 'Cells'") == [
        (urls.page_id(address(SECTION)), address("a/cells"))
    ]


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_of_the_parts_of_a_long_article_the_first_is_kept(desk: Desk, order: tuple[int, ...]) -> None:
    texts = [PRISON, POLICE, "Nobody came to the hearing but a cat"]
    paths = ["a/long", "a/long/2", "a/long/3"]
    parts = [derived(paths[number], texts[number], canonical="a/long", title="Cells") for number in order]
    desk.show("gazette", *(entry(page.page.url) for page in parts))
    desk.store(*parts)
    assert desk.rows("SELECT text, revision FROM articles") == [(PRISON, 1)]
    assert desk.outcomes() == {"a/long": "article", "a/long/2": "duplicate", "a/long/3": "duplicate"}
    assert desk.rows("FROM article_revisions") == []
