"""Evidence: every place where a topic's query matched, with its sentence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from tasks.derive.automaton import FieldScan
from tasks.derive.program import PUBLISHED_AT, Hit
from tasks.derive.query_tree import VALUE_FIELDS
from tasks.derive.sentences import sentence_span
from tasks.model import Evidence

MAX_EVIDENCE = 50
"""Places kept for one topic in one article."""

_WHOLE_FIELDS = (*VALUE_FIELDS, PUBLISHED_AT)
_FIELD_ORDER = {name: number for number, name in enumerate(("title", "text", "url", "tags", "authors", *_WHOLE_FIELDS))}


class EvidenceMaker:
    """Makes evidence for the topics of one document, which share the work on words and sentences."""

    def __init__(self, fields: Mapping[str, FieldScan]) -> None:
        self._fields = fields
        self._sentences: dict[tuple[str, int, int], str] = {}

    def make(self, topics: Iterable[Iterable[Hit]]) -> list[tuple[Evidence, ...]]:
        """For each topic's hits their evidence: title first, then text from its beginning, then other fields.

        Its sentences are empty until `with_sentences`: most topics that match have too low a score, and need none.
        A place that several terms of a query match counts for the first of them. Of more than `MAX_EVIDENCE` places,
        each term keeps its first one, and the rest are the earliest.
        """
        chosen = [_choose(hits) for hits in topics]
        words: defaultdict[str, set[int]] = defaultdict(set)
        for hit in (hit for hits in chosen for hit in hits):
            words[hit.field].update((hit.first, hit.end - 1))
        for name, numbers in words.items():
            if name not in _WHOLE_FIELDS:
                self._fields[name].locate(numbers)
        return [tuple(map(self._evidence, hits)) for hits in chosen]

    def _evidence(self, hit: Hit) -> Evidence:
        spans = self._fields[hit.field].spans
        return Evidence(hit.field, hit.term, spans[hit.first][0], spans[hit.end - 1][1], "")

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


def _choose(hits: Iterable[Hit]) -> list[Hit]:
    places: dict[tuple[str, int, int], Hit] = {}
    for hit in hits:
        places.setdefault((hit.field, hit.first, hit.end), hit)
    ordered = sorted(places.values(), key=_place)
    if len(ordered) <= MAX_EVIDENCE:
        return ordered
    firsts = {hit.term: hit for hit in reversed(ordered)}
    others = [hit for hit in ordered if firsts[hit.term] is not hit]
    return sorted((sorted(firsts.values(), key=_place) + others)[:MAX_EVIDENCE], key=_place)


def _place(hit: Hit) -> tuple[int, int, int]:
    return _FIELD_ORDER[hit.field], hit.first, hit.end
