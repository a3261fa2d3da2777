"""When a page is fetched again because its entry has changed: at once, but ever more seldom where that brings nothing.

Some feeds give every entry the time of the poll, or another title each time: without an end to it, all their pages
would be fetched again with every poll. A text in which nothing but numbers has changed is a revision, for that may be
the correction of a death toll; but it may as well be a counter of readers, and is no reason to come back sooner.
"""

from __future__ import annotations

from datetime import timedelta

from tasks.store.state import Connection

GAPS = tuple(timedelta(hours=hours) for hours in (0, 1, 4, 16, 64, 168))
"""Least time between two fetches of a page after 0, 1, 2 … fetches in a row that brought nothing new."""


def gap(unchanged: int) -> timedelta:
    """The least time to the next fetch of a page after so many fetches in a row that brought nothing new."""
    return GAPS[min(unchanged, len(GAPS) - 1)]


def put_up_updated(connection: Connection) -> None:
    """Put the pages up for fetching whose entries the temporary table `shown` has with a later date or another title,
    or of which it has another entry of the same source that was published after the last fetch.

    To be called before `entries` takes over what is shown.
    """
    seconds = [gap(unchanged).total_seconds() for unchanged in range(len(GAPS))]
    connection.execute(_PUT_UP, {"gaps": seconds})


def count(connection: Connection) -> None:
    """Count anew from the pages of this commit that are a new article, or a version of theirs with other words.

    `chosen` and what is `held` must be there; that a fetch counts at all is part of how it ends (`load`).
    """
    connection.execute(_COUNT_ANEW)


def is_edited(new: str) -> str:
    """An SQL expression for whether the table `new` has another version of the article in `a`.

    What is learned about a site takes its paragraphs out of texts that nobody has edited: their page_hash stays.
    """
    page_hash = "coalesce(a.page_hash, a.content_hash)"
    return f"(a.title <> {new}.title OR (a.content_hash <> {new}.content_hash AND {page_hash} <> {new}.page_hash))"


SAME_ENTRY = "e.source_id = s.source_id AND e.entry_id = s.entry_id AND e.page_id = s.page_id"
"""An entry is the same when source, id and page are: a feed that gives an old id to another page shows a new entry."""

# Where the page is only another address of an article, the page that holds the article is meant. One that waits for
# another attempt anyway keeps its turn. An entry may also be a new one for a known page: the next post of a live blog.
_PUT_UP = """
    UPDATE pages AS p SET
        next_attempt_at = greatest(
            u.seen_at,
            p.fetched_at + to_seconds($gaps[least(coalesce(p.unchanged_fetches, 0) + 1, len($gaps))])),
        attempts = 0
    FROM (
        SELECT coalesce(holder.page_id, shown_page.page_id) AS page_id, max(s.seen_at) AS seen_at
        FROM (
            SELECT s.page_id, s.seen_at, CASE WHEN e.entry_id <> s.entry_id THEN s.published_at END AS posted_at
            FROM shown AS s JOIN entries AS e ON e.source_id = s.source_id AND e.page_id = s.page_id
            WHERE CASE WHEN e.entry_id <> s.entry_id THEN s.published_at <= s.seen_at
                  ELSE s.updated_at > coalesce(e.updated_at, e.published_at) OR s.published_at > e.published_at
                       OR s.title <> e.title END
        ) AS s
        JOIN pages AS shown_page ON shown_page.page_id = s.page_id
        LEFT JOIN pages AS holder ON holder.article_id = shown_page.article_id AND holder.outcome = 'article'
        WHERE s.posted_at IS NULL OR s.posted_at > coalesce(holder.fetched_at, shown_page.fetched_at)
        GROUP BY ALL
    ) AS u
    WHERE p.page_id = u.page_id AND p.outcome <> 'pending' AND p.next_attempt_at IS NULL"""


def _without_numbers(column: str) -> str:
    return f"regexp_replace({column}, '[0-9][0-9.,]*', '0', 'g')"


_COUNT_ANEW = f"""
    UPDATE pages SET unchanged_fetches = 0 WHERE rowid IN (
        SELECT h.row FROM chosen AS c JOIN held_pages AS h USING (page_id) LEFT JOIN held_articles AS a
            ON a.article_id = c.article_id
        WHERE a.article_id IS NULL
           OR a.title <> c.title
           OR ({is_edited("c")} AND {_without_numbers("a.text")} <> {_without_numbers("c.text")}))"""
