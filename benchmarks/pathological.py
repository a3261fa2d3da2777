"""Broken and hostile pages, those of the tests, through one real worker: how each ends, how long it takes."""

from __future__ import annotations

import os
import tempfile
import time
from collections import Counter
from pathlib import Path

from tasks.derive.pool import WorkerPool
from tasks.derive.setup import Setup
from tests.derive.pathological import HOSTILE
from tests.derive.test_pathological import LIMIT, archived

SHOWN = 12


def main() -> None:
    """Print the slowest pages and what became of all."""
    rows: list[tuple[float, str, float, str]] = []
    with tempfile.TemporaryDirectory() as folder, WorkerPool(Setup(Path(folder), (), {}), 1, LIMIT) as pool:
        pool.derive(archived(Path(folder), [b"<p>so that the worker is there"]))
        memory = _worker_memory()
        for name, hostile in HOSTILE.items():
            body = hostile.body()
            page = archived(Path(folder), [body])
            began = time.monotonic()
            (derived,) = pool.derive(page)
            rows.append((time.monotonic() - began, name, len(body) / 1e6, str(derived.outcome)))
        after = _worker_memory()
    print("| page | MB | seconds | outcome |\n| --- | --- | --- | --- |")
    for seconds, name, size, outcome in sorted(rows, reverse=True)[:SHOWN]:
        print(f"| {name} | {size:.1f} | {seconds:.1f} | {outcome} |")
    outcomes = Counter(row[3] for row in rows)
    print(f"\n{len(rows)} pages, limit {LIMIT:g} s: {dict(outcomes)}; {sum(row[0] > 1 for row in rows)} took over 1 s.")
    print(f"Resident memory of the worker: {memory:.0f} MB before, {after:.0f} MB after all.")


def _worker_memory() -> float:
    """MB of this process's largest child."""
    sizes = [0.0]
    for task in Path("/proc/self/task").glob("*/children"):
        for child in task.read_text().split():
            pages = int(Path(f"/proc/{child}/statm").read_text().split()[1])
            sizes.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
    return max(sizes)


if __name__ == "__main__":
    main()
