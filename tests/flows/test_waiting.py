"""A host that has had enough is left alone by the next passes too, until it may be asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from flows import fetching, passes
from tasks import clock, steps
from tests.flows.newsroom import Answer, ask, one_pass, outcomes, story, web_server, write_config

HOUR = timedelta(hours=1)
BUSY = Answer(status=429, headers={"Retry-After": "7200"})


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> list[timedelta]:
    """How much later it is by now: one value, to be changed."""
    shift = [timedelta(0)]
    real = clock.now

    def now() -> datetime:
        return real() + shift[0]

    for module in (fetching, passes, steps, clock):
        monkeypatch.setattr(module, "now", now)
    monkeypatch.setattr("flows.monitor.now", now)
    return shift


def test_a_host_that_asks_to_wait_is_not_asked_by_the_next_pass(tmp_path: Path, later: list[timedelta]) -> None:
    paths = [f"/justice/story-{number}" for number in range(4)]
    with web_server() as web:
        web.feed("/feed.xml", [(path, path) for path in paths])
        web.feed("/second.xml", [(paths[0], paths[0])])
        web.routes |= dict.fromkeys(paths, BUSY)
        sources = [
            {**web.source("one"), "interval": "15m", "kind": "feed"},
            {**web.source("two", "/second.xml"), "interval": "15m", "kind": "feed"},
        ]
        config, data = write_config(tmp_path / "config", sources), tmp_path / "data"
        one_pass(config, data, force=False)
        assert len(web.asked) == 4  # two feeds, robots.txt and one page
        assert outcomes(data) == {"pending": 3, "http_error": 1}
        ((first, last),) = ask(data, "SELECT min(next_attempt_at), max(next_attempt_at) FROM pages")
        assert last - first < timedelta(minutes=1)
        for path in paths:
            web.routes[path] = story(path)
        later[0] = HOUR
        one_pass(config, data, force=False)
        assert len(web.asked) == 4
        later[0] = 2 * HOUR + timedelta(minutes=1)
        one_pass(config, data, force=False)
        assert outcomes(data) == {"article": 4}
        assert len(web.asked) == 4 + 2 + 4


def test_a_feed_that_asks_to_wait_speaks_for_its_host(tmp_path: Path, later: list[timedelta]) -> None:
    """Its other sources and the pages that other hosts' feeds show of it wait as well."""
    with web_server() as busy, web_server() as other:
        busy.routes |= {"/feed.xml": BUSY, "/a": story("A story")}
        busy.feed("/second.xml", [])
        other.feed("/feed.xml", [("/a", "A story")], link=lambda path: busy.base + path)
        kinds = {"kind": "feed", "interval": "15m"}
        sources = [
            {**busy.source("one"), **kinds},
            {**busy.source("two", "/second.xml"), **kinds},
            {**other.source("three"), **kinds},
        ]
        config, data = write_config(tmp_path / "config", sources), tmp_path / "data"
        for _ in range(2):
            one_pass(config, data, force=False)
            assert busy.asked == ["/feed.xml"]
            later[0] = HOUR
        later[0] = 3 * HOUR
        one_pass(config, data, force=False)
        assert sorted(busy.asked) == sorted(["/feed.xml", "/feed.xml"])  # still busy: it is asked once more


def test_a_source_that_waits_for_its_host_says_so(
    tmp_path: Path, later: list[timedelta], capsys: pytest.CaptureFixture[str]
) -> None:
    """Also by force: a host that asked to wait is not asked by anybody, and nobody has to guess why."""
    with web_server() as busy:
        busy.routes["/feed.xml"] = BUSY
        busy.feed("/second.xml", [])
        kinds = {"kind": "feed", "interval": "15m"}
        sources = [{**busy.source("one"), **kinds}, {**busy.source("two", "/second.xml"), **kinds}]
        config, data = write_config(tmp_path / "config", sources), tmp_path / "data"
        for _ in range(2):
            one_pass(config, data, force=True)
            assert busy.asked == ["/feed.xml"]
            host = busy.base.removeprefix("http://")
            assert f"{host} asks to wait until " in capsys.readouterr().err
        rows = ask(data, "SELECT source_id, status, next_poll_at, last_error FROM source_health ORDER BY 1")
        (_, failing, _, error), (_, never, until, waits) = rows
        assert (failing, error) == ("failing", "http_error: HTTP 429")
        assert (never, waits) == ("never", f"{host} asks to wait until {until:%Y-%m-%d %H:%M} UTC")
        busy.feed("/feed.xml", [])
        later[0] = 3 * HOUR
        one_pass(config, data, force=True)
        assert sorted(busy.asked) == ["/feed.xml", "/feed.xml", "/second.xml"]


def test_a_feed_that_is_redirected_to_a_resting_host_does_not_ask_it(tmp_path: Path, later: list[timedelta]) -> None:
    with web_server() as busy, web_server() as other:
        busy.routes["/feed.xml"] = BUSY
        other.routes["/feed.xml"] = Answer(status=301, headers={"Location": f"{busy.base}/elsewhere.xml"})
        sources = [{**busy.source("one"), "kind": "feed"}]
        config, data = write_config(tmp_path / "config", sources), tmp_path / "data"
        one_pass(config, data)
        write_config(config, [*sources, {**other.source("two"), "kind": "feed"}])
        one_pass(config, data)
        assert (busy.asked, other.asked) == (["/feed.xml"], ["/feed.xml"])
        ((again, error),) = ask(
            data, "SELECT next_poll_at - last_poll_at, last_error FROM source_health WHERE source_id = 'two'"
        )
        assert again > HOUR and "asks to wait until" in error
