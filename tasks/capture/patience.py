"""How long one host is borne with in one pass, before the rest of its queue is left for another pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from tasks import urls
from tasks.capture.headers import retry_after
from tasks.capture.http import Failure, Refusal, Response
from tasks.capture.polling import MAX_RETRY_AFTER
from tasks.model import HostWait, Outcome

MAX_UNREACHABLE = 3
"""Unreachable in a row: the host is down, and each further try would cost its whole time limit."""
MAX_TIME = timedelta(minutes=10)
"""For one host in one pass: with a long crawl-delay, a thousand pages would otherwise hold up the pass for hours."""

UNREACHABLE = (Outcome.CONNECT_ERROR, Outcome.TIMEOUT)
"""What it looks like when a host gives no answer at all."""
_ASKS_TO_WAIT = (429, 503)


class Patience:
    """Keeps count for every host of a pass; `clock` gives the time (naive UTC), `known` what earlier passes heard."""

    def __init__(self, clock: Callable[[], datetime], known: Iterable[HostWait] = ()) -> None:
        self._clock = clock
        self._begun: dict[str, datetime] = {}
        self._unreachable: dict[str, int] = defaultdict(int)
        self._waiting: dict[str, int] = {}
        self._waits = {wait.host: wait for wait in known}
        self._noted: list[HostWait] = []

    def begin(self, url: str) -> None:
        """To be called before a request to the host of `url`: its time runs from the first one."""
        self._begun.setdefault(urls.host(url), self._clock())

    def saw(self, url: str, answer: Response | Failure) -> None:
        """To be called with what a request for `url` has brought, be it a page, a feed or a robots.txt.

        It counts for the host that gave it, or gave none, which may be another than that of `url` after a redirect.
        """
        host = urls.host(answer.url) or urls.host(url)
        if host != urls.host(url):
            self._unreachable[urls.host(url)] = 0
        if isinstance(answer, Response):
            self._unreachable[host] = 0
            if answer.status in _ASKS_TO_WAIT:
                self._asked_to_wait(host, answer)
        elif answer.outcome in UNREACHABLE and answer.refusal is None:
            self._unreachable[host] += 1

    def _asked_to_wait(self, host: str, answer: Response) -> None:
        self._waiting[host] = answer.status
        now = self._clock()
        if wait := retry_after(answer.headers, now):
            noted = HostWait(host, now + min(wait, MAX_RETRY_AFTER), answer.status, now)
            self._waits[host] = noted
            self._noted.append(noted)

    def take_noted(self) -> tuple[HostWait, ...]:
        """What hosts have asked for since the last call, to be kept for the next passes."""
        noted, self._noted = tuple(self._noted), []
        return noted

    def holds(self, url: str) -> bool:
        """Whether to go on with the host of `url`."""
        host = urls.host(url)
        if self.refusal(url):
            return False
        return host not in self._begun or self._clock() - self._begun[host] < MAX_TIME

    def refusal(self, url: str) -> Refusal | None:
        """Why the host of `url` must not be asked any more, whoever leads there."""
        host = urls.host(url)
        wait = self._waits.get(host)
        left = wait.until - self._clock() if wait else timedelta(0)
        if wait and left > timedelta(0):
            error = f"{host} asks to wait until {wait.until:%Y-%m-%d %H:%M} UTC"
            return Refusal(Outcome.HTTP_ERROR, error, wait.http_status, again_after=left)
        if host in self._waiting:
            error = f"{host} asks to wait"
            return Refusal(Outcome.HTTP_ERROR, error, self._waiting[host], again_after=timedelta(0))
        if self._unreachable[host] >= MAX_UNREACHABLE:
            error = f"{host} did not answer {MAX_UNREACHABLE} times in a row"
            return Refusal(Outcome.CONNECT_ERROR, error, again_after=timedelta(0))
        return None
