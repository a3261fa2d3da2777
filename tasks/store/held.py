"""What is stored of the pages and articles that a commit is about, as temporary tables: held_pages and held_articles.

Ids have no index (see migration 1), so finding some among a million rows reads the whole column: 20 ms. A query that
wants other columns too would read all of those, and texts take seconds. So ids are looked up once for each commit,
alone, and the rows are fetched by where they lie (`rowid`), which reads little else.
"""

from __future__ import annotations

from tasks.store.state import Connection


def gather(connection: Connection) -> None:
    """Make both tables for the pages in `endings` and the articles that these are, or that `incoming` says they are."""
    connection.execute(_PAGES)
    connection.execute(_ARTICLES)


def gather_more(connection: Connection) -> None:
    """Add the articles that `identified` names by now."""
    connection.execute(_MORE_ARTICLES)


_PAGES = """
    CREATE OR REPLACE TEMP TABLE held_pages AS
    FROM pages WHERE rowid IN (SELECT rowid FROM pages WHERE page_id IN (SELECT page_id FROM endings))"""

_ARTICLES = """
    CREATE OR REPLACE TEMP TABLE held_articles AS
    FROM articles WHERE rowid IN (
        SELECT rowid FROM articles WHERE article_id IN (
            SELECT article_id FROM incoming UNION SELECT article_id FROM held_pages WHERE article_id IS NOT NULL))"""

_MORE_ARTICLES = """
    INSERT INTO held_articles
    FROM articles WHERE rowid IN (
        SELECT rowid FROM articles WHERE article_id IN (
            SELECT article_id FROM identified EXCEPT SELECT article_id FROM held_articles))"""
