"""Precision and recall of a topic from labelled samples, with 95% intervals.

The texts are divided into strata by what the query says of them; from each a part was drawn at random and labelled. So
a label in a large stratum stands for many texts. Grade 2 is about the topic, 0 is not, and 1 (touches it) counts for
neither side, as in most relevance assessments with a middle grade.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z = 1.959964
"""The normal quantile for 95%."""

DRAWS = 20_000
PRIOR = 0.5


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share, 0 to 1, and its 95% interval. `value` is None where nothing was seen that it could be a share of."""

    value: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Judged:
    """One label of the random share: its stratum, its grade, whether it was predicted to be about the topic.

    `weight` is the number of texts that it stands for, compared with other labels of its stratum.
    """

    stratum: str
    grade: int
    predicted: bool
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Stratum:
    """How many texts it has, and whether any of them, and whether all of them, are predicted."""

    size: int
    some: bool
    all: bool


def wilson(share: float, trials: float) -> Estimate:
    """The score interval for a share seen in `trials` (Wilson 1927; Brown, Cai and DasGupta 2001 recommend it)."""
    if trials <= 0:
        return Estimate(None, 0.0, 1.0)
    middle = (share + Z**2 / (2 * trials)) / (1 + Z**2 / trials)
    half = Z / (1 + Z**2 / trials) * math.sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2))
    return Estimate(share, max(0.0, middle - half), min(1.0, middle + half))


def precision(judged: Sequence[Judged], strata: Mapping[str, Stratum]) -> Estimate:
    """Of what is predicted, the share that is about the topic: Wilson's interval.

    Where labels stand for different numbers of texts, their number is replaced by Kish's effective one (1965, "Survey
    Sampling"), as Korn and Graubard do (1998, "Confidence intervals for proportions with small expected number of
    positive counts estimated from survey data").
    """
    weights = [
        (weight, item.grade == 2)
        for item, weight in zip(judged, _scaled(judged, strata), strict=True)
        if item.predicted and item.grade != 1
    ]
    total = sum(weight for weight, _ in weights)
    if not total:
        return Estimate(None, 0.0, 1.0)
    share = sum(weight for weight, about in weights if about) / total
    return wilson(share, total**2 / sum(weight**2 for weight, _ in weights))


def recall(judged: Sequence[Judged], strata: Mapping[str, Stratum]) -> Estimate:
    """Of what is about the topic in all strata, the share that is predicted.

    The value is the stratified estimate. The interval takes the numbers of found and missed texts from each stratum's
    beta-binomial posterior (Dirichlet where a stratum has both) with prior counts of one half, by simulation: it stays
    honest where a large stratum showed nothing missed in a small sample. Source: Webber 2013, "Approximate Recall
    Confidence Intervals", ACM Transactions on Information Systems 31(1). For the upper end, a stratum that showed
    nothing missed may have none, as Brown, Cai and DasGupta (2001) set Jeffreys's limits where none was seen.
    """
    random = np.random.default_rng(0)
    found, missed, least_missed = np.zeros(DRAWS), np.zeros(DRAWS), np.zeros(DRAWS)
    value_found = value_missed = 0.0
    for name, stratum in strata.items():
        inside = [item for item in judged if item.stratum == name]
        counts = _counts(inside)
        drawn = _simulated(counts, stratum, len(inside), random)
        found += drawn[:, 0]
        missed += drawn[:, 1]
        least_missed += drawn[:, 1] * (counts[1] > 0)
        if inside:
            value_found += stratum.size * counts[0] / counts.sum()
            value_missed += stratum.size * counts[1] / counts.sum()
    about = value_found + value_missed
    if not about:
        return Estimate(None, 0.0, 1.0)
    value = float(value_found / about)
    low = float(np.quantile(found / np.maximum(found + missed, 1e-9), 0.025))
    high = float(np.quantile(found / np.maximum(found + least_missed, 1e-9), 0.975))
    return Estimate(value, min(value, low), max(value, high))


def _scaled(judged: Sequence[Judged], strata: Mapping[str, Stratum]) -> list[float]:
    """How many texts each label stands for, so that those of a stratum add up to its size."""
    totals = {name: sum(item.weight for item in judged if item.stratum == name) for name in strata}
    return [strata[item.stratum].size * item.weight / totals[item.stratum] for item in judged]


def _counts(inside: Sequence[Judged]) -> NDArray[np.float64]:
    """Labels found, missed and neither; by weight, and as many in all as their effective number."""
    kinds = [0 if item.grade == 2 and item.predicted else 1 if item.grade == 2 else 2 for item in inside]
    weights = np.array([item.weight for item in inside])
    counts = np.array([weights[np.array(kinds) == kind].sum() for kind in range(3)]) if inside else np.zeros(3)
    return counts * (weights.sum() / (weights**2).sum() if inside else 1.0)


def _simulated(
    counts: NDArray[np.float64], stratum: Stratum, labelled: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """Draws of how many of a stratum's texts are found, missed and neither, given its labels."""
    possible = np.array([stratum.some, not stratum.all, True])
    shares = np.zeros((DRAWS, 3))
    shares[:, possible] = random.dirichlet(counts[possible] + PRIOR, DRAWS)
    seen = counts / counts.sum() * labelled if labelled else counts
    return seen + random.multinomial(max(0, stratum.size - labelled), shares)
