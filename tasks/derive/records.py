"""Reads back what the archive keeps: the HTTP response of one WARC record."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fastwarc.warc import ArchiveIterator, WarcRecordType

from tasks.derive.guard import MAX_BYTES


class RecordError(Exception):
    """The archive does not hold that record."""


@dataclass(frozen=True, slots=True)
class PageRecord:
    """The body of an archived response, its Content-Type, and the address that gave it."""

    url: str
    content_type: str | None
    body: bytes


def read_record(data: Path, warc_file: str, offset: int) -> PageRecord:
    """The response record at `offset` of a file under `data`, or of any file where `warc_file` is absolute.

    The body is decoded, and cut where nothing is looked at any more (`guard.MAX_BYTES`). Raises RecordError where the
    record is missing or damaged.
    """
    try:
        try:
            return _read(data / warc_file, offset, "all")
        except (OSError, ValueError):
            # Headers may name codings that the body no longer has, as in CC-NEWS until May 2019
            # (https://github.com/commoncrawl/news-crawl/issues/30).
            return _read(data / warc_file, offset, "none")
    except (OSError, ValueError) as error:
        raise RecordError(f"{warc_file} at {offset}: {error}") from error


def _read(path: Path, offset: int, codings: Literal["all", "none"]) -> PageRecord:
    """The record, with these HTTP codings undone."""
    with path.open("rb") as stream:
        stream.seek(offset)
        for record in ArchiveIterator(
            stream, record_types=WarcRecordType.response, parse_http=True, auto_decode=codings
        ):
            if record.stream_pos != offset:
                break
            headers = record.http_headers
            content_type = headers.get("Content-Type") if headers is not None else None
            return PageRecord(record.headers["WARC-Target-URI"], content_type, record.reader.read(MAX_BYTES))
    raise ValueError("no response record there")
