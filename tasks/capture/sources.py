"""Polls sources: one conditional request each, its entries, and the state it leaves behind."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tasks import urls
from tasks.capture import polling
from tasks.capture.crawler import Crawler, looks_like_feed, open_crawler
from tasks.capture.feeds import NotAFeed, parse_feed, warm_up
from tasks.capture.headers import fresh_for, retry_after
from tasks.capture.http import Failure, Response
from tasks.capture.kinds import Read, read_answer
from tasks.capture.queues import run_by_host
from tasks.model import Entry, HostWait, Kind, Outcome, Poll, PollOutcome, PollState, Source
from tasks.settings import PollingSettings, Settings

MAX_VALIDATOR_CHARS = 1_000
"""A longer ETag is not kept: servers refuse requests with headers of some kilobytes."""
_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)


async def poll_sources(
    sources: Sequence[tuple[Source, PollState]],
    settings: Settings,
    clock: Callable[[], datetime],
    emit: Callable[[Poll], None],
    known_waits: Sequence[HostWait] = (),
) -> None:
    """Poll every source given, politely, handing each result to `emit` as it comes.

    A host that does not answer or asks to wait keeps the rest of its sources for another pass: they stay due. One that
    asked for it in an earlier pass is not asked at all, neither for its sources nor where a redirect leads to it.
    """
    warm_up(clock())
    known = (file for _, state in sources for file in state.robots)
    async with open_crawler(settings.http, clock, known, known_waits) as crawler:
        poller = _Poller(crawler, asyncio.Lock())

        async def work(item: tuple[Source, PollState]) -> bool:
            source, state = item
            if not crawler.patience.holds(state.url):
                return False
            turn = _Turn(source, settings.polling, clock())
            try:
                poll = await poller.poll(turn, state)
            except Exception as error:  # a bug that one source brings out must not cost the others their poll
                poll = turn.failed(state, None, PollOutcome.FAILED, f"{type(error).__name__}: {error}"[:500])
            emit(replace(poll, waits=crawler.patience.take_noted(), robots=crawler.robots.take_fetched()))
            return crawler.patience.holds(state.url)

        await run_by_host(sources, url_of=lambda item: item[1].url, work=work, concurrency=settings.http.concurrency)


@dataclass(frozen=True, slots=True)
class _Poller:
    crawler: Crawler
    parsing: asyncio.Lock

    async def poll(self, turn: _Turn, state: PollState) -> Poll:
        """Ask one source what is new."""
        kind = turn.source.kind or state.kind
        if kind is Kind.ARTICLE:
            return turn.article(state)
        conditions = {} if polling.wants_full_fetch(state, turn.now) else _conditions(state)
        is_feed = kind is Kind.FEED or (kind is None and looks_like_feed(state.url))
        answer = await self.crawler.get(state.url, accept=_ACCEPT, headers=conditions, is_feed=is_feed)
        if isinstance(answer, Failure):
            return turn.failed(state, answer, PollOutcome.FAILED, f"{answer.outcome}: {answer.error}")
        if answer.status == 304 and conditions:
            return turn.unchanged(polling.follow_move(state, answer.moved_to), answer)
        if not 200 <= answer.status < 300:
            outcome = PollOutcome.GONE if answer.status == 410 else PollOutcome.FAILED
            return turn.failed(state, answer, outcome, f"{Outcome.HTTP_ERROR}: HTTP {answer.status}")
        return await self._read(turn, state, answer)

    async def _read(self, turn: _Turn, state: PollState, answer: Response) -> Poll:
        body_hash = hashlib.sha256(answer.body).hexdigest()
        read = replace(
            polling.follow_move(state, answer.moved_to),
            etag=_validator(answer, "etag"),
            last_modified=_validator(answer, "last-modified"),
            last_full_at=turn.now,
        )
        if body_hash == state.body_hash:
            return turn.unchanged(read, answer)
        shown = await self._shown(turn, state, answer)
        if isinstance(shown, NotAFeed):
            # The validators belong to a body that we could not read: asking with them would hide the repair.
            state = replace(state, etag=None, last_modified=None)
            return turn.failed(state, answer, PollOutcome.NOT_A_FEED, f"not a feed: {shown.reason}")
        read = replace(read, body_hash=body_hash, kind=shown.kind)
        if shown.found_url:  # the next poll asks the feed itself; what we hold belongs to the page that led to it
            read = replace(read, url=shown.found_url, etag=None, last_modified=None, body_hash=None)
        return turn.showed(read, answer, shown)

    async def _shown(self, turn: _Turn, state: PollState, answer: Response) -> Read | NotAFeed:
        """The entries of an answer, by the source's kind or, at the first poll, by what it turns out to be."""
        kind = turn.source.kind or state.kind
        if kind is not Kind.FEED:
            return await read_answer(self.crawler, kind, answer, turn.now, since=state.last_success_at)
        # In a thread, so that a feed that takes seconds does not cost the others their time limit; one at a time, for
        # two at once are no faster.
        async with self.parsing:
            feed = await asyncio.to_thread(
                parse_feed, answer.body, url=answer.url, content_type=answer.content_type, now=turn.now
            )
        return feed if isinstance(feed, NotAFeed) else Read(Kind.FEED, feed.entries, feed.ttl, skipped=feed.skipped)


