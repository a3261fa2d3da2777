"""Evidence: every place where a topic's query matched, with its sentence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tasks.derive.automaton import FieldScan
from tasks.derive.scans import COLUMNS, WHOLE_COLUMNS, Place, Places
from tasks.derive.score import places_score
from tasks.derive.sentences import sentence_span
from tasks.model import Evidence

MAX_EVIDENCE = 50
"""Places kept for one topic in one article."""

Chosen = Sequence[tuple[Place, str]]
"""Places and their terms, in order."""


def choose(places: Places) -> Chosen:
    """The places that become evidence: title first, then text from its beginning, then other fields.

    Of more than `MAX_EVIDENCE`, each term keeps its first one, and the rest are the earliest.
    """
    ordered = sorted(places.items())
    if len(ordered) <= MAX_EVIDENCE:
        return ordered
    firsts = {term: place for place, term in reversed(ordered)}
    others = [(place, term) for place, term in ordered if firsts[term] != place]
    return sorted((sorted((place, term) for term, place in firsts.items()) + others)[:MAX_EVIDENCE])


class EvidenceMaker:
    """Makes evidence for the topics of one document, which share the work on words and sentences."""

    def __init__(self, fields: Mapping[str, FieldScan]) -> None:
        self._fields = fields
        self._sentences: dict[tuple[str, int, int], str] = {}

    def score(self, chosen: Chosen, text_length: int) -> float:
        """The score that the evidence of these places will have; most topics that match have too low a one."""
        lead_words = self._fields["text"].lead_words
        places = ((term, COLUMNS[column], first < lead_words) for (column, first, _), term in chosen)
        return places_score(places, text_length)

    def make(self, topics: Iterable[Chosen]) -> list[tuple[Evidence, ...]]:
        """For the places of each topic their evidence. Its sentences are empty until `with_sentences`."""
        chosen = list(topics)
        words: defaultdict[str, set[int]] = defaultdict(set)
        for (column, first, end), _ in (item for places in chosen for item in places):
            words[COLUMNS[column]].update((first, end - 1))
        for name, numbers in words.items():
            if name not in WHOLE_COLUMNS:
                self._fields[name].locate(numbers)
        return [tuple(self._evidence(place, term) for place, term in places) for places in chosen]

    def _evidence(self, place: Place, term: str) -> Evidence:
        column, first, end = place
        spans = self._fields[COLUMNS[column]].spans
        return Evidence(COLUMNS[column], term, spans[first][0], spans[end - 1][1], "")

    def with_sentences(self, evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
        """The same with the sentence around each place."""
        return tuple(
            Evidence(item.field, item.term, item.start, item.end, self._sentence(item.field, item.start, item.end))
            for item in evidence
        )

    def _sentence(self, field: str, start: int, end: int) -> str:
        sentence = self._sentences.get((field, start, end))
        if sentence is None:
            text = self._fields[field].original
            begin, stop = sentence_span(text, start, end)
            sentence = self._sentences[field, start, end] = text[begin:stop]
        return sentence
