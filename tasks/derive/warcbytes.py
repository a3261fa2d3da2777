"""Where WARC records begin in a file's bytes, for what follows a damaged one."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import BinaryIO

GZIP = b"\x1f\x8b\x08"
_BLOCK = 2**20
_WARC = b"WARC/"


def begins_record(path: Path, offset: int) -> bool:
    """Whether a WARC record, compressed or not, begins at this byte."""
    with path.open("rb") as stream:
        return _begins_record(stream, offset)


def is_packed(path: Path, offset: int) -> bool:
    """Whether a gzip member begins at this byte."""
    with path.open("rb") as stream:
        stream.seek(offset)
        return stream.read(len(GZIP)) == GZIP


def next_record(path: Path, offset: int) -> int | None:
    """The byte where the first record at or behind `offset` begins; None where there is none."""
    with path.open("rb") as stream:
        while True:
            stream.seek(offset)
            # An overlap, so that no beginning is missed between two blocks.
            block = stream.read(_BLOCK + len(_WARC))
            for match in re.finditer(re.escape(GZIP) + rb"|" + _WARC, block):
                if _begins_record(stream, offset + match.start()):
                    return offset + match.start()
            if len(block) <= _BLOCK:
                return None
            offset += _BLOCK


def _begins_record(stream: BinaryIO, offset: int) -> bool:
    stream.seek(offset)
    head = stream.read(512)
    if not head.startswith(GZIP):
        return bool(re.match(rb"WARC/\d\.\d+\r?\n", head))
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(head, len(_WARC)) == _WARC
    except zlib.error:
        return False
