"""Topics of an article: which queries match, how strongly, and every reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tasks.derive.automaton import Automaton, FieldScan
from tasks.derive.candidates import Candidates
from tasks.derive.definitions import Document, TopicDefinition, main_language, parsed_queries, topic_version
from tasks.derive.evidence import Chosen, EvidenceMaker, choose
from tasks.derive.program import compile_query
from tasks.derive.query_tree import ANYWHERE, And, Node, Not, Or, Published, Value, Words, loosened
from tasks.derive.relevance import Grams, View, probability, reasons, view
from tasks.derive.scans import PUBLISHED_AT, WHOLE_COLUMNS, Places, Scan, Test
from tasks.model import Evidence, TopicMatch

__all__ = ["Document", "TopicDefinition", "TopicMatcher", "topic_version"]

_SEPARATOR = ", "
"""Between several tags or authors, where offsets count in the joined text."""
_LISTS = ("tags", "authors")

_Scored = tuple[int, float, tuple[Evidence, ...]]
_Found = dict[int, Places]
"""Topics, by their number among the definitions, to their places."""


@dataclass(frozen=True, slots=True)
class _Program:
    """One query of a topic.

    `language` is empty for the query for all; `listed` are the languages for which the topic has one of their own;
    `is_fallback`: for all others. `is_loose`: not the query but any of its words, for the topic's model to decide.
    """

    topic: int
    test: Test
    language: str
    listed: frozenset[str]
    is_fallback: bool
    is_loose: bool

    def is_for(self, language: str) -> bool:
        return self.language == language if language in self.listed else self.is_fallback


class TopicMatcher:
    """All topics compiled into one automaton. Pickles as its definitions and compiles again where it arrives."""

    def __init__(self, definitions: Sequence[TopicDefinition]) -> None:
        """Raises QueryError, with the topic's id in the message."""
        self._definitions = tuple(definitions)
        self._versions = [topic_version(definition) for definition in definitions]
        self._automaton = Automaton()
        self._programs: list[_Program] = []
        self._candidates = Candidates()
        self._columns: set[str] = set()
        self._modelled = {number: each.model for number, each in enumerate(definitions) if each.model}
        for number, definition in enumerate(definitions):
            listed = frozenset(main_language(language) for language, _ in definition.queries)
            for language, node in parsed_queries(definition):
                self._add(number, language, listed, node)

    def __reduce__(self) -> tuple[type[TopicMatcher], tuple[tuple[TopicDefinition, ...]]]:
        return TopicMatcher, (self._definitions,)

    def _add(self, number: int, language: str, listed: frozenset[str], node: Node) -> None:
        self._columns.update(_columns(node))
        is_fallback = not language or not self._definitions[number].query.strip()
        loose = [(loosened(node), True)] if self._definitions[number].model else []
        for tree, is_loose in ((node, False), *loose):
            test = compile_query(tree, self._automaton)
            self._candidates.add(len(self._programs), test.needs)
            self._programs.append(_Program(number, test, language, listed, is_fallback, is_loose))

    def match(self, document: Document) -> tuple[TopicMatch, ...]:
        """The topics that the document matches with at least their `min_score`, sorted by id.

        A topic with a model is decided by it, on every document with a word of the query and none of what it excludes.
        """
        scan = self._scan(document)
        maker = EvidenceMaker(scan.fields)
        found, loose = self._find(scan, document)
        scored = self._scored(found, len(document.text), maker)
        for topic, seen in self._views(scan, document, found, loose, maker).items():
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
        views = self._views(scan, document, *self._find(scan, document), maker)
        return {
            self._definitions[topic].topic_id: replace(seen, evidence=maker.with_sentences(seen.evidence))
            for topic, seen in views.items()
        }

    def _find(self, scan: Scan, document: Document) -> tuple[_Found, _Found]:
        """The places by topic: of the queries that match, and of the words of queries with a model."""
        language = main_language(document.language)
        found: tuple[_Found, _Found] = {}, {}
        for number in self._candidates.find(scan.anywhere):
            program = self._programs[number]
            if (not program.listed or program.is_for(language)) and program.test.matches(scan):
                program.test.collect(scan, found[program.is_loose].setdefault(program.topic, {}))
        return found

    def _scored(self, found: _Found, length: int, maker: EvidenceMaker) -> list[_Scored]:
        """Topics without a model, their scores and evidence; those with too low a score are left out."""
        kept: list[tuple[int, float, Chosen]] = []
        for topic, places in found.items():
            if topic not in self._modelled:
                chosen = choose(places)
                value = maker.score(chosen, length)
                if value >= self._definitions[topic].cut:
                    kept.append((topic, value, chosen))
        made = maker.make(chosen for _, _, chosen in kept)
        return [(topic, value, evidence) for (topic, value, _), evidence in zip(kept, made, strict=True)]

    def _views(
        self, scan: Scan, document: Document, found: _Found, loose: _Found, maker: EvidenceMaker
    ) -> dict[int, View]:
        if not self._modelled:
            return {}
        grams = Grams(scan.fields[name].words for name in ANYWHERE)
        views = {}
        for topic in self._modelled:
            strict, words = maker.make([choose(found.get(topic, {})), choose(loose.get(topic, {}))])
            views[topic] = view(strict if topic in found else None, words, grams, len(document.text))
        return views

    def _judge(self, topic: int, seen: View, scan: Scan, maker: EvidenceMaker) -> tuple[float, tuple[Evidence, ...]]:
        """The probability that a topic's model gives, and the evidence: the query's words, then the model's reasons."""
        model = self._modelled[topic]
        value = probability(model, seen)
        if value < self._definitions[topic].cut:
            return value, ()
        why = reasons(model, seen, {name: scan.fields[name].words for name in ANYWHERE})
        return value, seen.evidence + maker.make([choose(why)])[0]

    def _scan(self, document: Document) -> Scan:
        """The columns that the topics ask for; title and text always, since the score needs the text."""
        fields = {name: self._automaton.scan(getattr(document, name)) for name in ANYWHERE}
        present = frozenset().union(*(fields[name].hits for name in ANYWHERE))
        anywhere = present
        for name in self._columns.difference(ANYWHERE):
            if name in WHOLE_COLUMNS:
                fields[name] = FieldScan.whole(_text_of(document, name))
                continue
            value = getattr(document, name)
            is_list = name in _LISTS
            fields[name] = self._automaton.scan_values(value, _SEPARATOR) if is_list else self._automaton.scan(value)
            anywhere |= fields[name].hits.keys()
        return Scan(fields, present, anywhere, document.published_at)


def _text_of(document: Document, column: str) -> str:
    value: str | datetime | None = getattr(document, column)
    return value.isoformat(" ") if isinstance(value, datetime) else value or ""


def _columns(node: Node) -> Iterable[str]:
    """The columns that a query looks at."""
    match node:
        case Words():
            yield from ("text" if field == "lead" else field for field in node.fields)
        case Value():
            yield node.field
        case Published():
            yield PUBLISHED_AT
        case And() | Or():
            for child in node.nodes:
                yield from _columns(child)
        case Not():
            yield from _columns(node.node)
