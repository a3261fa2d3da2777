"""Databases for the tests of the report: the real tables, filled row by row with what we make up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import orjson

from tasks.urls import make_id

STORE = Path(__file__).parents[2] / "tasks" / "store"
NOW = datetime(2025, 11, 20, 14, 2)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Newsroom:
    """A `news.duckdb` under construction. Each method adds one row, or what belongs together."""

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.data = data
        self.connection = duckdb.connect(data / "news.duckdb")
        for script in (*sorted((STORE / "migrations").glob("*.sql")), STORE / "views.sql"):
            self.connection.execute(script.read_text(encoding="utf-8"))

    def __enter__(self) -> Newsroom:
        return self

    def __exit__(self, *exception: object) -> None:
        self.connection.close()

    def insert(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows by column name; what is left out is NULL or the column's default."""
        part = self.data / "rows.json"
        part.write_bytes(b"\n".join(orjson.dumps(row) for row in rows))
        if part.stat().st_size:
            self.connection.execute(
                f"INSERT INTO {table} BY NAME FROM read_json('{part}', format = 'newline_delimited', sample_size = -1,"
                f" maximum_object_size = 100000000)"
            )
        part.unlink()

    def source(self, source_id: str, *, added: timedelta = 60 * DAY, enabled: bool = True, **state: Any) -> None:
        """A source; with any `state`, one that has been polled."""
        url = f"https://{source_id}.example/feed"
        common = {"source_id": source_id, "url": url}
        row = {"name": source_id.title(), "tags": [], "enabled": enabled, "added_at": NOW - added}
        self.insert("sources", [common | row])
        if enabled:
            self.insert("source_watches", [{"source_id": source_id, "watched_from": NOW - added}])
        if state:
            polled = {"last_poll_at": NOW, "last_success_at": NOW, "consecutive_failures": 0, "moves_seen": 0}
            self.insert("pipeline.poll_state", [common | {"configured_url": url} | polled | state])

    def polls(self, source_id: str, days: Iterable[datetime], outcome: str = "ok") -> None:
        """One poll on each day."""
        numbers = {"entries": 0, "entries_new": 0, "bytes": 0, "duration_ms": 10}
        rows = [{"run_id": "r", "source_id": source_id, "polled_at": day, "outcome": outcome} | numbers for day in days]
        self.insert("polls", rows)

    def topic(self, topic_id: str, name: str = "", query: str = "prison*", *, active: bool = True) -> None:
        """A topic of version v1."""
        row = {"topic_version": "v1", "min_score": 0.0, "since": NOW - 60 * DAY, "active": active}
        self.insert("topics", [{"topic_id": topic_id, "name": name or topic_id, "query": query} | row])

    def entry(self, source_id: str, seen: datetime) -> None:
        """A sighting."""
        url = f"https://{source_id}.example/{seen:%Y%m%d%H%M}"
        row = {"entry_id": url, "url": url, "page_id": make_id(url), "authors": [], "tags": []}
        self.insert("entries", [{"source_id": source_id, "first_seen_at": seen, "last_seen_at": seen} | row])

    def runs(self, number: int) -> None:
        """Passes, one every quarter of an hour up to now."""
        counts = {"sources_polled": 44, "sources_failed": 3, "entries_new": 31, "pages_fetched": 29, "articles_new": 27}
        self.insert(
            "runs",
            [
                {"run_id": f"run-{n}", "flow": "monitor", "started_at": NOW - n * HOUR / 4, "outcome": "done"}
                | {"finished_at": NOW - n * HOUR / 4 + HOUR / 200, "duration_s": 18.4}
                | counts
                for n in range(number)
            ],
        )

    def pages(self, outcomes: Mapping[str, int]) -> None:
        """Pages that ended so."""
        self.insert(
            "pages",
            [
                {"page_id": f"{outcome}-{n}", "url": f"https://pages.example/{n}", "outcome": outcome}
                | {"attempts": 1, "first_seen_at": NOW}
                for outcome, number in outcomes.items()
                for n in range(number)
            ],
        )

    def articles(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Articles made by `article`, with their matches and the stories they belong to."""
        kept = list(rows)
        matches = [match for row in kept for match in row["matches"]]
        self.insert("articles", [{k: v for k, v in row.items() if k != "matches"} for row in kept])
        self.insert("article_topics", matches)
        self.connection.execute("DELETE FROM stories")
        self.connection.execute(
            """INSERT INTO stories SELECT story_id, first(title ORDER BY original_source IS NOT NULL, published_at),
               min(published_at), max(published_at), count(*), count(DISTINCT content_hash), count(DISTINCT site),
               first(article_id ORDER BY original_source IS NOT NULL, published_at) FROM articles GROUP BY story_id"""
        )


def article(
    title: str,
    *,
    site: str = "ledger.example",
    text: str = "Nothing of note happened.",
    age: timedelta = HOUR,
    found: timedelta | None = None,
    topics: Mapping[str, float] | None = None,
    terms: Mapping[str, str] | None = None,
    story: str | None = None,
    **columns: Any,
) -> dict[str, Any]:
    """A row of `articles` with `matches`. `terms` are the query's terms and the words of the text that they match."""
    url = columns.pop("url", f"https://{site}/{make_id(title)}")
    article_id = make_id(url)
    row = {
        "article_id": article_id,
        "url": url,
        "site": site,
        "title": title,
        "authors": [],
        "published_at": NOW - age,
        "published_from": "jsonld",
        "fetched_at": NOW - (age if found is None else found),
        "updated_at": NOW - (age if found is None else found),
        "language": "en",
        "text": text,
        "excerpt": text[:200],
        "tags": [],
        "word_count": len(text.split()),
        "access": "unknown",
        "text_from": "page",
        "content_hash": make_id(text),
        "text_id": make_id(text),
        "story_id": story or article_id,
        "revision": 1,
    } | columns
    found_terms = [
        piece
        for term, words in (terms or {}).items()
        for field in ("title", "text")
        for piece in _evidence(field, title if field == "title" else text, term, words)
    ]
    row["matches"] = [
        {"article_id": article_id, "topic_id": topic, "topic_version": "v1", "score": score, "evidence": found_terms}
        for topic, score in (topics or {}).items()
    ]
    return row


def _evidence(field: str, value: str, term: str, words: str) -> Iterable[dict[str, Any]]:
    start = value.lower().find(words.lower())
    while start >= 0:
        begin = value.rfind(". ", 0, start) + 2 if ". " in value[:start] else 0
        stop = value.find(". ", start)
        sentence = value[begin:] if stop < 0 else value[begin : stop + 1]
        yield {"field": field, "term": term, "start": start, "end": start + len(words), "sentence": sentence.strip()}
        start = value.lower().find(words.lower(), start + len(words))
