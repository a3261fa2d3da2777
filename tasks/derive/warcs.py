"""WARC files as Common Crawl publishes them (CC-NEWS): found record by record, never held whole.

Several gigabytes, one gzip member for each record; unpacked files are read too. fastwarc reads; what is here says which
records are pages, and goes on behind a damaged one.
Format: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from tasks import urls
from tasks.derive.page import looks_like_html
from tasks.derive.warcbytes import begins_record, is_packed, next_record
from tasks.derive.wholeness import CUT_OFF, record_end
from tasks.model import FetchedPage

MAX_RECORDS = 20_000
"""Records in one batch, whatever few of them are pages: how much is read again after a kill."""

_HTML_TYPES = ("text/html", "application/xhtml+xml")
_SNIFFED = 65_536
"""Bytes of a body without a telling Content-Type that are looked at."""
_BESIDE = ("warcinfo", "request", "metadata")
"""Types of records beside the responses, which nobody misses."""


@dataclass(frozen=True, slots=True)
class Found:
    """What stands between two byte positions of a file: a page, or something that is none."""

    offset: int
    end: int
    page: FetchedPage | None = None
    skipped: str | None = None
    """Why it is no page, in a word (http_error, not_html, revisit, damaged …); None for a request and its like."""
    problem: str | None = None
    """A line for the user about a damaged place."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive records; `pages` has no page twice. Whoever has stored it goes on at `next_offset`."""

    pages: tuple[FetchedPage, ...]
    next_offset: int
    records: int
    skipped: Counter[str] = field(default_factory=Counter)
    problems: tuple[str, ...] = ()


def batches(found: Iterable[Found], size: int, wanted: Callable[[FetchedPage], bool]) -> Iterator[Batch]:
    """The records in batches of up to `size` pages that are `wanted`; the others count as `other_site`.

    Where a page comes again, a new batch begins: a later capture is stored after an earlier one. Batches depend on the
    records alone, so a backfill that goes on at `next_offset` makes the same ones as one that never stopped.
    """
    pages: dict[str, FetchedPage] = {}
    skipped: Counter[str] = Counter()
    problems: list[str] = []
    records = end = 0
    for item in found:
        page = item.page if item.page and wanted(item.page) else None
        if len(pages) == size or records == MAX_RECORDS or (page and page.page_id in pages):
            yield Batch(tuple(pages.values()), item.offset, records, skipped, tuple(problems))
            pages, skipped, problems, records = {}, Counter(), [], 0
        records += 1
        end = item.end
        if page:
            pages[page.page_id] = page
        elif item.page or item.skipped:
            skipped[item.skipped or "other_site"] += 1
        if item.problem:
            problems.append(item.problem)
    if records:
        yield Batch(tuple(pages.values()), end, records, skipped, tuple(problems))


class _NotSeekable(Exception):
    """The file is one gzip stream over many records: none of them can be found again by its position."""


def scan(path: Path, name: str, start: int = 0) -> Iterator[Found]:
    """Everything in the file from the record at byte `start` on; pages bear `name` as their file.

    A record that is not whole is none, and the search for the next one begins inside it: behind one that was cut off
    another may have been written. Raises OSError where the file cannot be opened.
    """
    size = path.stat().st_size
    offset = start
    while offset < size:
        held, error = None, "no WARC record begins there"
        if begins_record(path, offset):
            error = CUT_OFF
            try:
                for item in _records(path, name, offset):
                    if held:
                        yield replace(held, end=item.offset)
                    held = item
            except _NotSeekable:
                problem = f"{path}: one gzip stream over many records; unpack it with gunzip and name the unpacked file"
                yield Found(held.offset if held else offset, size, None, "damaged", problem)
                return
            except OSError as broken:
                error = str(broken)
        end = _end_before_damage(path, held.offset) if held else None
        if held and end:
            yield replace(held, end=end)
            offset = end
            continue
        broken_at, why = (held.offset, CUT_OFF) if held else (offset, error)
        offset = next_record(path, broken_at + 1) or size
        rest = f"went on at byte {offset}" if offset < size else "nothing more can be read"
        yield Found(broken_at, offset, None, "damaged", f"{path}: damaged at byte {broken_at} ({why}); {rest}")


def _end_before_damage(path: Path, offset: int) -> int | None:
    """The byte behind the last record before damage, or before the end of the file; None where that is damaged itself.

    Where no record stands behind it, it may be one that was cut off just so that two line ends of the next one stand
    where its own should: then its digest tells.
    """
    end = record_end(path, offset)
    return end if end is None or begins_record(path, end) else record_end(path, offset, digests=True)


def _records(path: Path, name: str, start: int) -> Iterator[Found]:
    """The records from `start` on, each as if it ended where it begins, as far as each stands behind a whole one.

    Raises OSError at a place where none does.
    """
    with path.open("rb") as stream:
        stream.seek(start)
        before = None
        for record in ArchiveIterator(stream, parse_http=False):
            item = _look_at(record, name)
            if before is None and item.offset != start:
                raise OSError("the head of the record is damaged")
            if before is not None:
                _check_position(path, before, item.offset)
            yield item
            before = item.offset


def _check_position(path: Path, before: int, offset: int) -> None:
    """Raise where the record at byte `before` does not end at `offset`, where fastwarc has found the next one.

    In a compressed file fastwarc itself stumbles over a member that is damaged, and the first member shows whether each
    record has one. In a file that is not compressed it takes whatever stands behind a record that was cut off as the
    rest of that, and goes on at the next place that looks like a head.
    """
    if offset <= before:
        raise _NotSeekable
    if is_packed(path, before):
        if before == 0 and record_end(path, before, offset) != offset:
            raise _NotSeekable
    elif record_end(path, before) != offset:
        raise OSError(CUT_OFF)


def _look_at(record: WarcRecord, name: str) -> Found:
    """A page, or why not."""
    offset = int(record.stream_pos)
    if record.record_type != WarcRecordType.response:
        kind = str(record.record_type)
        return Found(offset, offset, None, None if kind in _BESIDE else kind)
    try:
        record.parse_http()
    except OSError:
        return Found(offset, offset, None, "damaged")
    if record.http_headers is None:
        return Found(offset, offset, None, "not_http")
    if record.http_headers.status_code != 200:
        return Found(offset, offset, None, "http_error")
    if not _is_html(record):
        return Found(offset, offset, None, "not_html")
    if record.record_date is None:
        return Found(offset, offset, None, "no_date")
    address = (record.headers.get("WARC-Target-URI") or "").strip("<>")  # as WARC/1.0 had it
    try:
        url = urls.clean(address)
        page_id = urls.page_id(url)
    except ValueError:
        return Found(offset, offset, None, "bad_url")
    captured = record.record_date.astimezone(UTC).replace(tzinfo=None)
    return Found(offset, offset, FetchedPage(page_id, url, address, 200, captured, name, offset))


def _is_html(record: WarcRecord) -> bool:
    """By its Content-Type; where that says little, by how the body begins."""
    content_type = record.http_content_type
    if content_type and content_type.lower() in _HTML_TYPES:
        return True
    return looks_like_html(record.reader.read(_SNIFFED), content_type)
