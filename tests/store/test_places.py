"""`article_places` follows its article: stored with it, replaced with it, exchanged when all are found again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from tasks.model import Derived, Place
from tasks.store import matches, places
from tasks.store.publish import publish
from tests.store import samples
from tests.store.samples import HOUR, NOW, Desk

ECUADOR, SALVADOR = Place("EC", 13, True), Place("SV", 6, True)
PLACES = """SELECT regexp_extract(url, '[^/]+$'), country, mentions, in_title
            FROM article_places JOIN articles USING (article_id) ORDER BY ALL"""


def about(path: str, *found: Place, **fields: object) -> Derived:
    """A page that is an article about these countries."""
    return replace(samples.derived(path, **fields), places=found)  # type: ignore[arg-type]


def test_places_are_stored_with_their_articles(desk: Desk) -> None:
    desk.publish(about("a", ECUADOR, SALVADOR), about("b", Place("BR", 1, False)), about("c"))
    assert desk.rows(PLACES) == [("a", "EC", 13, True), ("a", "SV", 6, True), ("b", "BR", 1, False)]


def test_a_changed_article_has_the_places_of_its_new_text(desk: Desk) -> None:
    desk.publish(about("a", ECUADOR, SALVADOR), about("b", ECUADOR))
    desk.store(about("a", Place("EC", 2, False), text="Another text", at=NOW + HOUR))
    assert desk.rows(PLACES) == [("a", "EC", 2, False), ("b", "EC", 13, True)]


def test_a_duplicate_adds_nothing(desk: Desk) -> None:
    desk.publish(about("a", ECUADOR))
    desk.publish(about("a?page=2", SALVADOR, text="The text of https://news.example/a", canonical="a"))
    assert desk.rows(PLACES) == [("a", "EC", 13, True)]


def test_the_published_database_has_them(tmp_path: Path) -> None:
    with samples.desk(tmp_path) as opened:
        opened.publish(about("a", ECUADOR))
    with duckdb.connect(publish(tmp_path), read_only=True) as connection:
        assert connection.execute(PLACES).fetchall() == [("a", "EC", 13, True)]


def test_exchange_replaces_what_was_found_again_and_keeps_the_rest(desk: Desk) -> None:
    desk.publish(about("a", ECUADOR), about("b", ECUADOR), about("c"))
    ids = dict(desk.rows("SELECT regexp_extract(url, '[^/]+$'), article_id FROM articles"))
    found = {ids["a"]: (SALVADOR,), ids["c"]: (ECUADOR, SALVADOR)}
    matches.begin_exchange(desk.connection)
    matches.gather(desk.connection, dict.fromkeys(found, ()))
    places.gather(desk.connection, found)
    matches.exchange(desk.connection)
    assert desk.rows(PLACES) == [
        ("a", "SV", 6, True),
        ("b", "EC", 13, True),
        ("c", "EC", 13, True),
        ("c", "SV", 6, True),
    ]
