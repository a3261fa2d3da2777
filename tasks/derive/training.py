"""Training of a relevance model: logistic regression over TF-IDF of words and pairs, and the query's features.

scikit-learn is imported here and nowhere else, so that workers, which only apply a model, start fast.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array, hstack
from sklearn.feature_selection import chi2
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from tasks.derive.relevance import FEATURES, RelevanceModel, View, probability

TERMS = 1000
"""Terms of a model at most. More fit the labels, not the topic: on 650 labelled articles 1,000 gave the best F1."""

MIN_ARTICLES = 3
"""Labelled articles in which a term must be; a share of more than `COMMON` of them says nothing."""

COMMON = 0.7
FOLDS = 5

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled article: what a model sees of it, and whether it is about the topic."""

    seen: View
    about: bool


def train(examples: Sequence[Example], trained_for: str) -> RelevanceModel:
    """The model for these labels; both sides count the same, however many labels each has.

    The same labels in the same order give the same model.
    """
    about = np.array([example.about for example in examples])
    terms, values, idf = _terms(examples, about)
    features = np.array([[example.seen.features[name] for name in FEATURES] for example in examples])
    fitted = LogisticRegression(class_weight="balanced", max_iter=5000).fit(
        hstack([csr_matrix(features), values @ diags_array(idf)]), about
    )
    weights = fitted.coef_[0]
    return RelevanceModel(
        intercept=_rounded(fitted.intercept_[0]),
        features=dict(zip(FEATURES, map(_rounded, weights), strict=False)),
        terms=dict(zip(terms, map(_rounded, weights[len(FEATURES) :] * idf), strict=True)),
        trained_for=trained_for,
        about=int(about.sum()),
        not_about=int((~about).sum()),
    )


def cross_validated(examples: Sequence[Example]) -> list[float]:
    """For each example the probability that a model gives which was trained without it and others of its fold."""
    about = [example.about for example in examples]
    found = [0.0] * len(examples)
    folds = StratifiedKFold(min(FOLDS, about.count(True), about.count(False)), shuffle=True, random_state=0)
    for rest, fold in folds.split(about, about):
        model = train([examples[number] for number in rest], "")
        for number in fold:
            found[number] = probability(model, examples[number].seen)
    return found


def _terms(examples: Sequence[Example], about: Array) -> tuple[list[str], csr_matrix, Array]:
    """The terms that tell most, their values in each example, and their inverse document frequencies.

    Chosen by chi-squared: Yang and Pedersen 1997, "A Comparative Study on Feature Selection in Text Categorization".
    """
    articles = Counter(term for example in examples for term in example.seen.grams.counts)
    usual = COMMON * len(examples)
    number = {term: n for n, term in enumerate(sorted(t for t, c in articles.items() if MIN_ARTICLES <= c < usual))}
    rows, columns, values = [], [], []
    for row, example in enumerate(examples):
        for term in example.seen.grams.counts.keys() & number.keys():
            rows.append(row)
            columns.append(number[term])
            values.append(example.seen.grams.value(term))
    table = csr_matrix((values, (rows, columns)), shape=(len(examples), len(number)))
    told = np.nan_to_num(chi2(table, about)[0]) if number else np.zeros(0)
    chosen = np.argsort(-told, kind="stable")[:TERMS]
    names = list(number)
    terms = [names[n] for n in chosen]
    idf = np.array([math.log((1 + len(examples)) / (1 + articles[term])) + 1 for term in terms])
    return terms, table[:, chosen], idf


def _rounded(weight: float) -> float:
    """To four significant digits: readable, and the same on every machine."""
    return float(f"{weight:.4g}")
