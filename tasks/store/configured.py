"""What is configured, as the database has it: sources, since when each is watched, and topics in every version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from tasks.model import Source, Topic
from tasks.store.rows import reading, to_json
from tasks.store.state import Connection, transaction

_SOURCE_COLUMNS = {
    "source_id": "VARCHAR",
    "name": "VARCHAR",
    "url": "VARCHAR",
    "kind": "VARCHAR",
    "country": "VARCHAR",
    "language": "VARCHAR",
    "tags": ["VARCHAR"],
    "enabled": "BOOLEAN",
}
_TOPIC_COLUMNS = {
    "topic_id": "VARCHAR",
    "topic_version": "VARCHAR",
    "name": "VARCHAR",
    "query": "VARCHAR",
    "min_score": "DOUBLE",
    "model": "VARCHAR",
}


def sync_sources(connection: Connection, sources: Sequence[Source], now: datetime) -> bool:
    """Make `sources` the same as the configuration; a source that has left it is kept, disabled, for its articles.

    Returns whether anything changed.
    """
    records = [{name: getattr(source, name) for name in _SOURCE_COLUMNS} for source in sources]
    incoming = reading(_SOURCE_COLUMNS)
    parameters = {"rows": to_json(records), "now": now}
    with transaction(connection):
        changed = connection.execute(
            f"""SELECT count(*) FROM (
                ({incoming}) EXCEPT (SELECT {", ".join(_SOURCE_COLUMNS)} FROM sources WHERE removed_at IS NULL))""",
            {"rows": parameters["rows"]},
        ).fetchone() != (0,)
        removed = connection.execute(
            f"""UPDATE sources SET enabled = false, removed_at = $now
                WHERE removed_at IS NULL AND source_id NOT IN (SELECT source_id FROM ({incoming}))
                RETURNING source_id""",
            parameters,
        ).fetchall()
        if changed:
            connection.execute(
                f"""INSERT INTO sources BY NAME (SELECT *, $now AS added_at, NULL AS removed_at FROM ({incoming}))
                    ON CONFLICT (source_id) DO UPDATE SET
                        name = excluded.name, url = excluded.url, kind = excluded.kind, country = excluded.country,
                        language = excluded.language, tags = excluded.tags, enabled = excluded.enabled,
                        removed_at = NULL""",
                parameters,
            )
        connection.execute(_END_WATCHES, {"now": now})
        connection.execute(_BEGIN_WATCHES, {"now": now})
    return bool(changed or removed)


_END_WATCHES = """
    UPDATE source_watches SET watched_until = $now
    WHERE watched_until IS NULL AND source_id NOT IN (SELECT source_id FROM sources WHERE enabled)"""

_BEGIN_WATCHES = """
    INSERT INTO source_watches
    SELECT source_id, $now, NULL FROM sources
    WHERE enabled AND source_id NOT IN (SELECT source_id FROM source_watches WHERE watched_until IS NULL)
    ORDER BY source_id"""


def sync_topics(connection: Connection, topics: Sequence[Topic], now: datetime) -> bool:
    """Add new topic versions and mark which are active; earlier versions stay. Returns whether anything changed."""
    records = [{**asdict(topic), "topic_version": topic.version} for topic in topics]
    incoming = reading(_TOPIC_COLUMNS)
    rows = {"rows": to_json(records)}
    with transaction(connection):
        added = connection.execute(
            f"""INSERT INTO topics BY NAME SELECT *, $now AS since, false AS active FROM ({incoming}) AS i
                WHERE NOT EXISTS (FROM topics AS t WHERE (t.topic_id, t.topic_version) = (i.topic_id, i.topic_version))
                RETURNING topic_id""",
            {**rows, "now": now},
        ).fetchall()
        switched = connection.execute(
            f"""UPDATE topics SET active = NOT active
                WHERE active <> ((topic_id, topic_version) IN (SELECT (topic_id, topic_version) FROM ({incoming})))
                RETURNING topic_id""",
            rows,
        ).fetchall()
    return bool(added or switched)
