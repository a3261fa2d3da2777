"""Polling 1,000 unchanged feeds on 100 loopback hosts: ours against feedparser.parse(url) in a loop, in one run."""

from __future__ import annotations

import asyncio
import cProfile
import pstats
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import feedparser

from benchmarks._sites import serving
from tasks.capture.sources import poll_sources
from tasks.clock import now
from tasks.model import Poll, PollState, Source
from tasks.settings import HttpSettings, Settings
from tasks.store import load, state

FEEDS, HOSTS, ENTRIES, LOOP = 1000, 100, 50, 40
"""Feeds, hosts, entries in each feed, and how many feeds the baseline reads (it is slow)."""

_PARAGRAPH = (
    "<p>The council voted on plan {n} after a debate of {minute} minutes, <b>said</b> its <a href='/chair'>chair</a>. "
    "Residents had asked for the vote since the spring, and the harbour master was heard at length.</p>"
)
_ITEM = (
    "<item><title>Council votes on plan {n} for the harbour</title><link>http://example.org/news/{n}</link>"
    "<guid>tag:example.org,2026:{n}</guid><pubDate>Mon, 23 Nov 2026 10:{minute:02}:00 GMT</pubDate>"
    f"<description><![CDATA[{_PARAGRAPH}]]></description>"
    f"<content:encoded><![CDATA[{_PARAGRAPH * 8}]]></content:encoded></item>"
)
_FEED = (
    '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
    "<title>News</title><link>http://example.org/</link>"
    + "".join(_ITEM.format(n=n, minute=n % 60) for n in range(ENTRIES))
    + "</channel></rss>"
).encode()


def main() -> None:
    """Print the table."""
    with serving({f"/feed/{number}": ("application/rss+xml", _FEED) for number in range(FEEDS)}, HOSTS) as hosts:
        _compare([f"{hosts[number % HOSTS]}/feed/{number}" for number in range(FEEDS)])


def _compare(addresses: list[str]) -> None:
    sources = [Source(f"s{number}", f"Source {number}", url) for number, url in enumerate(addresses)]
    first = _poll([(source, PollState(source.source_id, source.url, source.url)) for source in sources])
    states = {poll.source_id: poll.state for poll in first}
    pairs = [(source, states[source.source_id]) for source in sources]
    again: list[Poll] = []
    wall, cpu = _timed(lambda: again.extend(_poll(pairs)))
    assert {poll.outcome for poll in again} == {"unchanged"}
    baseline, baseline_cpu = _timed(lambda: [feedparser.parse(url) for url in addresses[:LOOP]])
    with tempfile.TemporaryDirectory() as folder, state.open_state(Path(folder)) as connection:
        commit, _ = _timed(lambda: load.commit_polls(connection, "run", again))
    ratio = (baseline / LOOP) / (wall / FEEDS)
    print(f"{ENTRIES} entries and {len(_FEED) / 1000:.0f} kB in each feed.\n")
    print("| what | feeds/s | CPU ms a feed | ratio |\n| --- | --- | --- | --- |")
    print(f"| feedparser.parse(url) in a loop | {LOOP / baseline:.0f} | {1000 * baseline_cpu / LOOP:.2f} | 1 |")
    print(f"| newsdesk, unchanged feeds | {FEEDS / wall:.0f} | {1000 * cpu / FEEDS:.2f} | {ratio:.1f} |")
    print(f"| their commit, in one transaction | {FEEDS / commit:.0f} | | |\n\nWhere our CPU goes:")
    profile = cProfile.Profile()
    profile.runcall(_poll, pairs)
    pstats.Stats(profile).strip_dirs().sort_stats("tottime").print_stats(12)


def _poll(pairs: list[tuple[Source, PollState]]) -> list[Poll]:
    polls: list[Poll] = []
    asyncio.run(poll_sources(pairs, loopback_settings(), now, polls.append))
    return polls


def loopback_settings() -> Settings:
    """Settings for servers that are ours: no delay, loopback allowed."""
    http = HttpSettings.model_validate({"per_host_delay": "0s", "allow_private_hosts": ["127.0.0.0/8"]})
    return Settings(http=http)


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    started, cpu = time.monotonic(), time.process_time()
    work()
    return time.monotonic() - started, time.process_time() - cpu


if __name__ == "__main__":
    main()
