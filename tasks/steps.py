"""Every Prefect task of newsdesk: a step or a chunk each, never an article. Each body is one call into a room.

Bulk arguments come wrapped by `opaque`, so that Prefect does not walk through them looking for futures. Nothing is
cached or retried by Prefect: what fails is kept in the state with its outcome, and the next pass tries again.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

from prefect import Task
from prefect import task as prefect_task
from prefect.cache_policies import NO_CACHE
from prefect.utilities.annotations import quote

from tasks.capture import archive as archives
from tasks.capture.archive import ArchiveWriter
from tasks.capture.fetch import fetch_pages
from tasks.capture.history import published_since
from tasks.capture.queues import run_until
from tasks.capture.sitemaps import NotASitemap
from tasks.capture.sources import poll_sources
from tasks.clock import now
from tasks.derive.pool import WorkerPool
from tasks.derive.rematch import Rematched, RematchPool
from tasks.model import (
    Changes,
    Derived,
    Entry,
    FailedPage,
    FetchedPage,
    HostWait,
    PageRef,
    Poll,
    PollState,
    RobotsFile,
    Source,
    StoredArticle,
)
from tasks.settings import Settings
from tasks.store import backfill, load, matches, parquet, publish, replay
from tasks.store.state import Connection

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

Polled = queue.SimpleQueue[Poll | None]
Fetched = queue.SimpleQueue[FetchedPage | FailedPage | None]


def opaque(value: T) -> T:
    """A bulk argument that Prefect passes on as it is, without walking through it; it is no other type inside."""
    return cast(T, quote(value))


def step(name: str) -> Callable[[Callable[P, R]], Task[P, R]]:
    """A Prefect task with newsdesk's settings."""
    return prefect_task(name=name, cache_policy=NO_CACHE, persist_result=False, retries=0)


@step("poll sources")
def poll(
    sources: Sequence[tuple[Source, PollState]],
    settings: Settings,
    waits: Sequence[HostWait],
    out: Polled,
    stop: threading.Event,
) -> None:
    """Poll the sources; each result goes to `out` as it comes, None at the end, also when `stop` brings it early."""
    try:
        run_until(stop, poll_sources(sources, settings, now, out.put, waits))
    finally:
        out.put(None)


@step("commit polls")
def commit_polls(connection: Connection, run_id: str, polls: Sequence[Poll]) -> int:
    """Commit 1; returns the number of new entries."""
    return load.commit_polls(connection, run_id, polls)


@step("fetch pages")
def fetch(
    pages: Sequence[PageRef],
    settings: Settings,
    archive: ArchiveWriter,
    robots: list[RobotsFile],
    waits: list[HostWait],
    out: Fetched,
    stop: threading.Event,
) -> list[RobotsFile]:
    """Fetch the pages into the archive; each result goes to `out` as it comes, None at the end (or at `stop`)."""
    try:
        return run_until(stop, fetch_pages(pages, settings, archive, robots, now, out.put, waits)) or []
    finally:
        archive.close()
        out.put(None)


@step("derive chunk")
def derive(pool: WorkerPool, pages: Sequence[FetchedPage]) -> list[Derived]:
    """Text, metadata and topics of one chunk of pages, in a worker process."""
    return pool.derive(pages)


@step("commit articles")
def commit_derived(connection: Connection, derived: Sequence[Derived]) -> load.Loaded:
    """Commit 2."""
    return load.commit_derived(connection, derived)


@step("match chunk")
def match(pool: RematchPool, articles: Sequence[StoredArticle]) -> list[Rematched]:
    """Topics of one chunk of stored articles, in a worker process."""
    return pool.derive(articles)


@step("exchange matches")
def exchange_matches(connection: Connection) -> list[matches.TopicChange]:
    """What was found again in place of what there was."""
    return matches.exchange(connection)


@step("list sitemaps")
def list_sitemaps(
    places: tuple[str, ...], site: str, since: datetime, settings: Settings, stop: threading.Event
) -> tuple[Entry, ...] | NotASitemap:
    """What a site has published since a day, by its sitemaps; nothing where `stop` comes first."""
    return run_until(stop, published_since(places, site, since, settings, now)) or ()


@step("commit entries")
def commit_entries(connection: Connection, found: Poll) -> int:
    """Commit 1 for what a backfill found; returns the number of new entries."""
    return load.commit_entries(connection, [found])


@step("commit captures")
def commit_captures(connection: Connection, derived: Sequence[Derived], file: backfill.WarcFile) -> load.Loaded:
    """Commit 2 for pages of a WARC file, with how far that is read."""
    return backfill.commit_captures(connection, derived, file)


@step("commit replayed")
def commit_replayed(
    connection: Connection, derived: Sequence[Derived], task: str, position: replay.Position
) -> tuple[load.Loaded, Changes]:
    """Commit 2 for pages that were derived again, with how far the replay is."""
    return replay.commit_replayed(connection, derived, task, position)


@step("commit cleaned")
def commit_cleaned(connection: Connection, derived: Sequence[Derived]) -> None:
    """Commit 2 for pages that were derived again for what is known about their sites by now."""
    replay.commit_cleaned(connection, derived)


@step("remove archive files")
def remove_archive_files(data: Path, files: Sequence[str]) -> None:
    """Delete files of the archive that nothing refers to any more."""
    archives.remove_files(data, files)


@step("publish")
def publish_database(data: Path) -> Path:
    """Replace news.duckdb."""
    return publish.publish(data)


@step("parquet")
def write_parquet(data: Path) -> int:
    """Bring the Parquet files up to date."""
    return parquet.write_parquet(data)


@step("report")
def write_report(data: Path) -> Path:
    """Write the HTML report and the topics' feeds."""
    from tasks.present import report  # a pass with nothing new has no use for it and for jinja2: 0.07 s of CPU

    return report.write_report(data)
