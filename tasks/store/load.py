"""The two commits: what feeds showed, together with where they stand; and what pages became."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from tasks import urls
from tasks.model import UNKNOWN_SITE, Derived, Entry, FailedPage, FetchedPage, PageRef, Poll
from tasks.store import (
    canonicals,
    dates,
    first_sources,
    held,
    hosts,
    layouts,
    places,
    redirects,
    refetches,
    renames,
    sites,
    stories,
    traces,
)
from tasks.store.pollstates import keep_robots
from tasks.store.refetches import SAME_ENTRY, is_edited
from tasks.store.rows import strings, to_json
from tasks.store.state import Connection, transaction


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one commit of derived pages added."""

    articles_new: int = 0
    articles_updated: int = 0
    topic_matches: int = 0


def commit_polls(connection: Connection, run_id: str, polls: Sequence[Poll]) -> int:
    """Commit 1: entries, the pages they point to, poll rows and poll states, all in one transaction.

    An entry that its feed shows with a later date or another title puts its page up for another fetch (`refetches`).
    Returns the number of new entries.
    """
    with transaction(connection):
        new = _store_entries(connection, polls)
        stage(connection, "states", layouts.STATE, to_json(map(layouts.state_row, polls)))
        connection.execute("DELETE FROM pipeline.poll_state WHERE source_id IN (SELECT source_id FROM states)")
        connection.execute("INSERT INTO pipeline.poll_state BY NAME FROM states")
        stage(connection, "polled", layouts.POLL, to_json(map(layouts.poll_row, polls)))
        connection.execute(_INSERT_POLLS, {"run_id": run_id})
        hosts.keep_waits(connection, [wait for poll in polls for wait in poll.waits])
        keep_robots(connection, [file for poll in polls for file in poll.robots])
    return new


def commit_entries(connection: Connection, polls: Sequence[Poll]) -> int:
    """Entries and their pages alone: what a backfill finds says nothing about when a source is due, or how it is.

    Returns the number of new entries.
    """
    with transaction(connection):
        return _store_entries(connection, polls)


def _store_entries(connection: Connection, polls: Sequence[Poll]) -> int:
    """How many are new: those in the temporary table `new_entries`."""
    stage(connection, "shown", layouts.ENTRY, to_json(layouts.entry_rows(polls)))
    refetches.put_up_updated(connection)
    connection.execute(_UPDATE_ENTRIES)
    connection.execute(_FIND_NEW_ENTRIES)
    new = int(connection.execute(_INSERT_ENTRIES).fetchall()[0][0])
    traces.note_entries(connection)
    connection.execute(_INSERT_PAGES)
    if new:
        first_sources.name(connection)
    return new


def pending_pages(connection: Connection, now: datetime) -> list[PageRef]:
    """The pages to fetch now: never tried, due for another attempt, or shown as updated; oldest first.

    Those that were never tried come before the others: three failures in a row and a host is left alone for the pass.
    """
    rows = connection.execute(
        """SELECT page_id, url, attempts FROM pages
           WHERE next_attempt_at <= $now OR (outcome = 'pending' AND next_attempt_at IS NULL)
           ORDER BY attempts > 0, first_seen_at, page_id""",
        {"now": now},
    ).fetchall()
    return [PageRef(*row) for row in rows]


def with_hints(connection: Connection, pages: Sequence[FetchedPage]) -> list[FetchedPage]:
    """The pages with what is known about them before they are derived.

    That is what feeds say about each (the entry with the most content, else the one seen first), what earlier passes
    have learned about its site, and whether redirects lead many different articles to where it ended.
    """
    rows = connection.execute(_SHOWN, {"ids": to_json(page.page_id for page in pages)}).fetchall()
    found = {page_id: _hint(list(shown)) for page_id, shown in groupby(rows, itemgetter(0))}
    known = sites.profiles(connection, {urls.site(page.final_url) for page in pages})
    substitutes = redirects.substitutes(connection, pages)
    hinted = []
    for page in pages:
        source_id, entry = found.get(page.page_id, (None, None))
        profile = known.get(urls.site(page.final_url), UNKNOWN_SITE)
        is_substitute = page.final_url in substitutes and page.page_id != urls.page_id(page.final_url)
        hinted.append(replace(page, hint=entry, source_id=source_id, profile=profile, is_substitute=is_substitute))
    return hinted


