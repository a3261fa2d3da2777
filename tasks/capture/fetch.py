"""Fetches pages into the archive: host by host, robots.txt first, every URL ending in a named outcome."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tasks import urls
from tasks.capture import polling
from tasks.capture.archive import ArchiveWriter
from tasks.capture.crawler import Crawler, open_crawler
from tasks.capture.headers import retry_after
from tasks.capture.http import Failure, Refusal, Response
from tasks.capture.queues import run_by_host
from tasks.capture.refresh import refresh_target
from tasks.model import FailedPage, FetchedPage, HostWait, Outcome, PageRef, RobotsFile, is_temporary
from tasks.settings import Settings

_LEAST_PAGE = 2_000
"""Bytes from which a page that sends its readers on may be an article itself."""
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
    known_waits: Sequence[HostWait] = (),
) -> list[RobotsFile]:
    """Fetch every page, handing each result to `emit` as it comes; returns the robots files to keep.

    A host that does not answer, asks to wait or takes too long keeps the rest of its pages for another pass.
    """
    async with open_crawler(settings.http, clock, known_robots, known_waits) as crawler:
        fetcher = _Fetcher(crawler, archive, clock)

        async def work(page: PageRef) -> bool:
            if not crawler.patience.holds(page.url):
                return False
            result = await fetcher.fetch(page)
            if isinstance(result, FetchedPage):
                emit(result)
                return crawler.patience.holds(page.url)
            emit(replace(result, waits=crawler.patience.take_noted()))
            return crawler.patience.holds(page.url) and not await fetcher.is_shut(page)

        await run_by_host(pages, url_of=lambda page: page.url, work=work, concurrency=settings.http.concurrency)
        return list(crawler.robots.take_fetched())


@dataclass(frozen=True, slots=True)
class _Fetcher:
    crawler: Crawler
    archive: ArchiveWriter
    clock: Callable[[], datetime]

    async def fetch(self, page: PageRef) -> FetchedPage | FailedPage:
        """One page; an answer that is HTML is archived."""
        answer = await self._get(page.url)
        if isinstance(answer, Failure):
            if answer.refusal:
                return self.refused(page, replace(answer.refusal, error=answer.error))
            return self._failed(page, answer.outcome, answer.error)
        if answer.status not in _GOOD_STATUS:
            return self._failed(page, Outcome.HTTP_ERROR, f"HTTP {answer.status}", answer)
        if not _is_html(answer):
            what = f"Content-Type {answer.content_type}" if answer.body else "the body is empty"
            return self._failed(page, Outcome.NOT_HTML, what, answer)
        now = self.clock()
        attempts = page.attempts + 1
        warc_file, offset = self.archive.write(answer.url, answer, now)
        return FetchedPage(
            *(page.page_id, page.url, answer.url, answer.status, now, warc_file, offset, attempts),
            next_attempt_at=polling.next_attempt(attempts, now),
        )

    async def _get(self, url: str) -> Response | Failure:
        """The answer at `url`, or at the address to which its page sends everybody on: once, as after a redirect.

        A page that has something to read itself stays where it leads to nothing.
        """
        answer = await self.crawler.get(url, accept=_ACCEPT)
        if isinstance(answer, Failure) or answer.status not in _GOOD_STATUS or not _is_html(answer):
            return answer
        target = refresh_target(answer.body, answer.url)
        is_page = len(answer.body) >= _LEAST_PAGE
        if not target or (is_page and _leads_away(url, target)):
            return answer
        sent_on = await self.crawler.get(target, accept=_ACCEPT)
        has_page = isinstance(sent_on, Response) and sent_on.status in _GOOD_STATUS and _is_html(sent_on)
        return answer if is_page and not has_page else sent_on

    async def is_shut(self, page: PageRef) -> bool:
        """Whether the host's robots.txt cannot be had for now, which holds for all of its pages."""
        refusal = await self.crawler.refusal(page.url)
        return refusal is not None and refusal.again_after is not None

    def refused(self, page: PageRef, refusal: Refusal) -> FailedPage:
        """A page that must not be asked for: for good by its site's rules, for a while where these cannot be had."""
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


def _leads_away(url: str, target: str) -> bool:
    try:
        return urls.leads_away(url, target)
    except ValueError:  # `javascript:` and other addresses of no page
        return True
