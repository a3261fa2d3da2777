"""What the store's incoming rows look like: columns and DuckDB types, and how the pipeline's types fill them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tasks import urls
from tasks.model import TEMPORARY, Derived, FailedPage, Poll
from tasks.store.rows import columns_of, reading

ENTRY = reading(
    {
        "source_id": "VARCHAR",
        "entry_id": "VARCHAR",
        "url": "VARCHAR",
        "page_id": "VARCHAR",
        "title": "VARCHAR",
        "published_at": "TIMESTAMP",
        "updated_at": "TIMESTAMP",
        "seen_at": "TIMESTAMP",
        "authors": ["VARCHAR"],
        "summary": "VARCHAR",
        "content_html": "VARCHAR",
        "tags": ["VARCHAR"],
        "image_url": "VARCHAR",
        "place": "INTEGER",
    }
)
POLL = reading(
    {
        "source_id": "VARCHAR",
        "polled_at": "TIMESTAMP",
        "outcome": "VARCHAR",
        "http_status": "INTEGER",
        "entries": "INTEGER",
        "bytes": "BIGINT",
        "duration_ms": "INTEGER",
        "error": "VARCHAR",
    }
)
STATE = reading(
    {
        "source_id": "VARCHAR",
        "configured_url": "VARCHAR",
        "url": "VARCHAR",
        "kind": "VARCHAR",
        "etag": "VARCHAR",
        "last_modified": "VARCHAR",
        "body_hash": "VARCHAR",
        "interval_s": "DOUBLE",
        "next_poll_at": "TIMESTAMP",
        "last_poll_at": "TIMESTAMP",
        "last_success_at": "TIMESTAMP",
        "last_full_at": "TIMESTAMP",
        "consecutive_failures": "INTEGER",
        "last_http_status": "INTEGER",
        "last_error": "VARCHAR",
        "last_outcome": "VARCHAR",
        "moved_to": "VARCHAR",
        "moves_seen": "INTEGER",
    }
)
ENDING = reading(
    {
        "page_id": "VARCHAR",
        "final_url": "VARCHAR",
        "canonical_url": "VARCHAR",
        "outcome": "VARCHAR",
        "http_status": "INTEGER",
        "attempts": "INTEGER",
        "next_attempt_at": "TIMESTAMP",
        "fetched_at": "TIMESTAMP",
        "warc_file": "VARCHAR",
        "warc_offset": "BIGINT",
        "error": "VARCHAR",
    }
)
ARTICLE = reading(
    {
        "page_id": "VARCHAR",
        "article_id": "VARCHAR",
        "url": "VARCHAR",
        "site": "VARCHAR",
        "title": "VARCHAR",
        "authors": ["VARCHAR"],
        "published_at": "TIMESTAMP",
        "published_from": "VARCHAR",
        "fetched_at": "TIMESTAMP",
        "language": "VARCHAR",
        "text": "VARCHAR",
        "excerpt": "VARCHAR",
        "image_url": "VARCHAR",
        "tags": ["VARCHAR"],
        "word_count": "INTEGER",
        "original_source": "VARCHAR",
        "access": "VARCHAR",
        "text_from": "VARCHAR",
        "content_hash": "VARCHAR",
        "page_hash": "VARCHAR",
        "signature": ["UINTEGER"],
        "terms": ["UINTEGER"],
        "weights": ["FLOAT"],
        "details": ["USMALLINT"],
    }
)
_MATCH = {
    "topic_id": "VARCHAR",
    "topic_version": "VARCHAR",
    "score": "DOUBLE",
    "evidence": [{"field": "VARCHAR", "term": "VARCHAR", "start": "INTEGER", "end": "INTEGER", "sentence": "VARCHAR"}],
}
MATCH = reading({"page_id": "VARCHAR", **_MATCH})
STORED_MATCH = reading({"article_id": "VARCHAR", **_MATCH})


def entry_rows(polls: Sequence[Poll]) -> Iterator[dict[str, Any]]:
    """One row for every entry that the polls showed, in the feeds' order; of one that a feed repeats, the first."""
    for poll in polls:
        shown: set[tuple[str, str]] = set()
        for place, entry in enumerate(poll.entries):
            key = (entry.entry_id, urls.page_id(entry.url))
            if key in shown:
                continue
            shown.add(key)
            yield {
                **columns_of(entry),
                "source_id": poll.source_id,
                "page_id": key[1],
                "seen_at": poll.polled_at,
                "place": place,
            }


def poll_row(poll: Poll) -> dict[str, Any]:
    """The row for `polls`, but for its run and its count of new entries."""
    return {
        "source_id": poll.source_id,
        "polled_at": poll.polled_at,
        "outcome": poll.outcome,
        "http_status": poll.http_status,
        "entries": len(poll.entries),
        "bytes": poll.bytes,
        "duration_ms": poll.duration_ms,
        "error": poll.error,
    }


def state_row(poll: Poll) -> dict[str, Any]:
    """The row for `pipeline.poll_state`."""
    row = columns_of(poll.state)
    interval = row.pop("interval")
    del row["robots"]
    return {**row, "interval_s": interval.total_seconds() if interval else None}


def failure_row(page: FailedPage) -> dict[str, Any]:
    """How a page ended that gave nothing to derive from."""
    row = columns_of(page)
    del row["url"], row["waits"]
    return {**row, "canonical_url": None, "warc_file": None, "warc_offset": None}


def ending_row(derived: Derived) -> dict[str, Any]:
    """How a derived page ended; one that a redirect has led away from, for one, is tried again."""
    page = derived.page
    return {
        "page_id": page.page_id,
        "final_url": page.final_url,
        "canonical_url": derived.canonical_url,
        "outcome": derived.outcome,
        "http_status": page.http_status,
        "attempts": page.attempts,
        "next_attempt_at": page.next_attempt_at if derived.outcome in TEMPORARY else None,
        "fetched_at": page.fetched_at,
        "warc_file": page.warc_file if page.archived else None,
        "warc_offset": page.warc_offset if page.archived else None,
        "error": derived.error,
    }


def article_rows(derived: Sequence[Derived]) -> Iterator[dict[str, Any]]:
    """One row for every page that is an article."""
    for item in derived:
        if item.article:
            row = columns_of(item.article)
            fingerprint = columns_of(row.pop("fingerprint"))
            page_hash = item.article.page_hash or item.article.content_hash
            page = {"page_id": item.page.page_id, "fetched_at": item.page.fetched_at, "page_hash": page_hash}
            yield {**row, **fingerprint, **page}


def match_rows(derived: Sequence[Derived]) -> Iterator[dict[str, Any]]:
    """One row for every topic match."""
    for item in derived:
        for match in item.matches:
            yield {**columns_of(match), "page_id": item.page.page_id}
