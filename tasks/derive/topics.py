"""Topics of an article: which queries match, how strongly, and every reason."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tasks.derive.automaton import Automaton, FieldScan
from tasks.derive.evidence import EvidenceMaker
from tasks.derive.program import PUBLISHED_AT, Hit, Scan, Test, compile_query
from tasks.derive.query import parse_query
from tasks.derive.query_tree import ANYWHERE, VALUE_FIELDS, And, Node, Not, Or, QueryError, Words
from tasks.derive.score import score
from tasks.model import TopicMatch

_SEPARATOR = ", "
"""Between several tags or authors, where offsets count in the joined text."""


@dataclass(frozen=True, slots=True)
class TopicDefinition:
    """A topic as configured: one query for all languages, or `queries` as pairs of language (BCP 47) and query.

    An article in a language that has no query of its own is tried with `query`, or, where that is empty, with each.
    """

    topic_id: str
    name: str
    query: str = ""
    min_score: float = 0.0
    queries: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """What of an article queries can see. `country` is its source's; `published_at` is naive UTC."""

    title: str
    text: str
    url: str = ""
    site: str = ""
    source: str = ""
    language: str = ""
    country: str = ""
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None


def topic_version(definition: TopicDefinition) -> str:
    """12 hexadecimal digits that change whenever the definition's meaning may: not with its name or line breaks."""
    queries = sorted((_language(language), " ".join(query.split())) for language, query in definition.queries)
    meaning = json.dumps([" ".join(definition.query.split()), queries, float(definition.min_score)])
    return hashlib.sha256(meaning.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class _Program:
    """One query of a topic. `language` is empty for the query for all; `is_fallback`: for languages that have none."""

    topic: int
    test: Test
    language: str
    is_fallback: bool

    def is_for(self, language: str, listed: frozenset[str]) -> bool:
        return self.language == language if language in listed else self.is_fallback


class TopicMatcher:
    """All topics compiled into one automaton. Pickles as its definitions and compiles again where it arrives."""

    def __init__(self, definitions: Sequence[TopicDefinition]) -> None:
        """Raises QueryError, with the topic's id in the message."""
        self._definitions = tuple(definitions)
        self._versions = [topic_version(definition) for definition in definitions]
        self._languages = [frozenset(_language(language) for language, _ in each.queries) for each in definitions]
        self._automaton = Automaton()
        self._programs: list[_Program] = []
        self._always: list[int] = []
        self._by_literal: dict[int, list[int]] = {}
        self._keyword_fields: set[str] = set()
        for number, definition in enumerate(definitions):
            for language, node in _trees(definition):
                self._add(number, language, node)

    def __reduce__(self) -> tuple[type[TopicMatcher], tuple[tuple[TopicDefinition, ...]]]:
        return TopicMatcher, (self._definitions,)

    def _add(self, number: int, language: str, node: Node) -> None:
        self._keyword_fields.update(field for field in _word_fields(node) if field in ("url", "tags", "authors"))
        is_fallback = not language or not self._definitions[number].query.strip()
        program = _Program(number, compile_query(node, self._automaton), language, is_fallback)
        self._programs.append(program)
        if program.test.required is None:
            self._always.append(len(self._programs) - 1)
        for literal in program.test.required or ():
            self._by_literal.setdefault(literal, []).append(len(self._programs) - 1)

    def match(self, document: Document) -> tuple[TopicMatch, ...]:
        """The topics that the document matches with at least their `min_score`, sorted by id."""
        scan = self._scan(document)
        language = _language(document.language)
        hits: defaultdict[int, list[Hit]] = defaultdict(list)
        for program in self._candidates(scan):
            if program.is_for(language, self._languages[program.topic]) and program.test.matches(scan):
                program.test.collect(scan, hits[program.topic])
        matches = []
        for topic, evidence in zip(hits, EvidenceMaker(scan.fields).make(hits.values()), strict=True):
            definition = self._definitions[topic]
            value = score(evidence, len(document.text))
            if value >= definition.min_score:
                matches.append(TopicMatch(definition.topic_id, self._versions[topic], value, evidence))
        return tuple(sorted(matches, key=lambda match: match.topic_id))

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


def _language(tag: str) -> str:
    return tag.partition("-")[0].partition("_")[0].lower()


def _trees(definition: TopicDefinition) -> Iterator[tuple[str, Node]]:
    """The definition's queries as (language or empty, tree)."""
    queries = [("", definition.query)] if definition.query.strip() or not definition.queries else []
    for language, query in (*queries, *definition.queries):
        try:
            yield _language(language), parse_query(query)
        except QueryError as error:
            place = f"topic {definition.topic_id}" + (f", query {language}" if language else "")
            raise QueryError(error.problem, error.position, error.expected, place) from error


def _word_fields(node: Node) -> Iterable[str]:
    match node:
        case Words():
            yield from node.fields
        case And() | Or():
            for child in node.nodes:
                yield from _word_fields(child)
        case Not():
            yield from _word_fields(node.node)
