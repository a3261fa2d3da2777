"""Fetches pages into the archive: host by host, robots.txt first, every URL ending in a named outcome."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tasks import urls
from tasks.capture import polling
from tasks.capture.archive import ArchiveWriter
from tasks.capture.http import Client, Failure, Response
from tasks.capture.queues import run_by_host
from tasks.capture.robots import Robots
from tasks.capture.sources import retry_after
from tasks.model import FailedPage, FetchedPage, Outcome, PageRef, RobotsFile
from tasks.settings import Settings

_ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"
_HTML_TYPES = ("text/html", "application/xhtml", "application/xml", "text/xml", "text/plain")
HOST_FAILURES = 3
"""After this many unreachable pages in a row the rest of a host's queue waits for another pass."""

Emit = Callable[[FetchedPage | FailedPage], None]


async def fetch_pages(
    pages: Sequence[PageRef],
    settings: Settings,
    archive: ArchiveWriter,
    known_robots: list[RobotsFile],
    clock: Callable[[], datetime],
    emit: Emit,
) -> list[RobotsFile]:
    """Fetch every page, handing each result to `emit` as it comes; returns the robots files to keep."""
    async with Client(settings.http) as client:
        robots = Robots(client, settings.http.user_agent_header, known_robots, clock())
        fetcher = _Fetcher(client, robots, archive, settings, clock)
        unreachable: dict[str, int] = defaultdict(int)

        async def work(page: PageRef) -> bool:
            result = await fetcher.fetch(page)
            emit(result)
            lost = isinstance(result, FailedPage) and result.outcome in (Outcome.CONNECT_ERROR, Outcome.TIMEOUT)
            host = urls.host(page.url)
            unreachable[host] = unreachable[host] + 1 if lost else 0
            return unreachable[host] < HOST_FAILURES

        async def pause(url: str) -> float:
            delay = settings.http.per_host_delay.total_seconds()
            return max(delay, await robots.crawl_delay(url)) if settings.http.respect_robots else delay

        await run_by_host(
            pages, url_of=lambda page: page.url, work=work, pause=pause, concurrency=settings.http.concurrency
        )
        return robots.fetched


@dataclass(frozen=True, slots=True)
class _Fetcher:
    client: Client
    robots: Robots
    archive: ArchiveWriter
    settings: Settings
    clock: Callable[[], datetime]

    async def fetch(self, page: PageRef) -> FetchedPage | FailedPage:
        """One page; an answer that is HTML is archived."""
        if self.settings.http.respect_robots and not await self.robots.allows(page.url):
            return self._fail(page, Outcome.ROBOTS, "robots.txt does not allow it")
        answer = await self.client.get(page.url, accept=_ACCEPT)
        if isinstance(answer, Failure):
            return self._fail(page, answer.outcome, answer.error)
        if answer.status != 200:
            return self._fail(page, Outcome.HTTP_ERROR, f"HTTP {answer.status}", answer)
        if not _is_html(answer):
            return self._fail(page, Outcome.NOT_HTML, f"Content-Type {answer.content_type}", answer)
        now = self.clock()
        warc_file, offset = self.archive.write(answer.url, answer, now)
        return FetchedPage(page.page_id, page.url, answer.url, answer.status, now, warc_file, offset, page.attempts + 1)

    def _fail(self, page: PageRef, outcome: Outcome, error: str, answer: Response | None = None) -> FailedPage:
        now = self.clock()
        attempts = page.attempts + 1
        status = answer.status if answer else None
        again = polling.next_attempt(outcome, status, attempts, now, retry_after(answer, now) if answer else None)
        if again is None and polling.is_temporary(outcome, status):
            outcome, error = Outcome.GAVE_UP, f"{attempts} attempts; the last: {outcome}: {error}"
        return FailedPage(
            page.page_id,
            page.url,
            outcome,
            now,
            attempts=attempts,
            http_status=status,
            final_url=answer.url if answer else None,
            error=error,
            next_attempt_at=again,
        )


def _is_html(answer: Response) -> bool:
    """By its Content-Type; without one, by its first bytes."""
    content_type = (answer.content_type or "").lower()
    if content_type:
        return content_type.startswith(_HTML_TYPES)
    return answer.body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
