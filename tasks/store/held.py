"""What is stored of the pages and articles that a commit is about, as temporary tables: held_pages, held_articles and
held_entries, the first and last with the place of each row (`row`).

Ids have no index (see migration 1), so finding some among a million rows reads the whole column: 20 ms. A query that
wants other columns too would read all of those, and texts take seconds. So ids are looked up once for each commit,
alone, and the rows are fetched, and changed, by where they lie (`rowid`), which reads little else. Rows of `pages` and
`entries` keep their place within a transaction: none is deleted or has an index, and of `pages` no column is a list.
"""

from __future__ import annotations

from tasks.store import traces
from tasks.store.state import Connection


def gather(connection: Connection, incoming: str = "incoming") -> None:
    """Make the tables for the pages in `endings`, for those that may be the same articles (`traced`, see `traces`), and
    for the articles that all these are, or that the table `incoming` says they are.
    """
    connection.execute(_ENTRIES)
    traces.find(connection, incoming)
    connection.execute(_PAGES.format(ids="SELECT page_id FROM endings UNION SELECT other_id FROM traced"))
    connection.execute(_ARTICLES.format(incoming=incoming))


def gather_pages(connection: Connection) -> None:
    """Make held_pages alone, for the pages in `endings`."""
    connection.execute(_PAGES.format(ids="SELECT page_id FROM endings"))


def gather_more(connection: Connection) -> None:
    """Add the articles that `identified` names by now."""
    connection.execute(_MORE_ARTICLES)


_ENTRIES = """
    CREATE OR REPLACE TEMP TABLE held_entries AS
    SELECT page_id, source_id, entry_id, first_seen_at
    FROM entries WHERE rowid IN (SELECT rowid FROM entries WHERE page_id IN (SELECT page_id FROM endings))"""

_PAGES = """
    CREATE OR REPLACE TEMP TABLE held_pages AS
    SELECT rowid AS row, * FROM pages WHERE rowid IN (SELECT rowid FROM pages WHERE page_id IN ({ids}))"""

_ARTICLES = """
    CREATE OR REPLACE TEMP TABLE held_articles AS
    FROM articles WHERE rowid IN (
        SELECT rowid FROM articles WHERE article_id IN (
            SELECT article_id FROM {incoming} UNION SELECT article_id FROM held_pages WHERE article_id IS NOT NULL))"""

_MORE_ARTICLES = """
    INSERT INTO held_articles
    FROM articles WHERE rowid IN (
        SELECT rowid FROM articles WHERE article_id IN (
            SELECT article_id FROM identified EXCEPT SELECT article_id FROM held_articles))"""
