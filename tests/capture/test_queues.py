"""One queue per host, on a clock that jumps instead of ticking: every time is exact and nothing waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import httpx
import pytest

from tasks.capture.http import Failure, Response
from tasks.capture.patience import MAX_TIME, MAX_UNREACHABLE, Patience
from tasks.capture.queues import run_by_host
from tasks.model import Outcome
from tests.capture.jumping import run

NOW = datetime(2026, 3, 10, 12, 0, 0)


@dataclass
class Log:
    """What was worked on: address, beginning and end in seconds."""

    seconds: Callable[[str], float]
    keep: Callable[[str], bool] = lambda url: True
    spans: list[tuple[str, float, float]] = field(default_factory=list)

    async def work(self, url: str) -> bool:
        begun = asyncio.get_running_loop().time()
        await asyncio.sleep(self.seconds(url))
        self.spans.append((url, begun, asyncio.get_running_loop().time()))
        return self.keep(url)

    def of(self, host: str) -> list[tuple[str, float, float]]:
        return [span for span in self.spans if f"//{host}/" in span[0]]

    def most_at_once(self) -> int:
        return max(sum(begun <= moment < end for _, begun, end in self.spans) for _, moment, _ in self.spans)


def drained(items: list[str], log: Log, *, concurrency: int = 100) -> Log:
    run(run_by_host(items, url_of=str, work=log.work, concurrency=concurrency))
    return log


def pages(hosts: int, each: int) -> list[str]:
    return [f"https://host{host}.example/{number}" for number in range(each) for host in range(hosts)]


def test_a_host_has_one_item_at_a_time_in_order() -> None:
    log = drained(pages(5, 20), Log(lambda url: 0.25))
    for host in range(5):
        spans = log.of(f"host{host}.example")
        assert [url.rpartition("/")[2] for url, _, _ in spans] == [str(number) for number in range(20)]
        assert all(later[1] >= earlier[2] for earlier, later in pairwise(spans))


def test_hosts_run_side_by_side() -> None:
    log = drained(pages(50, 1), Log(lambda url: 1.0))
    assert log.most_at_once() == 50
    assert max(end for _, _, end in log.spans) == 1.0


@pytest.mark.parametrize("concurrency", [1, 3, 10])
def test_no_more_hosts_at_a_time_than_allowed(concurrency: int) -> None:
    log = drained(pages(20, 3), Log(lambda url: 1.0), concurrency=concurrency)
    assert log.most_at_once() == concurrency
    assert len(log.spans) == 60


def test_the_longest_queue_comes_first() -> None:
    log = drained([*pages(5, 1), *[f"https://long.example/{number}" for number in range(9)]], Log(lambda url: 1.0))
    assert max(end for _, _, end in log.spans) == 9.0


def test_a_slow_host_holds_up_no_other() -> None:
    log = drained(pages(10, 3), Log(lambda url: 100.0 if "host0" in url else 1.0))
    assert max(end for url, _, end in log.spans if "host0" not in url) == 3.0


def test_one_host_in_all_its_spellings() -> None:
    items = ["http://a.example/1", "https://a.example/2", "https://A.EXAMPLE:443/3", "http://u:p@a.example/4"]
    assert drained(items, Log(lambda url: 1.0)).most_at_once() == 1


def test_where_work_says_no_the_rest_of_the_host_is_left() -> None:
    log = drained(pages(3, 10), Log(lambda url: 1.0, keep=lambda url: url != "https://host1.example/3"))
    assert [len(log.of(f"host{number}.example")) for number in range(3)] == [10, 4, 10]


def test_an_address_that_is_none_has_a_queue_too() -> None:
    assert len(drained(["http://[::1", "nonsense"], Log(lambda url: 1.0)).spans) == 2


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


URL = "https://a.example/1"


def answer(status: int) -> Response:
    return Response(URL, status, httpx.Headers(), b"", httpx.Headers(), "HTTP/1.1")


def failure(outcome: Outcome) -> Failure:
    return Failure(URL, outcome, "broken")


GONE = failure(Outcome.TIMEOUT)
REFUSED = failure(Outcome.CONNECT_ERROR)
PATIENCE: list[tuple[str, list[Response | Failure], bool]] = [
    ("nothing yet", [], True),
    ("good answers", [answer(200)] * 50, True),
    ("missing pages", [answer(404)] * 50, True),
    ("server errors", [answer(500)] * 50, True),
    ("too many requests", [answer(200), answer(429)], False),
    ("unavailable", [answer(503)], False),
    ("asked to wait once is enough", [answer(429), answer(200)], False),
    ("two without an answer", [GONE, REFUSED], True),
    ("three without an answer", [GONE, REFUSED, GONE], False),
    ("not three in a row", [GONE, GONE, answer(200), GONE, GONE], True),
    ("a large page is an answer, and does not end the row", [GONE, failure(Outcome.TOO_LARGE), GONE], True),
]


@pytest.mark.parametrize(("seen", "expected"), [row[1:] for row in PATIENCE], ids=[row[0] for row in PATIENCE])
def test_patience_with_a_host(seen: list[Response | Failure], expected: bool) -> None:
    patience = Patience(Clock())
    patience.begin(URL)
    for one in seen:
        patience.saw(URL, one)
    assert patience.holds(URL) is expected
    assert patience.holds("https://b.example/")
    assert MAX_UNREACHABLE == 3


def test_patience_ends_with_time() -> None:
    clock = Clock()
    patience = Patience(clock)
    for _ in range(2):
        patience.begin(URL)
        clock.now += MAX_TIME - timedelta(seconds=1)
        assert patience.holds(URL) is (clock.now < NOW + MAX_TIME)
    patience.begin("https://late.example/")
    assert patience.holds("https://late.example/")
