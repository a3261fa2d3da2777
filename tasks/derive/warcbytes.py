"""Where WARC records begin and end in a file's bytes, for what follows a damaged one."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import BinaryIO

_BLOCK = 2**20
_GZIP = b"\x1f\x8b\x08"
_WARC = b"WARC/"
_LENGTH = re.compile(rb"^content-length:\s*(\d+)\s*$", re.IGNORECASE | re.MULTILINE)
_MAX_HEADER = 65_536


def begins_record(path: Path, offset: int) -> bool:
    """Whether a WARC record, compressed or not, begins at this byte."""
    with path.open("rb") as stream:
        return _begins_record(stream, offset)


def next_record(path: Path, offset: int) -> int | None:
    """The byte where the first record at or behind `offset` begins; None where there is none."""
    with path.open("rb") as stream:
        while True:
            stream.seek(offset)
            # An overlap, so that no beginning is missed between two blocks.
            block = stream.read(_BLOCK + len(_WARC))
            for match in re.finditer(re.escape(_GZIP) + rb"|" + _WARC, block):
                if _begins_record(stream, offset + match.start()):
                    return offset + match.start()
            if len(block) <= _BLOCK:
                return None
            offset += _BLOCK


def record_end(path: Path, offset: int, limit: int | None = None) -> int | None:
    """The byte behind the record at `offset`; None where it is damaged or cut off, or reaches beyond `limit`.

    Of a gzip member the checksum is looked at too.
    """
    with path.open("rb") as stream:
        stream.seek(offset)
        head = stream.read(len(_GZIP))
        stream.seek(offset)
        return _member_end(stream, offset, limit) if head == _GZIP else _plain_end(stream, offset, limit)


def _begins_record(stream: BinaryIO, offset: int) -> bool:
    stream.seek(offset)
    head = stream.read(512)
    if not head.startswith(_GZIP):
        return bool(re.match(rb"WARC/\d\.\d+\r?\n", head))
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(head, len(_WARC)) == _WARC
    except zlib.error:
        return False


def _member_end(stream: BinaryIO, offset: int, limit: int | None) -> int | None:
    decoder = zlib.decompressobj(16 + zlib.MAX_WBITS)
    position = offset
    try:
        while not decoder.eof:
            block = stream.read(_BLOCK if limit is None else min(_BLOCK, limit - position))
            if not block:
                return None
            position += len(block)
            while block and not decoder.eof:
                decoder.decompress(block, _BLOCK)
                block = decoder.unconsumed_tail
    except zlib.error:
        return None
    return position - len(decoder.unused_data)


def _plain_end(stream: BinaryIO, offset: int, limit: int | None) -> int | None:
    """A record that is not compressed: header, content of the length it names, two line ends."""
    header, found, _ = stream.read(_MAX_HEADER).partition(b"\r\n\r\n")
    length = _LENGTH.search(header)
    if not found or not length:
        return None
    end = offset + len(header) + 4 + int(length[1]) + 4
    return end if end <= (limit or stream.seek(0, 2)) else None
