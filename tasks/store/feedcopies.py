"""Pages that cannot be had, but whose feeds carry their full content: the article is made from that.

Only where the page has failed for good: while it is tried again it may still come, with more than its feed has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tasks.model import FailedPage, FetchedPage
from tasks.store.rows import strings, to_json
from tasks.store.state import Connection


def of_failures(connection: Connection, failures: Sequence[FailedPage]) -> list[FetchedPage]:
    """What can be derived from feeds: of the pages that are not tried again, those with an entry in full.

    None that is an article by its own page already: that stays as it was.
    """
    final = {page.page_id: page for page in failures if page.next_attempt_at is None}
    if not final:
        return []
    rows = connection.execute(_IN_FULL, {"ids": to_json(final)}).fetchall()
    return [_copy(final[page_id]) for (page_id,) in rows]


def _copy(page: FailedPage) -> FetchedPage:
    """The page under its own address: where redirects ended is not the article's."""
    return FetchedPage(
        *(page.page_id, page.url, page.url, page.http_status, page.fetched_at),
        warc_file="",
        warc_offset=0,
        attempts=page.attempts,
        archived=False,
        failure=replace(page, waits=()),
    )


_IN_FULL = f"""
    SELECT page_id FROM pages AS p LEFT JOIN articles AS a USING (article_id)
    WHERE page_id IN ({strings("ids")})
      AND page_id IN (SELECT e.page_id FROM entries AS e WHERE e.content_html <> '')
      AND (p.outcome NOT IN ('article', 'duplicate') OR (p.outcome = 'article' AND a.text_from = 'feed'))
    ORDER BY page_id"""
