"""One answer of a source, read by the source's kind, or by what the answer turns out to be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tasks.capture import sitemaps
from tasks.capture.crawler import Crawler
from tasks.capture.discovery import Undiscovered, page_entries, recognise, sitemap_start
from tasks.capture.feeds import NotAFeed, parse_feed
from tasks.capture.http import Response
from tasks.capture.pagetree import parse_page
from tasks.capture.sitemaps import NotASitemap, follow_children, parse_sitemap
from tasks.model import Entry, Feed, Kind


@dataclass(frozen=True, slots=True)
class Read:
    """What an answer shows. `found_url` is where the feed is that a page led to: the address to poll from now on."""

    kind: Kind
    entries: tuple[Entry, ...]
    ttl: timedelta | None = None
    found_url: str | None = None
    skipped: int = 0
    """Entries that lead to no web page (`mailto:`, `ftp:`, `file:`, no address), which are left out."""


async def read_answer(
    crawler: Crawler,
    kind: Kind | None,
    answer: Response,
    now: datetime,
    *,
    since: datetime | None = None,
) -> Read | NotAFeed:
    """The entries of an answer with status 2xx, for a source of this kind; None finds the kind out.

    A sitemap's children and the places of a page's feed are asked for through `crawler`, one after the other. `since`
    is the source's last success: older pages of sitemaps are left out, with a margin. NotAFeed says in one line what
    the body is instead; raises nothing.
    """
    match kind:
        case None:
            return await _found_out(crawler, answer, now)
        case Kind.FEED:
            return _feed(answer, now)
        case Kind.SITEMAP:
            return await _sitemap(crawler, answer, now, since)
        case Kind.PAGE:
            return _page(answer, now)
        case Kind.ARTICLE:
            return Read(Kind.ARTICLE, (Entry(answer.url, answer.url),))


async def _found_out(crawler: Crawler, answer: Response, now: datetime) -> Read | NotAFeed:
    found = await recognise(crawler, answer, now)
    if isinstance(found, Undiscovered):
        return NotAFeed(found.reason)
    return Read(
        found.kind, found.entries, found.ttl, found.url if found.url != answer.url else None, skipped=found.skipped
    )


def _feed(answer: Response, now: datetime) -> Read | NotAFeed:
    feed = parse_feed(answer.body, url=answer.url, content_type=answer.content_type, now=now)
    return Read(Kind.FEED, feed.entries, feed.ttl, skipped=feed.skipped) if isinstance(feed, Feed) else feed


async def _sitemap(crawler: Crawler, answer: Response, now: datetime, since: datetime | None) -> Read | NotAFeed:
    """A sitemap, or a feed in its place, which the protocol allows (sitemaps.org, "Syndication feed")."""
    start = sitemap_start(since, now)
    sitemap = parse_sitemap(answer.body, url=answer.url, max_bytes=sitemaps.MAX_BYTES, since=start)
    if isinstance(sitemap, NotASitemap):
        feed = _feed(answer, now)
        return replace(feed, kind=Kind.SITEMAP) if isinstance(feed, Read) else NotAFeed(sitemap.reason)
    entries = await follow_children(crawler, sitemap, now=now, since=start, seen=(answer.url,))
    return NotAFeed(entries.reason) if isinstance(entries, NotASitemap) else Read(Kind.SITEMAP, entries)


def _page(answer: Response, now: datetime) -> Read | NotAFeed:
    """A page without a single article link is a broken collector, not a quiet one."""
    tree = parse_page(answer.body, answer.content_type)
    entries = page_entries(tree, answer.url, now) if tree is not None else ()
    return Read(Kind.PAGE, entries) if entries else NotAFeed("a page without article links")
