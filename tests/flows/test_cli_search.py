"""`newsdesk search`: best first, with the matching sentence, in every format; and what it says when it cannot."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from flows.maintain import maintain
from flows.searching import best_sentence
from tasks.model import Topic
from tasks.store import configured, publish, search_vectors, upkeep
from tests.flows.commands import Newsdesk
from tests.store.samples import NOW, derived, desk

TEXTS = {
    "prison": "The town waited. Inspectors found the prison overcrowded, said Dr. Ortega.\n\nNothing else was said.",
    "jail": "A new jail opens. It is no prison, it is a jail for men.",
    "cup": "The goalkeeper saved a penalty and the team won the cup.",
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def stored(data: Path) -> Path:
    with desk(data) as opened:
        configured.sync_topics(opened.connection, [Topic("prisons", "v1", "Prisons", "prison", 0)], NOW)
        for number, (path, text) in enumerate(TEXTS.items()):
            published = datetime(2026, 3, 10 + number)
            topics = ["prisons"] if path == "jail" else []
            opened.publish(derived(path, text, language="en", published_at=published, topics=topics))
        upkeep.update_search(opened.connection)
    return publish.publish(data)


def test_best_first_with_the_matching_sentence(stored: Path, newsdesk: Newsdesk) -> None:
    said = newsdesk("search", "prisons inspector")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == [
        "A title",
        "  Inspectors found the prison overcrowded, said Dr. Ortega.",
        "  2026-03-10  news.example  https://news.example/prison",
    ]


ASKED = {
    "all": (["prison"], ["jail", "prison"]),
    "one": (["prison", "--limit", "1"], ["jail"]),
    "of a topic": (["prison", "--topic", "prisons"], ["jail"]),
    "since": (["prison", "--since", "2026-03-11"], ["jail"]),
    "since later": (["prison", "--since", "2026-03-12"], []),
    "without": (["--", "prison -inspectors"], ["jail"]),
}


@pytest.mark.parametrize(("arguments", "expected"), ASKED.values(), ids=ASKED)
def test_which_hits(stored: Path, newsdesk: Newsdesk, arguments: list[str], expected: list[str]) -> None:
    said = newsdesk("search", "--format", "json", *arguments)
    assert said.code == 0
    assert [hit["url"].rpartition("/")[2] for hit in json.loads(said.out)] == expected


FOREIGN = {
    "OR": ("jail OR cup", True),
    "AND": ("prison AND inspectors", True),
    "NOT": ("prison NOT jail", True),
    "a field": ("title:prison", True),
    "a field behind a sign": ("prison +title:jail", True),
    "plain words": ("prison or jail and ORANGE", False),
    "a time and an address": ("10:30 https://example.com/a", False),
    "a phrase": ('"a new jail opens"', False),
}


@pytest.mark.parametrize(("query", "is_hinted"), FOREIGN.values(), ids=FOREIGN)
def test_hint_where_a_query_is_of_the_language_of_topics(
    stored: Path, newsdesk: Newsdesk, query: str, is_hinted: bool
) -> None:
    said = newsdesk("search", query)
    assert said.code == 0
    assert ("search takes plain words" in said.err and "newsdesk topics test" in said.err) == is_hinted


def test_limit_may_be_as_large_as_one_likes(stored: Path, newsdesk: Newsdesk) -> None:
    assert newsdesk("search", "prison", "--limit", "9" * 30) == newsdesk("search", "prison")


@pytest.mark.parametrize("command", ["search", "topics test", "sql"])
def test_query_that_begins_with_a_minus_is_told_what_to_do(stored: Path, newsdesk: Newsdesk, command: str) -> None:
    said = newsdesk(*command.split(), "-football prison")
    assert said.code == 2
    assert "a query that begins with - goes behind --, for example: " in said.err
    assert f"newsdesk {command} -- '-word other'" in said.err
    assert newsdesk("search", "--", "-football prison").code == 0


def test_csv_holds_nothing_that_a_spreadsheet_runs(data: Path, newsdesk: Newsdesk) -> None:
    with desk(data) as opened:
        opened.publish(derived("a", "The prison.", title="=HYPERLINK(1)"))
        upkeep.update_search(opened.connection)
    publish.publish(data)
    assert "'=HYPERLINK(1)" in newsdesk("search", "prison", "--format", "csv").out
    assert '"=HYPERLINK(1)"' in newsdesk("search", "prison", "--format", "json").out


def test_csv_and_json_say_the_same(stored: Path, newsdesk: Newsdesk) -> None:
    objects = json.loads(newsdesk("search", "jail", "--format", "json").out)
    rows = list(csv.DictReader(io.StringIO(newsdesk("search", "jail", "--format", "csv").out)))
    assert [{key: str(value) for key, value in hit.items()} for hit in objects] == rows
    assert rows[0]["sentence"] == "It is no prison, it is a jail for men." or rows[0]["sentence"] == "A new jail opens."
    assert set(rows[0]) == {"article_id", "score", "title", "url", "published_at", "site", "sentence"}
    assert newsdesk("search", "zebra", "--format", "csv").out.count("\n") == 1
    assert newsdesk("search", "zebra").out == "No article matches.\n"


def test_like(stored: Path, newsdesk: Newsdesk) -> None:
    if not search_vectors.available():
        pytest.skip("the extra `semantic` is not installed")
    found = json.loads(newsdesk("search", "--like", "a football match with a late goal", "--format", "json").out)
    assert found[0]["url"].endswith("/cup")
    assert len(found) == 3


def test_like_before_there_are_vectors(data: Path, newsdesk: Newsdesk) -> None:
    if not search_vectors.available():
        pytest.skip("the extra `semantic` is not installed")
    with desk(data) as opened:
        opened.publish(derived("a"))
    publish.publish(data)
    said = newsdesk("search", "--like", "football")
    assert said.code == 1
    assert "no article has a vector yet; newsdesk maintain makes them" in said.err


def test_like_without_the_extra(stored: Path, newsdesk: Newsdesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_vectors, "available", lambda: False)
    said = newsdesk("search", "--like", "football")
    assert said.code == 2
    assert said.err.count("\n") == 1 and "pip install 'newsdesk[semantic]'" in said.err


def test_articles_stored_before_there_was_an_index(data: Path, tmp_path: Path, newsdesk: Newsdesk) -> None:
    config = tmp_path / "config"
    config.mkdir()
    for name in ("sources", "topics"):
        (config / f"{name}.yaml").write_text(f"{name}: []")
    with desk(data) as opened:
        opened.publish(*(derived(path, text, language="en") for path, text in TEXTS.items()))
    publish.publish(data)
    assert newsdesk("search", "prison").out == "No article matches.\n"
    assert maintain(str(config), str(data)).published
    assert newsdesk("search", "prison").out.count("A title") == 2
    assert not maintain(str(config), str(data)).published


MISTAKES = {
    "no query": ([], "expected one of QUERY and --like TEXT"),
    "two queries": (["prison", "--like", "prison"], "expected one of QUERY and --like TEXT"),
    "empty query": (["  "], "the query is empty"),
    "empty text": (["--like", ""], "the query is empty"),
    "no such topic": (["prison", "--topic", "jails"], "--topic jails: no topic with this id"),
    "no date": (["prison", "--since", "yesterday"], "--since yesterday: expected a date"),
}


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes(stored: Path, newsdesk: Newsdesk, arguments: list[str], message: str) -> None:
    said = newsdesk("search", *arguments)
    assert (said.code, said.out) == (2, "")
    assert message in said.err and said.err.count("\n") == 1


def test_no_database_yet(newsdesk: Newsdesk) -> None:
    said = newsdesk("search", "prison")
    assert said.code == 1
    assert "no database yet; make it with: newsdesk run" in said.err


def test_database_of_an_earlier_version(stored: Path, newsdesk: Newsdesk) -> None:
    stored.chmod(0o644)
    with duckdb.connect(stored) as connection:
        connection.execute("DROP SCHEMA fts CASCADE")
    said = newsdesk("search", "prison")
    assert said.code == 1
    assert "published by an earlier newsdesk; newsdesk maintain brings it up to date" in said.err


def test_damaged_database(stored: Path, newsdesk: Newsdesk) -> None:
    stored.chmod(0o644)
    stored.write_bytes(b"no database")
    said = newsdesk("search", "prison")
    assert said.code == 1
    assert "newsdesk doctor says what to do" in said.err


SENTENCES = {
    # (text, forms, phrases): the sentence, hits in brackets
    "most words": (
        "A prison. The prison was inspected.",
        {"prison": {"prison"}, "inspected": {"inspected"}},
        [],
        "The [prison] was [inspected].",
    ),
    "a phrase before more words": (
        "Rights of a human in court. Human rights.",
        {"human": {"human"}, "rights": {"rights"}, "court": {"court"}},
        [" human rights "],
        "[Human] [rights].",
    ),
    "accents": ("Nada. Una Cárcel.", {"carcel": {"carcel"}}, [], "Una [Cárcel]."),
    "pairs of characters": ("你好。北京的监狱。", {"监狱": {"监狱"}}, [], "北京的[监狱]。"),
    "nothing in the text": ("The first one. The second.", {"title": {"title"}}, [], "The first one."),
    "no text": ("", {"title": {"title"}}, [], ""),
    "one line": ("A long\u00a0\tprison  term.", {"prison": {"prison"}}, [], "A long [prison] term."),
}


@pytest.mark.parametrize(("text", "forms", "phrases", "expected"), SENTENCES.values(), ids=SENTENCES)
def test_best_sentence(text: str, forms: dict[str, set[str]], phrases: list[str], expected: str) -> None:
    pieces = best_sentence(text, forms, phrases)
    assert "".join(f"[{piece.text}]" if piece.hit else piece.text for piece in pieces) == expected
