"""How long one host is borne with in one pass, before the rest of its queue is left for another pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta

from tasks import urls
from tasks.capture.http import Failure, Response
from tasks.model import Outcome

MAX_UNREACHABLE = 3
"""Unreachable in a row: the host is down, and each further try would cost its whole time limit."""
MAX_TIME = timedelta(minutes=10)
"""For one host in one pass: with a long crawl-delay, a thousand pages would otherwise hold up the pass for hours."""

UNREACHABLE = (Outcome.CONNECT_ERROR, Outcome.TIMEOUT)
"""What it looks like when a host gives no answer at all."""
_ASKS_TO_WAIT = (429, 503)


class Patience:
    """Keeps count for every host of a pass; `clock` gives the time (naive UTC)."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._begun: dict[str, datetime] = {}
        self._unreachable: dict[str, int] = defaultdict(int)
        self._waiting: set[str] = set()

    def begin(self, url: str) -> None:
        """To be called before a request to the host of `url`: its time runs from the first one."""
        self._begun.setdefault(urls.host(url), self._clock())

    def saw(self, url: str, answer: Response | Failure) -> None:
        """To be called with what the host of `url` has answered, be it a page, a feed or its robots.txt."""
        host = urls.host(url)
        if isinstance(answer, Response):
            self._unreachable[host] = 0
            if answer.status in _ASKS_TO_WAIT:
                self._waiting.add(host)
        elif answer.outcome in UNREACHABLE:
            self._unreachable[host] += 1

    def holds(self, url: str) -> bool:
        """Whether to go on with the host of `url`."""
        host = urls.host(url)
        if host in self._waiting or self._unreachable[host] >= MAX_UNREACHABLE:
            return False
        return host not in self._begun or self._clock() - self._begun[host] < MAX_TIME
