"""Stories and copies: how well they are found in the evaluation's articles, and what joining new articles costs."""

from __future__ import annotations

import resource
import shutil
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
from benchmarks._copy_eval import BRIEF_COPIES, BRIEFS, copies_found
from benchmarks._sites import EVAL
from benchmarks._story_eval import Document, b_cubed, half, read_documents, stories_in_order
from tasks.derive.minhash import signature
from tasks.derive.storyterms import story_terms
from tasks.store import state, stories
from tasks.store.state import Connection

ARRIVALS = ((50, True), (50, True), (50, True), (20, True), (1000, True), (50, False), (1000, False))
"""Articles in a pass, and whether those that bear a date have it: a monitor mostly knows when a page was published."""
BASE, NEW, ROUNDS = 10_000, 500, 3
"""Articles that are stored, that arrive, and how often 500 arrive to take the median."""
TIMES = 10
"""The larger databases have so many times `BASE` articles."""


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
    for seed, (size, dated) in enumerate(ARRIVALS):
        found = stories_in_order(documents, seed, size, dated)
        how = f"{size} in a pass" + ("" if dated else ", none with a date")
        print(f"| as articles arrive, {how}, order {seed} | {_figures(clusters, found)}", flush=True)
    found_copies = copies_found(documents, clusters, 1)
    mistaken = ", ".join(f"{number} with the {kind}" for kind, number in found_copies.mistaken.items())
    print(
        f"\nCopies with 0 to 15 % changed words, {found_copies.pairs} pairs: precision {found_copies.precision:.4f}, "
        f"recall {found_copies.recall:.4f}; taken for copies: {mistaken}. Of {BRIEF_COPIES} copies of briefs "
        f"{found_copies.brief_copies} found; of {BRIEFS} pairs of other briefs {found_copies.brief_stories} are one "
        f"story.\n"
    )


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
    print(f"{NEW} new articles:\n")
    print("| articles in the database | of these in the window | stored, ms | joined, ms | ratio of joining | MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base"
        _fill(base)
        first = 0.0
        for times, crowded in ((1, False), (TIMES, False), (TIMES, True)):
            grown = Path(shutil.copytree(base, Path(folder) / f"{times}-{crowded}"))
            with state.open_state(grown) as connection:
                newsroom.deepen(connection, times, 0 if crowded else newsroom.SPAN)
                storing, joining = _arrivals(connection)
            first = first or joining
            within = (times if crowded else 1) * BASE
            print(
                f"| {times * BASE:,} | {within:,} | {1000 * storing:.0f} | {1000 * joining:.0f} | "
                f"{joining / first:.2f} | {_largest():.0f} |",
                flush=True,
            )


def _fill(folder: Path) -> None:
    with state.open_state(folder) as connection:
        for start in range(0, BASE, NEW):
            newsroom.store(connection, newsroom.stream(start, NEW))
            stories.settle(connection)


def _largest() -> float:
    """The most memory that this process has had so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


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
