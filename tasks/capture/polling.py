"""When next: the adaptive polling interval, backoff and retries, as pure functions of state, answer and `now`."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum

from tasks.model import Entry, Outcome, PollOutcome, PollState, Source, is_temporary
from tasks.settings import PollingSettings

MOVES_BEFORE_FOLLOWING = 3
"""A permanent redirect is believed for good when this many polls in a row have seen it."""
FULL_FETCH_EVERY = timedelta(days=1)
"""A server that answers 304 wrongly for ever is caught by one fetch a day without validators."""
WORST_INTERVAL = timedelta(days=30)
"""A failing source is never given up: at worst it is polled monthly, and shown as failing."""
PAGE_RETRY_GAPS = tuple(timedelta(hours=hours) for hours in (0.25, 1, 6, 18, 46))
"""Between the attempts at one page: 6 attempts over 3 days."""
MAX_RETRY_AFTER = timedelta(days=1)


QUIET_GROWTH = 1.25
"""How the interval grows with each poll that brings nothing: at most a quarter of the quiet time so far."""
FAILURES_BEFORE_RETURNING = 3
"""After this many failures in a row at an address that a source has moved to, the configured one is asked again."""


class Grade(Enum):
    """How bad a failed poll is; the value is what the gap grows by with each failure in a row."""

    TEMPORARY = 1.5
    """A server or network in trouble: monthly after a quarter of a year."""
    SOFT = 2.0
    """Refused, or something else than a feed: a block or a maintenance page, which mostly pass."""
    HARD = 4.0
    """Not there, or not an address to ask at all: only a person can mend it."""


_HARD = (Outcome.BAD_URL, Outcome.BLOCKED_HOST)
_HARD_STATUS = (404, 410)


def grade(failure: Outcome | None, http_status: int | None) -> Grade:
    """How bad a failed poll is. `failure` is None where the answer came with status 200 but was no feed."""
    if failure and is_temporary(failure, http_status):
        return Grade.TEMPORARY
    return Grade.HARD if failure in _HARD or http_status in _HARD_STATUS else Grade.SOFT


def is_due(source: Source, state: PollState, now: datetime) -> bool:
    """Whether to poll `source` now; a source that is gone is due only by force."""
    if not source.enabled or state.last_outcome == PollOutcome.GONE:
        return False
    return state.next_poll_at is None or state.next_poll_at <= now


def wants_full_fetch(state: PollState, now: datetime) -> bool:
    """Whether to leave the validators out of this poll."""
    return state.last_full_at is None or now - state.last_full_at >= FULL_FETCH_EVERY


def after_success(
    source: Source,
    state: PollState,
    settings: PollingSettings,
    now: datetime,
    *,
    outcome: PollOutcome,
    http_status: int,
    entries: Sequence[Entry] = (),
    ttl: timedelta | None = None,
) -> PollState:
    """The state after an answer that was a feed, changed or not.

    `ttl` is how long the publisher wishes not to be asked: the feed's own TTL, or how long the answer stays fresh.
    """
    interval = _interval(source, state, settings, now, outcome, entries, ttl)
    return replace(
        state,
        interval=interval,
        next_poll_at=now + interval,
        last_poll_at=now,
        last_success_at=now,
        consecutive_failures=0,
        last_http_status=http_status,
        last_outcome=outcome,
        last_error=None,
    )


def after_failure(
    source: Source,
    state: PollState,
    settings: PollingSettings,
    now: datetime,
    *,
    outcome: PollOutcome,
    http_status: int | None,
    error: str,
    failure: Outcome | None = None,
    retry_after: timedelta | None = None,
) -> PollState:
    """The state after an answer that was none: the gap grows with each failure in a row, with jitter, up to a month.

    `failure` says what went wrong where it was not the body. A source that is gone is not polled again.
    """
    failures = state.consecutive_failures + 1
    base = source.interval or state.interval or settings.default_interval
    growth = grade(failure, http_status).value ** min(failures - 1, 32)
    gap = min(base * min(growth, WORST_INTERVAL / base) * _jitter(source.source_id, failures), WORST_INTERVAL)
    if retry_after:
        gap = max(gap, min(retry_after, MAX_RETRY_AFTER))
    return replace(
        _back_to_configured(state) if failures % FAILURES_BEFORE_RETURNING == 0 else state,
        next_poll_at=None if outcome is PollOutcome.GONE else now + gap,
        last_poll_at=now,
        consecutive_failures=failures,
        last_http_status=http_status,
        last_outcome=outcome,
        last_error=error,
    )


def follow_move(state: PollState, moved_to: str | None) -> PollState:
    """Count the good polls in a row that saw the same permanent redirect; follow it for good at the third.

    To be called for answers that were the source's own: a permanent redirect to an error page, or to whoever has bought
    the domain, is not a move.
    """
    if moved_to is None:
        return replace(state, moves_seen=0, moved_to=state.moved_to if state.url == state.moved_to else None)
    seen = state.moves_seen + 1 if moved_to == state.moved_to else 1
    url = moved_to if seen >= MOVES_BEFORE_FOLLOWING else state.url
    return replace(state, moved_to=moved_to, moves_seen=seen, url=url)


def _back_to_configured(state: PollState) -> PollState:
    if state.url == state.configured_url:
        return state
    return replace(state, url=state.configured_url, etag=None, last_modified=None, moved_to=None, moves_seen=0)


def next_attempt(attempts: int, now: datetime, retry_after: timedelta | None = None) -> datetime | None:
    """When to try a page again after its `attempts`-th temporary failure; None where the attempts are used up."""
    if attempts > len(PAGE_RETRY_GAPS):
        return None
    gap = PAGE_RETRY_GAPS[attempts - 1]
    return now + max(gap, min(retry_after or gap, MAX_RETRY_AFTER))


def rhythm(entries: Sequence[Entry]) -> timedelta | None:
    """The median gap between the newest entries, by their dates; None where fewer than three are dated."""
    times = sorted({entry.published_at for entry in entries if entry.published_at}, reverse=True)[:20]
    gaps = sorted(newer - older for newer, older in itertools.pairwise(times))
    return gaps[len(gaps) // 2] if len(gaps) >= 2 else None


def _interval(
    source: Source,
    state: PollState,
    settings: PollingSettings,
    now: datetime,
    outcome: PollOutcome,
    entries: Sequence[Entry],
    ttl: timedelta | None,
) -> timedelta:
    """Half the feed's own rhythm, growing with each poll that brings nothing; never under what the publisher wishes.

    But never so long that the feed could roll over in between: half the time that its entries span is the most that
    a wish counts for, since some servers call everything fresh for a year.
    """
    if source.interval:
        return source.interval
    times = [entry.published_at for entry in entries if entry.published_at]
    grown = (state.interval or settings.default_interval) * QUIET_GROWTH
    if outcome is PollOutcome.UNCHANGED:
        wished = grown
    else:
        gap = rhythm(entries)
        wished = gap / 2 if gap else settings.default_interval
        if gap and times and state.last_poll_at and max(times) <= state.last_poll_at:
            # Another body with nothing new in it; or entries that show up long after their date, hence the limit.
            wished = max(wished, min(grown, 2 * gap))
        if times and now - max(times) > timedelta(days=7):
            wished = max(wished, (now - max(times)) / 10)  # a feed that has fallen asleep
    span = max(times) - min(times) if times else timedelta(0)
    wished = max(wished, min(ttl or timedelta(0), span / 2 if span else settings.max_interval))
    return min(max(wished, settings.min_interval), settings.max_interval)


def _jitter(source_id: str, failures: int) -> float:
    """0.9 to 1.1, the same for the same source and count: what failed together must not come back together."""
    digest = hashlib.sha256(f"{source_id}/{failures}".encode()).digest()
    return 0.9 + 0.2 * digest[0] / 255
