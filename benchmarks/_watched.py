"""A newsdesk command with its memory watched while it runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

EVERY = 0.5
"""Seconds between two looks."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What a command and all that it started took: seconds of wall time and of CPU, and memory.

    `memory` has (parent, largest worker) in bytes, at every look.
    """

    wall: float
    cpu: float
    memory: tuple[tuple[int, int], ...]

    def peaks(self, parts: int = 3) -> dict[str, list[int]]:
        """The largest of parent and of worker in each part of the time, in bytes."""
        size = max(1, -(-len(self.memory) // parts))
        slices = [self.memory[start : start + size] for start in range(0, len(self.memory), size)]
        names = ("parent", "largest worker")
        return {name: [max(row[n] for row in part) for part in slices] for n, name in enumerate(names)}


def watch(arguments: list[str], kill_after: float | None = None) -> Watched:
    """Run `newsdesk` with these arguments to its end; with `kill_after`, `kill -9` after so many seconds.

    Stops the benchmark where the command fails.
    """
    command = [str(Path(sys.executable).with_name("newsdesk")), *arguments]
    seen: list[tuple[int, int]] = []
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        workers = [child for child in _children(process.pid) if b"tasks.derive.worker" in _command(child)]
        seen.append((_resident(process.pid), max(map(_resident, workers), default=0)))
        if kill_after and time.monotonic() - began > kill_after:
            process.kill()
        time.sleep(EVERY)
    code = process.returncode = os.waitstatus_to_exitcode(status)
    if code != (-signal.SIGKILL if kill_after else 0):
        raise SystemExit(f"{' '.join(command)}: exit code {code}")
    return Watched(time.monotonic() - began, usage.ru_utime + usage.ru_stime, tuple(seen))


def seconds_of_pass(data: Path) -> float:
    """From the begin of the last pass to its report, which is written last: without the start of Python and Prefect."""
    with duckdb.connect(data / "news.duckdb", read_only=True) as connection:
        (begun,) = connection.execute("SELECT epoch(max(started_at)) FROM runs").fetchall()[0]
    return (data / "report" / "index.html").stat().st_mtime - float(begun)


def _resident(pid: int) -> int:
    with suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _children(pid: int) -> list[int]:
    """Those of all its threads: a worker is the child of the thread that feeds it."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(child) for child in task.read_text().split()]
    return found


def _command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
