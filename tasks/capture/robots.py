"""robots.txt (RFC 9309) through protego: may a page be fetched, and how long to wait between two."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from protego import Protego

from tasks.capture.http import Client, Response
from tasks.model import RobotsFile

FRESH = timedelta(hours=24)
RETRY_AFTER_5XX = timedelta(hours=1)
MAX_CRAWL_DELAY = 30.0
MAX_BYTES = 500 * 1024
"""RFC 9309 asks a crawler to read at least 500 KiB."""

_ALLOW_ALL = ""
_DENY_ALL = "User-agent: *\nDisallow: /"


class Robots:
    """The rules of every host of a pass; asks each host once, remembers for 24 hours."""

    def __init__(self, client: Client, user_agent: str, known: list[RobotsFile], now: datetime) -> None:
        self._client = client
        self._agent = user_agent.split("/")[0]
        self._now = now
        self._files = {known_file.origin: known_file for known_file in known if known_file.expires_at > now}
        self._rules: dict[str, Protego] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self.fetched: list[RobotsFile] = []
        """The files that this pass asked for, to be kept."""

    async def allows(self, url: str) -> bool:
        """Whether robots.txt lets us fetch `url`."""
        return bool((await self._of(url)).can_fetch(url, self._agent))

    async def crawl_delay(self, url: str) -> float:
        """Seconds that the host asks for between two requests, capped at 30; 0 where it asks for nothing."""
        return min(float((await self._of(url)).crawl_delay(self._agent) or 0), MAX_CRAWL_DELAY)

    async def _of(self, url: str) -> Protego:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        async with self._locks.setdefault(origin, asyncio.Lock()):
            if origin not in self._rules:
                if origin not in self._files:
                    self._files[origin] = await self._fetch(origin)
                    self.fetched.append(self._files[origin])
                self._rules[origin] = Protego.parse(self._files[origin].body)
        return self._rules[origin]

    async def _fetch(self, origin: str) -> RobotsFile:
        """RFC 9309, 2.3.1: a 4xx allows everything; a server error or no answer forbids everything for a while."""
        answer = await self._client.get(f"{origin}/robots.txt", accept="text/plain,*/*;q=0.1", max_bytes=MAX_BYTES)
        if isinstance(answer, Response) and answer.status < 500:
            body = answer.body.decode("utf-8", "replace").replace("\0", "") if answer.status < 300 else _ALLOW_ALL
            return RobotsFile(origin, body, self._now, self._now + FRESH)
        return RobotsFile(origin, _DENY_ALL, self._now, self._now + RETRY_AFTER_5XX)
