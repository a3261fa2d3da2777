"""The pace at which a host is asked: one request at a time, with a pause between the end of one and the next.

Every request of a pass goes through here, whatever it is for and whoever led to it: robots.txt, feeds, pages, the steps
of a redirect, within a host and from one host to another.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

from tasks import urls

MAX_WAIT = 120.0
"""Seconds for which a request waits behind others of its host: only redirects from many hosts to one make a crowd."""


class NoTurn(Exception):
    """Too many requests wait for the same host."""


@dataclass(slots=True)
class _Host:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    delay: float = 0.0
    last: float | None = None
    """When the last request ended, by the event loop's clock."""


class Pacing:
    """Whose turn it is, host by host; `delay` is the least pause, in seconds."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._hosts: dict[str, _Host] = defaultdict(_Host)

    def slow_down(self, url: str, delay: float) -> None:
        """From now on, pause at least `delay` seconds between two requests to the host of `url`."""
        host = self._hosts[urls.host(url)]
        host.delay = max(host.delay, delay)

    def delay(self, url: str) -> float:
        """Seconds between two requests to the host of `url`."""
        return max(self._delay, self._hosts[urls.host(url)].delay)

    async def begin(self, url: str) -> None:
        """Wait until the host of `url` may be asked; `end` must follow.

        Raises NoTurn where the turn does not come in `MAX_WAIT` seconds, not counting the pause itself.
        """
        host = self._hosts[urls.host(url)]
        try:
            async with asyncio.timeout(MAX_WAIT):
                await host.lock.acquire()
        except TimeoutError:
            raise NoTurn(f"{urls.host(url)} was busy with other requests of ours for {MAX_WAIT:g} s") from None
        try:
            if pause := self._pause(url):
                await asyncio.sleep(pause)
        except BaseException:
            host.lock.release()
            raise

    def end(self, url: str) -> None:
        """The request is over, however it ended."""
        host = self._hosts[urls.host(url)]
        host.last = asyncio.get_running_loop().time()
        host.lock.release()

    def _pause(self, url: str) -> float:
        last = self._hosts[urls.host(url)].last
        return max(0.0, last + self.delay(url) - asyncio.get_running_loop().time()) if last is not None else 0.0
