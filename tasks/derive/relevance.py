"""A relevance model: a small linear model that decides, beside a topic's query, what an article is about.

z = intercept + Σ weight × feature + Σ weight × (1 + ln count) / norm, over the features of the query and over the
model's terms (words, and pairs of neighbours) in title and text; the probability is 1 / (1 + e⁻ᶻ). `norm` is
√Σ (1 + ln count)² over the article's words: long articles do not win by length. A term's weight has its inverse
document frequency in it, so that weights can be compared and worked with by hand. docs/topics.md explains it.

Applying a model needs no library; `tasks.derive.training` makes one.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

from tasks.derive.automaton import LEAD_CHARACTERS
from tasks.derive.scans import COLUMN_NUMBERS, Place, Places
from tasks.derive.score import score
from tasks.model import Evidence

CUT = 0.5
"""The probability that makes a match where the topic has no `min_score`."""

REASONS = 5
"""Terms of the model that evidence shows: those that spoke loudest for the match."""

FEATURES = ("query_score", "query_matches", "words_score", "words_in_title", "words_in_lead", "words", "places")
"""What a model sees of the topic's query, each about 0 to 1: the query's own score and whether it matches; then of all
its words that occur, whether it matches or not: their score, and how many different ones there are in the title, in the
lead and anywhere, and in how many places."""


@dataclass(frozen=True, slots=True)
class RelevanceModel:
    """The weights, by feature and by term. `trained_for` is the version of the query that the features were taken of.

    `about` and `not_about` are the numbers of labels it was trained on.
    """

    intercept: float = 0.0
    features: Mapping[str, float] = field(default_factory=dict)
    terms: Mapping[str, float] = field(default_factory=dict)
    trained_for: str = ""
    about: int = 0
    not_about: int = 0

    def fingerprint(self) -> str:
        """12 hexadecimal digits that change whenever a weight does."""
        meaning = json.dumps([self.intercept, sorted(self.features.items()), sorted(self.terms.items())])
        return hashlib.sha256(meaning.encode()).hexdigest()[:12]

    def as_json(self) -> str:
        """The file's text: the strongest weights first."""
        strongest = {
            name: dict(sorted(weights.items(), key=lambda item: (-abs(item[1]), item[0])))
            for name, weights in (("features", self.features), ("terms", self.terms))
        }
        return json.dumps({**asdict(self), **strongest}, ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> RelevanceModel:
        """The model that `as_json` wrote. Raises ValueError that names the key and what was expected."""
        data = json.loads(text)
        expected = cls.__dataclass_fields__
        if not isinstance(data, dict) or set(data) != set(expected):
            raise ValueError(f"expected an object with the keys {', '.join(expected)}")
        for name in ("intercept", "about", "not_about"):
            _check_number(name, data[name])
        for name in ("features", "terms"):
            if not isinstance(data[name], dict):
                raise ValueError(f"{name}: expected an object of weights")
            for key, weight in data[name].items():
                _check_number(f"{name}.{key}", weight)
        return cls(**data)


def _check_number(key: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{key}: expected a number, got {json.dumps(value)[:40]}")


class Grams:
    """How often each word and each pair of neighbouring words occurs in the folded words of an article's fields.

    Counted when first asked for: most articles are no candidates, and nobody asks.
    """

    def __init__(self, fields: Iterable[Sequence[str]]) -> None:
        self._fields = tuple(fields)

    @cached_property
    def counts(self) -> Counter[str]:
        """The count of each word and pair."""
        counts: Counter[str] = Counter()
        for words in self._fields:
            counts.update(words)
            counts.update(map(" ".join, pairwise(words)))
        return counts

    @cached_property
    def norm(self) -> float:
        """√Σ (1 + ln count)² over the words."""
        return math.sqrt(sum((1 + math.log(n)) ** 2 for term, n in self.counts.items() if " " not in term)) or 1.0

    def value(self, term: str) -> float:
        """What a term's weight is multiplied by."""
        count = self.counts[term]
        return (1 + math.log(count)) / self.norm if count else 0.0


@dataclass(frozen=True, slots=True)
class View:
    """An article as a model sees it. `evidence`: all places of the query's words; empty where none occurs."""

    evidence: tuple[Evidence, ...]
    matches: bool
    """Whether the query itself matches, with whatever score."""
    score: float
    """The query's own score; 0 where it does not match."""
    features: Mapping[str, float]
    grams: Grams

    @property
    def is_candidate(self) -> bool:
        """A model decides only on articles with a word of the query, and with none of what it excludes."""
        return bool(self.evidence)


def view(found: tuple[Evidence, ...] | None, words: tuple[Evidence, ...], grams: Grams, text_length: int) -> View:
    """The view of an article: evidence of the query (None: no match), and of all its words that occur."""
    own = 0.0 if found is None else score(found, text_length)
    values = (
        own,
        float(found is not None),
        score(words, text_length) if words else 0.0,
        min(len({item.term for item in words if item.field == "title"}), 3) / 3,
        min(len({item.term for item in words if item.field == "text" and item.start < LEAD_CHARACTERS}), 5) / 5,
        math.log1p(len({item.term for item in words})) / 3,
        math.log1p(len(words)) / 4,
    )
    return View(words, found is not None, own, dict(zip(FEATURES, values, strict=True)), grams)


def probability(model: RelevanceModel, seen: View) -> float:
    """How likely the article is about the topic, to four decimals; 0 for what is no candidate."""
    if not seen.is_candidate:
        return 0.0
    z = model.intercept + sum(weight * seen.features.get(name, 0.0) for name, weight in model.features.items())
    z += sum(model.terms[term] * seen.grams.value(term) for term in model.terms.keys() & seen.grams.counts.keys())
    return round(1 / (1 + math.exp(-max(-500.0, min(500.0, z)))), 4)


def reasons(model: RelevanceModel, seen: View, fields: Mapping[str, Sequence[str]]) -> Places:
    """The first places of the terms that spoke loudest for the match, in the folded words of `fields`.

    The evidence's term is `model:TERM +N`, with what it added to z.
    """
    added = {term: model.terms[term] * seen.grams.value(term) for term in model.terms.keys() & seen.grams.counts.keys()}
    loudest = sorted((term for term in added if added[term] > 0), key=lambda term: (-added[term], term))[:REASONS]
    return {place: f"model:{term} +{added[term]:.2f}" for term in loudest for place in _first_place(term, fields)}


def _first_place(term: str, fields: Mapping[str, Sequence[str]]) -> Iterator[Place]:
    pattern = term.split(" ")
    for name, words in fields.items():
        for number in range(len(words) - len(pattern) + 1):
            if words[number] == pattern[0] and list(words[number : number + len(pattern)]) == pattern:
                yield COLUMN_NUMBERS[name], number, number + len(pattern)
                return