def _hint(shown: Sequence[tuple[Any, ...]]) -> tuple[str, Entry]:
    """Of the rows of one page's entries, the first's source, and the entry with the most content."""
    _, _, *most = max(shown, key=lambda row: len(row[9] or ""))
    entry_id, url, title, published_at, updated_at, authors, summary, content_html, tags, image_url = most
    return shown[0][1], Entry(
        entry_id, url, title, published_at, updated_at, tuple(authors), summary, content_html, tuple(tags), image_url
    )


def commit_failures(
    connection: Connection, failures: Sequence[FailedPage], derived: Sequence[FetchedPage] = ()
) -> None:
    """Outcomes of pages that gave nothing to derive from. A page that is an article already stays one.

    Those that are `derived` from their feeds yet end with that (see `feedcopies`): cut off before, they are tried
    again, and nothing is lost.
    """
    later = {page.page_id for page in derived}
    ended = [page for page in failures if page.page_id not in later]
    with transaction(connection):
        stage(connection, "endings", layouts.ENDING, to_json(map(layouts.failure_row, ended)))
        held.gather_pages(connection)
        traces.note_pages(connection)
        connection.execute(_END_PAGES)
        hosts.keep_waits(connection, [wait for page in failures for wait in page.waits])


def commit_derived(connection: Connection, derived: Sequence[Derived]) -> Loaded:
    """Commit 2: articles, revisions, matches, stories and page outcomes, all in one transaction.

    Where several pages are one article, the page that was known first keeps it, of one commit that at the canonical
    address; the others are duplicates. Pages that only share a canonical address are articles of their own (see
    `canonicals`).
    A page that is an article already keeps that article's id, whatever address it now calls canonical.
    """
    with transaction(connection):
        loaded = store_derived(connection, derived)
        renames.put_up(connection)
        refetches.count(connection)
    return loaded


def store_derived(connection: Connection, derived: Sequence[Derived], end_pages: str | None = None) -> Loaded:
    """What `commit_derived` does, inside a transaction that the caller has begun; no page may come twice.

    `end_pages` is another statement to write the outcomes in the temporary table `endings` to `pages`.
    """
    stage(connection, "incoming", layouts.ARTICLE, to_json(layouts.article_rows(derived)))
    stage(connection, "matched", layouts.MATCH, to_json(layouts.match_rows(derived)))
    stage(connection, "endings", layouts.ENDING, to_json(map(layouts.ending_row, derived)))
    held.gather(connection)
    redirects.refuse(connection, derived)
    connection.execute(_IDENTIFY)
    canonicals.separate(connection)
    renames.follow(connection)
    connection.execute(_CHOOSE)
    traces.note_pages(connection)
    connection.execute(end_pages or _END_PAGES)
    connection.execute(_POINT_PAGES_TO_ARTICLES)
    updated = connection.execute(_KEEP_REVISIONS).fetchall()
    stories.assign(connection)
    connection.execute(_PREPARE_ARTICLES)
    traces.note_articles(connection)
    connection.execute("DELETE FROM articles WHERE article_id IN (SELECT article_id FROM chosen WHERE owner)")
    connection.execute("INSERT INTO articles BY NAME FROM prepared")
    dates.replace_dates(connection, derived)
    sites.note_pages(connection, derived)
    places.replace_places(connection, derived)
    topic_matches = connection.execute(_COUNT_NEW_MATCHES).fetchall()[0][0]
    connection.execute("DELETE FROM article_topics WHERE article_id IN (SELECT article_id FROM chosen WHERE owner)")
    connection.execute(_INSERT_MATCHES)
    stories.await_settling(connection)
    return Loaded(
        articles_new=connection.execute("SELECT count(*) FROM chosen WHERE NOT owner").fetchall()[0][0],
        articles_updated=len(updated),
        topic_matches=topic_matches,
    )


