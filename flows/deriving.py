"""Deriving pages that lie in WARC files already, batch after batch, as the flows `backfill` and `replay` do it."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TypeVar

from prefect.futures import PrefectFuture

from flows.passes import BATCH, Pass
from tasks import steps
from tasks.model import Derived, FetchedPage, Outcome

CHUNK = 100
"""Pages in one derive task: Prefect takes 40 ms for a task, a page about 12."""

T = TypeVar("T")


def derive_in_order(
    current: Pass,
    batches: Iterable[tuple[T, Sequence[FetchedPage]]],
    commit: Callable[[T, list[Derived]], None],
) -> None:
    """Derive every batch in the worker processes and commit it with what belongs to it, in the order of the batches.

    A few batches are under way at a time, enough that no worker waits: memory does not grow with their number.
    """
    most = 1 + -(-2 * current.workers * CHUNK // BATCH)
    waiting: deque[tuple[T, list[PrefectFuture[list[Derived]]]]] = deque()

    def finish() -> None:
        what, chunks = waiting.popleft()
        commit(what, list(chain.from_iterable(chunk.result() for chunk in chunks)))
        gc.collect()  # what Prefect leaves in cycles: 10 ms, while memory would grow by all the pages
        current.opened.note_stored(BATCH)

    with current.worker_pool() as pool:
        for what, pages in batches:
            chunks = [pages[start : start + CHUNK] for start in range(0, len(pages), CHUNK)]
            waiting.append((what, [steps.derive.submit(pool, steps.opaque(chunk)) for chunk in chunks]))
            if len(waiting) > most:
                finish()
        while waiting:
            finish()


def by_readability(derived: Sequence[Derived]) -> tuple[list[Derived], list[Derived]]:
    """(the pages that could be read, those whose record is damaged or of another page).

    The latter say nothing about their pages, so what is stored of those stays: the file may be restored from a backup.
    """
    damaged = [item for item in derived if item.outcome is Outcome.ARCHIVE_DAMAGED]
    return [item for item in derived if item.outcome is not Outcome.ARCHIVE_DAMAGED], damaged
