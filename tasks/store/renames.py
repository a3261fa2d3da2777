"""Pages that are an article known under another address, where no canonical address says so.

A publisher may rename an article's address (same id in the same feed, the same text), redirect an old address to a new
one, and add what means nothing (`?src=`, `//`). Which parameters mean something only the pages can tell: where path,
title and text are the same, they do not. Each such page is a duplicate of the article that was there first. What has
another day, or other names and numbers in like words, is the next issue of a report, and an article of its own.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from tasks import urls
from tasks.store import held
from tasks.store.canonicals import SHARED_WORDS, shared_words
from tasks.store.rows import reading, to_json
from tasks.store.state import Connection

_RENAMED = reading({"page_id": "VARCHAR", "article_id": "VARCHAR", "url": "VARCHAR", "site": "VARCHAR"})
SAME_DAY = timedelta(hours=20)
"""Dates of publication that are further apart are two articles', unless one text stands under one title."""
SHARED_DETAILS = 0.6
"""The share of names and numbers from which a text was edited, and is no template that was filled in again."""
_DETAIL = re.compile(r"\d[\d.,:]*|(?<=[\w,;:] )\w+")
_SLASHES = re.compile(r"/{2,}")


def follow(connection: Connection) -> None:
    """Give each page in the temporary table `identified` that is a known article under another address that article.

    Makes the temporary table `renamed` of these pages. `endings`, `held_pages` and `held_articles` must be there.
    """
    known: dict[str, dict[str, str]] = {}
    connection.execute(_NEW)
    connection.execute(_PAIRED)
    for pair in (_Pair(*row) for row in connection.execute(_PAIRS).fetchall()):
        is_open = pair.page_id not in known or not (pair.is_stored or pair.other_id in known)
        if not is_open or not _is_same(pair):
            continue
        if pair.page_id in known:  # by another pair; then so is the earlier one
            known[pair.other_id] = {**known[pair.page_id], "page_id": pair.other_id}
            continue
        named = {"article_id": pair.article_id, "url": pair.article_url, "site": urls.site(pair.article_url)}
        known[pair.page_id] = {**known.get(pair.other_id, named), "page_id": pair.page_id}
    rows = {"rows": to_json(known.values())}
    connection.execute(f"CREATE OR REPLACE TEMP TABLE renamed AS {_RENAMED}", rows)
    if known:
        connection.execute(_RENAME)
        held.gather_more(connection)


def put_up(connection: Connection) -> None:
    """Put the pages that hold a renamed article up for fetching where the article's text is another one by now."""
    connection.execute(_PUT_UP)


class _Pair(NamedTuple):
    """A page, and one that was there before and may be the same article; `why` is what they have in common."""

    why: str
    page_id: str
    url: str
    title: str
    text: str
    page_hash: str
    published_at: datetime | None
    """None where only the time of the fetch is known."""
    shown: list[str] | None
    """The titles under which feeds have shown it, in lower case."""
    other_id: str
    article_id: str
    article_url: str
    other_url: str
    other_title: str
    other_text: str
    other_hash: str
    other_published_at: datetime | None
    other_shown: list[str] | None
    is_stored: bool
    """Whether the other is no page of this commit."""


def _is_same(pair: _Pair) -> bool:
    """Whether the two are one article, by what they have in common and by what they say."""
    match pair.why:
        case "target":
            return True
        case "entry" if pair.page_hash == pair.other_hash:
            return not (_is_of_another_day(pair) and _is_told_apart(pair))
        case "entry":
            is_like = shared_words(pair.text, pair.other_text) >= SHARED_WORDS
            return is_like and not _is_of_another_day(pair) and _share_details(pair.text, pair.other_text)
    same_title = pair.title.casefold() == pair.other_title.casefold()
    is_apart = _is_told_apart(pair) or _is_of_another_day(pair)
    return same_title and _place(pair.url) == _place(pair.other_url) and not is_apart


def _is_of_another_day(pair: _Pair) -> bool:
    """Whether the two say of themselves that they were published on different days."""
    one, other = pair.published_at, pair.other_published_at
    return one is not None and other is not None and abs(one - other) > SAME_DAY


def _share_details(one: str, other: str) -> bool:
    """Whether two texts have most names (capitalised words that begin no sentence) and numbers in common."""
    ours, theirs = (
        {word.rstrip(".,:") for word in _DETAIL.findall(text) if word[0].isdigit() or word[0].isupper()}
        for text in (one, other)
    )
    return len(ours & theirs) >= SHARED_DETAILS * len(ours | theirs)


def _is_told_apart(pair: _Pair) -> bool:
    """Whether feeds call the two by different names: then the same text may be that of a site's paywall."""
    return bool(pair.shown and pair.other_shown) and not {*(pair.shown or ())} & {*(pair.other_shown or ())}


