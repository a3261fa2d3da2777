"""Pages that are an article known under another address, where no canonical address says so.

A publisher may rename an article's address (same id in the same feed, the same text), redirect an old address to a new
one, and add what means nothing (`?src=`, `//`). Which parameters mean something only the pages can tell: where path,
title and text are the same, they do not. Each such page is a duplicate of the article that was there first. What has
another day, or other names and numbers in like words, is the next issue of a report, and an article of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tasks import urls
from tasks.store import held
from tasks.store.canonicals import SHARED_WORDS, shared_words
from tasks.store.rows import reading, strings, to_json
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

    Makes the temporary table `renamed` of these pages. `endings` and what `held` gathers must be there.
    """
    if connection.execute(_HAS_OTHER_SITE).fetchone():  # since what is held was gathered
        held.gather(connection, "identified")
    known: dict[str, dict[str, str]] = {}
    connection.execute(_NEW)
    connection.execute(_PAIRED)
    pairs = [_Pair(*row) for row in connection.execute(_PAIRS).fetchall()]
    shown = _shown(connection, [pair for pair in pairs if _depends_on_titles(pair)])
    for pair in pairs:
        is_open = pair.page_id not in known or not (pair.is_stored or pair.other_id in known)
        if not is_open or not _is_same(pair, shown):
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
    other_id: str
    article_id: str
    article_url: str
    other_url: str
    other_title: str
    other_text: str
    other_hash: str
    other_published_at: datetime | None
    is_stored: bool
    """Whether the other is no page of this commit."""


_Shown = Mapping[str, frozenset[str]]
"""By pages' ids: the titles under which feeds have shown them, in lower case."""


def _shown(connection: Connection, pairs: Sequence[_Pair]) -> _Shown:
    """The titles of the pages in these pairs. Few depend on them, and finding them takes 30 ms among a million."""
    if not pairs:
        return {}
    ids = {page_id for pair in pairs for page_id in (pair.page_id, pair.other_id)}
    rows = connection.execute(_SHOWN, {"ids": to_json(ids)}).fetchall()
    return {page_id: frozenset(titles) for page_id, titles in rows}


def _is_same(pair: _Pair, shown: _Shown) -> bool:
    """Whether the two are one article, by what they have in common and by what they say."""
    if _depends_on_titles(pair):
        return not _is_told_apart(pair, shown)
    match pair.why:
        case "target":
            return True
        case "entry" if pair.page_hash == pair.other_hash:
            return True
        case "entry":
            is_like = shared_words(pair.text, pair.other_text) >= SHARED_WORDS
            return is_like and not _is_of_another_day(pair) and _share_details(pair.text, pair.other_text)
    return False


def _depends_on_titles(pair: _Pair) -> bool:
    """Whether the two are one article unless feeds call them by different names (see `_is_told_apart`)."""
    if pair.why == "text":
        same_title = pair.title.casefold() == pair.other_title.casefold()
        return same_title and _place(pair.url) == _place(pair.other_url) and not _is_of_another_day(pair)
    return pair.why == "entry" and pair.page_hash == pair.other_hash and _is_of_another_day(pair)


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


def _is_told_apart(pair: _Pair, shown: _Shown) -> bool:
    """Whether feeds call the two by different names: then the same text may be that of a site's paywall."""
    ours, theirs = (shown.get(page_id, frozenset()) for page_id in (pair.page_id, pair.other_id))
    return bool(ours and theirs) and not ours & theirs


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

_HAS_OTHER_SITE = """
    SELECT 1 FROM identified AS i JOIN incoming AS n USING (page_id) WHERE NOT i.owner AND i.site <> n.site LIMIT 1"""

# What traces have found may have changed since, but for a page's entries. Of other newcomers only those are meant that
# were there earlier.
_PAIRED = f"""
    CREATE OR REPLACE TEMP TABLE paired AS
    WITH found AS (
        SELECT n.page_id, n.url, n.page_hash, n.site, t.why, t.other_id
        FROM newcomers AS n JOIN traced AS t USING (page_id)
    ), texts AS (
        SELECT article_id, site, {_PAGE_HASH} FROM held_articles
    )
    SELECT page_id, other_id, why FROM found WHERE why = 'entry'
    UNION ALL
    SELECT f.page_id, f.other_id, f.why
    FROM found AS f JOIN held_pages AS o ON o.page_id = f.other_id AND o.final_url = f.url WHERE f.why = 'target'
    UNION ALL
    SELECT f.page_id, f.other_id, f.why
    FROM found AS f JOIN held_pages AS o ON o.page_id = f.other_id AND o.outcome = 'article'
    JOIN texts AS a ON a.article_id = o.article_id AND a.page_hash = f.page_hash AND a.site = f.site
    WHERE f.why = 'text'
    UNION ALL
    SELECT n.page_id, o.page_id, 'text' FROM newcomers AS n JOIN newcomers AS o USING (page_hash, site)
    WHERE (o.first_seen_at, o.page_id) < (n.first_seen_at, n.page_id)"""

_PAIRS = f"""
    WITH others AS (
        SELECT p.page_id, article_id, a.url AS article_url, coalesce(p.final_url, p.url) AS url, title, text,
               {_PAGE_HASH}, {_PUBLISHED_AT}, a.fetched_at AS first_seen_at, true AS is_stored
        FROM held_pages AS p JOIN held_articles AS a USING (article_id)
        WHERE p.page_id IN (SELECT other_id FROM paired)
        UNION ALL
        SELECT page_id, article_id, article_url, url, title, text, page_hash, published_at, first_seen_at, false
        FROM newcomers
    )
    SELECT why, n.page_id, n.url, n.title, n.text, n.page_hash, n.published_at,
           o.page_id, o.article_id, o.article_url, o.url, o.title, o.text, o.page_hash, o.published_at, o.is_stored
    FROM paired AS c JOIN newcomers AS n USING (page_id) JOIN others AS o ON o.page_id = c.other_id
    WHERE o.is_stored OR (o.first_seen_at, o.page_id) < (n.first_seen_at, n.page_id)
    ORDER BY n.first_seen_at, n.page_id, NOT o.is_stored, o.first_seen_at, o.page_id, why"""

_SHOWN = f"""
    SELECT page_id, list(DISTINCT lower(title)) FROM entries
    WHERE title IS NOT NULL AND rowid IN (SELECT rowid FROM entries WHERE page_id IN ({strings("ids")}))
    GROUP BY page_id"""

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
