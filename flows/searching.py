"""What `newsdesk search` shows: hits of the published database, each with the sentence that says most of the query."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tasks.derive.sentences import sentence_span
from tasks.present.highlight import Segment
from tasks.settings import ConfigError
from tasks.store import hits, published
from tasks.store.hits import Filter
from tasks.store.state import Connection, StoreError

_WORD = re.compile(r"\w+")
_SPAN = tuple[int, int]


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
    with published.reading(path) as connection:
        _require_topic(connection, wanted.topic)
        rows = hits.hits(connection, query, wanted)
        forms = hits.query_forms(connection, query)
        phrases = hits.query_phrases(connection, query)
    return [Found(*row[:6], best_sentence(row.text, forms, phrases)) for row in rows]


def search_like(path: Path, vector: Sequence[int], wanted: Filter) -> list[Found]:
    """The articles nearest to a vector, each with its excerpt. Raises as `search` does, and where there are none."""
    with published.reading(path) as connection:
        _require_topic(connection, wanted.topic)
        if not hits.has_vectors(connection):
            raise StoreError(f"{path}: no article has a vector yet; newsdesk maintain makes them")
        rows = hits.similar(connection, vector, wanted)
    return [Found(*row[:6], (Segment(row.excerpt, False),)) for row in rows]


def _require_topic(connection: Connection, topic: str | None) -> None:
    if topic and not hits.is_topic(connection, topic):
        raise ConfigError(f"--topic {topic}: no topic with this id in the database; see newsdesk topics list")


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
