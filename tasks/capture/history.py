"""What a site has published since a day, as its sitemaps list it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from tasks.capture.crawler import Crawler, open_crawler
from tasks.capture.sitemaps import NotASitemap, read_sitemap
from tasks.model import Entry
from tasks.settings import Settings

MAX_CHILDREN = 2_000
"""Sitemaps of one index that are asked for: one for each day of five years."""
MAX_ENTRIES = 200_000
"""Pages that are taken, the newest."""
_USUAL_PLACES = ("/sitemap.xml", "/sitemap_index.xml")


async def published_since(
    places: tuple[str, ...], site: str, since: datetime, settings: Settings, clock: Callable[[], datetime]
) -> tuple[Entry, ...] | NotASitemap:
    """The pages dated `since` (naive UTC) or undated in the sitemaps at `places`, the newest first.

    Without places, in those that the robots.txt of `site` (an address on it) names, else at the usual ones. One request
    after the other, `http.per_host_delay` apart. NotASitemap where there is none; raises nothing.
    """
    entries: dict[str, Entry] = {}
    failures: list[str] = []
    read = 0
    async with open_crawler(settings.http, clock) as crawler:
        named = places or await _named_in_robots(crawler, site)
        usual = [_origin(site) + path for path in _USUAL_PLACES]
        for place in named or usual:
            found = await read_sitemap(
                crawler,
                place,
                now=clock(),
                since=since,
                max_children=MAX_CHILDREN,
                max_entries=MAX_ENTRIES,
            )
            if isinstance(found, NotASitemap):
                failures.append(f"{place}: {found.reason}")
                continue
            read += 1
            for entry in found:
                entries.setdefault(entry.url, entry)
            if not named:
                break
    return tuple(entries.values())[:MAX_ENTRIES] if read else NotASitemap("; ".join(failures))


async def _named_in_robots(crawler: Crawler, site: str) -> tuple[str, ...]:
    lines = await crawler.robots.sitemaps(site)
    return tuple(urljoin(_origin(site), line) for line in lines)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
