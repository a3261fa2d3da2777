"""One HTTP exchange under way: the address it has come to, and the time that counts for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

Result = TypeVar("Result")


class Exchange:
    """`url` is the address that is being asked, `timer` the limit for all of its steps."""

    def __init__(self, url: str, timer: asyncio.Timeout) -> None:
        self.url = url
        self._timer = timer
        self._loop = asyncio.get_running_loop()
        self._started = self._loop.time()

    @property
    def duration_ms(self) -> int:
        """Milliseconds so far."""
        return round((self._loop.time() - self._started) * 1000)

    async def untimed(self, question: Awaitable[Result]) -> Result:
        """The answer to something whose time does not count: waiting for a turn, or another host's robots.txt."""
        begun = self._loop.time()
        left = (self._timer.when() or begun) - begun
        self._timer.reschedule(None)
        answer = await question
        self._timer.reschedule(self._loop.time() + left)
        self._started += self._loop.time() - begun
        return answer
