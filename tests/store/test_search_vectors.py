"""related(article_id): articles near in meaning, where the extra `semantic` is installed."""

from __future__ import annotations

import logging

import pytest

from tasks.store import search_vectors
from tests.store.samples import Desk, derived

TEXTS = {
    "prison": "Inspectors found the prison overcrowded, with three inmates in a cell.",
    "jail": "The jail holds twice as many detainees as it has beds, a report says.",
    "cup": "The goalkeeper saved a penalty and the team won the cup final.",
    "league": "A late goal decided the football match at the top of the league.",
}


@pytest.fixture
def library(desk: Desk) -> Desk:
    if not search_vectors.available():
        pytest.skip("the extra `semantic` is not installed")
    desk.publish(*(derived(path, text, title=f"News of {path}") for path, text in TEXTS.items()))
    assert search_vectors.add_vectors(desk.connection) == len(TEXTS)
    return desk


def related(desk: Desk, path: str) -> list[str]:
    """The last part of the addresses, nearest first."""
    (article_id,) = desk.row(f"SELECT article_id FROM articles WHERE url LIKE '%/{path}'")
    rows = desk.connection.execute("SELECT url FROM related($id)", {"id": article_id}).fetchall()
    return [url.rpartition("/")[2] for (url,) in rows]


def test_related(library: Desk) -> None:
    for one, other in (("prison", "jail"), ("cup", "league")):
        assert related(library, one)[0] == other
        assert related(library, other)[0] == one
        assert len(related(library, one)) == len(TEXTS) - 1


def test_updated_article_gets_a_new_vector(library: Desk) -> None:
    library.store(derived("prison", "The striker scored a goal and the team won the football cup.", title="Cup"))
    assert search_vectors.add_vectors(library.connection) == 1
    assert search_vectors.add_vectors(library.connection) == 0
    assert set(related(library, "prison")[:2]) == {"cup", "league"}
    assert library.row("SELECT count(*), count(DISTINCT article_id) FROM article_vectors") == (4, 4)


def test_text_without_words_is_near_nothing(library: Desk) -> None:
    library.publish(derived("empty", "   ", title=""))
    search_vectors.add_vectors(library.connection)
    assert "empty" not in related(library, "prison")


def test_without_the_extra(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_vectors, "available", lambda: False)
    desk.publish(derived("a"), derived("b"))
    assert search_vectors.add_vectors(desk.connection) == 0
    assert related(desk, "a") == []


def test_logging_stays_as_it_is(library: Desk) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    search_vectors._model.cache_clear()
    search_vectors.embed(["a text"])
    assert (root.level, list(root.handlers)) == before
