"""Full-text search: building the index, its size, what a pass of 500 articles adds, and queries, at several sizes.

`NEWSDESK_SEARCH_ARTICLES` gives other sizes, for example `1000000`; that one takes a quarter of an hour.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from benchmarks._words import Words, sentences
from tasks.store import search, search_vectors, state, upkeep
from tasks.store.rows import reading, to_json
from tasks.store.state import Connection

SIZES = "10000 100000"
BASELINE = 10_000
"""Articles at which the ways not taken are measured too."""
PASS, ROUNDS, REPEATS = 500, 3, 5
LANGUAGES = ("en", "es", "pt", "fr")
WORDS, TITLE_WORDS = 450, 9


def main() -> None:
    """Print a table for all sizes, and one of the ways not taken."""
    sizes = [int(size) for size in os.environ.get("NEWSDESK_SEARCH_ARTICLES", SIZES).split()]
    queries = ("rare word", "word in 1 %", "word in 10 %", "three words", "phrase", "beginning")
    names = ("articles", "file MB", "index MB", "build CPU s", "merge CPU s", "pass of 500, s", *queries, "peak MB")
    print("| " + " | ".join(names) + " |")
    print("| " + " | ".join("---" for _ in names) + " |")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder, state.open_state(Path(folder)) as connection:
            print("| " + " | ".join(_measure(connection, Path(folder), size)) + " |", flush=True)
            if size == BASELINE:
                others = _ways_not_taken(connection)
    print("\nQueries in ms, the ten best hits, median of five. Peak: largest memory so far, DuckDB's cache included.")
    if BASELINE in sizes:
        print(f"At {BASELINE:,} articles: {others}.")


def _measure(connection: Connection, folder: Path, size: int) -> Iterator[str]:
    newsroom = _Newsroom()
    newsroom.store(connection, size)
    before = _megabytes(connection, folder)
    built = _cpu(lambda: search.index(connection))
    merged = _cpu(lambda: search.merge_all(connection))
    after = _megabytes(connection, folder)
    passes = []
    for _ in range(ROUNDS):
        newsroom.store(connection, PASS)
        began = time.perf_counter()
        search.index(connection)
        search.merge_small(connection)
        passes.append(time.perf_counter() - began)
    yield from (f"{size:,}", f"{before:.0f}", f"{after - before:.0f}", f"{built:.1f}", f"{merged:.1f}")
    yield f"{median(passes):.2f}"
    for query in _queries(connection):
        yield f"{1000 * _time_of(connection, query):.0f}"
    yield f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f}"


class _Newsroom:
    """Makes articles, ever new ones, the same in every run."""

    def __init__(self) -> None:
        self._words = Words()
        self._stored = 0

    def store(self, connection: Connection, number: int) -> None:
        """So many more articles."""
        for first in range(0, number, 5_000):
            rows = [self._article() for _ in range(min(5_000, number - first))]
            connection.execute(f"INSERT INTO articles BY NAME {_ROWS}", {"rows": to_json(rows)})
        connection.execute("CHECKPOINT")

    def _article(self) -> dict[str, object]:
        words = self._words.draw(WORDS + TITLE_WORDS)
        self._stored += 1
        return {
            "article_id": f"{self._words.random.integers(2**62):016x}",
            "title": " ".join(words[:TITLE_WORDS]).title(),
            "text": ". ".join(sentences(words[TITLE_WORDS:], 15)),
            "language": LANGUAGES[self._stored % len(LANGUAGES)],
            "number": self._stored,
        }


def _queries(connection: Connection) -> Iterator[str]:
    """A query of each kind, by how many articles hold its words."""

    def word(share: float) -> str:
        rows = connection.execute(
            """SELECT folded FROM fts.postings JOIN fts.words USING (word_id), (SELECT count(*) AS n FROM fts.documents)
               GROUP BY folded, n ORDER BY abs(count(*) - greatest($share * n, 20)), folded LIMIT 1""",
            {"share": share},
        ).fetchall()
        return str(rows[0][0])

    yield word(0)
    yield word(0.01)
    yield word(0.10)
    yield f"{word(0.2)} {word(0.11)} {word(0.03)}"
    yield f'"{word(0.05)} {word(0.04)}"'
    yield f"{word(0.002)[:4]}*"


def _time_of(connection: Connection, query: str, sql: str = "FROM search($q) LIMIT 10") -> float:
    """Seconds, median."""
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        connection.execute(sql, {"q": query}).fetchall()
        times.append(time.perf_counter() - began)
    return median(times)


def _ways_not_taken(connection: Connection) -> str:
    """A scan of all texts, an index of the extension's own, and vectors."""
    query = next(_queries(connection))
    scan = _time_of(connection, query, _SCAN)
    index = "PRAGMA create_fts_index('articles', 'article_id', 'title', 'text', overwrite = 1)"
    built = _cpu(lambda: connection.execute(index))
    matched = _time_of(connection, query, _MATCH)
    vectors = "the extra semantic is not installed"
    if search_vectors.available():
        seconds = _cpu(lambda: search_vectors.add_vectors(connection))
        (article,) = connection.execute("SELECT article_id FROM articles LIMIT 1").fetchall()[0]
        related = _time_of(connection, article, "FROM related($q)")
        vectors = f"vectors {1000 * seconds / BASELINE:.2f} ms an article, related() {1000 * related:.0f} ms"
    upkeep.complete_search(connection)
    return (
        f"a scan for the rare word {1000 * scan:.0f} ms; create_fts_index {built:.1f} CPU s anew for each pass, "
        f"match_bm25 {1000 * matched:.0f} ms; {vectors}"
    )


def _cpu(work: Callable[[], object]) -> float:
    """CPU seconds of all threads: other programs share the machine."""
    began = time.process_time()
    work()
    return time.process_time() - began


def _megabytes(connection: Connection, folder: Path) -> float:
    """What the database's blocks in use take."""
    connection.execute("CHECKPOINT")
    (row,) = connection.execute("SELECT block_size * used_blocks FROM pragma_database_size()").fetchall()
    return float(row[0]) / 1e6


_ROWS = f"""
    SELECT * EXCLUDE (number),
           'https://site' || number % 97 || '.example/' || number AS url, 'site' || number % 97 || '.example' AS site,
           [] AS authors, TIMESTAMP '2026-01-01' + to_seconds(100 * number) AS published_at, 'feed' AS published_from,
           published_at AS fetched_at, published_at AS updated_at, left(text, 200) AS excerpt, [] AS tags,
           {WORDS} AS word_count, 'free' AS access, 'page' AS text_from, article_id || article_id AS content_hash,
           article_id AS text_id, article_id AS story_id, 1 AS revision
    FROM ({
    reading(
        {"article_id": "VARCHAR", "title": "VARCHAR", "text": "VARCHAR", "language": "VARCHAR", "number": "INTEGER"}
    )
})"""

_SCAN = """
    SELECT article_id FROM articles
    WHERE regexp_matches(lower(strip_accents(title || ' ' || text)), '(?:^|[^\\pL\\pN])' || $q) LIMIT 10"""

_MATCH = """
    SELECT article_id, fts_main_articles.match_bm25(article_id, $q) AS score FROM articles
    WHERE score IS NOT NULL ORDER BY score DESC LIMIT 10"""


if __name__ == "__main__":
    main()
