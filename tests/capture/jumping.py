"""An event loop on which waiting takes no time: its clock jumps to whatever comes next."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock goes on by as much as there would have been to wait."""

    def __init__(self) -> None:
        loop = self
        loop.seconds = 0.0

        class Selector(selectors.SelectSelector):
            def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
                loop.seconds += timeout or 0.0
                return super().select(0)

        super().__init__(Selector())

    seconds: float

    def time(self) -> float:
        return self.seconds


def run(work: Coroutine[Any, Any, Result]) -> Result:
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(work)
