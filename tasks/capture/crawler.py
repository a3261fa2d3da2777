"""The way to everything that is fetched: robots.txt first, and no host that asked to wait or does not answer.

robots.txt is for crawlers: it is obeyed for pages, sitemaps and guessed places of feeds. A feed that somebody has
subscribed to, or that a page offers by a link element, is asked for as feed readers do, without robots.txt: its
publisher put it there to be polled, and many sites forbid search engines their `/feed/` without meaning its readers.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from urllib.parse import urlsplit

from tasks.capture.http import Client, Failure, Refusal, Response
from tasks.capture.patience import Patience
from tasks.capture.robots import Robots
from tasks.model import HostWait, RobotsFile
from tasks.settings import HttpSettings

_FEED_NAME = re.compile(r"[/.=](?:feeds?|rss\d?|atom|rdf)(?:$|[/.?&])|\.xml(?:$|\?)", re.IGNORECASE)


class Crawler:
    """One pass's client with its manners; `respects` is whether robots.txt is obeyed (`http.respect_robots`)."""

    def __init__(self, client: Client, robots: Robots, patience: Patience, *, respects: bool) -> None:
        self.client = client
        self.robots = robots
        self.patience = patience
        self._respects = respects

    async def get(
        self,
        url: str,
        *,
        accept: str,
        headers: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
        is_feed: bool = False,
    ) -> Response | Failure:
        """As `Client.get`; what must not be asked for is a Failure with a `refusal`, also where a redirect leads to it.

        `is_feed` leaves robots.txt aside.
        """
        refuses = self._refuses_feed if is_feed else self.refusal
        refusal = await refuses(url)
        if refusal:
            return Failure(url, refusal.outcome, refusal.error, refusal=refusal)
        self.patience.begin(url)
        answer = await self.client.get(url, accept=accept, headers=headers, max_bytes=max_bytes, refuses=refuses)
        self.patience.saw(url, answer)
        return answer

    async def refusal(self, url: str) -> Refusal | None:
        """Why `url` must not be asked for now; None where it may be."""
        return self.patience.refusal(url) or (await self.robots.refusal(url) if self._respects else None)

    async def _refuses_feed(self, url: str) -> Refusal | None:
        return self.patience.refusal(url)


@asynccontextmanager
async def open_crawler(
    settings: HttpSettings,
    clock: Callable[[], datetime],
    known_robots: Iterable[RobotsFile] = (),
    known_waits: Iterable[HostWait] = (),
) -> AsyncIterator[Crawler]:
    """A crawler for one pass, with what earlier passes know; `clock` gives the time (naive UTC)."""
    patience = Patience(clock, known_waits)
    async with Client(settings) as client:
        robots = Robots(client, settings.user_agent_header, list(known_robots), clock(), patience)
        yield Crawler(client, robots, patience, respects=settings.respect_robots)


def looks_like_feed(url: str) -> bool:
    """Whether an address that nobody has asked yet is a feed's, by its name: `/feed/`, `rss.xml`, `?feed=atom`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return "sitemap" not in url.lower() and bool(_FEED_NAME.search(f"{parts.path}?{parts.query}".rstrip("?")))
