"""What every flow shares: the lock, the row in `runs`, the commit of derived pages, the publication at the end."""

from __future__ import annotations

import gc
import os
import queue
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prefect.artifacts import create_markdown_artifact
from prefect.context import FlowRunContext
from prefect.task_runners import ThreadPoolTaskRunner

from flows.configuration import load_checked, topic_definitions, topic_versions
from flows.opened import OpenedState
from tasks import steps
from tasks.clock import now
from tasks.derive import process
from tasks.derive.pool import WorkerPool
from tasks.derive.setup import Setup
from tasks.model import Counts, RunSummary
from tasks.present import summary
from tasks.present.progress import reporter
from tasks.settings import Config, Settings
from tasks.store import configured, load, publish, runs, sites, state, stories, upkeep

BATCH = 500
"""Derived pages in one commit."""
FLUSH_AFTER = 10.0
"""Seconds after which a chunk or a batch goes on although it is not full: what is committed cannot be lost."""
RUNNER: Any = ThreadPoolTaskRunner(max_workers=4 + (os.cpu_count() or 1))

Work = Callable[["Pass"], bool]
"""What a flow does between begin and publication; tells whether there is anything to publish."""


def run_pass(config: str, data: str, flow: str, work: Work) -> RunSummary:
    """One pass of `flow` over the folder `data`, which is locked while it lasts.

    Raises ConfigError, state.DataFolderBusy and state.StoreError.
    """
    folder = Path(data)
    checked = load_checked(Path(config))
    with state.locked(folder):
        publish.require_state(folder)
        try:
            return Pass(checked, folder, flow).run(work)
        except (OSError, ExceptionGroup) as error:
            broken = _first(error)
            if not isinstance(broken, OSError):
                raise
            place, reason = broken.filename or folder, broken.strerror or broken
            raise state.StoreError(f"{place}: {reason}; what was committed is kept") from error


class Pass:
    """One pass over one data folder."""

    def __init__(self, config: Config, data: Path, flow: str) -> None:
        self.config = config
        self.data = data
        started = now()
        self.summary = RunSummary(f"{started:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}", flow, started)
        self.counts: Counts = self.summary.counts
        self.opened = OpenedState(data)
        self.stop = threading.Event()
        """Set when the pass ends, however it ends: whoever still works for it then stops."""

    def run(self, work: Work) -> RunSummary:
        """Everything in order; what is committed stays, whatever happens after."""
        # Prefect leaves the results of tasks in cycles. Without the many objects that live on anyway, the collector
        # finds them soon: a pass over 5,000 pages otherwise keeps all of them to its end.
        gc.collect()
        gc.freeze()
        try:
            return self._run(work)
        finally:
            self.stop.set()
            gc.unfreeze()

    def _run(self, work: Work) -> RunSummary:
        started = self.summary.started_at
        with self.opened as opened:
            changed = publish.note_change(self.data)
            runs.begin(self.connection, self.summary.run_id, self.summary.flow, started)
            changed |= configured.sync_sources(self.connection, self.config.sources, started)
            changed |= configured.sync_topics(self.connection, topic_versions(self.config), started)
            changed |= work(self)
            opened.begin_step()
            self.counts.stories_new = stories.settle(self.connection)
            sites.learn(self.connection)
            opened.begin_step()
            indexed = upkeep.update_search(self.connection)
            changed |= indexed.added > 0
            if indexed.waiting:
                reporter().say(f"search: {indexed.waiting} articles wait for later passes, or for newsdesk maintain")
            runs.finish(self.connection, self.summary.run_id, self.counts, started, now())
        if changed or not publish.published_path(self.data).exists():
            steps.publish_database(self.data)
            if self.config.settings.publish.parquet:
                steps.write_parquet(self.data)
            steps.write_report(self.data)
            self.summary.published = True
        publish.forget_change(self.data)
        self.summary.duration_s = (now() - started).total_seconds()
        if FlowRunContext.get():
            create_markdown_artifact(markdown=self._markdown(), key="newsdesk-pass")
        return self.summary

    def _markdown(self) -> str:
        """A pass that did not publish leaves the database alone: somebody may hold it."""
        published = self.summary.published
        return summary.as_markdown(self.summary, self.data) if published else summary.sentence(self.summary)

    @property
    def connection(self) -> state.Connection:
        """To the state database; another one after a commit of derived pages has opened it again."""
        return self.opened.connection

    @property
    def workers(self) -> int:
        """How many worker processes derive."""
        return _workers(self.config.settings)

    def worker_pool(self) -> WorkerPool:
        """The worker processes, each started when it is first needed."""
        setup = Setup(self.data, topic_definitions(self.config), {s.source_id: s for s in self.config.sources})
        return WorkerPool(setup, self.workers, self.config.settings.extract.timeout.total_seconds())

    def count(self, derived: int, loaded: load.Loaded) -> None:
        """Add what one commit of derived pages brought."""
        self.counts.pages_fetched += derived
        for name, number in asdict(loaded).items():
            setattr(self.counts, name, getattr(self.counts, name) + number)
        self.note_counts()

    def note_counts(self) -> None:
        """After a commit: the row of a pass that is killed then tells what it brought."""
        runs.note(self.connection, self.summary.run_id, self.counts)


def start_workers_early(data: Path, settings: Settings) -> None:
    """Before the first pass over a data folder: it has all that the feeds show to derive.

    They load what they need while the flow waits for Prefect's server. A later pass may have a handful of pages.
    """
    if not state.state_path(data).exists():
        process.start_early(_workers(settings))


def _workers(settings: Settings) -> int:
    configured = settings.extract.workers
    return configured if isinstance(configured, int) else max(1, os.cpu_count() or 1)


def drain(source: queue.SimpleQueue[Any], sizes: Iterable[int]) -> Iterator[list[Any]]:
    """What comes out of a queue until None, in lists of at most so many items that came within FLUSH_AFTER seconds.

    `sizes` gives the size of each list; there must be enough of them.
    """
    next_size = iter(sizes)
    item = source.get()
    while item is not None:
        batch = []
        size = next(next_size)
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