def stage(connection: Connection, table: str, layout: str, rows: str) -> None:
    """Rows as a temporary table."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {layout}", {"rows": rows})


# Entries are fetched by where they lie (see `held`).
_SHOWN = f"""
    SELECT page_id, source_id, entry_id, url, title, published_at, updated_at, authors, summary, content_html, tags,
           image_url
    FROM entries WHERE rowid IN (SELECT rowid FROM entries WHERE page_id IN ({strings("ids")}))
    ORDER BY page_id, first_seen_at, source_id, entry_id"""

_UPDATE_ENTRIES = f"""
    UPDATE entries AS e SET
        last_seen_at = s.seen_at,
        url = s.url,
        title = coalesce(s.title, e.title),
        published_at = coalesce(s.published_at, e.published_at),
        updated_at = coalesce(s.updated_at, e.updated_at),
        authors = s.authors,
        summary = coalesce(s.summary, e.summary),
        content_html = coalesce(s.content_html, e.content_html),
        tags = s.tags,
        image_url = coalesce(s.image_url, e.image_url)
    FROM shown AS s WHERE {SAME_ENTRY}"""

_FIND_NEW_ENTRIES = f"""
    CREATE OR REPLACE TEMP TABLE new_entries AS
    FROM shown AS s WHERE NOT EXISTS (FROM entries AS e WHERE {SAME_ENTRY})"""

_INSERT_ENTRIES = """
    INSERT INTO entries BY NAME
    SELECT * EXCLUDE (seen_at, place), seen_at AS first_seen_at, seen_at AS last_seen_at FROM new_entries
    ORDER BY seen_at, source_id, place"""

_INSERT_PAGES = """
    INSERT INTO pages BY NAME
    SELECT page_id, url, 'pending' AS outcome, 0 AS attempts, seen_at AS first_seen_at FROM shown AS s
    WHERE NOT EXISTS (FROM pages AS p WHERE p.page_id = s.page_id)
    QUALIFY row_number() OVER (PARTITION BY page_id ORDER BY seen_at, source_id, place) = 1"""

_INSERT_POLLS = """
    INSERT INTO polls BY NAME
    SELECT $run_id AS run_id, p.*, coalesce(n.entries_new, 0) AS entries_new FROM polled AS p
    LEFT JOIN (SELECT source_id, count(*) AS entries_new FROM new_entries GROUP BY source_id) AS n USING (source_id)"""

_END_PAGES = """
    UPDATE pages AS p SET
        http_status = e.http_status,
        attempts = e.attempts,
        next_attempt_at = e.next_attempt_at,
        unchanged_fetches = coalesce(p.unchanged_fetches, 0)
            + CAST(p.fetched_at IS NOT NULL AND e.next_attempt_at IS NULL AS INTEGER),
        error = e.error,
        outcome = CASE WHEN p.outcome = 'article' THEN p.outcome ELSE e.outcome END,
        final_url = CASE WHEN p.outcome = 'article' AND e.outcome <> 'article' THEN p.final_url ELSE e.final_url END,
        canonical_url = coalesce(e.canonical_url, p.canonical_url),
        fetched_at = CASE WHEN p.outcome = 'article' AND e.outcome <> 'article' THEN p.fetched_at ELSE e.fetched_at END,
        warc_file = CASE WHEN p.outcome = 'article' AND e.outcome <> 'article' THEN p.warc_file ELSE e.warc_file END,
        warc_offset =
            CASE WHEN p.outcome = 'article' AND e.outcome <> 'article' THEN p.warc_offset ELSE e.warc_offset END
    FROM endings AS e JOIN held_pages AS h USING (page_id) WHERE p.rowid = h.row"""

# A duplicate with the very text of its article stays one, even where it calls another address canonical by now.
_IDENTIFY = """
    CREATE OR REPLACE TEMP TABLE identified AS
    SELECT i.* REPLACE (
               CASE WHEN p.outcome = 'article' OR (p.outcome = 'duplicate' AND (
                         a.content_hash = i.content_hash OR coalesce(a.page_hash, a.content_hash) = i.page_hash))
                    THEN p.article_id ELSE i.article_id END AS article_id,
               CASE WHEN p.outcome = 'article' THEN a.url ELSE i.url END AS url,
               CASE WHEN p.outcome = 'article' THEN a.site ELSE i.site END AS site),
           p.outcome = 'article' AS owner, p.first_seen_at
    FROM incoming AS i JOIN held_pages AS p USING (page_id)
    LEFT JOIN held_articles AS a ON a.article_id = p.article_id"""

_CHOOSE = f"""
    CREATE OR REPLACE TEMP TABLE chosen AS
    SELECT * FROM identified AS i
    WHERE owner OR NOT EXISTS (FROM held_articles AS a WHERE a.article_id = i.article_id)
    QUALIFY row_number() OVER (PARTITION BY article_id ORDER BY {canonicals.FIRST}) = 1"""

_POINT_PAGES_TO_ARTICLES = """
    UPDATE pages AS p SET
        article_id = i.article_id,
        outcome = CASE WHEN i.page_id IN (SELECT page_id FROM chosen) THEN 'article' ELSE 'duplicate' END
    FROM identified AS i JOIN held_pages AS h USING (page_id) WHERE p.rowid = h.row"""


_KEEP_REVISIONS = f"""
    INSERT INTO article_revisions BY NAME
    SELECT a.article_id, a.revision, a.title, a.text, a.updated_at AS fetched_at, a.content_hash,
           coalesce(t.topics, []) AS topics
    FROM held_articles AS a JOIN chosen AS c USING (article_id)
    LEFT JOIN (SELECT article_id, list(topic_id ORDER BY topic_id) AS topics FROM article_topics
               WHERE article_id IN (SELECT article_id FROM chosen WHERE owner) GROUP BY article_id) AS t
        USING (article_id)
    WHERE {is_edited("c")}
    RETURNING article_id"""

# A later version keeps the date of the first one, unless that was only the time of the fetch: many sites show the time
# of an edit where the time of publication stood. The first version itself, derived again, may have a better date.
_PREPARE_ARTICLES = f"""
    CREATE OR REPLACE TEMP TABLE prepared AS
    SELECT s.* EXCLUDE (page_id, owner, first_seen_at, signature, terms, weights, details, is_new, is_waiting) REPLACE (
               nullif(s.page_hash, s.content_hash) AS page_hash,
               coalesce(a.fetched_at, s.fetched_at) AS fetched_at,
               CASE WHEN (a.published_from <> 'fetched' OR s.published_from = 'fetched')
                         AND a.fetched_at <> s.fetched_at
                    THEN a.published_at ELSE s.published_at END AS published_at,
               CASE WHEN a.published_from <> 'fetched' AND a.fetched_at <> s.fetched_at
                    THEN a.published_from ELSE s.published_from END AS published_from),
           coalesce(a.source_id, e.source_id) AS source_id,
           CASE WHEN NOT {is_edited("s")} THEN a.updated_at ELSE s.fetched_at END AS updated_at,
           coalesce(a.revision + CAST({is_edited("s")} AS INTEGER), 1) AS revision
    FROM storied AS s
    LEFT JOIN held_articles AS a USING (article_id)
    LEFT JOIN (SELECT page_id, first(source_id ORDER BY first_seen_at, source_id) AS source_id
               FROM held_entries GROUP BY page_id) AS e USING (page_id)"""

_COUNT_NEW_MATCHES = """
    SELECT count(*) FROM matched AS m JOIN chosen AS c USING (page_id)
    WHERE NOT EXISTS (FROM article_topics AS t WHERE t.article_id = c.article_id AND t.topic_id = m.topic_id)"""

_INSERT_MATCHES = """
    INSERT INTO article_topics BY NAME
    SELECT c.article_id, m.* EXCLUDE (page_id) FROM matched AS m JOIN chosen AS c USING (page_id)"""
