"""`newsdesk backfill` on a WARC of 5,000 real pages against trafilatura in two processes reading the same one.

Ours is the whole command: start, topics, commits, stories, publication and report included. The baseline reads a
sample, half of it before ours and half after, so that a busy machine slows both. Then the same command once more into
another folder, killed with `kill -9` half-way and started again: it must end with the same rows.
"""

from __future__ import annotations

import gzip
import io
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import duckdb
from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from benchmarks._bare import HEADING, PROCESSES, Cost, bare
from benchmarks._pages import copies, real_pages
from benchmarks._sites import EVAL
from benchmarks._watched import Watched, seconds_of_pass, watch

PAGES, SAMPLE, HOSTS = 5_000, 1_000, 40
TARGET = 1.3
CONFIG = Path(__file__).resolve().parents[1] / "config"
Rows = set[tuple[object, ...]]


def main(pages: int = PAGES, sample: int = SAMPLE) -> None:
    """Print the tables; nothing where the eval pages are absent."""
    if not real_pages():
        print(f"skipped: no pages under {EVAL}; set NEWSDESK_EVAL")
        return
    with tempfile.TemporaryDirectory() as folder:
        warc = Path(folder, "pages.warc.gz")
        write_warc(warc, pages)
        settings = configuration(Path(folder, "config"))
        first = bare(islice(_bodies(warc), sample // 2), next(_bodies(warc)))
        ours = _backfill(warc, settings, Path(folder, "data"))
        second = bare(islice(_bodies(warc), sample // 2, sample), next(_bodies(warc)))
        print(f"{pages} pages in a WARC of {warc.stat().st_size / 1e6:.0f} MB; they ended as ", end="")
        print(_outcomes(Path(folder, "data")), "\n")
        alone = seconds_of_pass(Path(folder, "data"))
        _print_speed(Cost(pages, ours.wall, ours.cpu), first + second, alone)
        _print_memory(ours)
        killed = Path(folder, "killed")
        _backfill(warc, settings, killed, kill_after=ours.wall / 2)
        _backfill(warc, settings, killed)
        missing, more = _rows(Path(folder, "data")) ^ _rows(killed), _outcomes(killed)
    print(f"\nKilled with kill -9 after {ours.wall / 2:.0f} s and started again: {more}, {len(missing)} rows differ.")


def configuration(folder: Path) -> Path:
    """The shipped topics and sources, with as many workers as the baseline has processes."""
    folder.mkdir()
    for name in ("sources.yaml", "topics.yaml"):
        (folder / name).write_bytes((CONFIG / name).read_bytes())
    (folder / "settings.yaml").write_text(f"extract: {{workers: {PROCESSES}}}\n", encoding="utf-8")
    return folder


def write_warc(path: Path, pages: int) -> None:
    """A WARC as CC-NEWS has it: a request and a response for each page, each a gzip member of its own."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    with path.open("wb") as out:
        for number, (address, body) in enumerate(copies(pages)):
            url = f"https://site{number % HOSTS}.example{address}"
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


def _backfill(warc: Path, settings: Path, data: Path, kill_after: float | None = None) -> Watched:
    return watch(["--config", str(settings), "--data", str(data), "backfill", "--warc", str(warc)], kill_after)


def _print_speed(ours: Cost, base: Cost, alone: float) -> None:
    print(HEADING)
    print(base.row(f"trafilatura with metadata, {PROCESSES} processes, {base.pages} pages of it", base))
    print(ours.row("newsdesk backfill, the whole command", base, f" (target {TARGET})"))
    print(f"\nOf the {ours.wall:.0f} s, {alone:.0f} s are the pass itself: {ours.pages / alone:.1f} a second.")


def _print_memory(ours: Watched) -> None:
    print("\n| most resident memory in MB | first third of the time | second third | last third |")
    print("| --- | --- | --- | --- |")
    for name, thirds in ours.peaks().items():
        print(f"| {name} | " + " | ".join(f"{peak / 1e6:.0f}" for peak in thirds) + " |")


def _ask(data: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(Path(data, "news.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def _outcomes(data: Path) -> dict[object, object]:
    return {row[0]: row[1] for row in _ask(data, "SELECT outcome, count(*) FROM pages GROUP BY ALL ORDER BY ALL")}


def _rows(data: Path) -> Rows:
    """Pages with their articles, and the topics of those."""
    pages = """SELECT page_id, outcome, warc_offset, article_id, content_hash, revision
               FROM pages LEFT JOIN articles USING (article_id)"""
    return {*_ask(data, pages), *_ask(data, "SELECT article_id, topic_id, score FROM article_topics")}


if __name__ == "__main__":
    main()
