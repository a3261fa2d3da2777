"""Hits of the full-text index and of article vectors, as rows to show: the best ones, with their texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from tasks.store.rows import strings, to_json
from tasks.store.state import Connection


@dataclass(frozen=True, slots=True)
class Filter:
    """Which hits are wanted: of this topic, published on this day or later, so many at most."""

    topic: str | None
    since: datetime | None
    limit: int


class Hit(NamedTuple):
    """An article that was found."""

    article_id: str
    score: float
    title: str
    url: str
    published_at: datetime
    site: str
    text: str
    excerpt: str


def is_topic(connection: Connection, topic_id: str) -> bool:
    """Whether the database has such a topic."""
    known = connection.execute("SELECT 1 FROM topics WHERE topic_id = $topic LIMIT 1", {"topic": topic_id})
    return known.fetchone() is not None


def has_vectors(connection: Connection) -> bool:
    """Whether any article has a vector."""
    return connection.execute("SELECT 1 FROM article_vectors LIMIT 1").fetchone() is not None


def hits(connection: Connection, query: str, wanted: Filter) -> list[Hit]:
    """The best hits of a full-text query, best first."""
    return _best(connection, "search($wanted)", query, wanted)


def similar(connection: Connection, vector: Sequence[int], wanted: Filter) -> list[Hit]:
    """The articles nearest to a vector, nearest first."""
    return _best(connection, "(FROM fts.similar($wanted) JOIN articles USING (article_id))", vector, wanted)


def query_forms(connection: Connection, query: str) -> dict[str, set[str]]:
    """The forms of words that a query finds, each with the words of the query it stands for."""
    forms: dict[str, set[str]] = {}
    for word, form in connection.execute(_FORMS, {"query": query}).fetchall():
        forms.setdefault(form, set()).add(word)
    return forms


def query_phrases(connection: Connection, query: str) -> list[str]:
    """The phrases that a query asks for."""
    return [phrase for (phrase,) in connection.execute(_PHRASES, {"query": query}).fetchall()]


def _best(connection: Connection, relation: str, what: str | Sequence[int], wanted: Filter) -> list[Hit]:
    """Texts are read of the best only."""
    conditions = ["true"]
    parameters: dict[str, object] = {"wanted": what, "limit": wanted.limit}
    if wanted.topic:
        conditions.append("article_id IN (SELECT article_id FROM article_topics WHERE topic_id = $topic)")
        parameters["topic"] = wanted.topic
    if wanted.since:
        conditions.append("published_at >= $since")
        parameters["since"] = wanted.since
    best = connection.execute(
        f"""SELECT article_id, score, title, url, published_at FROM {relation} WHERE {" AND ".join(conditions)}
            ORDER BY score DESC, published_at DESC, article_id LIMIT $limit""",
        parameters,
    ).fetchall()
    texts = {row[0]: row[1:] for row in connection.execute(_TEXTS, {"ids": to_json(row[0] for row in best)}).fetchall()}
    return [Hit(*row, *texts[row[0]]) for row in best]


_FORMS = "SELECT DISTINCT word, form FROM fts.query_forms($query) WHERE NOT excluded"
_PHRASES = "SELECT phrase FROM fts.query_items($query) WHERE NOT excluded AND phrase IS NOT NULL"
_TEXTS = f"SELECT article_id, site, text, excerpt FROM articles WHERE article_id IN ({strings('ids')})"
