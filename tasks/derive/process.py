"""A worker process of a pool, and the pipe to it: how it is started, fed, and ended.

Started by `subprocess`, not by `multiprocessing`: that would run the parent's main module in each process first, which
imports all of Prefect where a flow run is the parent.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Generic, Protocol, TypeVar

START_TIMEOUT = 60.0
STOP_TIMEOUT = 5.0

Given = TypeVar("Given")
Item = TypeVar("Item")
Result = TypeVar("Result")
ItemIn = TypeVar("ItemIn", contravariant=True)
ResultOut = TypeVar("ResultOut", covariant=True)

_Started = tuple["subprocess.Popen[bytes]", "Connection"]
_early: list[_Started] = []
"""Processes that no pool has taken yet."""


class Derives(Protocol[ItemIn, ResultOut]):
    """What a worker process does with each item."""

    def derive(self, item: ItemIn, /) -> ResultOut:
        """The result for one item; an exception costs the worker."""


def start_early(count: int) -> None:
    """Start so many processes that derive pages, for the pools of this process: 1 s of CPU each before the first page.

    What no pool has taken ends with this process.
    """
    atexit.register(_stop_early)
    _early.extend(_start("early") for _ in range(count))


def _start(*arguments: str) -> _Started:
    ours, theirs = multiprocessing.Pipe()
    with theirs:
        process = subprocess.Popen(
            # -P: a folder named `tasks` where the user happens to be is not ours.
            [sys.executable, "-P", "-m", "tasks.derive.worker", str(theirs.fileno()), *arguments],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            start_new_session=True,  # Ctrl-C is the parent's to handle
        )
    return process, ours


def _take_early() -> _Started | None:
    """One that was started early and is still there; None without one."""
    while _early:
        process, pipe = _early.pop()
        if process.poll() is None:
            return process, pipe
        pipe.close()
    return None


def _stop_early() -> None:
    while started := _take_early():
        process, pipe = started
        pipe.close()
        process.terminate()
        process.wait()


class WorkerProcess(Generic[Item, Result]):
    """One process and the pipe to it, in which what `factory` makes of `setup` works on items.

    Raises RuntimeError where it cannot be started, OSError where the factory raises that.
    """

    def __init__(self, factory: Callable[[Given], Derives[Item, Result]], setup: Given, timeout: float) -> None:
        self._process, self._pipe = _take_early() or _start()
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
