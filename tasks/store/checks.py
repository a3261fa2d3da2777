"""Integrity of the database: the rules that the writer keeps without PRIMARY KEYs, looked at from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tasks.store.published import reading

# Each rule counts its offenders; the text says what is wrong.
_RULES = {
    "articles with the same article_id": "SELECT count(*) - count(DISTINCT article_id) FROM articles",
    "pages with the same page_id": "SELECT count(*) - count(DISTINCT page_id) FROM pages",
    "stories with the same story_id": "SELECT count(*) - count(DISTINCT story_id) FROM stories",
    "entries with the same source, id and page": (
        "SELECT count(*) - count(DISTINCT (source_id, entry_id, page_id)) FROM entries"
    ),
    "matches with the same article and topic": (
        "SELECT count(*) - count(DISTINCT (article_id, topic_id)) FROM article_topics"
    ),
    "revisions with the same number": (
        "SELECT count(*) - count(DISTINCT (article_id, revision)) FROM article_revisions"
    ),
    "entries without their page": "SELECT count(*) FROM entries ANTI JOIN pages USING (page_id)",
    "pages without the article they name": (
        "SELECT count(*) FROM pages ANTI JOIN articles USING (article_id) WHERE pages.article_id IS NOT NULL"
    ),
    "articles without exactly one page": (
        """SELECT count(*) FROM articles AS a LEFT JOIN
           (SELECT article_id, count(*) AS n FROM pages WHERE outcome = 'article' GROUP BY article_id) AS p
           USING (article_id) WHERE p.n IS DISTINCT FROM 1"""
    ),
    "matches without their article": "SELECT count(*) FROM article_topics ANTI JOIN articles USING (article_id)",
    "places without their article": "SELECT count(*) FROM article_places ANTI JOIN articles USING (article_id)",
    "places with the same article and country": (
        "SELECT count(*) - count(DISTINCT (article_id, country)) FROM article_places"
    ),
    "articles without exactly one chosen date": (
        """SELECT count(*) FROM articles AS a LEFT JOIN
           (SELECT article_id, count(*) AS n FROM article_dates WHERE chosen GROUP BY article_id) AS d
           USING (article_id) WHERE d.n IS DISTINCT FROM 1"""
    ),
    "dates without their article": "SELECT count(*) FROM article_dates ANTI JOIN articles USING (article_id)",
    "articles without their story": "SELECT count(*) FROM articles ANTI JOIN stories USING (story_id)",
    "stories that count their articles wrongly": (
        """SELECT count(*) FROM stories AS s LEFT JOIN
           (SELECT story_id, count(*) AS n FROM articles GROUP BY story_id) AS a USING (story_id)
           WHERE a.n IS DISTINCT FROM s.articles"""
    ),
    "stories that count their texts wrongly": (
        """SELECT count(*) FROM stories AS s LEFT JOIN
           (SELECT story_id, count(DISTINCT text_id) AS n FROM articles GROUP BY story_id) AS a USING (story_id)
           WHERE a.n IS DISTINCT FROM s.unique_texts"""
    ),
    "texts in more than one story": (
        "SELECT count(*) FROM (SELECT text_id FROM articles GROUP BY text_id HAVING count(DISTINCT story_id) > 1)"
    ),
    "redirects that lead to no story": (
        "SELECT count(*) FROM story_redirects ANTI JOIN stories ON stories.story_id = story_redirects.merged_into"
    ),
    "redirects of a story that is there": "SELECT count(*) FROM story_redirects SEMI JOIN stories USING (story_id)",
    "articles that wait for their story twice": "SELECT count(*) - count(DISTINCT article_id) FROM pipeline.arrivals",
}


def problems(path: Path) -> list[str]:
    """Which rules the database breaks, a line each; empty where it keeps all. Raises StoreError as `_rows` does."""
    with reading(path) as connection:
        counts = {text: connection.execute(rule).fetchall()[0][0] for text, rule in _RULES.items()}
    return [
        f"{count} {text}; please report this with the output of newsdesk doctor"
        for text, count in counts.items()
        if count
    ]


def archive_files(path: Path) -> list[str]:
    """The archive's files that pages refer to."""
    return [
        row[0] for row in _rows(path, "SELECT DISTINCT warc_file FROM pages WHERE warc_file IS NOT NULL ORDER BY 1")
    ]


@dataclass(frozen=True, slots=True)
class ArchivedPage:
    """A page, where its record lies, and the addresses of which the record may be."""

    warc_file: str
    warc_offset: int
    addresses: tuple[str, ...]


def archived_sample(path: Path, size: int) -> list[ArchivedPage]:
    """At most `size` pages that the archive holds: one half the newest, the other any; in the archive's order."""
    return [ArchivedPage(*row) for row in _rows(path, _ARCHIVED_SAMPLE.format(half=size // 2))]


_ARCHIVED_SAMPLE = """
    WITH archived AS (
        SELECT page_id, fetched_at, warc_file, warc_offset, [url, coalesce(final_url, url)] AS addresses
        FROM pages WHERE warc_file IS NOT NULL
    )
    SELECT warc_file, warc_offset, addresses FROM (
        (FROM archived ORDER BY fetched_at DESC, page_id LIMIT {half})
        UNION (FROM archived ORDER BY random() LIMIT {half}))
    ORDER BY warc_file, warc_offset"""


def sources_watched(path: Path) -> set[str]:
    """The ids of the sources that the last pass was to watch."""
    return {row[0] for row in _rows(path, "SELECT source_id FROM sources WHERE removed_at IS NULL")}


def last_run(path: Path) -> datetime | None:
    """When the newest pass began."""
    rows = _rows(path, "SELECT max(started_at) FROM runs")
    return rows[0][0] if rows else None


def failing_sources(path: Path) -> list[str]:
    """Enabled sources that fail or are gone."""
    query = """SELECT source_id FROM source_health JOIN sources USING (source_id)
               WHERE enabled AND status IN ('failing', 'gone') ORDER BY source_id"""
    return [row[0] for row in _rows(path, query)]


def _rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    """Raises StoreError where the database cannot be read, or was made by an earlier version and lacks a table."""
    with reading(path) as connection:
        return connection.execute(query).fetchall()
