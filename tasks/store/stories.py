"""Stories: articles that are copies of one text count as one. New articles join the story of an equal text."""

from __future__ import annotations

from tasks.store.state import Connection, transaction


def assign(connection: Connection) -> None:
    """Give every article in the temporary table `chosen` its story, as table `storied`.

    An article keeps its story for ever; a new one joins the story of an article with the same text, or begins one that
    bears the id of its first article.
    """
    connection.execute(_ASSIGN)


def refresh(connection: Connection) -> int:
    """Count the stories again that `storied` touches; returns how many are new."""
    before = connection.execute("SELECT count(*) FROM stories").fetchone()
    connection.execute(_NOTE_NEW)
    connection.execute("DELETE FROM stories WHERE story_id IN (SELECT story_id FROM storied)")
    connection.execute(_INSERT)
    after = connection.execute("SELECT count(*) FROM stories").fetchone()
    return int(after[0]) - int(before[0]) if before and after else 0


def settle(connection: Connection) -> None:
    """Name the stories that nobody has seen yet by their earliest article, whatever order the pages came in.

    Two runs over the same pages then give the same ids. To be called once before each publication.
    """
    with transaction(connection):
        connection.execute(_SETTLE)
        for table in ("articles", "stories"):
            connection.execute(
                f"UPDATE {table} AS t SET story_id = s.settled_id FROM settled AS s WHERE t.story_id = s.story_id"
            )
        connection.execute("DELETE FROM pipeline.unsettled_stories")


_SETTLE = """
    CREATE OR REPLACE TEMP TABLE settled AS
    SELECT story_id, first(article_id ORDER BY published_at, article_id) AS settled_id
    FROM articles WHERE story_id IN (FROM pipeline.unsettled_stories)
    GROUP BY story_id HAVING settled_id <> story_id"""

_NOTE_NEW = """
    INSERT INTO pipeline.unsettled_stories
    SELECT DISTINCT story_id FROM storied WHERE story_id NOT IN (SELECT story_id FROM stories)"""

_ASSIGN = """
    CREATE OR REPLACE TEMP TABLE storied AS
    SELECT c.*, coalesce(
               a.story_id,
               copy.story_id,
               first(coalesce(a.story_id, c.article_id))
                   OVER (PARTITION BY c.content_hash ORDER BY a.story_id IS NULL, c.published_at, c.article_id)
           ) AS story_id
    FROM chosen AS c
    LEFT JOIN articles AS a USING (article_id)
    LEFT JOIN (SELECT content_hash, first(story_id ORDER BY published_at, article_id) AS story_id FROM articles
               WHERE content_hash IN (SELECT content_hash FROM chosen) GROUP BY content_hash) AS copy
        ON copy.content_hash = c.content_hash"""

# The origin is the earliest article that credits nobody else.
_INSERT = """
    INSERT INTO stories BY NAME
    SELECT story_id,
           first(title ORDER BY original_source IS NOT NULL, published_at, article_id) AS title,
           min(published_at) AS first_published_at,
           max(published_at) AS last_published_at,
           count(*) AS articles,
           count(DISTINCT content_hash) AS unique_texts,
           count(DISTINCT site) AS sites,
           first(article_id ORDER BY original_source IS NOT NULL, published_at, article_id) AS origin_article_id
    FROM articles WHERE story_id IN (SELECT story_id FROM storied)
    GROUP BY story_id"""
