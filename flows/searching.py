"""What `newsdesk search` shows: hits of the published database, each with the sentence that says most of the query."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from tasks.derive.sentences import sentence_span
from tasks.present.highlight import Segment
from tasks.settings import ConfigError
from tasks.store.state import StoreError

_WORD = re.compile(r"\w+")
_SPAN = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which hits are wanted: of this topic, published on this day or later, so many at most."""

    topic: str | None
    since: datetime | None
    limit: int


@dataclass(frozen=True, slots=True)
class Found:
    """An article, and the sentence to show, in pieces."""

    article_id: str
    score: float
    title: str
    url: str
    published_at: datetime
    site: str
    sentence: tuple[Segment, ...]


def search(path: Path, query: str, wanted: Filter) -> list[Found]:
    """The best hits of a query. Raises ConfigError where there is no such topic, StoreError for a damaged database."""
    with _opened(path) as connection:
        rows = _hits(connection, "search($wanted)", query, wanted)
        forms: dict[str, set[str]] = {}
        for word, form in connection.execute(_FORMS, {"query": query}).fetchall():
            forms.setdefault(form, set()).add(word)
        phrases = [phrase for (phrase,) in connection.execute(_PHRASES, {"query": query}).fetchall()]
    return [Found(*row[:6], best_sentence(row[6], forms, phrases)) for row in rows]


def search_like(path: Path, vector: Sequence[int], wanted: Filter) -> list[Found]:
    """The articles nearest to a vector, each with its excerpt. Raises as `search` does, and where there are none."""
    with _opened(path) as connection:
        if connection.execute("SELECT count(*) FROM article_vectors").fetchall() == [(0,)]:
            raise StoreError(f"{path}: no article has a vector yet; newsdesk maintain makes them")
        rows = _hits(connection, "(FROM fts.similar($wanted) JOIN articles USING (article_id))", vector, wanted)
    return [Found(*row[:6], (Segment(row[7], False),)) for row in rows]


@contextmanager
def _opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        with duckdb.connect(path, read_only=True, config={"enable_external_access": "false"}) as connection:
            yield connection
    except duckdb.CatalogException as error:
        raise StoreError(f"{path}: published by an earlier newsdesk; newsdesk maintain brings it up to date") from error
    except duckdb.Error as error:
        reason = " ".join(str(error).split())[:200]
        raise StoreError(f"{path}: cannot be read: {reason}; newsdesk doctor says what to do") from error


def _hits(
    connection: duckdb.DuckDBPyConnection, relation: str, what: str | Sequence[int], wanted: Filter
) -> list[tuple[str, float, str, str, datetime, str, str, str]]:
    """Id, score, title, url, date, site, text and excerpt of the best; texts are read of these only."""
    known = "SELECT count(*) FROM topics WHERE topic_id = $topic"
    if wanted.topic and connection.execute(known, {"topic": wanted.topic}).fetchall() == [(0,)]:
        raise ConfigError(f"--topic {wanted.topic}: no topic with this id in the database; see newsdesk topics list")
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
    texts = {row[0]: row[1:] for row in connection.execute(_TEXTS, {"ids": [row[0] for row in best]}).fetchall()}
    return [(*row, *texts[row[0]]) for row in best]


def best_sentence(text: str, forms: Mapping[str, Collection[str]], phrases: Sequence[str]) -> tuple[Segment, ...]:
    """The first of the sentences that hold most phrases, then most words of the query; else the beginning of the text.

    `forms` are words as `fold` leaves them, each with the words of the query it stands for.
    """
    sentences: dict[_SPAN, list[tuple[_SPAN, Collection[str]]]] = {}
    span = (0, 0)
    for start, end, words in _places(text, forms):
        if end > span[1]:
            span = sentence_span(text, start, end)
        sentences.setdefault(span, []).append(((start, end), words))
    if not sentences:
        return (Segment(text[slice(*sentence_span(text, 0, 0))], False),)

    def merit(of: _SPAN) -> tuple[int, int, int]:
        folded = f" {' '.join(_WORD.findall(fold(text[slice(*of)])))} "
        held: set[str] = set().union(*(words for _, words in sentences[of]))
        return sum(phrase in folded for phrase in phrases), len(held), -of[0]

    best = max(sentences, key=merit)
    return _pieces(text, best, [place for place, _ in sentences[best]])


def fold(word: str) -> str:
    """Without case and accents, as the index has it."""
    apart = unicodedata.normalize("NFD", word.lower())
    return unicodedata.normalize("NFC", "".join(c for c in apart if not unicodedata.category(c).startswith("M")))


def _places(text: str, forms: Mapping[str, Collection[str]]) -> Iterator[tuple[int, int, Collection[str]]]:
    """Where words of the query stand: start, end, which ones. In scripts without spaces pairs of characters count."""
    pairs = {form for form in forms if len(form) <= 2 and not form.isascii()}
    for found in _WORD.finditer(text):
        word = found.group()
        if words := forms.get(fold(word)):
            yield found.start(), found.end(), words
        elif pairs and not word.isascii():
            for place in range(len(word) - 1):
                if words := forms.get(fold(word[place : place + 2])):
                    yield found.start() + place, found.start() + place + 2, words


def _pieces(text: str, sentence: _SPAN, places: Sequence[_SPAN]) -> tuple[Segment, ...]:
    """The sentence on one line, in pieces."""
    pieces: list[Segment] = []
    position = sentence[0]
    for start, end in places:
        pieces.append(Segment(text[position:start], False))
        pieces.append(Segment(text[max(start, position) : end], True))
        position = max(position, end)
    pieces.append(Segment(text[position : sentence[1]], False))
    return tuple(Segment(re.sub(r"\s+", " ", piece.text), piece.hit) for piece in pieces if piece.text)


_FORMS = "SELECT DISTINCT word, form FROM fts.query_forms($query) WHERE NOT excluded"
_PHRASES = "SELECT phrase FROM fts.query_items($query) WHERE NOT excluded AND phrase IS NOT NULL"
_TEXTS = "SELECT article_id, site, text, excerpt FROM articles WHERE article_id IN (SELECT unnest($ids::VARCHAR[]))"
