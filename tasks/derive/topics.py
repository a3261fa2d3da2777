"""Topics of an article: which queries match, how strongly, and every reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tasks.derive.automaton import Automaton, FieldScan
from tasks.derive.definitions import Document, TopicDefinition, main_language, parsed_queries, topic_version
from tasks.derive.evidence import EvidenceMaker
from tasks.derive.program import PUBLISHED_AT, Hit, Scan, Test, compile_query
from tasks.derive.query_tree import ANYWHERE, VALUE_FIELDS, And, Node, Not, Or, Words, loosened
from tasks.derive.relevance import Grams, View, probability, reasons, view
from tasks.derive.score import score
from tasks.model import Evidence, TopicMatch

__all__ = ["Document", "TopicDefinition", "TopicMatcher", "topic_version"]

_SEPARATOR = ", "
"""Between several tags or authors, where offsets count in the joined text."""

_Hits = defaultdict[int, list[Hit]]
_Found = dict[int, tuple[Evidence, ...]]


@dataclass(frozen=True, slots=True)
class _Program:
    """One query of a topic. `language` is empty for the query for all; `is_fallback`: for languages that have none.

    `is_loose`: not the query but any of its words, for the topic's model to decide.
    """

    topic: int
    test: Test
    language: str
    is_fallback: bool
    is_loose: bool

    def is_for(self, language: str, listed: frozenset[str]) -> bool:
        return self.language == language if language in listed else self.is_fallback


class TopicMatcher:
    """All topics compiled into one automaton. Pickles as its definitions and compiles again where it arrives."""

    def __init__(self, definitions: Sequence[TopicDefinition]) -> None:
        """Raises QueryError, with the topic's id in the message."""
        self._definitions = tuple(definitions)
        self._versions = [topic_version(definition) for definition in definitions]
        self._languages = [frozenset(main_language(language) for language, _ in each.queries) for each in definitions]
        self._automaton = Automaton()
        self._programs: list[_Program] = []
        self._always: list[int] = []
        self._by_literal: dict[int, list[int]] = {}
        self._keyword_fields: set[str] = set()
        self._modelled = {number: each.model for number, each in enumerate(definitions) if each.model}
        for number, definition in enumerate(definitions):
            for language, node in parsed_queries(definition):
                self._add(number, language, node)

    def __reduce__(self) -> tuple[type[TopicMatcher], tuple[tuple[TopicDefinition, ...]]]:
        return TopicMatcher, (self._definitions,)

    def _add(self, number: int, language: str, node: Node) -> None:
        self._keyword_fields.update(field for field in _word_fields(node) if field in ("url", "tags", "authors"))
        is_fallback = not language or not self._definitions[number].query.strip()
        loose = [(loosened(node), True)] if self._definitions[number].model else []
        for tree, is_loose in ((node, False), *loose):
            test = compile_query(tree, self._automaton)
            self._programs.append(_Program(number, test, language, is_fallback, is_loose))
            if test.required is None:
                self._always.append(len(self._programs) - 1)
            for literal in test.required or ():
                self._by_literal.setdefault(literal, []).append(len(self._programs) - 1)

    def match(self, document: Document) -> tuple[TopicMatch, ...]:
        """The topics that the document matches with at least their `min_score`, sorted by id.

        A topic with a model is decided by it, on every document with a word of the query and none of what it excludes.
        """
        scan = self._scan(document)
        maker = EvidenceMaker(scan.fields)
        found, loose = self._find(scan, document, maker)
        scored = [
            (topic, score(evidence, len(document.text)), evidence)
            for topic, evidence in found.items()
            if topic not in self._modelled
        ]
        for topic, seen in self._views(scan, document, found, loose).items():
            scored.append((topic, *self._judge(topic, seen, scan, maker)))
        matches = [
            TopicMatch(self._definitions[topic].topic_id, self._versions[topic], value, maker.with_sentences(evidence))
            for topic, value, evidence in scored
            if value >= self._definitions[topic].cut
        ]
        return tuple(sorted(matches, key=lambda match: match.topic_id))

    def views(self, document: Document) -> dict[str, View]:
        """For each topic with a model, by its id, what the model sees of the document."""
        scan = self._scan(document)
        maker = EvidenceMaker(scan.fields)
        views = self._views(scan, document, *self._find(scan, document, maker))
        return {
            self._definitions[topic].topic_id: replace(seen, evidence=maker.with_sentences(seen.evidence))
            for topic, seen in views.items()
        }

    def _find(self, scan: Scan, document: Document, maker: EvidenceMaker) -> tuple[_Found, _Found]:
        """The evidence by topic: of the queries that match, and of the words of queries with a model."""
        language = main_language(document.language)
        hits: tuple[_Hits, _Hits] = defaultdict(list), defaultdict(list)
        for program in self._candidates(scan):
            if program.is_for(language, self._languages[program.topic]) and program.test.matches(scan):
                program.test.collect(scan, hits[program.is_loose][program.topic])
        strict, loose = (dict(zip(each, maker.make(each.values()), strict=True)) for each in hits)
        return strict, loose

    def _views(self, scan: Scan, document: Document, found: _Found, loose: _Found) -> dict[int, View]:
        grams = Grams(scan.fields[name].words for name in ANYWHERE)
        length = len(document.text)
        return {topic: view(found.get(topic), loose.get(topic, ()), grams, length) for topic in self._modelled}

    def _judge(self, topic: int, seen: View, scan: Scan, maker: EvidenceMaker) -> tuple[float, tuple[Evidence, ...]]:
        """The probability that a topic's model gives, and the evidence: the query's words, then the model's reasons."""
        model = self._modelled[topic]
        value = probability(model, seen)
        if value < self._definitions[topic].cut:
            return value, ()
        why = reasons(model, seen, {name: scan.fields[name].words for name in ANYWHERE})
        return value, seen.evidence + maker.make([why])[0]

    def _scan(self, document: Document) -> Scan:
        fields = {name: self._automaton.scan(getattr(document, name)) for name in ANYWHERE}
        for name in self._keyword_fields:
            fields[name] = self._automaton.scan(_text_of(document, name))
        for name in VALUE_FIELDS:
            fields[name] = FieldScan.whole(getattr(document, name))
        published = document.published_at
        fields[PUBLISHED_AT] = FieldScan.whole(published.isoformat(" ") if published else "")
        present = frozenset().union(*(fields[name].hits for name in ANYWHERE))
        anywhere = present.union(*(fields[name].hits for name in self._keyword_fields))
        return Scan(fields, present, anywhere, published)

    def _candidates(self, scan: Scan) -> Iterator[_Program]:
        """The programs of which a required literal occurs, in their order."""
        numbers = set(self._always).union(*(self._by_literal.get(literal, ()) for literal in scan.anywhere))
        return (self._programs[number] for number in sorted(numbers))


def _text_of(document: Document, field: str) -> str:
    value: str | tuple[str, ...] = getattr(document, field)
    return value if isinstance(value, str) else _SEPARATOR.join(value)


def _word_fields(node: Node) -> Iterable[str]:
    match node:
        case Words():
            yield from node.fields
        case And() | Or():
            for child in node.nodes:
                yield from _word_fields(child)
        case Not():
            yield from _word_fields(node.node)
