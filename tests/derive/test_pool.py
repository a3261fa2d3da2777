"""A page that hangs, dies or eats memory costs its own outcome; the pool goes on and leaves no process behind."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from tasks.derive import process as process_module
from tasks.derive import work, worker
from tasks.derive.article import ArticleResult, PageInput
from tasks.derive.pool import WorkerPool
from tasks.derive.records import PageRecord
from tasks.derive.setup import Setup
from tasks.derive.topics import TopicDefinition
from tasks.derive.work import Deriver
from tasks.model import Derived, FetchedPage, Outcome

NOW = datetime(2026, 3, 12, 12, 0)
SETUP = Setup(Path(), (TopicDefinition("prisons", "Prisons", "prison*", 0.0, ()),), {})


class Misbehaving(Deriver):
    """Does what the page's address says, instead of reading the page; tells in `error` which process it was."""

    def derive(self, page: FetchedPage) -> Derived:
        what = page.url.rpartition("/")[2]
        if what == "hang":
            time.sleep(600)
        elif what == "spin":
            while True:
                pass
        elif what == "exit":
            os._exit(7)
        elif what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif what == "big":
            return Derived(page, Outcome.TOO_SHORT, error="x" * 20_000_000)
        return Derived(page, Outcome.TOO_SHORT, error=str(os.getpid()))


def hungry(setup: Setup) -> Deriver:
    """The real deriver, over records that are not there and a page that takes more memory than a worker may."""

    def read(data: Path, warc_file: str, offset: int, addresses: Sequence[str]) -> PageRecord:
        return PageRecord(warc_file, "text/html", warc_file.encode())

    def eat(given: PageInput) -> ArticleResult:
        size = 2 * worker.MEMORY_LIMIT if given.url.endswith("eat") else 10
        return ArticleResult(Outcome.TOO_SHORT, error=f"{len(bytearray(size))} bytes in {os.getpid()}")

    vars(work).update(read_record=read, derive_article=eat)
    return Deriver(setup)


def refuse(setup: Setup) -> Deriver:
    """A factory that fails in the worker, as a broken installation would."""
    sys.exit(5)


def full_disk(setup: Setup) -> Deriver:
    """A worker on whose machine nothing can be written any more, as `ulimit -f` has it."""
    os.environ["XDG_CACHE_HOME"] = os.devnull  # nothing is there that was written before
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
    return Deriver(setup)


def pages(*what: str) -> list[FetchedPage]:
    return [
        FetchedPage(
            f"id{number}",
            f"https://news.example/{name}",
            f"https://news.example/{name}",
            200,
            NOW,
            "missing.warc.gz",
            0,
        )
        for number, name in enumerate(what)
    ]


def said(derived: list[Derived]) -> list[str]:
    """Each page's address and why it failed; empty where it did not."""
    return [
        f"{item.page.url.rpartition('/')[2]}: {item.error}" if item.outcome is Outcome.EXTRACT_FAILED else ""
        for item in derived
    ]


def children() -> set[str]:
    """The processes that this one has started."""
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(os.getpid())], capture_output=True, text=True)
    return {line.split()[0] for line in listed.stdout.splitlines() if "tasks.derive.worker" in line}


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    before = children()
    yield
    assert children() == before


LOSSES = {
    "nothing": (("a", "b", "c"), ["", "", ""]),
    "one dies": (("a", "exit", "b"), ["", "exit: the worker process died (exit code 7)", ""]),
    "one is killed": (("kill", "b"), ["kill: the worker process died (signal 9)", ""]),
    "one hangs": (("a", "hang", "b"), ["", "hang: no result within 0.5 s", ""]),
    "one spins": (("spin", "b"), ["spin: no result within 0.5 s", ""]),
    "the last two": (
        ("a", "exit", "exit"),
        ["", "exit: the worker process died (exit code 7)", "exit: the worker process died (exit code 7)"],
    ),
    "a large result": (("big", "b"), ["", ""]),
    "no page": ((), []),
}


@pytest.mark.parametrize(("what", "expected"), LOSSES.values(), ids=LOSSES)
def test_loss_is_one_page(what: tuple[str, ...], expected: list[str]) -> None:
    given = pages(*what)
    with WorkerPool(SETUP, 1, 0.5, Misbehaving) as pool:
        derived = pool.derive(given)
        assert [item.page for item in derived] == given
        assert said(derived) == expected
        assert said(pool.derive(pages("a"))) == [""]


def test_page_that_eats_memory_fails_alone() -> None:
    with WorkerPool(SETUP, 1, 30, hungry) as pool:
        derived = pool.derive(pages("a", "eat", "b"))
    assert said(derived) == ["", "eat: MemoryError: ", ""]
    assert derived[0].error == derived[2].error, "the worker has survived"


