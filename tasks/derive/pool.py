"""Worker processes for derive, each watched by the thread that feeds it.

A page that hangs or kills its worker costs its own outcome: the watcher kills the process, starts another and goes on
with the rest of the chunk. Only that is sure: no alarm stops a long parse in C.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Generic, Self, TypeVar

from tasks.derive.process import Derives, WorkerProcess
from tasks.derive.setup import Setup, make_deriver
from tasks.model import Derived, FetchedPage, Outcome

Given = TypeVar("Given")
Item = TypeVar("Item")
Result = TypeVar("Result")

DeriverFactory = Callable[[Setup], Derives[FetchedPage, Derived]]
"""Makes the deriver inside the worker; a function or class of a module, so that it can be named there."""


class ItemPool(Generic[Given, Item, Result]):
    """Up to `workers` processes, started when first needed, that turn items into results.

    `factory` makes what works inside the process, from `setup`; `timeout` is in seconds for each item; `failed` gives
    the result of an item that broke its worker, with the reason.
    """

    def __init__(
        self,
        setup: Given,
        workers: int,
        timeout: float,
        factory: Callable[[Given], Derives[Item, Result]],
        failed: Callable[[Item, str], Result],
    ) -> None:
        self._setup = setup
        self._timeout = timeout
        self._factory = factory
        self._failed = failed
        self._closed = False
        self._slots: queue.LifoQueue[WorkerProcess[Item, Result] | None] = queue.LifoQueue()
        for _ in range(workers):
            self._slots.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._stop_idle()

    def derive(self, items: Sequence[Item]) -> list[Result]:
        """Derive a chunk in one worker; waits for a free one. Called from several threads at a time.

        Raises RuntimeError where a worker process cannot be started, OSError where its factory raises that.
        """
        worker = self._slots.get()
        results: list[Result] = []
        try:
            while len(results) < len(items):
                if worker is None or not worker.is_alive():
                    worker = WorkerProcess(self._factory, self._setup, self._timeout)
                failure = worker.work_on(items[len(results) :], self._timeout, results)
                if failure:
                    worker.kill()
                    worker = None
                    results.append(self._failed(items[len(results)], failure))
        finally:
            self._slots.put(worker)
            if self._closed:  # the pass has ended without waiting for this chunk
                self._stop_idle()
        return results

    def _stop_idle(self) -> None:
        while not self._slots.empty():
            worker = self._slots.get_nowait()
            if worker:
                worker.stop()


class WorkerPool(ItemPool[Setup, FetchedPage, Derived]):
    """The pool that derives pages; a page that breaks its worker ends as `extract_failed`."""

    def __init__(self, setup: Setup, workers: int, timeout: float, factory: DeriverFactory = make_deriver) -> None:
        super().__init__(setup, workers, timeout, factory, _extract_failed)


def _extract_failed(page: FetchedPage, error: str) -> Derived:
    return Derived(page, Outcome.EXTRACT_FAILED, error=error)
