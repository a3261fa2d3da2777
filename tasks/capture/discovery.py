"""What an address is: a feed, a sitemap, a page with a feed, a listing page, or a single article."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from tasks import urls
from tasks.capture import sitemaps
from tasks.capture.autodiscovery import is_for_comments, known_places, linked_feeds
from tasks.capture.feeddates import plausible
from tasks.capture.feeds import NotAFeed, parse_feed
from tasks.capture.http import Client, Failure, Response
from tasks.capture.listing import article_links
from tasks.capture.pagekind import LISTING_LINKS, is_article
from tasks.capture.pagetree import meta, page_language, page_title, parse_page
from tasks.capture.sitemaps import NotASitemap, follow_children, parse_sitemap
from tasks.model import Entry, Feed, Kind

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, text/html;q=0.9, application/xhtml+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
)
PAUSE = 1.0
"""Seconds before each further request to a site."""
SITEMAP_WINDOW = timedelta(days=7)
"""How far back a poll reads a sitemap, which lists all that a site ever published; the rest is for `backfill`."""

_REFUSED = (401, 402, 403, 406, 429, 451)


@dataclass(frozen=True, slots=True)
class Discovered:
    """What was found: `url` is the address to poll (the feed's, where a page led to it), `entries` what it has."""

    url: str
    kind: Kind
    title: str | None = None
    language: str | None = None
    entries: tuple[Entry, ...] = ()
    ttl: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Undiscovered:
    """Nothing that can be watched; `reason` is one line that says why and what to do."""

    url: str
    reason: str


async def discover(client: Client, url: str, now: datetime, *, pause: float = PAUSE) -> Discovered | Undiscovered:
    """Find out what `url` is: one request, and a few more, one after the other, where it is a page without a feed link.

    `now` is naive UTC. Raises nothing; every failure is an Undiscovered.
    """
    answer = await client.get(url, accept=ACCEPT)
    if isinstance(answer, Failure):
        return Undiscovered(url, f"{answer.outcome}: {answer.error}; check the address")
    if not 200 <= answer.status < 300:
        return Undiscovered(url, _refusal(answer.status))
    found = await recognise(client, answer, now, pause=pause)
    if isinstance(found, Discovered) and found.url == answer.url:
        # A temporary redirect is followed anew on each poll; one for good is not to be stored as it was.
        return replace(found, url=answer.moved_to or url)
    return replace(found, url=url) if isinstance(found, Undiscovered) else found


def _refusal(status: int) -> str:
    if status in _REFUSED:
        return f"HTTP {status}: the site refuses this client; look for another address of its feed or ask the site"
    return f"HTTP {status}: " + ("check the address" if status < 500 else "the site has a problem; try again later")


async def recognise(
    client: Client, answer: Response, now: datetime, *, pause: float = PAUSE
) -> Discovered | Undiscovered:
    """As `discover`, of an answer with status 2xx that is already here; `url` is then the answer's own."""
    feed = parse_feed(answer.body, url=answer.url, content_type=answer.content_type, now=now)
    if isinstance(feed, Feed):
        return _of_feed(feed, answer.url)
    start = sitemap_start(None, now)
    sitemap = parse_sitemap(answer.body, url=answer.url, max_bytes=sitemaps.MAX_BYTES, since=start)
    if not isinstance(sitemap, NotASitemap):
        entries = await follow_children(client, sitemap, now=now, since=start, pause=pause, seen=(answer.url,))
        if isinstance(entries, NotASitemap):
            return Undiscovered(answer.url, f"a sitemap index, but {entries.reason}; try one of its sitemaps")
        return Discovered(answer.url, Kind.SITEMAP, entries=entries)
    if not _is_page(answer, feed):
        return Undiscovered(answer.url, f"{feed.reason}; give the address of a feed, a sitemap or a web page")
    tree = parse_page(answer.body, answer.content_type)
    if tree is None:
        return Undiscovered(answer.url, "an empty page; give the address of a feed, a sitemap or a web page")
    return await _of_page(client, tree, answer, now, pause)


def sitemap_start(since: datetime | None, now: datetime) -> datetime:
    """From when on a poll reads a sitemap: `SITEMAP_WINDOW` before the last success, or before `now` on the first."""
    return min(since or now, now) - SITEMAP_WINDOW


def page_entries(tree: HtmlElement, url: str, now: datetime) -> tuple[Entry, ...]:
    """The article links of a page, with the dates that are plausible at `now`."""
    links = article_links(tree, url)
    return tuple(replace(entry, published_at=plausible(entry.published_at, now)) for entry in links)


def _is_page(answer: Response, feed: NotAFeed) -> bool:
    return "html" in (answer.content_type or "").lower() or feed.reason == "an HTML page"


def _of_feed(feed: Feed, url: str) -> Discovered:
    return Discovered(url, Kind.FEED, feed.title, feed.language, feed.entries, feed.ttl)


async def _of_page(
    client: Client, tree: HtmlElement, answer: Response, now: datetime, pause: float
) -> Discovered | Undiscovered:
    """The page's feed, else the page itself: an article is one by its own evidence, never by a guessed feed's."""
    url, title, language = answer.url, page_title(tree), page_language(tree)
    found = await _first_feed(client, linked_feeds(tree, url), now, pause)
    entries = page_entries(tree, url, now)
    single = is_article(tree, url, entries)
    if not found and not single:
        found = await _first_feed(client, known_places(url), now, pause)
    if found:
        return replace(found, title=found.title or title, language=found.language or language)
    if len(entries) >= LISTING_LINKS and not single:
        return Discovered(url, Kind.PAGE, title, language, entries)
    if single:
        headline = meta(tree, "og:title") or title
        return Discovered(url, Kind.ARTICLE, headline, language, (Entry(url, url, headline),))
    return Undiscovered(url, _advice(len(entries)))


def _advice(links: int) -> str:
    shown = f"only {links} article links" if links else "no article links"
    return (
        f"the page has no feed and {shown} (scripts may fill it in a browser); "
        "give the address of its feed, of a section page or of a sitemap"
    )


async def _first_feed(client: Client, places: tuple[str, ...], now: datetime, pause: float) -> Discovered | None:
    """The first of `places` that holds a feed; one of comments only where there is no other.

    A host that refuses, is overloaded or does not answer is not asked further.
    """
    comments: Discovered | None = None
    unwilling: set[str] = set()
    for place in places:
        if urls.host(place) in unwilling:
            continue
        await asyncio.sleep(pause)
        answer = await client.get(place, accept=ACCEPT)
        if isinstance(answer, Failure) or answer.status in (403, 429) or answer.status >= 500:
            unwilling.add(urls.host(place))
            continue
        if answer.status >= 300:
            continue
        feed = parse_feed(answer.body, url=answer.url, content_type=answer.content_type, now=now)
        if isinstance(feed, Feed):
            found = _of_feed(feed, answer.moved_to or place)
            if not is_for_comments(f"{feed.title} {urlsplit(place).path}"):
                return found
            comments = comments or found
    return comments