def test_one_process_serves_all_chunks() -> None:
    with WorkerPool(SETUP, 1, 10, Misbehaving) as pool:
        processes = {item.error for _ in range(3) for item in pool.derive(pages("a", "b"))}
    assert len(processes) == 1


def test_chunks_share_the_workers() -> None:
    with WorkerPool(SETUP, 2, 10, Misbehaving) as pool, ThreadPoolExecutor(6) as threads:
        chunks = list(threads.map(pool.derive, [pages(*"abcd", "exit", "e")] * 6))
    assert [said(chunk) for chunk in chunks] == [
        ["", "", "", "", "exit: the worker process died (exit code 7)", ""]
    ] * 6


def test_worker_that_died_while_it_was_idle_costs_no_page() -> None:
    with WorkerPool(SETUP, 1, 10, Misbehaving) as pool:
        process = int(pool.derive(pages("a"))[0].error or "")
        os.kill(process, signal.SIGKILL)
        wait_until(lambda: str(process) not in alive())
        assert said(pool.derive(pages("a"))) == [""]


def alive() -> set[str]:
    """The processes that run; one that has ended in all its threads and was not waited for does not."""
    listed = subprocess.run(["ps", "-eo", "pid=,stat="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in listed.stdout.splitlines()]
    return {pid for pid, stat in rows if not stat.startswith("Z") or "l" in stat}


def wait_until(reached: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def test_chunk_that_outlives_the_pool_leaves_no_process() -> None:
    with ThreadPoolExecutor(1) as threads:
        with WorkerPool(SETUP, 1, 2, Misbehaving) as pool:
            pool.derive(pages("a"))
            late = threads.submit(pool.derive, pages("hang", "a"))
            wait_until(pool._slots.empty)
        assert said(late.result()) == ["hang: no result within 2 s", ""]


def test_worker_that_cannot_start_is_an_error() -> None:
    with WorkerPool(SETUP, 1, 10, refuse) as pool, pytest.raises(RuntimeError, match=r"did not start .exit code 5"):
        pool.derive(pages("a"))


def test_worker_that_starts_too_slowly_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module, "START_TIMEOUT", 0.0)
    with WorkerPool(SETUP, 1, 10, Misbehaving) as pool, pytest.raises(RuntimeError, match="did not start within"):
        pool.derive(pages("a"))


def test_full_disk_costs_no_page() -> None:
    with WorkerPool(SETUP, 1, 10, full_disk) as pool, pytest.raises(OSError, match="File too large"):
        pool.derive(pages("a"))


PARENT = """
import sys, threading
sys.path[:0] = {path!r}
from test_pool import *
pool = WorkerPool(SETUP, 1, {timeout}, Misbehaving)
print(pool.derive(pages("a"))[0].error, flush=True)
if "{what}" != "nothing":
    threading.Thread(target=pool.derive, args=(pages("{what}"),), daemon=True).start()
print("started", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("what", ["nothing", "spin"])
def test_worker_ends_with_a_parent_that_was_killed(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """An idle one at once; one that is lost in a page, when the page has used up its time."""
    code = PARENT.format(path=[str(Path(__file__).parent), *sys.path], what=what, timeout=0.1)
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        process = parent.stdout.readline().strip()
        assert parent.stdout.readline() == "started\n"
        parent.kill()
    wait_until(lambda: process not in alive(), 60)


def test_deriver_ends_a_page_whose_record_is_missing(tmp_path: Path) -> None:
    with WorkerPool(Setup(tmp_path, (), {}), 1, 10) as pool:
        (derived,) = pool.derive(pages("a"))
    assert derived.outcome is Outcome.ARCHIVE_DAMAGED
    assert derived.error and derived.error.startswith("missing.warc.gz at 0: ")


def test_worker_takes_no_module_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "__init__.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    with WorkerPool(SETUP, 1, 10, Misbehaving) as pool:
        assert said(pool.derive(pages("a"))) == [""]


def test_pool_takes_workers_that_were_started_early() -> None:
    process_module.start_early(2)
    early = children()
    with WorkerPool(SETUP, 2, 10, Misbehaving) as pool, ThreadPoolExecutor(2) as threads:
        derived = list(threads.map(pool.derive, [pages("a"), pages("b")]))
        assert children() == early
    assert {item.error for (item,) in derived} <= early


def test_pool_does_without_an_early_worker_that_was_killed() -> None:
    process_module.start_early(1)
    (early,) = children()
    os.kill(int(early), signal.SIGKILL)
    wait_until(lambda: early not in alive(), 60)
    with WorkerPool(SETUP, 1, 10, Misbehaving) as pool:
        assert said(pool.derive(pages("a"))) == [""]


def test_early_worker_that_nobody_takes_ends_with_its_parent() -> None:
    code = "from tasks.derive import process\nprocess.start_early(1)\nprint(process._early[0][0].pid)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() not in alive()
