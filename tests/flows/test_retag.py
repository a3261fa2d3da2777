"""`retag`: the topics of what is stored, found again after the configuration changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows import retag as retag_module
from tasks.derive import rematch
from tasks.derive.relevance import RelevanceModel
from tasks.derive.topics import Document, TopicDefinition, TopicMatcher, topic_version
from tasks.model import StoredArticle, TopicMatch
from tasks.present import report
from tasks.store import checks, matches, publish
from tasks.store.publish import published_path
from tasks.store.state import locked
from tests.derive.labelled import REFORM
from tests.flows.newsroom import ask
from tests.flows.topicdesk import CONFIGURED, Newsroom, collection, fill, newsroom
from tests.store.samples import NOW, derived

__all__ = ["collection", "newsroom"]

FAIRS: dict[str, Any] = {"id": "fairs", "name": "Fairs", "query": "carousel"}


def topics_of(room: Newsroom) -> dict[str, set[str]]:
    """Topic to the articles that have it."""
    found: dict[str, set[str]] = {}
    for topic, article in ask(room.data, "SELECT topic_id, article_id FROM article_topics"):
        found.setdefault(topic, set()).add(article)
    return found


def rows(said: str) -> dict[str, tuple[int, ...]]:
    """The printed table: topic to added, dropped and kept."""
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in said.splitlines() if line[:1] == "│"]
    return {topic: tuple(map(int, counts)) for topic, *counts in cells}


def test_after_topics_changed_the_matches_are_the_new_ones(newsroom: Newsroom) -> None:
    before = topics_of(newsroom)["prison-reform"]
    edited = {**CONFIGURED, "query": "carousel OR oversight"}
    newsroom.configure(edited, FAIRS)
    said = newsroom.run("retag")
    after = topics_of(newsroom)
    assert said.code == 0 and "61 articles looked at again." in said.out
    assert rows(said.out) == {
        "fairs": (len(after["fairs"]), 0, 0),
        "prison-reform": (
            len(after["prison-reform"] - before),
            len(before - after["prison-reform"]),
            len(after["prison-reform"] & before),
        ),
    }
    expected = TopicMatcher([replace(REFORM, query="carousel OR oversight"), TopicDefinition("fairs", "", "carousel")])
    articles = ask(newsroom.data, "SELECT article_id, title, text, language FROM articles")
    for article_id, title, text, language in articles:
        seen = Document(title, text, language=language or "")
        topics = {match.topic_id for match in expected.match(seen)}
        assert topics == {topic for topic, ids in after.items() if article_id in ids}


def test_every_version_stays_and_each_match_names_its_own(newsroom: Newsroom) -> None:
    newsroom.configure({**CONFIGURED, "min_score": 0.8})
    newsroom.run("retag")
    old, new = topic_version(REFORM), topic_version(replace(REFORM, min_score=0.8))
    versions = ask(newsroom.data, "SELECT topic_version, active, min_score FROM topics ORDER BY since")
    assert versions == [(old, False, 0.0), (new, True, 0.8)]
    found = ask(newsroom.data, "SELECT DISTINCT topic_version, min(score) >= 0.8 FROM article_topics GROUP BY ALL")
    assert found == [(new, True)]
    assert newsroom.run("topics", "diff").out == "prison-reform  no difference\n"


def test_a_topic_that_has_left_keeps_its_versions_and_no_matches(newsroom: Newsroom) -> None:
    before = len(topics_of(newsroom)["prison-reform"])
    newsroom.configure(FAIRS)
    assert rows(newsroom.run("retag").out)["prison-reform"] == (0, before, 0)
    assert ask(newsroom.data, "SELECT active FROM topics WHERE topic_id = 'prison-reform'") == [(False,)]


def test_a_model_decides_and_shows_its_reasons(newsroom: Newsroom) -> None:
    model = RelevanceModel(-4.0, {"query_score": 1.0}, {"oversight board": 40.0, "cells": 30.0, "striker": -50.0})
    newsroom.model.parent.mkdir()
    newsroom.model.write_text(model.as_json(), encoding="utf-8")
    newsroom.run("retag")
    version = topic_version(replace(REFORM, model=model))
    rows = ask(
        newsroom.data,
        "SELECT DISTINCT topic_version, model FROM article_topics JOIN topics USING (topic_id, topic_version)",
    )
    assert rows == [(version, model.fingerprint())]
    shown = ask(
        newsroom.data,
        """SELECT e.term, lower(substr(if(e.field = 'title', title, text), e.start + 1, e."end" - e.start))
           FROM article_topics JOIN articles USING (article_id), unnest(evidence) AS u(e)
           WHERE starts_with(e.term, 'model:')""",
    )
    assert {term.removeprefix("model:").rpartition(" +")[0] for term, _ in shown} == {"oversight board", "cells"}
    assert all(term.startswith(f"model:{matched} +") for term, matched in shown)


def test_evidence_is_where_it_says(newsroom: Newsroom) -> None:
    newsroom.run("retag")
    wrong = ask(
        newsroom.data,
        """SELECT e FROM article_topics JOIN articles USING (article_id), unnest(evidence) AS u(e)
           WHERE NOT regexp_matches(
               substr(if(e.field = 'title', title, text), e.start + 1, e."end" - e.start),
               '(?i)^' || replace(e.term, '*', '[a-z]*') || '$')""",
    )
    assert wrong == []


def test_sources_and_languages_are_seen_as_in_a_pass(tmp_path: Path, newsroom: Newsroom) -> None:
    """What a query can ask for beside the text comes from the stored article and its source."""
    conditions = {
        "source": "source:gazette",
        "site": "site:news.example",
        "language": "language:en",
        "published": "published:2026-03-12",
        "tags": "tags:justice",
        "authors": "authors:garcia",
        "url": "url:special",
    }
    special = stored_special()
    fill(newsroom.data, [special])
    newsroom.configure(*({"id": name, "name": name, "query": query} for name, query in conditions.items()))
    newsroom.run("retag")
    assert special.article
    found = ask(newsroom.data, f"SELECT topic_id FROM article_topics WHERE article_id = '{special.article.article_id}'")
    assert {row[0] for row in found} == set(conditions)


def stored_special() -> Any:
    return derived("special/one", "Any text.", tags=("justice",), authors=("Ana García",), language="en-GB")


def test_articles_of_a_version_without_places_get_them(newsroom: Newsroom) -> None:
    fill(newsroom.data, [derived("visit", "Ecuador’s ministers went to El Salvador.", language="en")])
    assert ask(newsroom.data, "FROM article_places") == []
    newsroom.run("retag")
    found = ask(
        newsroom.data, "SELECT country FROM article_places JOIN articles USING (article_id) WHERE url LIKE '%/visit'"
    )
    assert sorted(found) == [("EC",), ("SV",)]
    assert checks.problems(published_path(newsroom.data)) == []


def test_a_retag_is_a_run_and_publishes_once(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def noting(name: str, original: Callable[[Path], Path]) -> Callable[[Path], Path]:
        def note(data: Path) -> Path:
            done.append(name)
            return original(data)

        return note

    monkeypatch.setattr(publish, "publish", noting("publish", publish.publish))
    monkeypatch.setattr(report, "write_report", noting("report", report.write_report))
    newsroom.configure(FAIRS)
    newsroom.run("retag")
    ((flow, outcome, added, articles),) = ask(
        newsroom.data, "SELECT flow, outcome, topic_matches, articles_new FROM runs WHERE flow = 'retag'"
    )
    assert (flow, outcome, articles) == ("retag", "done", 0) and added == len(topics_of(newsroom)["fairs"])
    assert done == ["publish", "report"]
    assert checks.problems(published_path(newsroom.data)) == []


def test_twice_is_once(newsroom: Newsroom) -> None:
    newsroom.run("retag")
    first = ask(newsroom.data, "FROM article_topics ORDER BY ALL")
    said = newsroom.run("retag")
    assert ask(newsroom.data, "FROM article_topics ORDER BY ALL") == first
    assert rows(said.out) == {"prison-reform": (0, 0, len(first))}


def test_in_many_chunks_it_is_the_same(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    newsroom.run("retag")
    whole = ask(newsroom.data, "FROM article_topics ORDER BY ALL")
    monkeypatch.setattr(retag_module, "CHUNK", 7)
    newsroom.run("retag")
    assert ask(newsroom.data, "FROM article_topics ORDER BY ALL") == whole


def test_an_article_that_cannot_be_matched_keeps_its_topics(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = topics_of(newsroom)["prison-reform"]
    monkeypatch.setattr(retag_module, "RematchPool", Breaking)
    newsroom.configure(FAIRS)
    said = newsroom.run("retag")
    assert said.code == 0 and "keep the topics they had; the first: " in said.out and "ValueError: broken" in said.out
    assert topics_of(newsroom)["prison-reform"] == {article for article in kept if breaks(article)} != set()


def breaks(article_id: str) -> bool:
    return int(article_id, 16) % 3 == 0


class Breaking:
    """A pool of which the matcher fails for some articles."""

    def __init__(self, topics: Any, workers: int, timeout: float) -> None:
        self._rematcher = rematch.Rematcher(topics)

    def __enter__(self) -> Breaking:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""

    def derive(self, articles: list[StoredArticle]) -> list[rematch.Rematched]:
        return [
            rematch.Rematched(article.article_id, error="ValueError: broken")
            if breaks(article.article_id)
            else self._rematcher.derive(article)
            for article in articles
        ]


def test_a_matcher_that_fails_costs_one_article(monkeypatch: pytest.MonkeyPatch, newsroom: Newsroom) -> None:
    def fail(self: TopicMatcher, document: object) -> tuple[TopicMatch, ...]:
        raise RuntimeError("no")

    monkeypatch.setattr(TopicMatcher, "match", fail)
    article = StoredArticle("id", "u", "s", "t", "x", None, None, None, NOW, "h", "t", "s", (), ())
    assert rematch.Rematcher([REFORM]).derive(article) == rematch.Rematched("id", error="RuntimeError: no")


def test_workers_match_in_their_own_processes(newsroom: Newsroom) -> None:
    articles = [
        StoredArticle(str(n), "u", "s", "Prison reform", "x", None, None, None, NOW, "h", "t", "s", (), ())
        for n in range(5)
    ]
    with rematch.RematchPool([REFORM], 1, 20) as pool:
        found = pool.derive(articles)
    assert [item.article_id for item in found] == list("01234") and all(item.matches for item in found)


# --- what stops it


def test_another_pass_holds_the_folder(newsroom: Newsroom) -> None:
    with locked(newsroom.data):
        said = newsroom.run("retag")
    assert said.code == 3 and f"process {os.getpid()}" in said.err


def test_a_mistake_in_a_query_is_named(newsroom: Newsroom) -> None:
    newsroom.configure({**CONFIGURED, "query": "prison AND"})
    said = newsroom.run("retag")
    assert said.code == 2 and said.err.startswith("newsdesk: config/topics.yaml: topics[0] (prison-reform).query: ")


def test_what_goes_wrong_midway_changes_nothing(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ask(newsroom.data, "FROM article_topics ORDER BY ALL")

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(matches, "gather", fail)
    newsroom.configure(FAIRS)
    said = newsroom.run("retag")
    assert said.code == 130 and "nothing was changed" in said.err
    monkeypatch.undo()
    monkeypatch.chdir(newsroom.folder)
    assert ask(newsroom.data, "FROM article_topics ORDER BY ALL") == before


def test_an_empty_collection(newsroom: Newsroom) -> None:
    fill(newsroom.folder / "empty", [])
    said = newsroom.run("--data", "empty", "retag")
    assert said.code == 0 and "0 articles looked at again." in said.out


def test_a_folder_without_a_database_stays_as_it_is(newsroom: Newsroom) -> None:
    said = newsroom.run("--data", "mistyped", "retag")
    assert said.code == 2 and "there is no newsdesk data here" in said.err
    assert not (newsroom.folder / "mistyped").exists()
