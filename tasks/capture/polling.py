"""When next: the adaptive polling interval, backoff and retries, as pure functions of state, answer and `now`."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

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
    """The state after an answer that was a feed, changed or not."""
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
    retry_after: timedelta | None = None,
) -> PollState:
    """The state after an answer that was none: the gap doubles with each failure in a row, with jitter, up to a month."""
    failures = state.consecutive_failures + 1
    base = source.interval or state.interval or settings.default_interval
    gap = min(base * 2 ** min(failures - 1, 16), WORST_INTERVAL) * _jitter(source.source_id, failures)
    if retry_after:
        gap = max(gap, min(retry_after, MAX_RETRY_AFTER))
    return replace(
        state,
        next_poll_at=None if outcome is PollOutcome.GONE else now + gap,
        last_poll_at=now,
        consecutive_failures=failures,
        last_http_status=http_status,
        last_outcome=outcome,
        last_error=error,
    )


def follow_move(state: PollState, moved_to: str | None) -> PollState:
    """Count polls that saw the same permanent redirect; follow it for good at the third."""
    if moved_to is None:
        return replace(state, moves_seen=0)
    seen = state.moves_seen + 1 if moved_to == state.moved_to else 1
    url = moved_to if seen >= MOVES_BEFORE_FOLLOWING else state.url
    return replace(state, moved_to=moved_to, moves_seen=seen, url=url)


def next_attempt(
    outcome: Outcome, http_status: int | None, attempts: int, now: datetime, retry_after: timedelta | None = None
) -> datetime | None:
    """When to try a failed page again, or None where the failure is final or the attempts are used up."""
    if not is_temporary(outcome, http_status) or attempts > len(PAGE_RETRY_GAPS):
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
    """Half the feed's own rhythm, growing by half with each poll that brings nothing; never under the feed's TTL."""
    if source.interval:
        return source.interval
    if outcome is PollOutcome.UNCHANGED:
        wished = (state.interval or settings.default_interval) * 1.5
    else:
        gap = rhythm(entries)
        wished = gap / 2 if gap else settings.default_interval
        newest = max((entry.published_at for entry in entries if entry.published_at), default=None)
        if newest and now - newest > timedelta(days=7):
            wished = max(wished, (now - newest) / 10)  # a feed that has fallen asleep
    wished = max(wished, ttl or timedelta(0))
    return min(max(wished, settings.min_interval), settings.max_interval)


def _jitter(source_id: str, failures: int) -> float:
    """0.9 to 1.1, the same for the same source and count: what failed together must not come back together."""
    digest = hashlib.sha256(f"{source_id}/{failures}".encode()).digest()
    return 0.9 + 0.2 * digest[0] / 255
