"""What describes an exported slice: topic, sources and their gaps, counts three ways, software, hashes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb

from tasks import __version__


def manifest(
    connection: duckdb.DuckDBPyConnection, topic_id: str, since: datetime | None, until: datetime | None
) -> dict[str, Any]:
    """The manifest of the rows in the temporary table `exported`; the caller adds what describes their file."""
    return {
        "newsdesk": __version__,
        "database": _records(connection, _DATABASE)[0],
        "topic": _records(connection, _TOPIC, {"topic": topic_id}),
        "span": {"since": since, "until": until, **_records(connection, _SPAN)[0]},
        "counts": _records(connection, _COUNTS)[0],
        "published_from": dict(connection.execute(_EVIDENCE).fetchall()),
        "sources": _sources(connection, {"since": since, "until": until}),
        "columns": [row[0] for row in connection.execute("DESCRIBE exported").fetchall()],
        "how": {
            "rows_sha256": "the same in every format, and made again from the file by: newsdesk export --verify FILE; "
            "SHA-256 over the rows' SHA-256s, each over its cells' SHA-256s in hexadecimal, one after the other; a "
            "cell is its text in UTF-8: lists and numbers as JSON, nothing for NULL, in CSV without the apostrophe "
            "that stands before what a spreadsheet would run",
            "gaps": "days on which a source gave no good answer to any poll, or was not watched",
        },
    }


def _sources(connection: duckdb.DuckDBPyConnection, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """Every source that was watched in the span or shows an article of it, with the days on which nobody looked."""
    gaps: dict[str, list[dict[str, Any]]] = {}
    for source_id, first, last in connection.execute(_GAPS, parameters).fetchall():
        gaps.setdefault(source_id, []).append({"from": first, "to": last})
    return [
        {**source, "gaps": gaps.get(source["source_id"], [])} for source in _records(connection, _SOURCES, parameters)
    ]


def _records(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    result = connection.execute(query, parameters)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


_DATABASE = """
    SELECT run_id, finished_at, (SELECT max(version) FROM schema_migrations) AS schema_version
    FROM runs WHERE outcome = 'done' ORDER BY finished_at DESC LIMIT 1"""

_TOPIC = """
    SELECT t.topic_id, t.topic_version, t.name, t.query, t.min_score, t.model, t.since, t.active,
        count(e.article_id) AS articles
    FROM topics AS t LEFT JOIN exported AS e USING (topic_id, topic_version)
    WHERE t.topic_id = $topic GROUP BY ALL HAVING t.active OR count(e.article_id) > 0 ORDER BY t.since"""

_SPAN = "SELECT min(published_at) AS first_published_at, max(published_at) AS last_published_at FROM exported"

_COUNTS = """
    SELECT count(*) AS articles, count(DISTINCT text_id) AS unique_texts, count(DISTINCT story_id) AS stories,
        count(DISTINCT site) AS sites
    FROM exported"""

_EVIDENCE = "SELECT published_from, count(*) FROM exported GROUP BY ALL ORDER BY ALL"

# From the slice's first day, as asked for or as published, to its last: the day before `until`, else today.
_WATCHED = """
    WITH span AS (
        SELECT coalesce($since::DATE, min(published_at)::DATE) AS first_day,
            least(coalesce($until::DATE - 1, current_date), current_date) AS last_day
        FROM exported
    ), days AS (
        SELECT unnest(generate_series(first_day, last_day, INTERVAL 1 DAY))::DATE AS day FROM span
    ), expected AS (
        FROM source_days((SELECT first_day FROM span), (SELECT last_day FROM span))
    )"""

_GAPS = f"""{_WATCHED}, missed AS (
        SELECT source_id, day, day - row_number() OVER (PARTITION BY source_id ORDER BY day)::INTEGER AS run
        FROM (SELECT DISTINCT source_id FROM expected) CROSS JOIN days
        ANTI JOIN (FROM expected WHERE answered) USING (source_id, day)
    )
    SELECT source_id, min(day), max(day) FROM missed GROUP BY source_id, run ORDER BY ALL"""

_SOURCES = f"""{_WATCHED}, watched AS (
        SELECT source_id, count(*) AS days_expected, count(*) FILTER (answered) AS days_answered
        FROM expected GROUP BY source_id
    ), shown AS (
        SELECT source_id, count(*) AS articles FROM exported GROUP BY source_id
    )
    SELECT s.source_id, s.name, s.url, s.kind, s.country, s.language, s.tags, s.added_at, s.removed_at,
        coalesce(e.articles, 0) AS articles, coalesce(w.days_expected, 0) AS days_expected,
        coalesce(w.days_answered, 0) AS days_answered
    FROM sources AS s LEFT JOIN watched AS w USING (source_id) LEFT JOIN shown AS e USING (source_id)
    WHERE w.source_id IS NOT NULL OR e.source_id IS NOT NULL ORDER BY s.source_id"""
