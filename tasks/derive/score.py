"""How much an article is about a topic, 0 to 1, from the evidence alone. docs/query-syntax.md explains it.

BM25F without a collection (Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond",
3.5): each term's hits are weighted by where they are and added up before they saturate, against the article's length.
Terms are then combined as independent reasons (noisy-or) instead of added, so that the score stays within 0 and 1.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

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


def score(evidence: Iterable[Evidence], text_length: int) -> float:
    """The score, to four decimals, for evidence from a text of `text_length` characters.

    Without any evidence in words (a query of conditions only, such as `source:bbc`) it is 1.
    """
    weights: defaultdict[str, float] = defaultdict(float)
    for item in evidence:
        weights[item.term] += _weight(item)
    if not any(weights.values()):
        return 1.0
    half = BASE + text_length / CHARACTERS
    missing = 1.0
    for weight in weights.values():
        missing *= half / (half + weight)
    return round(1 - missing, 4)


def _weight(item: Evidence) -> float:
    boost = _BOOST.search(item.term)
    factor = float(boost.group(1)) if boost else 1.0
    match item.field:
        case "title":
            return factor * TITLE_WEIGHT
        case "text":
            return factor * (LEAD_WEIGHT if item.start < LEAD_CHARACTERS else BODY_WEIGHT)
        case "url" | "tags":
            return factor * KEYWORD_WEIGHT
    return 0.0
