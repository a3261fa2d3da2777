"""A site's sitemaps: an index is followed politely, the newest parts first, within limits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tasks.capture.crawler import Crawler
from tasks.capture.feeddates import plausible
from tasks.capture.http import Failure
from tasks.capture.sitemapxml import NotASitemap, Sitemap, SitemapLink, parse_sitemap
from tasks.model import Entry

__all__ = ["NotASitemap", "Sitemap", "SitemapLink", "follow_children", "parse_sitemap", "read_sitemap"]

ACCEPT = "application/xml, text/xml;q=0.9, application/gzip;q=0.8, text/plain;q=0.7, */*;q=0.1"
MAX_CHILDREN = 20
"""How many sitemaps of an index are asked for at a time."""
MAX_ENTRIES = 5_000
"""How many pages are given, the newest."""
MAX_BYTES = 20_000_000
"""The decoded size of one sitemap: room for the protocol's 50,000 addresses; its 50 MB are what no real one needs."""

_MONTH = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)(?:\D?(?P<month>0[1-9]|1[0-2]))?(?=\D|[0-3]\d\D)")
_NEWS = re.compile(r"news|noticias|latest|recent|actual|aktuell", re.IGNORECASE)
_OTHERS = re.compile(
    r"(?:^|[/_.-])(?:post_tag|tags?|categor(?:y|ies|ia|ias)|taxonom(?:y|ies)|authors?|autor(?:es)?|users?|images?|"
    r"videos?|products?|attachments?|galler(?:y|ies)|topics?)(?=[/_.\d-])",
    re.IGNORECASE,
)


async def read_sitemap(
    crawler: Crawler,
    url: str,
    *,
    now: datetime,
    since: datetime | None = None,
    max_bytes: int = MAX_BYTES,
    max_children: int = MAX_CHILDREN,
    max_entries: int = MAX_ENTRIES,
) -> tuple[Entry, ...] | NotASitemap:
    """The pages of the sitemap at `url`, its children's included, the newest first.

    `since` (naive UTC) leaves out pages that are dated and older; undated ones stay. An index is followed as
    `follow_children` says. NotASitemap where nothing could be read; raises nothing.
    """
    found = await _fetch(crawler, url, max_bytes, since)
    if isinstance(found, NotASitemap):
        return found
    return await follow_children(
        crawler,
        found,
        now=now,
        since=since,
        max_bytes=max_bytes,
        max_children=max_children,
        max_entries=max_entries,
        seen=(url,),
    )


@dataclass(slots=True)
class _Harvest:
    """What was gathered so far, never more than `limit` pages."""

    now: datetime
    limit: int = MAX_ENTRIES
    entries: dict[str, Entry] = field(default_factory=dict)

    def add(self, entries: Iterable[Entry]) -> None:
        for found in entries:
            published, updated = plausible(found.published_at, self.now), plausible(found.updated_at, self.now)
            self.entries.setdefault(found.url, replace(found, published_at=published, updated_at=updated))
        if len(self.entries) > self.limit:
            self.entries = {entry.url: entry for entry in self.newest()}

    def newest(self) -> tuple[Entry, ...]:
        """Dated pages first, the newest of them leading; undated ones in the sitemap's order."""
        ranked = sorted(self.entries.values(), key=lambda entry: _date(entry) or datetime.min, reverse=True)
        return tuple(ranked[: self.limit])


async def follow_children(
    crawler: Crawler,
    sitemap: Sitemap,
    *,
    now: datetime,
    since: datetime | None = None,
    max_bytes: int = MAX_BYTES,
    max_children: int = MAX_CHILDREN,
    max_entries: int = MAX_ENTRIES,
    seen: Iterable[str] = (),
) -> tuple[Entry, ...] | NotASitemap:
    """The pages of a parsed sitemap and of the sitemaps that it names, the newest first.

    One request after the other, at most `max_children`, the newest children first, none twice; children last changed
    before `since` are left, except that one is always read. A child that cannot be read costs its own pages only;
    NotASitemap where that holds for all.
    """
    harvest = _Harvest(now, max_entries)
    harvest.add(sitemap.entries)
    asked, queue = set(seen), list(sitemap.children)
    read, failures = 0, []
    for number in range(max_children):
        queue = [link for link in _ranked(queue, now) if link.url not in asked]
        if not queue or (number and _is_old(queue[0], since, now)):
            break
        link = queue.pop(0)
        asked.add(link.url)
        found = await _fetch(crawler, link.url, max_bytes, since)
        if isinstance(found, NotASitemap):
            failures.append(f"{link.url}: {found.reason}")
            continue
        read += 1
        harvest.add(found.entries)
        queue += found.children
    if failures and not read and not sitemap.entries:
        return NotASitemap(f"none of {len(failures)} sitemaps of the index could be read; {failures[0]}")
    return harvest.newest()


async def _fetch(crawler: Crawler, url: str, max_bytes: int, since: datetime | None) -> Sitemap | NotASitemap:
    answer = await crawler.get(url, accept=ACCEPT, max_bytes=max_bytes)
    if isinstance(answer, Failure):
        return NotASitemap(f"{answer.outcome}: {answer.error}")
    if not 200 <= answer.status < 300:
        return NotASitemap(f"HTTP {answer.status}")
    return parse_sitemap(answer.body, url=answer.url, max_bytes=max_bytes, since=since)


def _date(entry: Entry) -> datetime | None:
    return max((date for date in (entry.published_at, entry.updated_at) if date), default=None)


def _ranked(links: list[SitemapLink], now: datetime) -> list[SitemapLink]:
    """Those for news first, then by date, then in the index's order; without those for tags, authors and pictures."""
    wanted = [link for link in links if not _OTHERS.search(_path(link))] or links

    def rank(link: SitemapLink) -> tuple[bool, datetime]:
        return bool(_NEWS.search(_path(link))) and not _MONTH.search(_path(link)), _changed(link, now) or datetime.min

    return sorted(wanted, key=rank, reverse=True)


def _path(link: SitemapLink) -> str:
    """The address without its host, whose name may say "news" as well."""
    return link.url.partition("://")[2].partition("/")[2]


def _changed(link: SitemapLink, now: datetime) -> datetime | None:
    """When a child changed last: its `lastmod`, else the end of the month or year that its address names."""
    found = _MONTH.search(_path(link))
    if link.lastmod or not found:
        return plausible(link.lastmod, now)
    year, month = int(found["year"]), int(found["month"] or 12)
    return min(datetime(year + month // 12, month % 12 + 1, 1) - timedelta(seconds=1), now)


def _is_old(link: SitemapLink, since: datetime | None, now: datetime) -> bool:
    changed = _changed(link, now)
    return since is not None and changed is not None and changed < since
