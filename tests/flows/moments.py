"""The command `newsdesk`, killed at a chosen moment: `python -m tests.flows.moments LOG TARGET ARGUMENT ...`.

Everything that a pass does with lasting effect is marked: LOG gets a line of JSON when it begins and when it ends.
TARGET is a `Target` as JSON, or "null" to let the command end by itself.
"""

from __future__ import annotations

import importlib
import inspect
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

STEPS = {
    "polling": ("tasks.capture.sources", "poll_sources"),
    "commit 1": ("tasks.store.load", "commit_polls"),
    "fetching": ("tasks.capture.fetch", "fetch_pages"),
    "deriving": ("tasks.derive.pool", "WorkerPool.derive"),
    "commit 2": ("tasks.store.load", "commit_derived"),
    "settling": ("tasks.store.stories", "settle"),
    "indexing": ("tasks.store.upkeep", "update_search"),
    "publication": ("tasks.store.publish", "publish"),
    "report": ("tasks.present.report", "write_report"),
}
"""Step of a pass to the function that does it: module and name."""


class Event(NamedTuple):
    """A line of the log: when a step began or ended, in seconds; `number` counts the calls of the step from 0."""

    at: float
    what: str
    step: str
    number: int


class Target(NamedTuple):
    """`kill -9` so many seconds after an event; but before the step has returned, or, after an end, the next begins."""

    what: str
    step: str
    number: int
    delay: float


class Marks:
    """Writes the log, and kills."""

    def __init__(self, log: Path, target: Target | None) -> None:
        self._log = log
        self._target = target
        self._lock = threading.RLock()
        self._calls: Counter[str] = Counter()
        self._armed = False

    def mark_all(self) -> None:
        """Put marks around every step; to be called before anything imports it by name."""
        for step, (module, name) in STEPS.items():
            *path, last = name.split(".")
            owner: Any = importlib.import_module(module)
            for part in path:
                owner = getattr(owner, part)
            setattr(owner, last, self._marked(step, getattr(owner, last)))

    def _marked(self, step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def plain(*given: Any, **named: Any) -> Any:
            number = self._begin(step)
            try:
                return function(*given, **named)
            finally:
                self._event("end", step, number)

        @wraps(function)
        async def coroutine(*given: Any, **named: Any) -> Any:
            number = self._begin(step)
            try:
                return await function(*given, **named)
            finally:
                self._event("end", step, number)

        return coroutine if inspect.iscoroutinefunction(function) else plain

    def _begin(self, step: str) -> int:
        with self._lock:
            number = self._calls[step]
            self._calls[step] += 1
            self._event("begin", step, number)
        return number

    def _event(self, what: str, step: str, number: int) -> None:
        with self._lock:
            target = self._target
            if target and self._armed and what != target.what and (what == "begin" or (step, number) == target[1:3]):
                _die()
            with self._log.open("a", encoding="utf-8") as log:
                log.write(json.dumps(Event(time.monotonic(), what, step, number)) + "\n")
            if target and (what, step, number) == target[:3]:
                self._armed = True
                threading.Thread(target=_die, args=(target.delay,), daemon=True).start()


def events(log: Path) -> list[Event]:
    """What a command has marked."""
    return [Event(*json.loads(line)) for line in log.read_text("utf-8").splitlines()]


def _die(after: float = 0) -> None:
    time.sleep(after)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    _, log, target, *arguments = sys.argv
    given = json.loads(target)
    Marks(Path(log), Target(*given) if given else None).mark_all()
    from flows.cli import main

    sys.argv = ["newsdesk", *arguments]
    main()
