"""Polls sources: one conditional request each, its entries, and the state it leaves behind."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from tasks.capture import polling
from tasks.capture.feeds import NotAFeed, parse_feed
from tasks.capture.http import Client, Failure, Response
from tasks.capture.queues import run_by_host
from tasks.model import Entry, Kind, Poll, PollOutcome, PollState, Source
from tasks.settings import Settings

_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)


async def poll_sources(
    sources: Sequence[tuple[Source, PollState]],
    settings: Settings,
    clock: Callable[[], datetime],
    emit: Callable[[Poll], None],
) -> None:
    """Poll every source given, politely, handing each result to `emit` as it comes."""
    async with Client(settings.http) as client:

        async def work(item: tuple[Source, PollState]) -> bool:
            emit(await poll_source(client, *item, settings, clock()))
            return True

        async def pause(url: str) -> float:
            return settings.http.per_host_delay.total_seconds()

        await run_by_host(
            sources, url_of=lambda item: item[1].url, work=work, pause=pause, concurrency=settings.http.concurrency
        )


async def poll_source(client: Client, source: Source, state: PollState, settings: Settings, now: datetime) -> Poll:
    """Ask one source what is new."""
    if source.kind is Kind.ARTICLE:
        return _article_source(source, state, settings, now)
    full = polling.wants_full_fetch(state, now)
    answer = await client.get(state.url, accept=_ACCEPT, headers={} if full else _validators(state))
    if isinstance(answer, Failure):
        return _failed(source, state, settings, now, answer, PollOutcome.FAILED, f"{answer.outcome}: {answer.error}")
    state = polling.follow_move(state, answer.moved_to)
    if answer.status == 304:
        return _unchanged(source, state, settings, now, answer)
    if not 200 <= answer.status < 300:
        gone = answer.status == 410
        outcome = PollOutcome.GONE if gone else PollOutcome.FAILED
        return _failed(source, state, settings, now, answer, outcome, f"http_error: HTTP {answer.status}")
    body_hash = hashlib.sha256(answer.body).hexdigest()
    state = replace(
        state,
        etag=answer.headers.get("etag"),
        last_modified=answer.headers.get("last-modified"),
        last_full_at=now,
    )
    if body_hash == state.body_hash:
        return _unchanged(source, state, settings, now, answer)
    feed = parse_feed(answer.body, url=answer.url, content_type=answer.content_type, now=now)
    if isinstance(feed, NotAFeed):
        # The validators belong to a body we could not read: asking with them would hide the repair.
        state = replace(state, etag=None, last_modified=None)
        return _failed(source, state, settings, now, answer, PollOutcome.NOT_A_FEED, f"not a feed: {feed.reason}")
    state = polling.after_success(
        source,
        replace(state, body_hash=body_hash, kind=Kind.FEED),
        settings.polling,
        now,
        outcome=PollOutcome.OK,
        http_status=answer.status,
        entries=feed.entries,
        ttl=feed.ttl,
    )
    return _poll(source, now, PollOutcome.OK, state, answer, entries=feed.entries)


def _validators(state: PollState) -> dict[str, str]:
    headers = {"if-none-match": state.etag, "if-modified-since": state.last_modified}
    return {name: value for name, value in headers.items() if value}


def _article_source(source: Source, state: PollState, settings: Settings, now: datetime) -> Poll:
    """A single article has no feed: it shows itself, once."""
    state = polling.after_success(source, state, settings.polling, now, outcome=PollOutcome.UNCHANGED, http_status=200)
    return Poll(source.source_id, now, PollOutcome.OK, state, entries=(Entry(entry_id=source.url, url=source.url),))


def _unchanged(source: Source, state: PollState, settings: Settings, now: datetime, answer: Response) -> Poll:
    state = polling.after_success(
        source, state, settings.polling, now, outcome=PollOutcome.UNCHANGED, http_status=answer.status
    )
    return _poll(source, now, PollOutcome.UNCHANGED, state, answer)


def _failed(
    source: Source,
    state: PollState,
    settings: Settings,
    now: datetime,
    answer: Response | Failure,
    outcome: PollOutcome,
    error: str,
) -> Poll:
    status = answer.status if isinstance(answer, Response) else None
    state = polling.after_failure(
        source,
        state,
        settings.polling,
        now,
        outcome=outcome,
        http_status=status,
        error=error,
        retry_after=retry_after(answer, now),
    )
    return _poll(source, now, outcome, state, answer, error=error)


def _poll(
    source: Source,
    now: datetime,
    outcome: PollOutcome,
    state: PollState,
    answer: Response | Failure,
    *,
    entries: tuple[Entry, ...] = (),
    error: str | None = None,
) -> Poll:
    response = answer if isinstance(answer, Response) else None
    return Poll(
        source.source_id,
        now,
        outcome,
        state,
        http_status=response.status if response else None,
        entries=entries,
        bytes=len(response.body) if response else 0,
        duration_ms=answer.duration_ms,
        error=error,
    )


def retry_after(answer: Response | Failure, now: datetime) -> timedelta | None:
    """The Retry-After header as a duration from `now` (RFC 9110, 10.2.3); None where there is none or it is no date."""
    value = answer.headers.get("retry-after", "").strip() if isinstance(answer, Response) else ""
    if value.isdigit():
        return timedelta(seconds=min(int(value), 10**8))
    try:
        return max(parsedate_to_datetime(value).replace(tzinfo=None) - now, timedelta(0)) if value else None
    except ValueError:
        return None
