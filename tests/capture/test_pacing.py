"""Between two requests to a host there is a pause, whoever led to them; on a clock that jumps instead of ticking."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import httpx
import pytest

from tasks.capture.http import Client, Failure, Response
from tasks.capture.pacing import MAX_WAIT, NoTurn, Pacing
from tasks.model import Outcome
from tasks.settings import HttpSettings
from tests.capture.jumping import run

A, B = "https://a.example/", "https://b.example/"


async def ask(pacing: Pacing, url: str, seconds: float = 0.25) -> tuple[float, float]:
    """(begin, end) of a request that takes so long."""
    await pacing.begin(url)
    begun = asyncio.get_running_loop().time()
    await asyncio.sleep(seconds)
    pacing.end(url)
    return begun, asyncio.get_running_loop().time()


async def crowd(pacing: Pacing, *asked: str) -> list[tuple[float, float]]:
    return await asyncio.gather(*(ask(pacing, url) for url in asked))


def test_requests_that_come_at_the_same_time_take_turns() -> None:
    spans = run(crowd(Pacing(1.0), *[A] * 5))
    assert [later[0] - earlier[1] for earlier, later in pairwise(spans)] == [1.0] * 4


def test_hosts_do_not_wait_for_each_other() -> None:
    assert run(crowd(Pacing(1.0), A, B)) == [(0.0, 0.25)] * 2


def test_a_host_in_all_its_spellings_has_one_pace() -> None:
    assert [span[0] for span in run(crowd(Pacing(1.0), A, "http://A.example:80/x"))] == [0.0, 1.25]


def test_a_host_that_wants_more_time_gets_it_from_its_next_request_on() -> None:
    async def work() -> list[float]:
        pacing = Pacing(1.0)
        await ask(pacing, A)
        pacing.slow_down(A, 30.0)
        pacing.slow_down(B, 0.5)
        return [(await ask(pacing, url))[0] for url in (A, B, B)]

    assert run(work()) == [30.25, 30.5, 31.75]


def test_time_that_has_passed_anyway_counts() -> None:
    async def work() -> float:
        pacing = Pacing(1.0)
        await ask(pacing, A)
        await asyncio.sleep(5)
        return (await ask(pacing, A))[0]

    assert run(work()) == 5.25


def test_nobody_waits_for_ever_behind_others() -> None:
    async def work() -> float:
        pacing = Pacing(0.0)
        first = asyncio.create_task(ask(pacing, A, seconds=1000))
        await asyncio.sleep(1)
        with pytest.raises(NoTurn, match=r"a\.example was busy"):
            await pacing.begin(A)
        await first
        return (await ask(pacing, A))[0]  # and the turns go on

    assert run(work()) == 1000.0
    assert MAX_WAIT < 1000


def test_who_is_cancelled_while_waiting_gives_up_the_turn() -> None:
    async def work() -> float:
        pacing = Pacing(10.0)
        await ask(pacing, A)
        waiting = asyncio.create_task(pacing.begin(A))
        await asyncio.sleep(1)
        waiting.cancel()
        return (await ask(pacing, A))[0]

    assert run(work()) == 10.25


# Redirects, with the network replaced: each step takes half a second.

STEPS = {
    "a page": (["https://a.example/1", "https://a.example/2"], [0.0, 2.5]),
    "within the host": (["https://a.example/go/2", "https://a.example/1"], [0.0, 2.5, 5.0]),
    "to another host": (["https://a.example/b/1", "https://b.example/2"], [0.0, 0.5, 3.0]),
    "to a host that was asked before": (["https://b.example/0", "https://a.example/b/1"], [0.0, 0.5, 2.5]),
    "from http to https": (["http://a.example/go/1"], [0.0, 2.5]),
}


@pytest.mark.parametrize(("asked", "times"), STEPS.values(), ids=STEPS)
def test_steps_of_a_redirect_keep_the_pace(
    monkeypatch: pytest.MonkeyPatch, asked: list[str], times: list[float]
) -> None:
    seen: list[float] = []

    async def once(client: Client, url: str, request: object) -> Response:
        seen.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.5)
        target = url.partition("://")[2].partition("/")[2]
        to = {"go": "https://a.example", "b": "https://b.example"}.get(target.partition("/")[0])
        headers = {"location": f"{to}/{target.partition('/')[2]}"} if to else {}
        return Response(url, 302 if to else 200, httpx.Headers(headers), b"", httpx.Headers(), "HTTP/1.1")

    monkeypatch.setattr(Client, "_once", once)

    async def work() -> list[Response | Failure]:
        async with Client(HttpSettings()) as client:
            client.pacing = Pacing(2.0)
            return [await client.get(url, accept="*/*") for url in asked]

    answers = run(work())
    assert all(isinstance(answer, Response) and answer.status == 200 for answer in answers)
    assert seen == times
    steps = len(times) - len(asked) + 1
    assert max(answer.duration_ms for answer in answers) == 500 * steps  # the pauses do not count


def test_waiting_for_a_turn_takes_nothing_from_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    async def once(client: Client, url: str, request: object) -> Response:
        await asyncio.sleep(100)
        raise AssertionError

    monkeypatch.setattr(Client, "_once", once)

    async def work() -> tuple[list[Response | Failure], float]:
        async with Client(HttpSettings()) as client:
            client.pacing = Pacing(60.0)
            answers = [await client.get(A, accept="*/*") for _ in range(2)]
            return answers, asyncio.get_running_loop().time()

    answers, end = run(work())
    assert [isinstance(answer, Failure) and answer.outcome for answer in answers] == [Outcome.TIMEOUT] * 2
    assert end == 60.0 + 2 * HttpSettings().timeout.total_seconds()
