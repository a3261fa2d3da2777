"""Reads back what the archive keeps: the HTTP response of one WARC record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

from fastwarc.warc import ArchiveIterator, WarcRecordType

from tasks import urls
from tasks.derive.guard import MAX_BYTES
from tasks.derive.wholeness import whole_record

_KEPT = 2 * MAX_BYTES
"""Bytes of a record that are looked at: more than MAX_BYTES of a body with its heads and the marks of its chunks."""


class RecordError(Exception):
    """The archive does not hold that record whole, or holds one of another page in its place."""


@dataclass(frozen=True, slots=True)
class PageRecord:
    """The body of an archived response, its Content-Type, and the address that gave it."""

    url: str
    content_type: str | None
    body: bytes


def read_record(data: Path, warc_file: str, offset: int, addresses: Sequence[str] = ()) -> PageRecord:
    """The response record at `offset` of a file under `data`, or of any file where `warc_file` is absolute.

    The body is decoded, and cut where nothing is looked at any more (`guard.MAX_BYTES`). Raises RecordError where the
    record is missing, not whole, or of none of the `addresses` (empty: of any).
    """
    try:
        content = whole_record(data / warc_file, offset, _KEPT).content
        try:
            record = _parse(content, "all")
        except (OSError, ValueError):
            # Headers may name codings that the body no longer has, as in CC-NEWS until May 2019
            # (https://github.com/commoncrawl/news-crawl/issues/30).
            record = _parse(content, "none")
    except (OSError, ValueError) as error:
        raise RecordError(f"{warc_file} at {offset}: {error}") from error
    if addresses and not _is_of(record.url, addresses):
        raise RecordError(f"{warc_file} at {offset}: a record of {record.url}, not of {addresses[0]}")
    return record


def _parse(content: bytes, codings: Literal["all", "none"]) -> PageRecord:
    """The record, with these HTTP codings undone."""
    for record in ArchiveIterator(
        BytesIO(content), record_types=WarcRecordType.response, parse_http=True, auto_decode=codings
    ):
        if record.stream_pos:
            break
        headers = record.http_headers
        content_type = headers.get("Content-Type") if headers is not None else None
        return PageRecord(record.headers.get("WARC-Target-URI") or "", content_type, record.reader.read(MAX_BYTES))
    raise ValueError("no response record there")


def _is_of(url: str, addresses: Sequence[str]) -> bool:
    return url in addresses or _identity(url) in map(_identity, addresses)


def _identity(url: str) -> str:
    try:
        return urls.identity(url.strip("<>"))  # as WARC/1.0 had it
    except ValueError:
        return url
