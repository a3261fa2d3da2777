"""What an address is: a feed, a sitemap, a page with a feed, a listing page, or a single article."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from tasks import urls
from tasks.capture import sitemaps
from tasks.capture.autodiscovery import is_for_comments, known_places, linked_feeds
from tasks.capture.crawler import Crawler, looks_like_feed
from tasks.capture.feeddates import plausible
from tasks.capture.feeds import NotAFeed, parse_feed
from tasks.capture.http import Failure, Refusal, Response
from tasks.capture.listing import article_links
from tasks.capture.pagekind import LISTING_LINKS, is_article
from tasks.capture.pagetree import meta, page_language, page_title, parse_page
from tasks.capture.patience import UNREACHABLE
from tasks.capture.sitemaps import NotASitemap, follow_children, parse_sitemap
from tasks.model import Entry, Feed, Kind, Outcome

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, text/html;q=0.9, application/xhtml+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
)
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
    skipped: int = 0
    """Entries that lead to no web page."""


@dataclass(frozen=True, slots=True)
class Undiscovered:
    """Nothing that can be watched; `reason` is one line that says why and what to do."""

    url: str
    reason: str
    unreachable: bool = False
    """Nobody answers at this address."""


async def discover(crawler: Crawler, url: str, now: datetime) -> Discovered | Undiscovered:
    """Find out what `url` is: one request, and a few more, one after the other, where it is a page without a feed link.

    `now` is naive UTC. Raises nothing; every failure is an Undiscovered.
    """
    answer = await ask(crawler, url, is_feed=looks_like_feed(url))
    if isinstance(answer, Undiscovered):
        return answer
    found = await recognise(crawler, answer, now)
    if isinstance(found, Discovered) and found.url == answer.url:
        # A temporary redirect is followed anew on each poll; one for good is not to be stored as it was.
        return replace(found, url=answer.moved_to or url)
    return replace(found, url=url) if isinstance(found, Undiscovered) else found


async def ask(crawler: Crawler, url: str, *, is_feed: bool) -> Response | Undiscovered:
    """The answer of an address with status 2xx; raises nothing."""
    answer = await crawler.get(url, accept=ACCEPT, is_feed=is_feed)
    if isinstance(answer, Failure):
        reason = _refused(answer.refusal) if answer.refusal else f"{answer.outcome}: {answer.error}; check the address"
        return Undiscovered(url, reason, unreachable=answer.outcome in UNREACHABLE)
    if not 200 <= answer.status < 300:
        return Undiscovered(url, _refusal(answer.status))
    return answer


def _refused(refusal: Refusal) -> str:
    if refusal.outcome is Outcome.ROBOTS and refusal.again_after is None:
        return f"{refusal.error}; if it is a feed, write it into sources.yaml with kind: feed"
    return f"{refusal.error}; try again later"


def _refusal(status: int) -> str:
    if status in _REFUSED:
        return f"HTTP {status}: the site refuses this client; look for another address of its feed or ask the site"
    return f"HTTP {status}: " + ("check the address" if status < 500 else "the site has a problem; try again later")


async def recognise(crawler: Crawler, answer: Response, now: datetime) -> Discovered | Undiscovered:
    """As `discover`, of an answer with status 2xx that is already here; `url` is then the answer's own.

    What was asked for as a feed, by its name, and is none, is subject to robots.txt after all.
    """
    feed = parse_feed(answer.body, url=answer.url, content_type=answer.content_type, now=now)
    if isinstance(feed, Feed):
        return _of_feed(feed, answer.url)
    refusal = await crawler.refusal(answer.url)
    if refusal:
        return Undiscovered(answer.url, f"not a feed, and {_refused(refusal)}")
    start = sitemap_start(None, now)
    sitemap = parse_sitemap(answer.body, url=answer.url, max_bytes=sitemaps.MAX_BYTES, since=start)
    if not isinstance(sitemap, NotASitemap):
        entries = await follow_children(crawler, sitemap, now=now, since=start, seen=(answer.url,))
        if isinstance(entries, NotASitemap):
            return Undiscovered(answer.url, f"a sitemap index, but {entries.reason}; try one of its sitemaps")
        return Discovered(answer.url, Kind.SITEMAP, entries=entries)
    if not _is_page(answer, feed):
        return Undiscovered(answer.url, f"{feed.reason}; give the address of a feed, a sitemap or a web page")
    tree = parse_page(answer.body, answer.content_type)
    if tree is None:
        return Undiscovered(answer.url, "an empty page; give the address of a feed, a sitemap or a web page")
    return await _of_page(crawler, tree, answer, now)


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
    return Discovered(url, Kind.FEED, feed.title, feed.language, feed.entries, feed.ttl, feed.skipped)


async def _of_page(crawler: Crawler, tree: HtmlElement, answer: Response, now: datetime) -> Discovered | Undiscovered:
    """The page's feed, else the page itself: an article is one by its own evidence, never by a guessed feed's."""
    url, title, language = answer.url, page_title(tree), page_language(tree)
    found = await _first_feed(crawler, linked_feeds(tree, url), now, are_feeds=True)
    entries = page_entries(tree, url, now)
    single = is_article(tree, url, entries)
    if not found and not single:
        found = await _first_feed(crawler, known_places(url), now, are_feeds=False)
    if found:
        return replace(found, title=found.title or title, language=found.language or language)
    if len(entries) >= LISTING_LINKS and not single:
        return Discovered(url, Kind.PAGE, title, language, entries)
    if single:
        headline = meta(tree, "og:title") or title or _first_heading(tree)
        return Discovered(url, Kind.ARTICLE, headline, language, (Entry(url, url, headline),))
    return Undiscovered(url, _advice(len(entries)))


def _first_heading(tree: HtmlElement) -> str | None:
    heading = next(tree.iter("h1"), None)
    return " ".join("".join(heading.itertext()).split()) or None if heading is not None else None


def _advice(links: int) -> str:
    shown = f"only {links} article links" if links else "no article links"
    return (
        f"the page has no feed and {shown} (scripts may fill it in a browser); "
        "give the address of its feed, of a section page or of a sitemap"
        + (", or take it as it is with kind: page (sources add --kind page)" if links else "")
    )


async def _first_feed(
    crawler: Crawler, places: tuple[str, ...], now: datetime, *, are_feeds: bool
) -> Discovered | None:
    """The first of `places` that holds a feed; one of comments only where there is no other.

    A host that refuses, is overloaded or does not answer is not asked further. With `are_feeds`, the page itself calls
    them so; a guess is subject to robots.txt.
    """
    comments: Discovered | None = None
    unwilling: set[str] = set()
    for place in places:
        if urls.host(place) in unwilling:
            continue
        answer = await crawler.get(place, accept=ACCEPT, is_feed=are_feeds)
        if isinstance(answer, Failure):
            if not _is_forbidden(answer.refusal):
                unwilling.add(urls.host(place))
            continue
        if answer.status in (403, 429) or answer.status >= 500:
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


def _is_forbidden(refusal: Refusal | None) -> bool:
    """Whether this address alone is meant, by the site's rules."""
    return refusal is not None and refusal.again_after is None
