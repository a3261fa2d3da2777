"""What a pass says while it works: progress bars on a terminal, plain lines elsewhere, always on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from tasks.present.terminal import console


class Reporter(Protocol):
    """Told by the flows how far each step is."""

    def begin(self, step: str, total: int) -> None:
        """A step of `total` items begins."""

    def advance(self, step: str, by: int = 1) -> None:
        """So many more of its items are done."""

    def say(self, message: str) -> None:
        """One line."""


class Lines:
    """Plain lines: one when a step begins, one when it is done."""

    def __init__(self) -> None:
        self._left: dict[str, int] = {}

    def begin(self, step: str, total: int) -> None:
        """Say what begins."""
        self._left[step] = total
        self.say(f"{step}: {total}")

    def advance(self, step: str, by: int = 1) -> None:
        """Say when it is done."""
        self._left[step] -= by
        if self._left[step] == 0:
            self.say(f"{step}: done")

    def say(self, message: str) -> None:
        """Print it."""
        print(message, file=sys.stderr, flush=True)


class Bars:
    """One bar for each step."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def begin(self, step: str, total: int) -> None:
        """A new bar."""
        self._tasks[step] = self._progress.add_task(step, total=total)

    def advance(self, step: str, by: int = 1) -> None:
        """Move it."""
        self._progress.advance(self._tasks[step], by)

    def say(self, message: str) -> None:
        """Print above the bars."""
        self._progress.console.print(message, highlight=False)


_LINES = Lines()
_current: ContextVar[Reporter] = ContextVar("reporter", default=_LINES)


def reporter() -> Reporter:
    """The reporter of this pass; plain lines where nobody has chosen one."""
    return _current.get()


@contextmanager
def showing() -> Iterator[None]:
    """Show progress for what runs inside: bars where stderr is a terminal, lines elsewhere."""
    out = console(stderr=True)
    if not out.is_terminal:
        yield
        return
    columns = (TextColumn("{task.description:>16}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out) as progress:
        token = _current.set(Bars(progress))
        try:
            yield
        finally:
            _current.reset(token)
