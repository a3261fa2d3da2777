"""Where the terms of a query stand in a sentence, and which sentences say most."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

MAX_QUOTES = 3

_AFTER_TERM = re.compile(r"[~^][0-9.]*(?:[eE][+-]?[0-9]+)?\Z")


class Segment(NamedTuple):
    """A piece of a text, and whether it is what the query asked for."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Place:
    """One place of evidence: the query's term, the words of the field that it matched, and the sentence around them."""

    field: str
    term: str
    matched: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence with the terms that it holds."""

    segments: tuple[Segment, ...]
    terms: tuple[str, ...]


def segments(text: str, places: Iterable[Place]) -> tuple[Segment, ...]:
    """The text in pieces, hits apart: what the evidence matched, wherever it occurs, in capitals or not."""
    patterns = sorted({pattern for place in places if (pattern := _pattern(place, text))}, key=len, reverse=True)
    if not patterns:
        return (Segment(text, False),)
    pieces: list[Segment] = []
    position = 0
    for found in re.finditer("|".join(patterns), text, re.IGNORECASE):
        pieces += [Segment(text[position : found.start()], False), Segment(found.group(), True)]
        position = found.end()
    pieces.append(Segment(text[position:], False))
    return tuple(piece for piece in pieces if piece.text)


def best_quotes(places: Sequence[Place], limit: int = MAX_QUOTES) -> tuple[Quote, ...]:
    """The sentences of the text that hold most different terms, in the order of the text."""
    sentences: dict[str, list[Place]] = {}
    for place in places:
        if place.field == "text" and place.sentence:
            sentences.setdefault(place.sentence, []).append(place)
    order = {sentence: number for number, sentence in enumerate(sentences)}
    strongest = sorted(sentences, key=lambda sentence: (-len(_terms(sentences[sentence])), order[sentence]))[:limit]
    return tuple(
        Quote(segments(sentence, sentences[sentence]), _terms(sentences[sentence]))
        for sentence in sorted(strongest, key=order.__getitem__)
    )


def _terms(places: Iterable[Place]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(place.term for place in places))


def _pattern(place: Place, text: str) -> str | None:
    """A regular expression for the words that matched, or where the text does not hold them for the term itself."""
    candidates = [re.escape(place.matched)] if place.matched and place.matched.strip() else []
    candidates.append(_term_pattern(place.term))
    for words in candidates:
        # Scripts without spaces have no word boundaries, so the words alone come second.
        for pattern in (rf"(?<!\w){words}(?!\w)", words):
            if words and _compiled(pattern).search(text):
                return pattern
    return None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _term_pattern(term: str) -> str:
    """A query's term as a regular expression: no quotes, distance or boost; `*` and `?` stand within a word."""
    words = _AFTER_TERM.sub("", _AFTER_TERM.sub("", term.strip())).strip('"').split()
    return r"\s+".join(re.escape(word).replace(r"\*", r"\w*").replace(r"\?", r"\w") for word in words)