def _place(url: str) -> str:
    """An address's identity without its query, and without slashes that were doubled by mistake."""
    return _SLASHES.sub("/", urls.identity(url).partition("?")[0]).rstrip("/")


_PAGE_HASH = "coalesce(page_hash, content_hash) AS page_hash"

_PUBLISHED_AT = "CASE WHEN published_from <> 'fetched' THEN published_at END AS published_at"

_NEW = f"""
    CREATE OR REPLACE TEMP TABLE newcomers AS
    SELECT i.page_id, i.article_id, i.url AS article_url, i.site, e.final_url AS url, i.title, i.text, i.page_hash,
           {_PUBLISHED_AT}, i.first_seen_at
    FROM identified AS i JOIN endings AS e USING (page_id)
    WHERE NOT i.owner AND i.article_id NOT IN (SELECT article_id FROM held_articles)"""

# Ids and hashes alone are looked for in the large tables (see `held`); of other newcomers only those that were earlier.
_PAIRED = """
    CREATE OR REPLACE TEMP TABLE paired AS
    SELECT n.page_id, o.page_id AS other_id, 'entry' AS why
    FROM newcomers AS n JOIN entries AS e USING (page_id) JOIN entries AS o USING (source_id, entry_id)
    WHERE o.page_id <> n.page_id
    UNION ALL
    SELECT n.page_id, p.page_id, 'target'
    FROM newcomers AS n JOIN pages AS p ON p.final_url = n.url WHERE p.page_id <> n.page_id
    UNION ALL
    SELECT n.page_id, p.page_id, 'text'
    FROM newcomers AS n
    JOIN articles AS a ON coalesce(a.page_hash, a.content_hash) = n.page_hash AND a.site = n.site
    JOIN pages AS p ON p.article_id = a.article_id AND p.outcome = 'article'
    UNION ALL
    SELECT n.page_id, o.page_id, 'text' FROM newcomers AS n JOIN newcomers AS o USING (page_hash, site)
    WHERE (o.first_seen_at, o.page_id) < (n.first_seen_at, n.page_id)"""

_PAIRS = f"""
    WITH stored_pages AS (
        SELECT page_id, article_id, coalesce(final_url, url) AS url
        FROM pages WHERE rowid IN (
            SELECT rowid FROM pages WHERE page_id IN (SELECT other_id FROM paired) AND article_id IS NOT NULL)
    ), stored_articles AS (
        SELECT article_id, url AS article_url, title, text, {_PAGE_HASH}, {_PUBLISHED_AT}, fetched_at AS first_seen_at
        FROM articles WHERE rowid IN (
            SELECT rowid FROM articles WHERE article_id IN (SELECT article_id FROM stored_pages))
    ), others AS (
        SELECT page_id, article_id, article_url, p.url, title, text, page_hash, published_at, first_seen_at,
               true AS is_stored
        FROM stored_pages AS p JOIN stored_articles USING (article_id)
        UNION ALL
        SELECT page_id, article_id, article_url, url, title, text, page_hash, published_at, first_seen_at, false
        FROM newcomers
    ), shown AS (
        SELECT page_id, list(DISTINCT lower(title)) AS titles FROM entries
        WHERE title IS NOT NULL
          AND page_id IN (SELECT page_id FROM paired UNION ALL SELECT other_id FROM paired)
        GROUP BY page_id
    )
    SELECT why, n.page_id, n.url, n.title, n.text, n.page_hash, n.published_at, s.titles,
           o.page_id, o.article_id, o.article_url, o.url, o.title, o.text, o.page_hash, o.published_at, t.titles,
           o.is_stored
    FROM paired AS c JOIN newcomers AS n USING (page_id) JOIN others AS o ON o.page_id = c.other_id
    LEFT JOIN shown AS s ON s.page_id = n.page_id LEFT JOIN shown AS t ON t.page_id = o.page_id
    WHERE o.is_stored OR (o.first_seen_at, o.page_id) < (n.first_seen_at, n.page_id)
    ORDER BY n.first_seen_at, n.page_id, NOT o.is_stored, o.first_seen_at, o.page_id, why"""

_RENAME = """
    UPDATE identified AS i SET article_id = r.article_id, url = r.url, site = r.site
    FROM renamed AS r WHERE i.page_id = r.page_id"""

# A page that waits for another attempt anyway keeps its turn.
_PUT_UP = """
    UPDATE pages AS p SET next_attempt_at = c.fetched_at, attempts = 0
    FROM (
        SELECT a.article_id, max(e.fetched_at) AS fetched_at
        FROM renamed AS r JOIN identified AS i USING (page_id) JOIN endings AS e USING (page_id)
        JOIN held_articles AS a ON a.article_id = r.article_id
        WHERE coalesce(a.page_hash, a.content_hash) <> i.page_hash OR a.title <> i.title
        GROUP BY a.article_id
    ) AS c
    WHERE p.article_id = c.article_id AND p.outcome = 'article' AND p.next_attempt_at IS NULL"""
