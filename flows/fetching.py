"""Fetching pages and deriving them side by side, as the flows `monitor` and `backfill` do it."""

from __future__ import annotations

import queue
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

from prefect.futures import PrefectFuture

from flows.passes import BATCH, FLUSH_AFTER, Pass, drain
from tasks import steps, urls
from tasks.capture.archive import ArchiveWriter
from tasks.clock import now
from tasks.model import Derived, FailedPage, FetchedPage, HostWait, PageRef
from tasks.present.progress import reporter
from tasks.store import feedcopies, hosts, load, pollstates

SMALL_CHUNK, CHUNK = 25, 100
"""Pages in one derive task: at the beginning and the end of a pass, and between. A page takes about 16 ms."""


def fetch_and_derive(current: Pass, pages: Sequence[PageRef]) -> None:
    """Fetch the pages and store what they become: while workers derive a chunk, the next one is being fetched.

    Pages of a host that has asked to be left alone for now are put off until it may be asked.
    """
    waits = hosts.known_waits(current.connection, now())
    hosts.put_off_pages(current.connection, now())
    pages = _askable(pages, waits)
    if not pages:
        return
    settings = current.config.settings
    summary = current.summary
    spool = "archive" if settings.archive.enabled else "state/spool"
    archive = ArchiveWriter(current.data, summary.run_id, summary.started_at, folder=spool)
    reporter().begin("pages", len(pages))
    fetched: steps.Fetched = queue.SimpleQueue()
    fetching = steps.fetch.submit(
        steps.opaque(pages),
        steps.opaque(settings),
        archive,
        steps.opaque(pollstates.known_robots(current.connection)),
        steps.opaque(waits),
        steps.opaque(fetched),
        current.stop,
    )
    with current.worker_pool() as pool:
        stored = _Commits(current)
        deriving: list[PrefectFuture[list[Derived]]] = []
        batch: list[FetchedPage | FailedPage]
        for batch in drain(fetched, chunk_sizes(len(pages), current.workers)):
            got = [replace(p, archived=settings.archive.enabled) for p in batch if isinstance(p, FetchedPage)]
            got += _commit_failures(current, [page for page in batch if isinstance(page, FailedPage)])
            if got:
                hinted = load.with_hints(current.connection, got)
                deriving.append(steps.derive.submit(pool, steps.opaque(hinted)))
            # Two chunks wait for each worker at most: memory does not grow with the number of pages.
            while len(deriving) > 2 * current.workers or (deriving and deriving[0].state.is_final()):
                stored.add(deriving.pop(0).result())
        for future in deriving:
            stored.add(future.result())
        stored.flush()
    pollstates.keep_robots(current.connection, fetching.result())
    shutil.rmtree(current.data / "state" / "spool", ignore_errors=True)


def _askable(pages: Sequence[PageRef], waits: Sequence[HostWait]) -> list[PageRef]:
    """The pages whose hosts may be asked."""
    waiting = {wait.host for wait in waits}
    return [page for page in pages if urls.host(page.url) not in waiting]


def chunk_sizes(pages: int, workers: int) -> Iterator[int]:
    """Sizes of chunks for so many pages: small ones first, for which no worker waits long, and last, so that the
    workers end together; large ones between, beside which the 40 ms of CPU that Prefect takes for a task are little.

    Towards the end a chunk is a part of what is left: guided self-scheduling (Polychronopoulos and Kuck, 1987).
    """
    for number in count():
        size = SMALL_CHUNK if number < workers else max(SMALL_CHUNK, min(CHUNK, pages // (2 * workers)))
        pages -= size
        yield size


def _commit_failures(current: Pass, failed: Sequence[FailedPage]) -> list[FetchedPage]:
    """Returns those that can be derived from what their feeds have in full; they count as failed all the same."""
    if not failed:
        return []
    copies = feedcopies.of_failures(current.connection, failed)
    load.commit_failures(current.connection, failed, copies)
    current.counts.pages_failed += len(failed)
    current.note_counts()
    reporter().advance("pages", len(failed))
    return copies


class _Commits:
    """Commits derived pages together: a commit costs as much as deriving ten pages, however few it holds."""

    def __init__(self, current: Pass) -> None:
        self._current = current
        self._derived: list[Derived] = []
        self._since = time.monotonic()

    def add(self, derived: Sequence[Derived]) -> None:
        """Take in a chunk, and commit what has come together when it is enough or has waited long."""
        self._derived += derived
        if len(self._derived) >= BATCH or time.monotonic() - self._since >= FLUSH_AFTER:
            self.flush()

    def flush(self) -> None:
        """Commit what has come together."""
        self._since = time.monotonic()
        if not self._derived:
            return
        number = sum(item.page.failure is None for item in self._derived)
        current = self._current
        current.count(number, steps.commit_derived(current.connection, steps.opaque(self._derived)))
        self._derived = []
        current.opened.note_stored(number)
        reporter().advance("pages", number)
