"""Fetching pages and deriving them side by side, as the flows `monitor` and `backfill` do it."""

from __future__ import annotations

import queue
import shutil
from collections.abc import Sequence
from dataclasses import replace

from prefect.futures import PrefectFuture

from flows.passes import CHUNK, Pass, drain
from tasks import steps, urls
from tasks.capture.archive import ArchiveWriter
from tasks.clock import now
from tasks.model import Derived, FailedPage, FetchedPage, HostWait, PageRef
from tasks.present.progress import reporter
from tasks.store import hosts, load, state


def fetch_and_derive(current: Pass, pages: Sequence[PageRef]) -> None:
    """Fetch the pages and store what they become: while workers derive a chunk, the next one is being fetched.

    Pages of a host that has asked to be left alone for now are put off until it may be asked.
    """
    opened = current.opened
    waits = hosts.known_waits(opened.connection, now())
    hosts.put_off_pages(opened.connection, now())
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
        steps.opaque(state.known_robots(opened.connection)),
        steps.opaque(waits),
        steps.opaque(fetched),
        current.stop,
    )
    with current.worker_pool() as pool:
        deriving: list[PrefectFuture[list[Derived]]] = []
        batch: list[FetchedPage | FailedPage]
        for batch in drain(fetched, CHUNK):
            found = _commit_failures(current, batch)
            got = [replace(page, archived=settings.archive.enabled) for page in found]
            if got:
                hinted = load.with_hints(opened.connection, got)
                deriving.append(steps.derive.submit(pool, steps.opaque(hinted)))
            # Two chunks wait for each worker at most: memory does not grow with the number of pages.
            while len(deriving) > 2 * current.workers or (deriving and deriving[0].state.is_final()):
                _commit_derived(current, deriving.pop(0).result())
        for future in deriving:
            _commit_derived(current, future.result())
    state.keep_robots(opened.connection, fetching.result())
    shutil.rmtree(current.data / "state" / "spool", ignore_errors=True)


def _askable(pages: Sequence[PageRef], waits: Sequence[HostWait]) -> list[PageRef]:
    """The pages whose hosts may be asked."""
    waiting = {wait.host for wait in waits}
    return [page for page in pages if urls.host(page.url) not in waiting]


def _commit_failures(current: Pass, batch: Sequence[FetchedPage | FailedPage]) -> list[FetchedPage]:
    failed = [page for page in batch if isinstance(page, FailedPage)]
    if failed:
        load.commit_failures(current.opened.connection, failed)
        current.counts.pages_failed += len(failed)
        reporter().advance("pages", len(failed))
    return [page for page in batch if isinstance(page, FetchedPage)]


def _commit_derived(current: Pass, derived: list[Derived]) -> None:
    current.count(len(derived), steps.commit_derived(current.opened.connection, steps.opaque(derived)))
    current.opened.note_stored(len(derived))
    reporter().advance("pages", len(derived))
