"""`newsdesk backfill` on a WARC of 5,000 real pages against trafilatura in two processes reading the same one.

The pages are those of the evaluation, repeated under other addresses with a paragraph of their own. Ours is the whole
command: start, topics, commits, publication and report included. The baseline reads a sample, half of it before ours
and half after, so that a busy machine slows both; its processes are started before the clock is.
"""

from __future__ import annotations

import gzip
import io
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import duckdb
import trafilatura
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from benchmarks._sites import EVAL

PAGES, SAMPLE, PROCESSES = 5_000, 1_000, 2
TARGET = 1.3
CONFIG = Path(__file__).resolve().parents[1] / "config"


def main() -> None:
    """Print the table; nothing where the eval pages are absent."""
    files = sorted((EVAL / "extract" / "pages").glob("*.html.gz"))
    if not files:
        print(f"skipped: no pages under {EVAL}; set NEWSDESK_EVAL")
        return
    with tempfile.TemporaryDirectory() as folder:
        warc = Path(folder, "pages.warc.gz")
        write_warc(warc, files, PAGES)
        first = _baseline(warc, 0)
        wall, peaks = _ours(warc, Path(folder))
        second = _baseline(warc, SAMPLE // 2)
        with duckdb.connect(Path(folder, "data", "news.duckdb"), read_only=True) as connection:
            outcomes = dict(connection.execute("SELECT outcome, count(*) FROM pages GROUP BY ALL").fetchall())
        size = warc.stat().st_size
    base = SAMPLE / (first + second)
    print(f"{PAGES} pages in a WARC of {size / 1e6:.0f} MB; ours ended as {outcomes}.\n")
    print("| what | pages/s | ratio |\n| --- | --- | --- |")
    print(f"| trafilatura with metadata, {PROCESSES} processes, {SAMPLE} pages of it | {base:.1f} | 1 |")
    print(
        f"| newsdesk backfill, the whole command | {PAGES / wall:.1f} | {PAGES / wall / base:.2f} (target {TARGET}) |"
    )
    print("\n| most resident memory in MB, of the WARC that far | first third | second third | last third |")
    print("| --- | --- | --- | --- |")
    for name, thirds in peaks.items():
        print(f"| {name} | " + " | ".join(f"{peak / 1e6:.0f}" for peak in thirds) + " |")


def write_warc(path: Path, files: list[Path], pages: int) -> None:
    """A WARC as CC-NEWS has it: a request and a response for each page, each a gzip member of its own."""
    with path.open("wb") as out:
        for number in range(pages):
            file = files[number % len(files)]
            own = f"</p><p>This is copy number {number} of the page, and this sentence stands in no other one.</p>"
            body = gzip.decompress(file.read_bytes()).replace(b"</p>", own.encode(), 1)
            url = f"https://site{number % 40}.example/{file.name.removesuffix('.html.gz')}/{number}"
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
            out.write(_record(WarcRecordType.request, url, b"GET / HTTP/1.1\r\n\r\n"))
            out.write(_record(WarcRecordType.response, url, head + body))


def _record(kind: WarcRecordType, url: str, content: bytes) -> bytes:
    record = WarcRecord()
    record.init_headers(record_type=kind)
    record.headers["WARC-Target-URI"] = url
    record.headers["WARC-Date"] = "2026-01-31T12:00:00Z"
    record.headers["Content-Type"] = "application/http; msgtype=response"
    record.set_bytes_content(content)
    plain = io.BytesIO()
    record.write(plain)
    return gzip.compress(plain.getvalue(), 6, mtime=0)


def _bodies(warc: Path) -> Iterator[tuple[str, bytes]]:
    for record in ArchiveIterator(str(warc), record_types=WarcRecordType.response):
        yield record.headers["WARC-Target-URI"], record.reader.read()


def _extract(page: tuple[str, bytes]) -> bool:
    return trafilatura.bare_extraction(page[1], url=page[0], with_metadata=True) is not None


def _baseline(warc: Path, start: int) -> float:
    """Seconds that a pool needs for half the sample, from page `start` on."""
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        pool.map(_extract, list(islice(_bodies(warc), PROCESSES * 2)), chunksize=1)
        began = time.monotonic()
        sample = islice(_bodies(warc), start, start + SAMPLE // 2)
        for _ in pool.imap_unordered(_extract, sample, chunksize=8):
            pass
        return time.monotonic() - began


def _ours(warc: Path, folder: Path) -> tuple[float, dict[str, tuple[int, int, int]]]:
    """(seconds of the whole command, the peaks of resident memory of parent and workers in each third of its time)."""
    settings = folder / "config"
    settings.mkdir()
    for name in ("sources.yaml", "topics.yaml"):
        (settings / name).write_bytes((CONFIG / name).read_bytes())
    (settings / "settings.yaml").write_text(f"extract: {{workers: {PROCESSES}}}\n", encoding="utf-8")
    command = [
        str(Path(sys.executable).with_name("newsdesk")),
        "--config",
        str(settings),
        "--data",
        str(folder / "data"),
    ]
    seen: list[tuple[int, int]] = []
    began = time.monotonic()
    with subprocess.Popen(
        [*command, "backfill", "--warc", str(warc)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            workers = [
                _resident(child) for child in _children(process.pid) if b"tasks.derive.worker" in _command(child)
            ]
            seen.append((_resident(process.pid), max(workers, default=0)))
            time.sleep(0.5)
    wall = time.monotonic() - began
    if process.returncode:
        raise SystemExit(f"newsdesk backfill: exit code {process.returncode}")
    third = max(1, len(seen) // 3)
    parts = (seen[:third], seen[third : 2 * third], seen[2 * third :])
    names = ("parent", "largest worker")
    return wall, {
        name: (max(row[n] for row in parts[0]), max(row[n] for row in parts[1]), max(row[n] for row in parts[2]))
        for n, name in enumerate(names)
    }


def _resident(pid: int) -> int:
    with suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()] + [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            if task.name != str(pid)
            for child in (task / "children").read_text().split()
        ]
    return []


def _command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


if __name__ == "__main__":
    main()
