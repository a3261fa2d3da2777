"""Stories and copies: how well they are found in the evaluation's articles, and what joining new articles costs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks import _newsroom as newsroom
from benchmarks._sites import EVAL
from benchmarks._story_eval import Document, b_cubed, copies_found, half, read_documents, stories_in_order
from tasks.derive.minhash import signature
from tasks.derive.storyterms import story_terms
from tasks.store import state, stories
from tasks.store.state import Connection

ORDERS = 3
BASE, NEW, ROUNDS = 10_000, 500, 5
"""Articles that are stored, that arrive, and how often 500 arrive to take the median."""
TIMES = (1, 10)
"""The database is measured at so many times `BASE`."""


def main() -> None:
    """Print the tables; the quality only where the evaluation's articles are."""
    documents, clusters = read_documents()
    if documents:
        _print_quality(documents, clusters)
    else:
        print(f"quality skipped: no articles under {EVAL}; set NEWSDESK_EVAL")
    _print_cost_of_fingerprints()
    _print_cost_of_joining()


def _print_quality(documents: Sequence[Document], clusters: Mapping[str, str]) -> None:
    print("| stories, B-cubed | precision | recall | F1 | F1, one half | F1, other half |")
    print("| --- | --- | --- | --- | --- | --- |")
    baseline = _figures(clusters, _baseline(documents, clusters))
    print(f"| TF-IDF, average linkage over all pairs at its best threshold | {baseline}")
    for seed in range(ORDERS):
        found = stories_in_order(documents, seed)
        print(f"| as articles arrive, order {seed} | {_figures(clusters, found)}")
    precision, recall, pairs = copies_found(documents, clusters, 1)
    print(f"\nCopies with 0 to 15 % changed words, {pairs} pairs: precision {precision:.4f}, recall {recall:.4f}.\n")


def _figures(clusters: Mapping[str, str], found: Mapping[str, str]) -> str:
    halves = [{key: name for key, name in clusters.items() if half(name) == side} for side in (0, 1)]
    figures = [*b_cubed(clusters, found), *(b_cubed(part, found)[2] for part in halves)]
    return " | ".join(f"{figure:.3f}" for figure in figures) + " |"


def _baseline(documents: Sequence[Document], clusters: Mapping[str, str]) -> dict[str, str]:
    """All pairs at once, with the threshold that suits these very articles best: no monitor could do that."""
    texts = [f"{document.get('title') or ''}\n{document['text']}" for document in documents]
    vectors = TfidfVectorizer(sublinear_tf=True, stop_words="english", min_df=2).fit_transform(texts)
    distances = 1 - np.clip((vectors @ vectors.T).toarray(), 0, 1)
    np.fill_diagonal(distances, 0)
    tree = linkage(squareform(distances, checks=False), "average")
    ids = [document["id"] for document in documents]
    cuts = [dict(zip(ids, map(str, fcluster(tree, 1 - cut / 100, "distance")), strict=True)) for cut in range(5, 40)]
    return max(cuts, key=lambda found: b_cubed(clusters, found)[2])


def _print_cost_of_fingerprints() -> None:
    articles = [item.article for item in newsroom.stream(0, NEW) if item.article]
    copies = _timed(lambda: [signature(article.text) for article in articles])
    terms = _timed(lambda: [story_terms(article.title, article.text, "en") for article in articles])
    print("| fingerprint of an article of 450 words | ms |\n| --- | --- |")
    print(f"| signature, for copies | {1000 * copies / NEW:.2f} |")
    print(f"| terms, for stories | {1000 * terms / NEW:.2f} |\n")


def _print_cost_of_joining() -> None:
    print(f"{NEW} new articles, {newsroom.ARTICLES_A_DAY} published a day:\n")
    print("| articles in the database | stored, ms | joined to texts and stories, ms | ratio of joining |")
    print("| --- | --- | --- | --- |")
    first = 0.0
    for times in TIMES:
        with tempfile.TemporaryDirectory() as folder, state.open_state(Path(folder)) as connection:
            for start in range(0, BASE, NEW):
                newsroom.store(connection, newsroom.stream(start, NEW))
                stories.settle(connection)
            newsroom.deepen(connection, times)
            storing, joining = _arrivals(connection)
        first = first or joining
        print(f"| {times * BASE:,} | {1000 * storing:.0f} | {1000 * joining:.0f} | {joining / first:.2f} |", flush=True)


def _arrivals(connection: Connection) -> tuple[float, float]:
    """Median seconds to store and to join `NEW` articles."""
    storing, joining = [], []
    for place in range(ROUNDS):
        derived = newsroom.stream(BASE + place * NEW, NEW)
        storing.append(_timed(lambda derived=derived: newsroom.store(connection, derived)))  # type: ignore[misc]
        joining.append(_timed(lambda: stories.settle(connection)))
    return median(storing), median(joining)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
