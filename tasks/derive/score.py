"""How much an article is about a topic, 0 to 1, from the evidence alone. docs/query-syntax.md explains it.

BM25F without a collection (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond",
3.5): each term's hits are weighted by where they are and added up before they saturate, against the article's length.
Terms are then combined as independent reasons (noisy-or) instead of added, so that the score stays within 0 and 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from tasks.derive.automaton import LEAD_CHARACTERS
from tasks.model import Evidence

TITLE_WEIGHT = 4.0
LEAD_WEIGHT = 2.0
BODY_WEIGHT = 1.0
KEYWORD_WEIGHT = 2.0
"""For hits in `url` and `tags`."""

BASE = 2.0
CHARACTERS = 1000.0
"""A term half counts when its weight is BASE plus one for each CHARACTERS of text."""

_BOOST = re.compile(r"\^([0-9.e+-]+)\Z")
_BODY_WEIGHTS = (BODY_WEIGHT, LEAD_WEIGHT)
_COLUMN_WEIGHTS = {"title": TITLE_WEIGHT, "url": KEYWORD_WEIGHT, "tags": KEYWORD_WEIGHT}


def score(evidence: Iterable[Evidence], text_length: int) -> float:
    """The score, to four decimals, for evidence from a text of `text_length` characters.

    Without any evidence in words (a query of conditions only, such as `source:bbc`) it is 1.
    """
    return places_score(((item.term, item.field, item.start < LEAD_CHARACTERS) for item in evidence), text_length)


def places_score(places: Iterable[tuple[str, str, bool]], text_length: int) -> float:
    """The same for places that are given as term, field, and whether they begin in the lead (asked of text only)."""
    weights: dict[str, float] = {}
    for term, field, in_lead in places:
        weight = _BODY_WEIGHTS[in_lead] if field == "text" else _COLUMN_WEIGHTS.get(field, 0.0)
        weights[term] = weights.get(term, 0.0) + weight
    half = BASE + text_length / CHARACTERS
    missing, is_weighed = 1.0, False
    for term, weight in weights.items():
        if weighed := weight * _boost(term):
            missing *= half / (half + weighed)
            is_weighed = True
    return round(1 - missing, 4) if is_weighed else 1.0


@lru_cache(maxsize=100_000)
def _boost(term: str) -> float:
    found = _BOOST.search(term)
    return float(found.group(1)) if found else 1.0
