"""Which texts to have labelled, and what the labels say of a topic: strata, samples, figures."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tasks.derive.estimates import Estimate, Judged, Stratum, precision, recall
from tasks.derive.relevance import View

MATCHED, WORDS, REST = "matched", "words", "rest"
"""The strata: what the query matches; what else holds a word of it; and all other texts."""

_SHARES = {MATCHED: 0.4, WORDS: 0.4, REST: 0.2}
"""How the random half of a sample is divided: recall hangs on the second, and on the third only in surprises."""


@dataclass(frozen=True, slots=True)
class Text:
    """A stored text, of however many articles: one of them, its stratum, and how far it is from being decided."""

    content_hash: str
    article_id: str
    stratum: str
    distance: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """A text to label. `weight`: how many texts of its stratum a randomly drawn one stands for."""

    text: Text
    how: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Labelled:
    """A label of the random share, or a chosen one, with what the query and (out of its fold) the model say of it."""

    stratum: str
    grade: int
    random: bool
    weight: float
    by_model: bool | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Precision; recall among texts with a word of the query, and among all texts."""

    precision: Estimate
    recall_words: Estimate
    recall_all: Estimate


def stratum_of(seen: View, min_score: float) -> str:
    """The stratum of a text."""
    if seen.matches and seen.score >= min_score:
        return MATCHED
    return WORDS if seen.is_candidate else REST


def draw(texts: Sequence[Text], labelled: Mapping[str, bool], size: int, seed: int) -> list[Drawn]:
    """A sample with `size` texts to label: half at random, half nearest to being decided, in one random order.

    `labelled`: hash to whether the label was of a random draw. A text that was labelled because it was chosen can still
    be drawn at random, or the draw would not be one; its label then counts as random and need not be asked for again,
    so that it is not one of the `size`. Where too few texts are near, more are drawn at random.
    Texts are drawn by numbers that hang on the seed and the text alone: a sample left half-way is gone on with.
    """
    open_ones = [text for text in texts if text.stratum != REST and text.content_hash not in labelled]
    nearest = sorted(open_ones, key=lambda text: (text.distance, _number(seed, text)))
    frames: dict[str, list[Text]] = {}
    for text in sorted(texts, key=lambda text: _number(seed, text)):
        frames.setdefault(text.stratum, [])
        if not labelled.get(text.content_hash):
            frames[text.stratum].append(text)
    sizes = Counter(text.stratum for text in texts)
    wanted = size // 2
    while True:
        drawn = _at_random(frames, sizes, wanted)
        hashes = {item.text.content_hash for item in drawn}
        places = size - len(hashes - labelled.keys())
        chosen = [text for text in nearest if text.content_hash not in hashes][:places]
        missing = places - len(chosen)
        if not missing or len(drawn) < wanted:
            break
        wanted += missing
    return sorted(drawn + [Drawn(text, "chosen") for text in chosen], key=lambda item: _number(seed, item.text))


def _at_random(frames: Mapping[str, Sequence[Text]], sizes: Mapping[str, int], wanted: int) -> list[Drawn]:
    """The first of each frame, which is in random order; `sizes` are those of the whole strata."""
    quotas = _quotas({name: len(frame) for name, frame in frames.items()}, wanted)
    return [
        Drawn(text, "random", round(sizes[name] / quotas[name], 3))
        for name, frame in frames.items()
        for text in frame[: quotas[name]]
    ]


def _quotas(sizes: Mapping[str, int], wanted: int) -> dict[str, int]:
    """How many to draw from each stratum: in proportion to the shares (Sainte-Laguë) of those that have any left."""
    quotas = dict.fromkeys(sizes, 0)
    for _ in range(min(wanted, sum(sizes.values()))):
        left = [name for name in sizes if quotas[name] < sizes[name]]
        quotas[max(left, key=lambda name: (_SHARES[name] / (2 * quotas[name] + 1), name))] += 1
    return quotas


def _number(seed: int, text: Text) -> bytes:
    """A permanent random number (Ohlsson 1995, "Coordination of Samples Using Permanent Random Numbers")."""
    return hashlib.sha256(f"{seed}:{text.content_hash}".encode()).digest()


def query_figures(labels: Iterable[Labelled], sizes: Mapping[str, int]) -> Figures:
    """The figures of the query alone."""
    strata = {name: Stratum(sizes.get(name, 0), name == MATCHED, name == MATCHED) for name in _SHARES}
    return _figures(
        [Judged(each.stratum, each.grade, each.stratum == MATCHED, each.weight) for each in labels if each.random],
        strata,
    )


def model_figures(labels: Iterable[Labelled], sizes: Mapping[str, int]) -> Figures:
    """The figures with the model."""
    strata = {name: Stratum(sizes.get(name, 0), name != REST, False) for name in _SHARES}
    return _figures(
        [Judged(each.stratum, each.grade, bool(each.by_model), each.weight) for each in labels if each.random], strata
    )


def _figures(judged: Sequence[Judged], strata: Mapping[str, Stratum]) -> Figures:
    near = {name: stratum for name, stratum in strata.items() if name != REST}
    inside = [item for item in judged if item.stratum in near]
    return Figures(precision(judged, strata), recall(inside, near), recall(judged, strata))


def f1(predicted: Sequence[bool], about: Sequence[bool]) -> float:
    """The harmonic mean of precision and recall; 0 where nothing is found."""
    found = sum(said and is_so for said, is_so in zip(predicted, about, strict=True))
    return 2 * found / (sum(predicted) + sum(about)) if found else 0.0
