"""Redirects that lead away from an article, as far as only other pages or earlier fetches can show it.

`tasks.urls.leads_away` knows such addresses by their form. A consent page under any name is known here: many different
articles are redirected to it, or a page that has held an article comes to something else, at another address or at its
own. Of a page to which many are redirected, derive looks at what it calls itself: a live blog may be one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from tasks import urls
from tasks.model import Derived, FetchedPage, Outcome
from tasks.store.canonicals import SHARED_WORDS, Version, same_article, shared_words
from tasks.store.rows import reading, to_json
from tasks.store.state import Connection

SHORTER, OTHER_WORDS = 0.5, 0.2
"""A page that is shorter than this part of the article that it held, with fewer words in common than this, and under
another headline, has taken its place at its own address ("Page not found", answered as if nothing were wrong)."""
LEAST_TITLES = 3
"""Entries of different titles whose pages are redirected to one address before it is none of them."""

_NUMBER, _DAY = re.compile(r"(?<!\d)\d{5,}(?!\d)"), re.compile(r"(?:19|20)\d\d(?:0\d|1[0-2])(?:\d\d)?")
_LED = reading({"page_id": "VARCHAR", "final_url": "VARCHAR", "own_id": "VARCHAR"})
_REFUSED = reading({"page_id": "VARCHAR", "error": "VARCHAR", "next_attempt_at": "TIMESTAMP"})
_REFUSED_IDS = f"SELECT page_id FROM ({_REFUSED})"


def substitutes(connection: Connection, pages: Sequence[FetchedPage]) -> frozenset[str]:
    """The addresses to which these pages were redirected and that stand in for many different articles."""
    led = [(page.page_id, page.final_url, urls.page_id(page.final_url)) for page in pages]
    rows = [dict(zip(("page_id", "final_url", "own_id"), row, strict=True)) for row in led if row[0] != row[2]]
    if not rows:
        return frozenset()
    return frozenset(row[0] for row in connection.execute(_SUBSTITUTES, {"rows": to_json(rows)}).fetchall())


def refuse(connection: Connection, derived: Sequence[Derived]) -> None:
    """Take from the temporary table `incoming` what is no new version of the article that its page holds.

    The page ends as `redirected_away` in `endings`; its article stays as it was. `held_articles` and `held_pages` must
    hold what is stored (see `held`).
    """
    pages = {item.page.page_id: item.page for item in derived}
    rows = [
        {
            "page_id": found.page_id,
            "error": _what_happened(found),
            "next_attempt_at": pages[found.page_id].next_attempt_at,
        }
        for found in (_Moved(*row) for row in connection.execute(_MOVED).fetchall())
        if not _is_same(found, pages[found.page_id])
    ]
    if rows:
        connection.execute(_REFUSE, {"rows": to_json(rows), "outcome": str(Outcome.REDIRECTED_AWAY)})
        for table in ("incoming", "matched"):
            connection.execute(f"DELETE FROM {table} WHERE page_id IN ({_REFUSED_IDS})", {"rows": to_json(rows)})


class _Moved(NamedTuple):
    """A page that holds an article and gave something else this time."""

    page_id: str
    final_url: str
    is_elsewhere: bool
    """Whether it was found at another address than before."""
    title: str
    text: str
    held_url: str
    held_title: str
    held_text: str
    held_from: str


def _what_happened(found: _Moved) -> str:
    if found.is_elsewhere:
        return f"redirected to {found.final_url}"[:500]
    return f"something else stands in its place: {found.title}"[:500]


def _is_same(found: _Moved, page: FetchedPage) -> bool:
    """Whether what was found is the article still, be it edited. A text of the feed's takes no page's place."""
    if urls.leads_away(page.url, page.final_url):
        return found.held_from == "feed"
    announced = page.hint.title if page.hint else None
    if any(title and shared_words(found.title, title) >= SHARED_WORDS for title in (found.held_title, announced)):
        return True
    if urls.identity(found.final_url) in (urls.identity(page.url), urls.identity(found.held_url)):
        is_shorter = len(found.text) < SHORTER * len(found.held_text)
        return not is_shorter or shared_words(found.text, found.held_text) >= OTHER_WORDS
    now = Version(found.final_url, found.title, found.text)
    before = Version(found.held_url, found.held_title, found.held_text)
    return same_article(now, before) or bool(_numbers(found.final_url) & _numbers(found.held_url))


def _numbers(url: str) -> set[str]:
    """The numbers in an address, after its host, that are long enough to be an article's, and are no day."""
    return {number for number in _NUMBER.findall(urls.identity(url).partition("/")[2]) if not _DAY.fullmatch(number)}


_SUBSTITUTES = f"""
    WITH led AS (
        {_LED}
    ), targets AS (
        SELECT DISTINCT final_url, own_id FROM led
    ), all_led AS (
        SELECT page_id, final_url FROM led
        UNION
        SELECT p.page_id, p.final_url FROM pages AS p JOIN targets AS t USING (final_url) WHERE p.page_id <> t.own_id
    ), titled AS (
        SELECT final_url, page_id, lower(min(e.title)) AS title
        FROM all_led JOIN entries AS e USING (page_id) GROUP BY ALL
    )
    SELECT final_url FROM titled GROUP BY final_url HAVING count(DISTINCT title) >= {LEAST_TITLES}"""

_MOVED = """
    SELECT i.page_id, e.final_url, e.final_url <> coalesce(p.final_url, p.url), i.title, i.text,
           a.url, a.title, a.text, a.text_from
    FROM incoming AS i JOIN endings AS e USING (page_id) JOIN held_pages AS p USING (page_id)
    JOIN held_articles AS a ON a.article_id = p.article_id
    WHERE p.outcome = 'article' AND (e.final_url <> coalesce(p.final_url, p.url) OR i.title <> a.title)
    ORDER BY i.page_id"""

_REFUSE = f"""
    UPDATE endings AS e SET outcome = $outcome, error = r.error, next_attempt_at = r.next_attempt_at
    FROM ({_REFUSED}) AS r WHERE r.page_id = e.page_id"""
