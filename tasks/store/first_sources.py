"""The source of an article that came without one, from a backfill: the first to show it, as soon as one does."""

from __future__ import annotations

from tasks.store.state import Connection


def name(connection: Connection) -> None:
    """Set `source_id` where it is NULL and an entry of the temporary table `shown` leads to the article.

    Whether there is such an article at all takes a millisecond to see, by the statistics of the column; to look for
    those that are shown takes as long as to look for new entries, some tenths of a second at a million articles.
    """
    if connection.execute("SELECT 1 FROM articles WHERE source_id IS NULL LIMIT 1").fetchall():
        connection.execute(_NAME)


# Of all entries for the page, not only of those shown now: another source may have been first.
_NAME = """
    UPDATE articles AS a SET source_id = f.source_id
    FROM (SELECT p.article_id, first(e.source_id ORDER BY e.first_seen_at, e.source_id) AS source_id
          FROM pages AS p JOIN entries AS e USING (page_id)
          WHERE p.page_id IN (SELECT page_id FROM shown) AND p.outcome = 'article' GROUP BY p.article_id) AS f
    WHERE a.article_id = f.article_id AND a.source_id IS NULL"""
