"""When next: pure tables of state, answer and time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from tasks.capture import polling
from tasks.capture.polling import Grade
from tasks.model import Entry, Outcome, PollOutcome, PollState, Source
from tasks.settings import PollingSettings

NOW = datetime(2026, 3, 10, 12, 0, 0)
URL = "https://example.com/feed"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SETTINGS = PollingSettings(min_interval=5 * MINUTE, max_interval=DAY, default_interval=HOUR)
SOURCE = Source("example", "Example", URL)
STATE = PollState("example", URL, URL)


def entries(*ages: timedelta) -> list[Entry]:
    """Entries that were published so long ago."""
    return [Entry(str(number), f"{URL}/{number}", published_at=NOW - age) for number, age in enumerate(ages)]


def every(gap: timedelta, count: int = 10, newest: timedelta = timedelta(0)) -> list[Entry]:
    """Entries at an even rhythm."""
    return entries(*(newest + gap * number for number in range(count)))


def undated(count: int) -> list[Entry]:
    return [Entry(str(number), f"{URL}/{number}") for number in range(count)]


def interval_after(shown: list[Entry], ttl: timedelta | None = None, **state: object) -> timedelta | None:
    before = replace(STATE, **state)  # type: ignore[arg-type]
    after = polling.after_success(
        SOURCE, before, SETTINGS, NOW, outcome=PollOutcome.OK, http_status=200, entries=shown, ttl=ttl
    )
    assert after.interval and after.next_poll_at == NOW + after.interval
    return after.interval


RHYTHMS: list[tuple[str, list[Entry], timedelta]] = [
    ("half of two hours", every(2 * HOUR), HOUR),
    ("half of three days is over the bound", every(3 * DAY, newest=HOUR), DAY),
    ("every minute is under the bound", every(MINUTE), 5 * MINUTE),
    ("all at the same moment", every(timedelta(0)), HOUR),
    ("undated", undated(10), HOUR),
    ("empty", [], HOUR),
    ("two are no rhythm", every(4 * HOUR, count=2), HOUR),
    ("one far outlier", [*every(2 * HOUR), *entries(900 * DAY)], HOUR),
    ("in the future", every(2 * HOUR, newest=-DAY), HOUR),
    ("asleep for 200 hours", every(HOUR, newest=200 * HOUR), 20 * HOUR),
    ("asleep for a year", every(HOUR, newest=365 * DAY), DAY),
]


@pytest.mark.parametrize(("shown", "expected"), [row[1:] for row in RHYTHMS], ids=[row[0] for row in RHYTHMS])
def test_the_interval_follows_the_feed(shown: list[Entry], expected: timedelta) -> None:
    assert interval_after(shown) == expected


WISHES: list[tuple[str, list[Entry], timedelta | None, timedelta]] = [
    ("longer than the rhythm", every(2 * HOUR), 3 * HOUR, 3 * HOUR),
    ("shorter than the rhythm", every(2 * HOUR), 10 * MINUTE, HOUR),
    ("over the bound", every(20 * HOUR), 300 * DAY, DAY),
    ("longer than the feed lasts: 9 hours of entries", every(HOUR), 300 * DAY, 4.5 * HOUR),
    ("the same for a fast feed", every(2 * MINUTE), DAY, 9 * MINUTE),
    ("nothing that could roll over", undated(5), 6 * HOUR, 6 * HOUR),
    ("none", every(2 * HOUR), None, HOUR),
]


@pytest.mark.parametrize(("shown", "ttl", "expected"), [row[1:] for row in WISHES], ids=[row[0] for row in WISHES])
def test_the_publishers_wish_counts_as_long_as_nothing_gets_lost(
    shown: list[Entry], ttl: timedelta | None, expected: timedelta
) -> None:
    assert interval_after(shown, ttl) == expected


def test_another_body_with_nothing_new_in_it_is_as_good_as_unchanged() -> None:
    shown = every(2 * HOUR, newest=3 * HOUR)
    assert interval_after(shown, interval=2 * HOUR, last_poll_at=NOW - 4 * HOUR) == HOUR
    assert interval_after(shown, interval=2 * HOUR, last_poll_at=NOW - 2 * HOUR) == 2.5 * HOUR
    assert interval_after(shown, interval=9 * HOUR, last_poll_at=NOW - 2 * HOUR) == 4 * HOUR


def test_an_unchanged_feed_is_asked_less_and_less_up_to_the_bound() -> None:
    state = replace(STATE, interval=HOUR)
    seen = []
    for _ in range(30):
        state = polling.after_success(
            SOURCE, state, SETTINGS, NOW, outcome=PollOutcome.UNCHANGED, http_status=304, ttl=None
        )
        assert state.interval
        seen.append(state.interval)
    assert seen[0] == 75 * MINUTE
    assert all(one < other or other == DAY for one, other in pairwise(seen))
    assert seen[-1] == DAY
    back = polling.after_success(
        SOURCE, state, SETTINGS, NOW, outcome=PollOutcome.OK, http_status=200, entries=every(2 * HOUR, newest=-MINUTE)
    )
    assert back.interval == HOUR


@pytest.mark.parametrize("outcome", [PollOutcome.OK, PollOutcome.UNCHANGED])
def test_a_fixed_interval_stays_fixed(outcome: PollOutcome) -> None:
    source = replace(SOURCE, interval=2 * MINUTE)
    after = polling.after_success(
        source, STATE, SETTINGS, NOW, outcome=outcome, http_status=200, entries=every(DAY), ttl=DAY
    )
    assert after.interval == 2 * MINUTE


def test_a_success_ends_a_row_of_failures() -> None:
    failing = replace(STATE, consecutive_failures=7, last_error="http_error: HTTP 500", last_outcome="failed")
    after = polling.after_success(SOURCE, failing, SETTINGS, NOW, outcome=PollOutcome.OK, http_status=200)
    assert (after.consecutive_failures, after.last_error, after.last_outcome) == (0, None, "ok")
    assert (after.last_success_at, after.last_poll_at, after.last_http_status) == (NOW, NOW, 200)


GRADES: list[tuple[Outcome | None, int | None, Grade]] = [
    (Outcome.TIMEOUT, None, Grade.TEMPORARY),
    (Outcome.CONNECT_ERROR, None, Grade.TEMPORARY),
    (Outcome.HTTP_ERROR, 408, Grade.TEMPORARY),
    (Outcome.HTTP_ERROR, 425, Grade.TEMPORARY),
    (Outcome.HTTP_ERROR, 429, Grade.TEMPORARY),
    (Outcome.HTTP_ERROR, 500, Grade.TEMPORARY),
    (Outcome.HTTP_ERROR, 503, Grade.TEMPORARY),
    (Outcome.HTTP_ERROR, 522, Grade.TEMPORARY),
    (Outcome.HTTP_ERROR, 304, Grade.SOFT),
    (Outcome.HTTP_ERROR, 401, Grade.SOFT),
    (Outcome.HTTP_ERROR, 403, Grade.SOFT),
    (Outcome.HTTP_ERROR, 406, Grade.SOFT),
    (Outcome.TOO_LARGE, None, Grade.SOFT),
    (Outcome.TOO_MANY_REDIRECTS, None, Grade.SOFT),
    (None, 200, Grade.SOFT),
    (Outcome.HTTP_ERROR, 404, Grade.HARD),
    (Outcome.HTTP_ERROR, 410, Grade.HARD),
    (Outcome.BAD_URL, None, Grade.HARD),
    (Outcome.BLOCKED_HOST, None, Grade.HARD),
]


@pytest.mark.parametrize(("failure", "status", "expected"), GRADES)
def test_failures_are_graded(failure: Outcome | None, status: int | None, expected: Grade) -> None:
    assert polling.grade(failure, status) is expected


def fail(
    state: PollState, *, retry_after: timedelta | None = None, source: Source = SOURCE, **how: object
) -> PollState:
    status = how.get("status")
    return polling.after_failure(
        source,
        state,
        SETTINGS,
        NOW,
        outcome=PollOutcome.GONE if status == 410 else PollOutcome.FAILED,
        http_status=status,  # type: ignore[arg-type]
        error="broken",
        failure=how.get("failure", Outcome.HTTP_ERROR),  # type: ignore[arg-type]
        retry_after=retry_after,
    )


def gaps(count: int, **how: object) -> list[float]:
    """The gaps after failures in a row, in hours."""
    state, found = STATE, []
    for _ in range(count):
        state = fail(state, **how)  # type: ignore[arg-type]
        assert state.next_poll_at
        found.append((state.next_poll_at - NOW) / HOUR)
    return found


# The gap without jitter, in hours, by how many failures there are in a row.
BACKOFF: list[tuple[dict[str, object], dict[int, float]]] = [
    ({"status": 500}, {1: 1, 2: 1.5, 3: 2.25, 10: 38.4, 16: 438, 17: 657, 18: 720, 40: 720}),
    ({"failure": Outcome.TIMEOUT}, {1: 1, 2: 1.5, 40: 720}),
    ({"status": 403}, {1: 1, 2: 2, 3: 4, 10: 512, 11: 720, 40: 720}),
    ({"status": 404}, {1: 1, 2: 4, 3: 16, 5: 256, 6: 720, 40: 720}),
]


@pytest.mark.parametrize(("how", "expected"), BACKOFF)
def test_the_gap_grows_by_grade_up_to_a_month_and_never_ends(
    how: dict[str, object], expected: dict[int, float]
) -> None:
    found = gaps(40, **how)
    for failures, hours in expected.items():
        assert hours * 0.9 <= found[failures - 1] <= min(hours * 1.1, 720)


def test_what_failed_together_does_not_come_back_together() -> None:
    names = [f"source-{number}" for number in range(100)]
    back = {fail(STATE, status=500, source=replace(SOURCE, source_id=name)).next_poll_at for name in names}
    assert len(back) > 50
    assert fail(STATE, status=500) == fail(STATE, status=500)


def test_the_gap_starts_from_the_sources_own_interval() -> None:
    after = fail(replace(STATE, interval=10 * HOUR), status=500)
    assert after.next_poll_at and 9 * HOUR <= after.next_poll_at - NOW <= 11 * HOUR
    fixed = fail(STATE, status=500, source=replace(SOURCE, interval=10 * MINUTE))
    assert fixed.next_poll_at and 9 * MINUTE <= fixed.next_poll_at - NOW <= 11 * MINUTE


@pytest.mark.parametrize(
    ("asked", "expected"),
    [(6 * HOUR, 6 * HOUR), (300 * DAY, polling.MAX_RETRY_AFTER), (timedelta(0), None), (MINUTE, None)],
)
def test_retry_after_is_obeyed_and_capped(asked: timedelta, expected: timedelta | None) -> None:
    after = fail(STATE, status=503, retry_after=asked)
    plain = fail(STATE, status=503)
    assert after.next_poll_at == (NOW + expected if expected else plain.next_poll_at)


def test_a_failure_keeps_what_is_known() -> None:
    known = replace(STATE, etag='"1"', body_hash="x", last_success_at=NOW - DAY, interval=HOUR)
    after = fail(known, status=500)
    assert (after.etag, after.body_hash, after.last_success_at, after.interval) == ('"1"', "x", NOW - DAY, HOUR)
    assert (after.last_error, after.last_http_status, after.consecutive_failures) == ("broken", 500, 1)


DUE: list[tuple[str, Source, PollState, bool]] = [
    ("never polled", SOURCE, STATE, True),
    ("its time has come", SOURCE, replace(STATE, next_poll_at=NOW), True),
    ("not yet", SOURCE, replace(STATE, next_poll_at=NOW + MINUTE), False),
    ("disabled", replace(SOURCE, enabled=False), STATE, False),
    ("gone", SOURCE, fail(STATE, status=410), False),
    ("a failing one in its time", SOURCE, replace(fail(STATE, status=404), next_poll_at=NOW), True),
]


@pytest.mark.parametrize(("source", "state", "expected"), [row[1:] for row in DUE], ids=[row[0] for row in DUE])
def test_what_is_due(source: Source, state: PollState, expected: bool) -> None:
    assert polling.is_due(source, state, NOW) is expected


def test_gone_says_so() -> None:
    after = fail(STATE, status=410)
    assert (after.last_outcome, after.next_poll_at, after.last_http_status) == ("gone", None, 410)


@pytest.mark.parametrize(
    ("last", "expected"), [(None, True), (NOW - DAY, True), (NOW - DAY + MINUTE, False), (NOW, False)]
)
def test_once_a_day_the_whole_feed_is_fetched(last: datetime | None, expected: bool) -> None:
    assert polling.wants_full_fetch(replace(STATE, last_full_at=last), NOW) is expected


A, B = "https://example.com/a", "https://example.org/b"
MOVES: list[tuple[str, list[str | None], str, str | None]] = [
    ("never", [None, None], URL, None),
    ("seen twice", [A, A], URL, A),
    ("seen three times", [A, A, A], A, A),
    ("not three in a row", [A, A, None, A], URL, A),
    ("to another place each time", [A, B, A, B], URL, B),
    ("a redirect that has ended", [A, A, None], URL, None),
    ("once followed, it is the address", [A, A, A, None], A, A),
    ("and again", [A, A, A, B, B, B], B, B),
]


@pytest.mark.parametrize(("seen", "url", "shown"), [row[1:] for row in MOVES], ids=[row[0] for row in MOVES])
def test_a_move_is_followed_at_the_third_time(seen: list[str | None], url: str, shown: str | None) -> None:
    state = STATE
    for moved_to in seen:
        state = polling.follow_move(state, moved_to)
    assert (state.url, state.moved_to) == (url, shown)
    assert state.configured_url == URL


def test_where_the_new_address_fails_the_old_one_is_asked_again() -> None:
    moved = replace(STATE, url=A, moved_to=A, moves_seen=3, etag='"1"')
    for _ in range(2):
        moved = fail(moved, status=404)
        assert moved.url == A
    moved = fail(moved, status=404)
    assert (moved.url, moved.moved_to, moved.etag, moved.consecutive_failures) == (URL, None, None, 3)


RETRIES: list[tuple[int, timedelta | None, timedelta | None]] = [
    (1, None, 15 * MINUTE),
    (2, None, HOUR),
    (3, None, 6 * HOUR),
    (4, None, 18 * HOUR),
    (5, None, 46 * HOUR),
    (6, None, None),
    (7, None, None),
    (1, 2 * HOUR, 2 * HOUR),
    (1, MINUTE, 15 * MINUTE),
    (1, 300 * DAY, DAY),
    (6, HOUR, None),
]


@pytest.mark.parametrize(("attempts", "retry_after", "expected"), RETRIES)
def test_a_page_is_tried_six_times_over_three_days(
    attempts: int, retry_after: timedelta | None, expected: timedelta | None
) -> None:
    assert polling.next_attempt(attempts, NOW, retry_after) == (NOW + expected if expected else None)


def test_the_attempts_at_a_page_span_three_days() -> None:
    assert 2.5 * DAY < sum(polling.PAGE_RETRY_GAPS, timedelta(0)) <= 3 * DAY
