"""A published collection of labelled pieces, and the commands on topics over it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tasks.derive.fingerprint import content_hash
from tasks.derive.topics import Document, TopicDefinition, TopicMatcher, topic_version
from tasks.model import Derived, Topic
from tasks.store import configured, publish
from tests.derive.labelled import REFORM, Piece, pieces
from tests.flows.commands import Newsdesk, newsdesk_in
from tests.flows.newsroom import write_config
from tests.store.samples import NOW, derived, desk

CONFIGURED: dict[str, Any] = {"id": REFORM.topic_id, "name": REFORM.name, "query": REFORM.query}


class Newsroom(NamedTuple):
    """A folder with `config` and `data`, and the command."""

    folder: Path
    run: Newsdesk

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    @property
    def labels(self) -> Path:
        """The labels of prison reform."""
        return self.folder / "config" / "labels" / "prison-reform.jsonl"

    @property
    def model(self) -> Path:
        """The model of prison reform."""
        return self.folder / "config" / "models" / "prison-reform.json"

    def configure(self, *topics: dict[str, Any]) -> None:
        """Write topics.yaml."""
        write_config(self.folder / "config", [], topics=topics, settings={"extract": {"workers": 2}})


def address(piece: Piece) -> str:
    """Where a piece was published."""
    return f"https://news.example/{piece.grade}/{piece.number}"


def stored(piece: Piece, **fields: Any) -> Derived:
    """A piece as derive gives it, with the topics that it had then."""
    given = {"title": piece.title, "content_hash": content_hash(piece.text), "language": "en", **fields}
    return derived(address(piece), piece.text, **given)


def fill(data: Path, articles: Sequence[Derived], definitions: Sequence[TopicDefinition] = ()) -> None:
    """Store articles with the matches that these topics give, and publish."""
    topics = [Topic(each.topic_id, topic_version(each), each.name, each.query, each.min_score) for each in definitions]
    with desk(data) as opened:
        configured.sync_topics(opened.connection, topics, NOW)
        opened.publish(*(_matched(article, definitions) for article in articles))
    publish.publish(data)


def _matched(article: Derived, definitions: Sequence[TopicDefinition]) -> Derived:
    assert article.article
    document = Document(article.article.title, article.article.text, language=article.article.language or "")
    return replace(article, matches=TopicMatcher(definitions).match(document))


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder: sixty pieces, one of them published twice, and prison reform as their topic."""
    data = tmp_path_factory.mktemp("collection") / "data"
    made = pieces(60)
    first = stored(made[0]).article
    assert first
    copy = derived("https://copy.example/2/0", first.text, title=first.title, content_hash=first.content_hash)
    fill(data, [*map(stored, made), copy], [REFORM])
    return data


@pytest.fixture
def newsroom(
    collection: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Newsroom:
    """The collection, for one test."""
    room = Newsroom(tmp_path, newsdesk_in(tmp_path, monkeypatch, capsys))
    shutil.copytree(collection, room.data, symlinks=True)
    room.configure(CONFIGURED)
    return room
