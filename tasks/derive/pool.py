"""Worker processes for derive, each watched by the thread that feeds it.

A page that hangs or kills its worker costs its own outcome: the watcher kills the process, starts another and goes on
with the rest of the chunk. Only that is sure: no alarm stops a long parse in C.

The processes are started by `subprocess`, not by `multiprocessing`: that would run the parent's main module in each of
them first, which imports all of Prefect where a flow run is the parent.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import subprocess
import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from tasks.derive.setup import Setup, make_deriver
from tasks.model import Derived, FetchedPage, Outcome

START_TIMEOUT = 60.0
STOP_TIMEOUT = 5.0

Given = TypeVar("Given")
Item = TypeVar("Item")
Result = TypeVar("Result")
ItemIn = TypeVar("ItemIn", contravariant=True)
ResultOut = TypeVar("ResultOut", covariant=True)


class Derives(Protocol[ItemIn, ResultOut]):
    """What a worker process does with each item."""

    def derive(self, item: ItemIn, /) -> ResultOut:
        """The result for one item; an exception costs the worker."""


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
        self._slots: queue.LifoQueue[_Worker[Item, Result] | None] = queue.LifoQueue()
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
                    worker = _Worker(self._factory, self._setup, self._timeout)
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


class _Worker(Generic[Item, Result]):
    """One process and the pipe to it."""

    def __init__(self, factory: Callable[[Given], Derives[Item, Result]], setup: Given, timeout: float) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        with theirs:
            self._process = subprocess.Popen(
                # -P: a folder named `tasks` where the user happens to be is not ours.
                [sys.executable, "-P", "-m", "tasks.derive.worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                start_new_session=True,  # Ctrl-C is the parent's to handle
            )
        try:
            self._pipe.send((factory, setup, timeout))
            if not self._pipe.poll(START_TIMEOUT):
                raise RuntimeError(f"a worker process did not start within {START_TIMEOUT:g} s")
            answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            cause = self._cause_of_death()
            self.kill()
            raise RuntimeError(f"a worker process did not start ({cause})") from error
        except BaseException:
            self.kill()
            raise
        if isinstance(answer, OSError):
            self.kill()
            raise answer

    def work_on(self, items: Sequence[Item], timeout: float, results: list[Result]) -> str | None:
        """Append a result for each page; returns None, or why the item after the last result broke the worker."""
        try:
            self._pipe.send(list(items))
            for _ in items:
                if not self._pipe.poll(timeout):
                    return f"no result within {timeout:g} s"
                results.append(self._pipe.recv())
        except (EOFError, OSError):
            return f"the worker process died ({self._cause_of_death()})"
        return None

    def is_alive(self) -> bool:
        """Whether the process is there; the system may have killed it while it was idle."""
        return self._process.poll() is None

    def _cause_of_death(self) -> str:
        try:
            code = self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            return "its pipe is closed"
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def stop(self) -> None:
        """Let the process end by itself."""
        self._pipe.close()
        try:
            self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End the process now."""
        self._process.kill()
        self._process.wait()
        self._pipe.close()
