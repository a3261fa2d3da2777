"""Broken and hostile pages through real workers: each ends with an outcome, and nothing else is lost by it."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pytest

from tasks.derive.pool import WorkerPool
from tasks.derive.setup import Setup
from tasks.model import Derived, FetchedPage, Outcome
from tests.derive.pages import article_page
from tests.derive.pathological import HOSTILE, PROSE_START
from tests.warcfiles import record

LIMIT = 20.0
"""The default of `extract.timeout`."""
SETTLED = 500
"""MB that a worker holds at most when all is over; it starts with some 100."""
NOW = datetime(2026, 3, 12, 12)
QUICK = [name for name, hostile in HOSTILE.items() if not hostile.is_slow]
SLOW = [name for name in HOSTILE if name not in QUICK]


def archived(folder: Path, bodies: Iterable[bytes]) -> list[FetchedPage]:
    """The pages as an archive file in `folder` holds them."""
    pages = []
    with Path(folder, "a.warc").open("wb") as out:
        for number, body in enumerate(bodies):
            url = f"https://gazette.example/{number}"
            pages.append(FetchedPage(str(number), url, url, 200, NOW, "a.warc", out.tell()))
            out.write(record(url, body, compressed=False))
    return pages


def resident(pool: WorkerPool) -> int:
    """MB of the pool's only worker."""
    worker = pool._slots.queue[-1]
    assert worker
    try:
        status = Path(f"/proc/{worker._process.pid}/status").read_text()
    except OSError:
        pytest.skip("no /proc here")
    return int(re.findall(r"VmRSS:\s*(\d+) kB", status)[0]) // 1000


def wrong(names: Iterable[str], derived: Iterable[Derived]) -> dict[str, str]:
    """The pages that ended otherwise than they must."""
    found = {}
    for name, item in zip(names, derived, strict=True):
        expected = HOSTILE[name].outcome
        if expected and item.outcome is not expected:
            found[name] = f"{item.outcome}: {item.error}"
        elif expected is Outcome.ARTICLE and not (item.article and PROSE_START in item.article.text):
            found[name] = "another text"
    return found


def check(names: list[str], folder: Path) -> None:
    """All the pages in one chunk, an ordinary one before and behind each."""
    ordinary = article_page().encode()
    bodies = [body for name in names for body in (ordinary, HOSTILE[name].body())]
    with WorkerPool(Setup(folder, (), {}), 1, LIMIT) as pool:
        derived = pool.derive(archived(folder, [*bodies, ordinary]))
        assert wrong(names, derived[1::2]) == {}
        assert [item.outcome for item in derived[::2]] == [Outcome.ARTICLE] * (len(names) + 1)
        assert len({item.article.text for item in derived[::2] if item.article}) == 1
        assert resident(pool) < SETTLED


def test_every_page_ends_and_its_neighbours_are_whole(tmp_path: Path) -> None:
    check(QUICK, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_so_do_those_that_take_seconds(tmp_path: Path) -> None:
    check(SLOW, tmp_path)


def test_page_over_its_time_costs_only_itself(tmp_path: Path) -> None:
    """100,000 attributes that no guard sees keep libxml2 busy for more than a minute."""
    ordinary = article_page().encode()
    endless = HOSTILE["100,000 attributes with brackets in them"].body()
    with WorkerPool(Setup(tmp_path, (), {}), 1, 5) as pool:
        derived = pool.derive(archived(tmp_path, [ordinary, endless, ordinary]))
    assert [item.outcome for item in derived] == [Outcome.ARTICLE, Outcome.EXTRACT_FAILED, Outcome.ARTICLE]
    assert derived[1].error == "no result within 5 s"


def test_page_that_was_never_unpacked_is_named(tmp_path: Path) -> None:
    body = gzip.compress(article_page().encode())
    damaged = body[:100] + b"\xff" * 20 + body[120:]
    with WorkerPool(Setup(tmp_path, (), {}), 1, LIMIT) as pool:
        derived = pool.derive(archived(tmp_path, [body, damaged]))
    assert [item.outcome for item in derived] == [Outcome.NOT_HTML] * 2
