"""What a replay reads and stores: archived pages once more, the articles they give now, and what that changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tasks.model import Changes, Derived, FetchedPage, Outcome
from tasks.store import load
from tasks.store.rows import reading, to_json
from tasks.store.state import Connection, transaction

FIELDS = (
    "title", "text", "authors", "published_at", "published_from", "language", "excerpt", "image_url", "tags",
    "word_count", "original_source", "access", "text_from",
)  # fmt: skip
"""The columns of `articles` that come from the page."""

_REPLAYED = reading({"page_id": "VARCHAR"})


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the order of a replay: articles first (phase 0), then other pages, each as they lie in the archive.

    Articles first, because whether a page is a duplicate is seen by comparing it with its article as it is now.
    """

    phase: int = 0
    warc_file: str = ""
    warc_offset: int = -1


def count_archived(connection: Connection, since: datetime | None, after: Position) -> int:
    """How many archived pages lie behind `after`."""
    row = connection.execute(f"SELECT count(*) FROM ({_ARCHIVED})", _place(since, after)).fetchone()
    return int(row[0]) if row else 0


def archived_pages(
    connection: Connection, since: datetime | None, after: Position, size: int
) -> tuple[list[FetchedPage], Position]:
    """(the next pages of the archive, where they end); no page where all is read.

    `since` leaves out pages that were fetched before.
    """
    rows = connection.execute(
        f"{_ARCHIVED} ORDER BY phase, warc_file, warc_offset LIMIT $size", {**_place(since, after), "size": size}
    ).fetchall()
    pages = [FetchedPage(*row[1:]) for row in rows]
    end = Position(rows[-1][0], pages[-1].warc_file, pages[-1].warc_offset) if rows else after
    return pages, end


def pages_to_clean(connection: Connection) -> list[FetchedPage]:
    """The archived pages of articles whose text holds what was learned about their site later."""
    rows = connection.execute(f"{_TO_CLEAN} ORDER BY warc_file, warc_offset").fetchall()
    return [FetchedPage(*row) for row in rows]


def known_position(connection: Connection, task: str) -> Position:
    """How far an earlier replay of the same task has come before it was cut off."""
    row = connection.execute(
        "SELECT phase, warc_file, warc_offset FROM pipeline.replays WHERE task = ?", [task]
    ).fetchone()
    return Position(*row) if row else Position()


def forget_positions(connection: Connection) -> None:
    """The replay is done; what other ones left is older than that."""
    connection.execute("DELETE FROM pipeline.replays")


def commit_replayed(
    connection: Connection, derived: Sequence[Derived], task: str, position: Position
) -> tuple[load.Loaded, Changes]:
    """Commit 2 for pages that were derived again, and how far the replay is, in one transaction.

    Nothing about the fetch changes. Returns what the commit added and what it changed.
    """
    with transaction(connection):
        _stage(connection, derived)
        connection.execute(_KEEP_ARTICLES)
        connection.execute(_KEEP_MATCHES)
        loaded = load.store_derived(connection, derived, _END_REPLAYED)
        changes = _changes(connection, derived, loaded)
        connection.execute(
            "INSERT OR REPLACE INTO pipeline.replays VALUES (?, ?, ?, ?)",
            [task, position.phase, position.warc_file, position.warc_offset],
        )
    return loaded, changes


def commit_cleaned(connection: Connection, derived: Sequence[Derived]) -> None:
    """Commit 2 for pages that were to be cleaned, in one transaction; nothing about the fetch changes."""
    with transaction(connection):
        _stage(connection, derived)
        load.store_derived(connection, derived, _END_REPLAYED)
        connection.execute(_CLEANED)


def _stage(connection: Connection, derived: Sequence[Derived]) -> None:
    load.stage(connection, "replayed", _REPLAYED, to_json({"page_id": item.page.page_id} for item in derived))


