"""Worker processes for derive, each watched by the thread that feeds it.

A page that hangs or kills its worker costs its own outcome: the watcher kills the process, starts another and goes on
with the rest of the chunk. Only that is sure: no alarm stops a long parse in C.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import queue
import resource
import signal
from collections.abc import Sequence
from multiprocessing.connection import Connection
from types import TracebackType

from tasks.derive.work import Deriver, Setup
from tasks.model import Derived, FetchedPage, Outcome

START_TIMEOUT = 60.0
MEMORY_LIMIT = 3 * 2**30
"""Address space of a worker in bytes: a page that needs more fails alone instead of taking the machine down."""


class WorkerPool:
    """Up to `workers` processes, started when first needed. `timeout` is in seconds for each page."""

    def __init__(self, setup: Setup, workers: int, timeout: float) -> None:
        self._setup = setup
        self._timeout = timeout
        self._slots: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(workers):
            self._slots.put(None)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tasks.derive.work"])

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while not self._slots.empty():
            worker = self._slots.get_nowait()
            if worker:
                worker.stop()

    def derive(self, pages: Sequence[FetchedPage]) -> list[Derived]:
        """Derive a chunk in one worker; waits for a free one. Called from several threads at a time."""
        worker = self._slots.get()
        results: list[Derived] = []
        try:
            while len(results) < len(pages):
                worker = worker or _Worker(self._context, self._setup)
                rest = pages[len(results) :]
                failure = worker.work_on(rest, self._timeout, results)
                if failure:
                    worker.kill()
                    worker = None
                    results.append(Derived(pages[len(results)], Outcome.EXTRACT_FAILED, error=failure))
        finally:
            self._slots.put(worker)
        return results


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, context: multiprocessing.context.ForkServerContext, setup: Setup) -> None:
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_main, args=(theirs, setup), daemon=True)
        self._process.start()
        theirs.close()
        if not self._pipe.poll(START_TIMEOUT):
            self.kill()
            raise RuntimeError(f"a worker process did not start within {START_TIMEOUT:g} s")
        self._pipe.recv()

    def work_on(self, pages: Sequence[FetchedPage], timeout: float, results: list[Derived]) -> str | None:
        """Append a result for each page; returns None, or why the page after the last result broke the worker."""
        try:
            self._pipe.send(list(pages))
            for _ in pages:
                if not self._pipe.poll(timeout):
                    return f"no result within {timeout:g} s"
                results.append(self._pipe.recv())
        except (EOFError, OSError):
            self._process.join(5)
            return f"the worker process died (exit code {self._process.exitcode})"
        return None

    def stop(self) -> None:
        """Let the process end by itself."""
        self._pipe.close()
        self._process.join(5)
        self.kill()

    def kill(self) -> None:
        """End the process now."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


def _main(pipe: Connection, setup: Setup) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    os.nice(5)  # readers of the database come first
    deriver = Deriver(setup)
    gc.collect()
    gc.freeze()
    pipe.send("ready")
    with contextlib.suppress(EOFError, OSError):  # the parent is gone or has closed the pipe
        while True:
            for page in pipe.recv():
                pipe.send(deriver.derive(page))
