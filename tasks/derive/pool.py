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

from tasks.derive.work import Deriver, Setup
from tasks.model import Derived, FetchedPage, Outcome

START_TIMEOUT = 60.0
STOP_TIMEOUT = 5.0

DeriverFactory = Callable[[Setup], Deriver]
"""Makes the deriver inside the worker; a function or class of a module, so that it can be named there."""


class WorkerPool:
    """Up to `workers` processes, started when first needed. `timeout` is in seconds for each page."""

    def __init__(self, setup: Setup, workers: int, timeout: float, factory: DeriverFactory = Deriver) -> None:
        self._setup = setup
        self._timeout = timeout
        self._factory = factory
        self._closed = False
        self._slots: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(workers):
            self._slots.put(None)

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._stop_idle()

    def derive(self, pages: Sequence[FetchedPage]) -> list[Derived]:
        """Derive a chunk in one worker; waits for a free one. Called from several threads at a time.

        Raises RuntimeError where a worker process cannot be started.
        """
        worker = self._slots.get()
        results: list[Derived] = []
        try:
            while len(results) < len(pages):
                if worker is None or not worker.is_alive():
                    worker = _Worker(self._factory, self._setup, self._timeout)
                failure = worker.work_on(pages[len(results) :], self._timeout, results)
                if failure:
                    worker.kill()
                    worker = None
                    results.append(Derived(pages[len(results)], Outcome.EXTRACT_FAILED, error=failure))
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


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, factory: DeriverFactory, setup: Setup, timeout: float) -> None:
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
            self._pipe.recv()
        except (EOFError, OSError) as error:
            cause = self._cause_of_death()
            self.kill()
            raise RuntimeError(f"a worker process did not start ({cause})") from error
        except BaseException:
            self.kill()
            raise

    def work_on(self, pages: Sequence[FetchedPage], timeout: float, results: list[Derived]) -> str | None:
        """Append a result for each page; returns None, or why the page after the last result broke the worker."""
        try:
            self._pipe.send(list(pages))
            for _ in pages:
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