def _changes(connection: Connection, derived: Sequence[Derived], loaded: load.Loaded) -> Changes:
    changed, *fields = _one_row(connection, _COUNT_CHANGES)
    gained, lost = _one_row(connection, _COUNT_MATCHES)
    found = {item.page.page_id for item in derived if item.outcome is Outcome.ARTICLE}
    before = connection.execute("SELECT page_id FROM kept_articles").fetchall()
    return Changes(
        articles_changed=changed,
        articles_new=loaded.articles_new,
        articles_gone=sum(page_id not in found for (page_id,) in before),
        revisions=loaded.articles_updated,
        matches_gained=gained,
        matches_lost=lost,
        fields={name: number for name, number in zip(FIELDS, fields, strict=True) if number},
        outcomes=dict(Counter(str(item.outcome) for item in derived)),
    )


def _one_row(connection: Connection, query: str) -> tuple[int, ...]:
    row = connection.execute(query).fetchone()
    return tuple(int(value) for value in row or ())


def _place(since: datetime | None, after: Position) -> dict[str, object]:
    return {"since": since, "phase": after.phase, "file": after.warc_file, "offset": after.warc_offset}


_PAGE = """
    page_id, url, coalesce(final_url, url) AS final_url, coalesce(http_status, 200) AS http_status, fetched_at,
    warc_file, warc_offset, attempts"""

_ARCHIVED = f"""
    SELECT CAST(outcome <> 'article' AS INTEGER) AS phase, {_PAGE}
    FROM pages
    WHERE warc_file IS NOT NULL AND ($since::TIMESTAMP IS NULL OR fetched_at >= $since)
      AND (CAST(outcome <> 'article' AS INTEGER), warc_file, warc_offset) > ($phase, $file, $offset)"""

_TO_CLEAN = f"""
    SELECT {_PAGE} FROM pages
    WHERE outcome = 'article' AND warc_file IS NOT NULL
      AND article_id IN (SELECT article_id FROM pipeline.site_pages WHERE awaits_cleaning)"""

# Also of a page that today's code finds no article in: it is not asked again every night.
_CLEANED = """
    UPDATE pipeline.site_pages SET awaits_cleaning = false
    WHERE awaits_cleaning AND article_id IN (SELECT article_id FROM pages WHERE page_id IN (FROM replayed))"""

# The articles that these pages hold, as they were.
_KEEP_ARTICLES = """
    CREATE OR REPLACE TEMP TABLE kept_articles AS
    SELECT p.page_id, a.* FROM articles AS a JOIN pages AS p USING (article_id)
    WHERE p.outcome = 'article' AND p.page_id IN (FROM replayed)"""

_KEEP_MATCHES = """
    CREATE OR REPLACE TEMP TABLE kept_matches AS
    SELECT article_id, topic_id FROM article_topics WHERE article_id IN (SELECT article_id FROM kept_articles)"""

# A later attempt to fetch an article again may have failed: what it left stays.
_END_REPLAYED = """
    UPDATE pages AS p SET
        outcome = CASE WHEN p.outcome = 'article' THEN p.outcome ELSE e.outcome END,
        article_id = CASE WHEN p.outcome = 'article' OR e.outcome = 'article' THEN p.article_id END,
        canonical_url = coalesce(e.canonical_url, p.canonical_url),
        error = CASE WHEN p.http_status IN (200, 203) THEN e.error ELSE p.error END
    FROM endings AS e WHERE p.page_id = e.page_id"""

_DIFFERS = [f"a.{name} IS DISTINCT FROM k.{name}" for name in FIELDS]
_COUNT_CHANGES = f"""
    SELECT count(*) FILTER ({" OR ".join(_DIFFERS)}), {", ".join(f"count(*) FILTER ({test})" for test in _DIFFERS)}
    FROM kept_articles AS k JOIN articles AS a USING (article_id)"""

_COUNT_MATCHES = """
    SELECT count(*) FILTER (k.article_id IS NULL), count(*) FILTER (t.article_id IS NULL)
    FROM kept_matches AS k
    FULL JOIN (SELECT article_id, topic_id FROM article_topics
               WHERE article_id IN (SELECT article_id FROM chosen UNION ALL SELECT article_id FROM kept_articles)) AS t
        ON t.article_id = k.article_id AND t.topic_id = k.topic_id"""
