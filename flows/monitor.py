"""The monitoring pass: poll what is due, fetch, derive, load, publish, report."""

from __future__ import annotations

import os
import queue
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.context import FlowRunContext
from prefect.futures import PrefectFuture
from prefect.task_runners import ThreadPoolTaskRunner

from flows.configuration import load_checked, topic_definitions, topic_versions
from flows.environment import end_orphaned_servers
from tasks import steps
from tasks.capture import polling
from tasks.capture.archive import ArchiveWriter
from tasks.clock import now
from tasks.derive.pool import WorkerPool
from tasks.derive.work import Setup
from tasks.model import (
    Counts,
    Derived,
    FailedPage,
    FetchedPage,
    PageRef,
    Poll,
    PollOutcome,
    PollState,
    RunSummary,
    Source,
)
from tasks.present import summary
from tasks.present.progress import reporter
from tasks.settings import Config
from tasks.store import load, publish, runs, state, stories

CHUNK = 50
"""Pages in one derive task, and polls in one commit."""
FLUSH_AFTER = 10.0
"""Seconds after which a chunk goes on although it is not full: what is committed cannot be lost."""


_RUNNER: Any = ThreadPoolTaskRunner(max_workers=4 + (os.cpu_count() or 1))


@flow(name="monitor", task_runner=_RUNNER, persist_result=False)
def monitor(
    config: str = "config", data: str = "data", source: list[str] | None = None, force: bool = False
) -> RunSummary:
    """One monitoring pass over the sources that are due; `source` names the only ones to poll, `force` polls them all.

    Raises ConfigError, state.DataFolderBusy and state.StoreError.
    """
    folder = Path(data)
    checked = load_checked(Path(config))
    with state.locked(folder):
        end_orphaned_servers(folder)
        try:
            return _Pass(checked, folder).run(source, force)
        except (OSError, ExceptionGroup) as error:
            broken = _first(error)
            if not isinstance(broken, OSError):
                raise
            place, reason = broken.filename or folder, broken.strerror or broken
            raise state.StoreError(f"{place}: {reason}; what was committed is kept") from error


