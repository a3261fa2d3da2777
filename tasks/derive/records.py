"""Reads back what the archive keeps: the HTTP response of one WARC record."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fastwarc.warc import ArchiveIterator, WarcRecordType


class RecordError(Exception):
    """The archive does not hold that record."""


@dataclass(frozen=True, slots=True)
class PageRecord:
    """The body of an archived response, its Content-Type, and the address that gave it."""

    url: str
    content_type: str | None
    body: bytes


def read_record(data: Path, warc_file: str, offset: int) -> PageRecord:
    """The response record at `offset` of a file under `data`; raises RecordError where it is missing or damaged."""
    try:
        with (data / warc_file).open("rb") as stream:
            stream.seek(offset)
            for record in ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=True):
                headers = record.http_headers
                content_type = headers.get("Content-Type") if headers is not None else None
                return PageRecord(record.headers["WARC-Target-URI"], content_type, record.reader.read())
    except (OSError, ValueError) as error:
        raise RecordError(f"{warc_file} at {offset}: {error}") from error
    raise RecordError(f"{warc_file} at {offset}: no response record there")
