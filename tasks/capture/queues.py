"""One queue per host: its items run one after another, hosts run side by side."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

from tasks import urls

Item = TypeVar("Item")
Result = TypeVar("Result")

STOP_INTERVAL = 0.5
"""Seconds between two looks at whether to stop."""


async def run_by_host(
    items: Iterable[Item],
    *,
    url_of: Callable[[Item], str],
    work: Callable[[Item], Awaitable[bool]],
    concurrency: int,
) -> None:
    """Call `work` on every item: within a host in order, `concurrency` hosts at a time.

    `work` returns False to leave the rest of its host's queue for another pass.
    """
    queues: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        queues[urls.host(url_of(item))].append(item)
    slots = asyncio.Semaphore(concurrency)

    async def drain(queue: list[Item]) -> None:
        async with slots:
            for item in queue:
                if not await work(item):
                    return

    async with asyncio.TaskGroup() as group:
        # The longest queues first: they decide how long the pass takes.
        for queue in sorted(queues.values(), key=len, reverse=True):
            group.create_task(drain(queue))


def run_until(stop: threading.Event, work: Coroutine[Any, Any, Result]) -> Result | None:
    """Run `work` in an event loop of its own; None where another thread set `stop` before it was done."""

    async def watch() -> Result | None:
        task = asyncio.ensure_future(work)
        while not (await asyncio.wait({task}, timeout=STOP_INTERVAL))[0]:
            if stop.is_set():
                task.cancel()
                await asyncio.wait({task})
                return None
        return await task

    return asyncio.run(watch())
