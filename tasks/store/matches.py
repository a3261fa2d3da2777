"""All topic matches and places found again at once: gathered beside the old ones and exchanged in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tasks.model import TopicMatch
from tasks.store import layouts, places
from tasks.store.rows import columns_of, reading, to_json
from tasks.store.state import Connection, transaction


@dataclass(frozen=True, slots=True)
class TopicChange:
    """What became of a topic's matches: articles added, dropped and kept (their score and evidence may be new)."""

    topic_id: str
    added: int
    dropped: int
    kept: int


def begin_exchange(connection: Connection) -> None:
    """Prepare to gather."""
    connection.execute("CREATE OR REPLACE TEMP TABLE found_again AS SELECT NULL::VARCHAR AS article_id LIMIT 0")
    connection.execute("CREATE OR REPLACE TEMP TABLE matches_again AS FROM article_topics LIMIT 0")
    places.begin_gathering(connection)


def gather(connection: Connection, found: Mapping[str, Sequence[TopicMatch]]) -> None:
    """Keep the matches of these articles, by their ids, until the exchange."""
    connection.execute(
        f"INSERT INTO found_again BY NAME {reading({'article_id': 'VARCHAR'})}",
        {"rows": to_json({"article_id": article_id} for article_id in found)},
    )
    rows: Iterable[dict[str, object]] = (
        {**columns_of(match), "article_id": article_id} for article_id, matches in found.items() for match in matches
    )
    connection.execute(f"INSERT INTO matches_again BY NAME {layouts.STORED_MATCH}", {"rows": to_json(rows)})


def exchange(connection: Connection) -> list[TopicChange]:
    """Put what was gathered in place of the matches that these articles had; returns the changes by topic."""
    with transaction(connection):
        changes = [TopicChange(*row) for row in connection.execute(_CHANGES).fetchall()]
        connection.execute("DELETE FROM article_topics WHERE article_id IN (FROM found_again)")
        connection.execute("INSERT INTO article_topics BY NAME FROM matches_again")
        places.exchange(connection)
    for table in ("found_again", "matches_again"):
        connection.execute(f"DROP TABLE {table}")
    return changes


_CHANGES = """
    SELECT coalesce(new.topic_id, old.topic_id) AS topic_id,
           count(*) FILTER (WHERE old.topic_id IS NULL),
           count(*) FILTER (WHERE new.topic_id IS NULL),
           count(*) FILTER (WHERE old.topic_id = new.topic_id)
    FROM (SELECT topic_id, article_id FROM article_topics WHERE article_id IN (FROM found_again)) AS old
    FULL JOIN (SELECT topic_id, article_id FROM matches_again) AS new USING (topic_id, article_id)
    GROUP BY 1 ORDER BY 1"""
