"""A collection of 10,000, 100,000 and, when asked, 1,000,000 articles: what a pass and a query cost as it grows.

`python -m benchmarks scale 1000000` measures at that size; it takes a quarter of an hour and 10 GB of disk.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import duckdb

from benchmarks._collection import Collection
from tasks.clock import now
from tasks.model import Derived, Poll
from tasks.store import load, publish, search, sites, state, stories
from tests.queries import questions

SIZES = (10_000, 100_000)
THREADS = 2
ARRIVING, CHUNK = 500, 50
"""Articles that a pass brings, and that one of its commits holds."""
ROUNDS, REPEATS = 3, 5


@dataclass(slots=True)
class Stage:
    """Seconds of each repetition, by the clock and of CPU, and the process's largest memory while they ran, in MB.

    CPU is of all threads: the clock of a machine that others use tells more about them.
    """

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: float = 0.0

    def time(self, work: Callable[[], object]) -> None:
        """Run it once."""
        _forget_peak()
        began, used = time.perf_counter(), time.process_time()
        work()
        self.seconds.append(time.perf_counter() - began)
        self.cpu.append(time.process_time() - used)
        self.memory = max(self.memory, _peak())

    def __str__(self) -> str:
        return f"{1000 * median(self.seconds):,.0f} / {1000 * median(self.cpu):,.0f} ms, {self.memory:,.0f} MB"


Stages = dict[str, Stage]


def main() -> None:
    """Print two tables: what a pass does, and the questions of docs/queries.md; a column for each size."""
    sizes = [int(argument) for argument in sys.argv if argument.isdigit()] or list(SIZES)
    columns = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            # Each in a process of its own: what it leaves in memory is not the next one's.
            columns[size] = _in_process(_build, folder, size)
            columns[size] |= _in_process(_passes, folder, size)
            columns[size] |= _in_process(_publish, folder, size)
            columns[size] |= _in_process(_queries, folder, size)
    _print(columns)


def _in_process(work: Callable[[str, int], Stages], folder: str, size: int) -> Stages:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, folder, size).result()


def _print(columns: dict[int, Stages]) -> None:
    names = list(next(iter(columns.values())))
    print(f"\n| | {' | '.join(f'{size:,}' for size in columns)} |\n| --- |{' --- |' * len(columns)}")
    for name in names:
        print(f"| {name} | {' | '.join(str(stages[name]) for stages in columns.values())} |")
    print("| the questions: median, slowest |", end="")
    for stages in columns.values():
        asked = [stage for name, stage in stages.items() if name.endswith("?")]
        seconds, cpu = [median(stage.seconds) for stage in asked], [median(stage.cpu) for stage in asked]
        figures = (1000 * choose(times) for choose in (median, max) for times in (seconds, cpu))
        print(" {:,.0f} / {:,.0f}, {:,.0f} / {:,.0f} ms |".format(*figures), end="")
    print("\n\nBy the clock / CPU of both threads, medians; the process's largest memory meanwhile.")


@dataclass(slots=True)
class _Build(Stage):
    megabytes: float = 0.0

    def __str__(self) -> str:
        return f"{self.megabytes:,.0f} MB, made in {self.seconds[0]:,.0f} s"


def _build(folder: str, size: int) -> Stages:
    built = _Build()
    with state.open_state(Path(folder)) as connection:
        connection.execute(f"SET threads = {THREADS}")
        built.time(Collection(connection, size, now().replace(minute=0, second=0, microsecond=0)).fill)
    built.megabytes = state.state_path(Path(folder)).stat().st_size / 1e6
    return {"the file": built}


def _passes(folder: str, size: int) -> Stages:
    """`ROUNDS` passes that commit their articles at once, and one that commits them in chunks as a pass does."""
    stages: Stages = {}
    for place in range(ROUNDS + 1):
        opened = state.open_state(Path(folder))
        stages.setdefault("opening the state", Stage()).time(opened.__enter__)
        opened.__exit__(None, None, None)
        with state.open_state(Path(folder)) as connection:
            connection.execute(f"SET threads = {THREADS}")
            (end,) = connection.execute("SELECT max(last_success_at) FROM pipeline.poll_state").fetchall()[0]
            collection = Collection(connection, size, end)
            collection.prepare()
            derived = collection.arrivals(size + ARRIVING * place, ARRIVING)
            chunk = CHUNK if place == ROUNDS else ARRIVING
            for name, work in _steps(connection, collection.polls(derived), derived, chunk).items():
                stages.setdefault(name, Stage()).time(work)
    return stages


def _steps(
    connection: state.Connection, polls: Sequence[Poll], derived: Sequence[Derived], chunk: int
) -> dict[str, Callable[[], object]]:
    """What a pass does once it has fetched, in the order of flows/passes.py."""
    chunks = [derived[first : first + chunk] for first in range(0, len(derived), chunk)]
    whole = len(chunks) == 1
    name = f"load of {len(derived)} articles with matches" if whole else f"the same in {len(chunks)} commits"

    def index() -> None:
        search.index(connection)
        search.merge_small(connection)

    return {
        f"commit of {len(polls)} polls": lambda: load.commit_polls(connection, "run", polls),
        name: lambda: [load.commit_derived(connection, part) for part in chunks],
        "stories": lambda: stories.settle(connection),
        "sites": lambda: sites.learn(connection),
        "search index": index,
        "checkpoint": lambda: connection.execute("CHECKPOINT"),
    }


def _publish(folder: str, size: int) -> Stages:
    stage = Stage()
    for _ in range(ROUNDS):
        stage.time(lambda: publish.publish(Path(folder)))
    return {"publication": stage}


def _queries(folder: str, size: int) -> Stages:
    with duckdb.connect(publish.published_path(Path(folder)), read_only=True) as connection:
        connection.execute(f"SET threads = {THREADS}")
        return dict(_answers(connection))


def _answers(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, Stage]]:
    (rare,) = connection.execute("SELECT string_split(title, ' ')[1] FROM articles LIMIT 1").fetchall()[0]
    searches = {"a rare word": rare, "a word in 1 %": "inspectors", "a phrase": '"death row"'}
    asked = {f"search for {name}": f"FROM search('{query}') LIMIT 10" for name, query in searches.items()}
    asked |= {"topic_daily": "FROM topic_daily"} | {each.question: each.query for each in questions()}
    for name, query in asked.items():
        stage = Stage()
        for _ in range(REPEATS):
            stage.time(lambda query=query: connection.execute(query).fetchall())  # type: ignore[misc]
        yield name, stage


def _forget_peak() -> None:
    """Linux: the peak begins anew; elsewhere it is that of the whole process."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5", encoding="ascii")


def _peak() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