@dataclass(frozen=True, slots=True)
class _Turn:
    """One source's turn to be polled, and the ways in which it ends."""

    source: Source
    settings: PollingSettings
    now: datetime

    def article(self, state: PollState) -> Poll:
        """A single article has no feed: it shows itself, and its page is fetched like any other."""
        url = urls.clean(self.source.url)
        state = self._after_success(state, PollOutcome.UNCHANGED, 200)
        return self._poll(state, None, PollOutcome.OK, entries=(Entry(entry_id=url, url=url),))

    def unchanged(self, state: PollState, answer: Response) -> Poll:
        """The feed is the same as last time."""
        state = self._after_success(state, PollOutcome.UNCHANGED, answer.status)
        return self._poll(state, answer, PollOutcome.UNCHANGED)

    def showed(self, state: PollState, answer: Response, shown: Read) -> Poll:
        """Something that has not been seen before."""
        wishes = [wish for wish in (shown.ttl, fresh_for(answer.headers, self.now)) if wish]
        ttl = max(wishes, default=None)
        state = self._after_success(state, PollOutcome.OK, answer.status, entries=shown.entries, ttl=ttl)
        shown_in_all = len(shown.entries) + shown.skipped
        left_out = f"{shown.skipped} of {shown_in_all} entries left out: no http or https address"
        error = left_out if shown.skipped else None
        return self._poll(state, answer, PollOutcome.OK, entries=shown.entries, error=error)

    def failed(self, state: PollState, answer: Response | Failure | None, outcome: PollOutcome, error: str) -> Poll:
        """No feed."""
        response = answer if isinstance(answer, Response) else None
        state = polling.after_failure(
            self.source,
            state,
            self.settings,
            self.now,
            outcome=outcome,
            http_status=response.status if response else None,
            error=error,
            failure=_failure(answer),
            retry_after=_wait(answer, self.now),
        )
        return self._poll(state, answer, outcome, error=error)

    def _after_success(
        self,
        state: PollState,
        outcome: PollOutcome,
        http_status: int,
        *,
        entries: Sequence[Entry] = (),
        ttl: timedelta | None = None,
    ) -> PollState:
        return polling.after_success(
            self.source,
            state,
            self.settings,
            self.now,
            outcome=outcome,
            http_status=http_status,
            entries=entries,
            ttl=ttl,
        )

    def _poll(
        self,
        state: PollState,
        answer: Response | Failure | None,
        outcome: PollOutcome,
        *,
        entries: tuple[Entry, ...] = (),
        error: str | None = None,
    ) -> Poll:
        response = answer if isinstance(answer, Response) else None
        return Poll(
            self.source.source_id,
            self.now,
            outcome,
            state,
            http_status=response.status if response else None,
            entries=entries,
            bytes=len(response.body) if response else 0,
            duration_ms=answer.duration_ms if answer else 0,
            error=error,
        )


def _wait(answer: Response | Failure | None, now: datetime) -> timedelta | None:
    """How long the host asked to be left alone, now or earlier."""
    if isinstance(answer, Failure):
        return answer.refusal.again_after if answer.refusal else None
    return retry_after(answer.headers, now) if answer else None


def _failure(answer: Response | Failure | None) -> Outcome | None:
    """What went wrong with the exchange; None where it was all right, so that it must have been the body."""
    if isinstance(answer, Failure):
        return answer.outcome
    return Outcome.HTTP_ERROR if answer and not 200 <= answer.status < 300 else None


def _conditions(state: PollState) -> dict[str, str]:
    headers = {"if-none-match": state.etag, "if-modified-since": state.last_modified}
    return {name: value for name, value in headers.items() if value}


def _validator(answer: Response, name: str) -> str | None:
    """A validator that can be sent back; for a server whose own cannot, the body's hash has to do."""
    value = answer.headers.get(name, "")
    return value if value.isascii() and value.isprintable() and 0 < len(value) <= MAX_VALIDATOR_CHARS else None
