"""A pass over all that servers do wrong: each has its named outcome, and good sources beside them lose nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from tasks.model import FailedPage, FetchedPage
from tests.capture.chaos import PAGE, rss
from tests.capture.chaos_pass import Outcome, memory, run_pass
from tests.capture.loopback import Loopback, Server, reply, routes
from tests.capture.misbehaviours import ROBOTS, SERVERS, Ending

GOOD = 20
"""Good servers beside the others."""
ENTRIES = 10
"""Entries of each, which are pages of its own."""
MEMORY = 150
"""Megabytes that the pass may take on top of what the imported program has; with bodies of 1 MB, 64 at a time."""
SECONDS = 90
"""The pass takes little more than the time limit; what is over this does not end."""
ENDINGS: Mapping[str, Ending] = {name: ending for name, (_, ending) in {**SERVERS, **ROBOTS}.items()}


def good_server(loopback: Loopback, number: int) -> Server:
    feed = rss(f"Story {number}/{entry}" for entry in range(ENTRIES))
    pages = {f"/{entry}": reply(PAGE, content_type="text/html") for entry in range(ENTRIES)}
    return loopback.serve(routes({"/feed": reply(feed, etag=f'"{number}"'), **pages}))


@pytest.fixture(scope="module")
def outcome() -> Iterator[Outcome]:
    feeds: dict[str, str] = {}
    pages: dict[str, str] = {}
    with Loopback() as loopback, ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        for name, (handler, ending) in {**SERVERS, **ROBOTS}.items():
            # Where it is not about robots.txt, that one is as it should be.
            given = handler if name in ROBOTS else routes({"/robots.txt": reply(b"", 404)}, other=handler)
            server = loopback.serve(given)
            if ending.poll:
                feeds[name] = server.url("/feed")
            if ending.page:
                pages[name] = server.url("/page")
        for number in range(GOOD):
            server = good_server(loopback, number)
            feeds[f"good {number}"] = server.url("/feed")
            pages.update({f"good {number} {entry}": server.url(f"/{entry}") for entry in range(ENTRIES)})
        yield other.submit(run_pass, feeds, pages).result(SECONDS)


def test_there_is_enough_chaos() -> None:
    assert len(ENDINGS) >= 60


@pytest.mark.parametrize("name", [name for name, ending in ENDINGS.items() if ending.poll])
def test_the_poll(outcome: Outcome, name: str) -> None:
    poll, ending = outcome.polls[name], ENDINGS[name]
    ended = f"{poll.outcome}: {poll.error}" if poll.outcome == "failed" else poll.outcome.value
    assert ending.poll == "any" or ended.startswith(ending.poll or "")
    assert len(poll.entries) >= ending.entries
    assert poll.error if poll.outcome != "ok" else "entries left out" in (poll.error or "no entries left out")
    assert (poll.state.next_poll_at is None) is (poll.outcome == "gone")
    told = repr(poll)
    assert "root:" not in told
    assert "haha" not in told


@pytest.mark.parametrize("name", [name for name, ending in ENDINGS.items() if ending.page])
def test_the_page(outcome: Outcome, name: str) -> None:
    page = outcome.pages[name]
    ended = "fetched" if isinstance(page, FetchedPage) else page.outcome.value
    assert ended == ENDINGS[name].page
    if isinstance(page, FailedPage):
        assert page.error and "\n" not in page.error


def test_good_sources_lose_nothing(outcome: Outcome) -> None:
    for number in range(GOOD):
        poll = outcome.polls[f"good {number}"]
        assert poll.outcome == "ok", poll.error
        assert [entry.title for entry in poll.entries] == [f"Story {number}/{entry}" for entry in range(ENTRIES)]
        assert outcome.again[f"good {number}"].outcome == "unchanged"
        for entry in range(ENTRIES):
            assert isinstance(outcome.pages[f"good {number} {entry}"], FetchedPage)


def test_memory_is_bounded(outcome: Outcome) -> None:
    if memory() is None:
        pytest.skip("the system does not say how much memory a process has held")
    assert outcome.megabytes < MEMORY
