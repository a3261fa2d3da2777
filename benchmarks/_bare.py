"""The baseline of whole passes and backfills: trafilatura with metadata, and nothing else, in a pool of processes."""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
from collections.abc import Iterable
from dataclasses import dataclass

import trafilatura

PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of wall time and of CPU for so many pages."""

    pages: int = 0
    wall: float = 0.0
    cpu: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.pages + other.pages, self.wall + other.wall, self.cpu + other.cpu)

    @property
    def rate(self) -> float:
        """Pages per second of wall time."""
        return self.pages / self.wall

    def row(self, name: str, base: Cost, target: str = "") -> str:
        """A line of a table: pages/s, CPU ms a page, and how often as fast as `base`."""
        return (
            f"| {name} | {self.rate:.1f} | {1000 * self.cpu / self.pages:.1f} | {self.rate / base.rate:.2f}{target} |"
        )


HEADING = "| what | pages/s | CPU ms a page | ratio |\n| --- | --- | --- | --- |"


def bare(pages: Iterable[tuple[str, bytes]], warm: tuple[str, bytes]) -> Cost:
    """What extracting these pages (address, body) costs; every process has extracted `warm` before the clock starts."""
    with multiprocessing.get_context("spawn").Pool(PROCESSES, _begin) as pool:
        pool.map(_extract, [warm] * PROCESSES * 4, chunksize=1)
        began = time.monotonic()
        seconds = list(pool.imap_unordered(_extract, pages, chunksize=8))
        wall = time.monotonic() - began
    return Cost(len(seconds), wall, sum(seconds))


def _begin() -> None:
    """At the priority of our own workers, so that other work on the machine slows both alike."""
    os.nice(5)


def _extract(page: tuple[str, bytes]) -> float:
    """Seconds of CPU for one page."""
    before = _cpu()
    trafilatura.bare_extraction(page[1], url=page[0], with_metadata=True)
    return _cpu() - before


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
