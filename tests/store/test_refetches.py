"""A page whose entry changes with every poll is fetched ever more seldom, as long as that brings nothing new."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tasks.model import Outcome
from tasks.store import load
from tasks.store.refetches import gap
from tests.store.samples import HOUR, NOW, Desk, derived, entry, failed

WEEK = timedelta(days=7)


@pytest.mark.parametrize(
    ("unchanged", "hours"), [(0, 0), (1, 1), (2, 4), (3, 16), (4, 64), (5, 168), (6, 168), (10_000, 168)]
)
def test_gaps_grow_to_a_week(unchanged: int, hours: int) -> None:
    assert gap(unchanged) == hours * HOUR


def test_a_counter_makes_revisions_but_ever_fewer(desk: Desk) -> None:
    """What has changed is kept, for it may be a correction; it is no reason to come back sooner."""
    assert fetches(desk, 5, text="A report. {} people have read this".format) == [0, 1, 2, 6, 22, 86]
    assert desk.row("SELECT revision, text FROM articles") == (6, "A report. 86 people have read this")


def fetches(desk: Desk, days: int, text: Callable[[int], str] | None = lambda hour: "The same") -> list[int]:
    """Hours after which the page "a" is fetched; its feed gives it a new date every hour, from the third day every two.

    `text` is the page's by the hour; None: there is none.
    """
    found = []
    for hour in [*range(48), *range(48, days * 24, 2)]:
        now = NOW + hour * HOUR
        desk.show("gazette", entry("a", published_at=now, title=f"Title {hour % 2}"), at=now)
        if desk.due(now):
            found.append(hour)
            if text is None:
                load.commit_failures(desk.connection, [failed("a", Outcome.HTTP_ERROR, now, http_status=404)])
            else:
                desk.store(derived("a", text(hour), at=now))
    return found


def test_a_feed_that_stamps_the_time_of_the_poll(desk: Desk) -> None:
    assert fetches(desk, 11) == [0, 1, 2, 6, 22, 86, 254]
    assert desk.rows("SELECT revision FROM articles") == [(1,)]


def test_the_next_post_of_a_live_blog(desk: Desk) -> None:
    desk.show("gazette", entry("live", "post-1", published_at=NOW))
    desk.store(derived("live", "One", at=NOW + HOUR))
    later = NOW + 3 * HOUR
    desk.show("gazette", entry("live", "post-0", published_at=NOW - HOUR), at=later)
    desk.show("gazette", entry("live", "post-9", published_at=NOW + 9 * HOUR), at=later)
    desk.show("aggregator", entry("live", "a-1", published_at=NOW + 2 * HOUR), at=later)
    assert desk.due(later) == []  # posted before the fetch; dated in the future; shown by another source
    desk.show("gazette", entry("live", "post-2", published_at=NOW + 2 * HOUR), at=later)
    assert desk.due(later) == ["live"]
    desk.store(derived("live", "One, two", at=later))
    desk.show("gazette", entry("live", "post-2", published_at=NOW + 2 * HOUR), at=later + HOUR)
    assert desk.due(later + HOUR) == []


def test_a_page_that_is_not_there(desk: Desk) -> None:
    assert fetches(desk, 10, text=None) == [0, 1, 2, 6, 22, 86]


def test_a_page_that_does_change_is_fetched_with_each_change(desk: Desk) -> None:
    assert fetches(desk, 2, text=lambda hour: "Live: " + "and on " * hour) == list(range(48))
    assert desk.rows("SELECT revision FROM articles") == [(48,)]


def test_a_change_that_was_found_counts_anew(desk: Desk) -> None:
    fetches(desk, 5)
    now = NOW + 8 * 24 * HOUR
    desk.store(derived("a", "Another", at=now))
    desk.show("gazette", entry("a", published_at=now + HOUR), at=now + HOUR)
    assert desk.due(now + HOUR) == ["a"]


def test_attempts_after_a_failure_do_not_count(desk: Desk) -> None:
    desk.publish(derived("a"))
    for hour in (1, 2, 3):
        again = failed("a", Outcome.TIMEOUT, NOW + hour * HOUR, next_attempt_at=NOW + (hour + 1) * HOUR)
        load.commit_failures(desk.connection, [again])
    assert desk.rows("SELECT unchanged_fetches FROM pages") == [(0,)]