class _Pass:
    """One pass over one data folder, which is locked while it lasts."""

    def __init__(self, config: Config, data: Path) -> None:
        self._config = config
        self._data = data
        started = now()
        self._summary = RunSummary(f"{started:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}", "monitor", started)
        self._counts: Counts = self._summary.counts
        self._stop = threading.Event()
        """Set when the pass ends, however it ends: whoever still fetches then stops."""

    def run(self, only: list[str] | None, force: bool) -> RunSummary:
        """Everything in order; what is committed stays, whatever happens after."""
        try:
            return self._run(only, force)
        finally:
            self._stop.set()

    def _run(self, only: list[str] | None, force: bool) -> RunSummary:
        started = self._summary.started_at
        with state.open_state(self._data) as connection:
            changed = publish.note_change(self._data)
            runs.begin(connection, self._summary.run_id, self._summary.flow, started)
            changed |= state.sync_sources(connection, self._config.sources, started)
            changed |= state.sync_topics(connection, topic_versions(self._config), started)
            self._poll(connection, self._due(connection, only, force))
            pages = load.pending_pages(connection, now())
            if pages:
                self._fetch_and_derive(connection, pages)
                stories.settle(connection, started)
            runs.finish(connection, self._summary.run_id, self._counts, started, now())
        if changed or pages or self._counts.sources_polled or not publish.published_path(self._data).exists():
            steps.publish_database(self._data)
            steps.write_report(self._data)
            self._summary.published = True
        publish.forget_change(self._data)
        self._summary.duration_s = (now() - started).total_seconds()
        if FlowRunContext.get():
            create_markdown_artifact(markdown=self._markdown(), key="newsdesk-pass")
        return self._summary

    def _markdown(self) -> str:
        """A pass that did not publish leaves the database alone: somebody may hold it."""
        published = self._summary.published
        return summary.as_markdown(self._summary, self._data) if published else summary.sentence(self._summary)

    def _due(self, connection: state.Connection, only: list[str] | None, force: bool) -> list[tuple[Source, PollState]]:
        chosen = [source for source in self._config.sources if not only or source.source_id in only]
        pairs = zip(chosen, state.poll_states(connection, chosen), strict=True)
        started = self._summary.started_at
        return [(s, p) for s, p in pairs if (force and s.enabled) or polling.is_due(s, p, started)]

    def _poll(self, connection: state.Connection, due: Sequence[tuple[Source, PollState]]) -> None:
        """Poll, committing as results come, so that memory holds one batch and a crash loses none."""
        if not due:
            return
        progress = reporter()
        progress.begin("sources", len(due))
        results: steps.Polled = queue.SimpleQueue()
        polling_task = steps.poll.submit(
            steps.opaque(due), steps.opaque(self._config.settings), steps.opaque(results), self._stop
        )
        for batch in drain(results, CHUNK):
            self._counts.entries_new += steps.commit_polls(connection, self._summary.run_id, steps.opaque(batch))
            self._count_polls(batch)
            progress.advance("sources", len(batch))
        polling_task.result()

    def _count_polls(self, polls: Sequence[Poll]) -> None:
        outcomes = [poll.outcome for poll in polls]
        self._counts.sources_polled += len(outcomes)
        self._counts.sources_unchanged += outcomes.count(PollOutcome.UNCHANGED)
        self._counts.sources_failed += sum(o not in (PollOutcome.OK, PollOutcome.UNCHANGED) for o in outcomes)

    def _fetch_and_derive(self, connection: state.Connection, pages: Sequence[PageRef]) -> None:
        """Fetch and derive side by side: while workers derive a chunk, the next one is being fetched."""
        settings = self._config.settings
        workers = _workers(settings.extract.workers)
        spool = "archive" if settings.archive.enabled else "state/spool"
        archive = ArchiveWriter(self._data, self._summary.run_id, self._summary.started_at, folder=spool)
        setup = Setup(self._data, topic_definitions(self._config), {s.source_id: s for s in self._config.sources})
        progress = reporter()
        progress.begin("pages", len(pages))
        fetched: steps.Fetched = queue.SimpleQueue()
        robots = state.known_robots(connection)
        fetching = steps.fetch.submit(
            steps.opaque(pages),
            steps.opaque(settings),
            archive,
            steps.opaque(robots),
            steps.opaque(fetched),
            self._stop,
        )
        with WorkerPool(setup, workers, settings.extract.timeout.total_seconds()) as pool:
            deriving: list[PrefectFuture[list[Derived]]] = []
            batch: list[FetchedPage | FailedPage]
            for batch in drain(fetched, CHUNK):
                got = [
                    replace(page, archived=settings.archive.enabled)
                    for page in self._commit_failures(connection, batch)
                ]
                if got:
                    deriving.append(steps.derive.submit(pool, steps.opaque(load.with_hints(connection, got))))
                # Two chunks wait for each worker at most: memory does not grow with the number of pages.
                while len(deriving) > 2 * workers or (deriving and deriving[0].state.is_final()):
                    self._commit_derived(connection, deriving.pop(0).result())
            for future in deriving:
                self._commit_derived(connection, future.result())
        state.keep_robots(connection, fetching.result())
        shutil.rmtree(self._data / "state" / "spool", ignore_errors=True)

    def _commit_failures(
        self, connection: state.Connection, batch: Sequence[FetchedPage | FailedPage]
    ) -> list[FetchedPage]:
        failed = [page for page in batch if isinstance(page, FailedPage)]
        if failed:
            load.commit_failures(connection, failed)
            self._counts.pages_failed += len(failed)
            reporter().advance("pages", len(failed))
        return [page for page in batch if isinstance(page, FetchedPage)]

    def _commit_derived(self, connection: state.Connection, derived: list[Derived]) -> None:
        loaded = steps.commit_derived(connection, steps.opaque(derived))
        counts = self._counts
        counts.pages_fetched += len(derived)
        for name, number in asdict(loaded).items():
            setattr(counts, name, getattr(counts, name) + number)
        reporter().advance("pages", len(derived))


def drain(source: queue.SimpleQueue[Any], size: int) -> Iterator[list[Any]]:
    """What comes out of a queue until None, in lists of at most `size` items that came within FLUSH_AFTER seconds."""
    item = source.get()
    while item is not None:
        batch = []
        deadline = time.monotonic() + FLUSH_AFTER
        with suppress(queue.Empty):
            while item is not None:
                batch.append(item)
                if len(batch) == size:
                    break
                item = source.get(timeout=max(0.0, deadline - time.monotonic()))
        yield batch
        if item is not None:
            item = source.get()


def _first(error: Exception) -> Exception:
    """What went wrong first; a group of tasks wraps it."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


def _workers(configured: int | str) -> int:
    return configured if isinstance(configured, int) else max(1, os.cpu_count() or 1)
