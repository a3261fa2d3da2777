"""The state database of one pass, closed and opened again while it takes in much.

DuckDB gives back what it has needed only when a database's last connection is closed, whatever checkpoints have written
before: a pass over 20,000 pages took 200 MB more than one over 1,000. Opening takes 20 ms.
"""

from __future__ import annotations

import gc
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tasks.store import state

RENEW_AFTER = 1_000
"""Pages that are stored over one connection."""


class OpenedState:
    """A context manager; take `connection` anew after every call that may have opened it again."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._stack = ExitStack()
        self._stored = 0
        self._is_large = False

    def __enter__(self) -> Self:
        self.connection = self._stack.enter_context(state.open_state(self._data))
        self._stored = 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._stack.__exit__(kind, error, trace)

    def note_stored(self, pages: int) -> None:
        """So many pages more were stored."""
        self._stored += pages
        if self._stored >= RENEW_AFTER:
            self._is_large = True
            self._renew()

    def begin_step(self) -> None:
        """Another kind of work begins: it need not share its memory with the last one, where that was much."""
        if self._is_large:
            self._renew()

    def _renew(self) -> None:
        self._stack.close()
        gc.collect()  # what Prefect leaves in cycles: 10 ms
        self.__enter__()
