"""A topic's definition, what of an article its queries can see, and the version that says which definition matched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tasks.derive.query import parse_query
from tasks.derive.query_tree import Node, QueryError
from tasks.derive.relevance import CUT, RelevanceModel


@dataclass(frozen=True, slots=True)
class TopicDefinition:
    """A topic as configured: one query for all languages, or `queries` as pairs of language (BCP 47) and query.

    An article in a language that has no query of its own is tried with `query`, or, where that is empty, with each.
    With a `model` its probability decides, and is the score.
    """

    topic_id: str
    name: str
    query: str = ""
    min_score: float = 0.0
    queries: tuple[tuple[str, str], ...] = ()
    model: RelevanceModel | None = None

    @property
    def cut(self) -> float:
        """The least score of a match."""
        return self.min_score or (CUT if self.model else 0.0)


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
    queries = sorted((main_language(language), " ".join(query.split())) for language, query in definition.queries)
    parts = [" ".join(definition.query.split()), queries, float(definition.min_score)]
    if definition.model:
        parts.append(definition.model.fingerprint())
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def main_language(tag: str) -> str:
    """The language of a BCP 47 tag, without its region."""
    return tag.partition("-")[0].partition("_")[0].lower()


def parsed_queries(definition: TopicDefinition) -> Iterator[tuple[str, Node]]:
    """The definition's queries as (language or empty, tree). Raises QueryError, with the topic's id in the message."""
    queries = [("", definition.query)] if definition.query.strip() or not definition.queries else []
    for language, query in (*queries, *definition.queries):
        try:
            yield main_language(language), parse_query(query)
        except QueryError as error:
            topic = f"topic {definition.topic_id}" + (f", query {language}" if language else "")
            raise error.at(error.place, topic) from error
