"""An address whose kind somebody names: asked for once, to see whether it gives what that kind is polled for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tasks.capture.crawler import Crawler
from tasks.capture.discovery import Discovered, Undiscovered, ask
from tasks.capture.feeds import NotAFeed, parse_feed
from tasks.capture.http import Response
from tasks.capture.kinds import read_answer
from tasks.capture.pagetree import page_language, page_title, parse_page
from tasks.model import Kind


async def confirm(crawler: Crawler, url: str, kind: Kind, now: datetime) -> Discovered | Undiscovered:
    """The address as a source of this kind, with what a poll would show; `now` is naive UTC.

    Nothing else is guessed: a feed that a page names is not followed. Raises nothing; every failure is an Undiscovered.
    """
    answer = await ask(crawler, url, is_feed=kind is Kind.FEED)
    if isinstance(answer, Undiscovered):
        return answer
    found = await _of_kind(crawler, kind, answer, now)
    if isinstance(found, NotAFeed):
        return Undiscovered(url, f"no {kind}: {found.reason}; without --kind, what it is is found out")
    # As in `discover`: a temporary redirect is followed anew on each poll.
    return replace(found, url=answer.moved_to or url)


async def _of_kind(crawler: Crawler, kind: Kind, answer: Response, now: datetime) -> Discovered | NotAFeed:
    if kind is Kind.FEED:
        feed = parse_feed(answer.body, url=answer.url, content_type=answer.content_type, now=now)
        if isinstance(feed, NotAFeed):
            return feed
        return Discovered(answer.url, kind, feed.title, feed.language, feed.entries, feed.ttl)
    if kind is not Kind.SITEMAP and "html" not in (answer.content_type or "html").lower():
        return NotAFeed(f"not a web page but {answer.content_type}")
    read = await read_answer(crawler, kind, answer, now)
    if isinstance(read, NotAFeed):
        return read
    tree = parse_page(answer.body, answer.content_type) if kind is not Kind.SITEMAP else None
    if tree is None:
        return Discovered(answer.url, kind, entries=read.entries)
    return Discovered(answer.url, kind, page_title(tree), page_language(tree), read.entries)
