"""Fetches pages into the archive: host by host, robots.txt first, every URL ending in a named outcome."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tasks import urls
from tasks.capture import polling
from tasks.capture.archive import ArchiveWriter
from tasks.capture.headers import retry_after
from tasks.capture.http import Client, Failure, Response
from tasks.capture.patience import Patience
from tasks.capture.queues import run_by_host
from tasks.capture.robots import Refusal, Robots
from tasks.model import FailedPage, FetchedPage, Outcome, PageRef, RobotsFile, is_temporary
from tasks.settings import Settings

_ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"
_GOOD_STATUS = (200, 203)
_HTML_TYPES = ("text/html", "application/xhtml")
# What may be a page in spite of its Content-Type, and how that shows (as in the MIME Sniffing Standard, section 7.1).
_UNSURE_TYPES = ("", "text/plain", "text/xml", "application/xml", "application/octet-stream", "unknown/unknown")
_HTML_START = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|<\?xml[^>]*>|<!--.*?-->)*<(?:!doctype\s+html|html|head|body|title|article|div|p|h1)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_NOT_HTML_START = (b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"\x1f\x8b", b"RIFF", b"\x00\x00\x00")

Emit = Callable[[FetchedPage | FailedPage], None]


async def fetch_pages(
    pages: Sequence[PageRef],
    settings: Settings,
    archive: ArchiveWriter,
    known_robots: list[RobotsFile],
    clock: Callable[[], datetime],
    emit: Emit,
) -> list[RobotsFile]:
    """Fetch every page, handing each result to `emit` as it comes; returns the robots files to keep.

    A host that does not answer, asks to wait or takes too long keeps the rest of its pages for another pass.
    """
    patience = Patience(clock)
    async with Client(settings.http) as client:
        robots = Robots(client, settings.http.user_agent_header, known_robots, clock(), patience)
        fetcher = _Fetcher(client, robots, patience, archive, settings, clock)

        asked: set[str] = set()

        async def work(page: PageRef) -> bool:
            patience.begin(page.url)
            refusal = await fetcher.refusal(page)
            if refusal:
                emit(fetcher.refused(page, refusal))
                return refusal.again_after is None  # else the whole host is meant
            asked.add(urls.host(page.url))
            emit(await fetcher.fetch(page))
            return patience.holds(page.url)

        async def pause(url: str) -> float:
            if urls.host(url) not in asked:
                return 0.0  # nothing was asked of the host for the last page
            asked.remove(urls.host(url))
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
    patience: Patience
    archive: ArchiveWriter
    settings: Settings
    clock: Callable[[], datetime]

    async def refusal(self, page: PageRef) -> Refusal | None:
        """Why robots.txt keeps us from fetching the page, if it does."""
        return await self.robots.refusal(page.url) if self.settings.http.respect_robots else None

    async def fetch(self, page: PageRef) -> FetchedPage | FailedPage:
        """One page; an answer that is HTML is archived."""
        permits = self.robots.allows if self.settings.http.respect_robots else None
        answer = await self.client.get(page.url, accept=_ACCEPT, permits=permits)
        self.patience.saw(page.url, answer)
        if isinstance(answer, Failure):
            refusal = await self.robots.refusal(answer.url) if answer.outcome is Outcome.ROBOTS else None
            if refusal:
                return self.refused(page, replace(refusal, error=answer.error))
            return self._failed(page, answer.outcome, answer.error)
        if answer.status not in _GOOD_STATUS:
            return self._failed(page, Outcome.HTTP_ERROR, f"HTTP {answer.status}", answer)
        if not _is_html(answer):
            return self._failed(page, Outcome.NOT_HTML, f"Content-Type {answer.content_type}", answer)
        now = self.clock()
        warc_file, offset = self.archive.write(answer.url, answer, now)
        return FetchedPage(page.page_id, page.url, answer.url, answer.status, now, warc_file, offset, page.attempts + 1)

    def refused(self, page: PageRef, refusal: Refusal) -> FailedPage:
        """A page that robots.txt forbids: for good by its rules, for a while where the file cannot be had."""
        now = self.clock()
        return _ending(
            FailedPage(page.page_id, page.url, refusal.outcome, now, page.attempts + 1, refusal.http_status),
            refusal.error,
            temporary=refusal.again_after is not None,
            wait=refusal.again_after,
        )

    def _failed(self, page: PageRef, outcome: Outcome, error: str, answer: Response | None = None) -> FailedPage:
        now = self.clock()
        status, url = (answer.status, answer.url) if answer else (None, None)
        return _ending(
            FailedPage(page.page_id, page.url, outcome, now, page.attempts + 1, status, url),
            error,
            temporary=is_temporary(outcome, status),
            wait=retry_after(answer.headers, now) if answer else None,
        )


def _ending(page: FailedPage, error: str, *, temporary: bool, wait: timedelta | None) -> FailedPage:
    """The page with when to try it again, or given up where the attempts are used up."""
    if not temporary:
        return replace(page, error=error)
    again = polling.next_attempt(page.attempts, page.fetched_at, wait)
    if again is None:
        error = f"{page.attempts} attempts; the last: {page.outcome}: {error}"
        return replace(page, outcome=Outcome.GAVE_UP, error=error)
    return replace(page, error=error, next_attempt_at=again)


def _is_html(answer: Response) -> bool:
    """By its Content-Type; where that is missing or says little, by how the body begins.

    A file of another kind that calls itself HTML, as on servers that call everything so, is none.
    """
    content_type = (answer.content_type or "").partition(";")[0].strip().lower()
    if content_type.startswith(_HTML_TYPES):
        return not answer.body.startswith(_NOT_HTML_START)
    return content_type in _UNSURE_TYPES and _HTML_START.match(answer.body[:4096]) is not None
