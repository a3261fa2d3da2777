"""The pass of test_chaos.py, apart from its servers: it runs in a process of its own, to have its memory measured."""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from tasks.capture.archive import ArchiveWriter
from tasks.capture.fetch import fetch_pages
from tasks.capture.sources import poll_sources
from tasks.clock import now
from tasks.model import FailedPage, FetchedPage, PageRef, Poll, PollState, Source
from tasks.settings import HttpSettings, Settings

TIMEOUT = 8
"""`http.timeout` in seconds: what hangs takes so long, and what is good has it to come, on a busy machine too."""
SETTINGS = Settings(
    http=HttpSettings(
        timeout=timedelta(seconds=TIMEOUT),
        max_bytes=1_000_000,
        per_host_delay=timedelta(0),
        allow_private_hosts=("127.0.0.0/8",),
    )
)


@dataclass
class Outcome:
    """What the pass gave."""

    polls: dict[str, Poll] = field(default_factory=dict)
    again: dict[str, Poll] = field(default_factory=dict)
    """The good sources, polled for the second time."""
    pages: dict[str, FetchedPage | FailedPage] = field(default_factory=dict)
    megabytes: float = 0.0


def memory() -> float | None:
    """The most memory that this process has held so far, in megabytes; None where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return None
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(peak[1]) / 1000 if peak else None


def run_pass(feeds: dict[str, str], pages: dict[str, str]) -> Outcome:
    """Poll `feeds` and fetch `pages`, both addresses by name, all at the same time."""
    outcome = Outcome()
    before = memory()
    folder = Path(tempfile.mkdtemp(prefix="newsdesk-chaos-"))
    archive = ArchiveWriter(folder, "chaos", now())

    async def poll(states: Mapping[str, PollState], polls: dict[str, Poll]) -> None:
        items = [(Source(name, name, state.configured_url), state) for name, state in states.items()]
        await poll_sources(items, SETTINGS, now, lambda one: polls.update({one.source_id: one}))

    async def fetch() -> None:
        refs = [PageRef(name, url) for name, url in pages.items()]
        await fetch_pages(refs, SETTINGS, archive, [], now, lambda one: outcome.pages.update({one.page_id: one}))

    async def everything() -> None:
        await asyncio.gather(
            poll({name: PollState(name, url, url) for name, url in feeds.items()}, outcome.polls), fetch()
        )
        good = {name: one.state for name, one in outcome.polls.items() if name.startswith("good")}
        await poll(good, outcome.again)

    asyncio.run(everything())
    archive.close()
    shutil.rmtree(folder)
    outcome.megabytes = (memory() or 0.0) - (before or 0.0)
    return outcome
