"""Whether one WARC record is whole: all its bytes are there, and they are those that were written.

A record in a gzip member of its own ends where that ends, with a checksum over every byte; one that is not compressed
must be followed by two line ends, the only sign that it was written to its end, and its digests say whether a byte has
changed.
Format: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/#file-and-record-model
"""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from isal import isal_zlib

from tasks.derive.warcbytes import GZIP

CUT_OFF = "the record is cut off or damaged"
MAX_COMPARED = 10_000_000
"""Bytes of a record whose digest is compared."""
_UNPACK_ERROR = cast("type[Exception]", isal_zlib.error)  # isal's stubs call it an instance
_PIECE = 16_384
"""Compressed bytes unpacked at a time: a gzip bomb makes 17 MB of them at most."""
_MAX_HEAD = 65_536
_MAX_DIGITS = 15
"""Of a length: no file is longer, and no position in one larger than the system can seek."""
_HEAD_END = b"\r\n\r\n"
_RECORD_END = b"\r\n\r\n"
_FIELD = re.compile(rb"^([a-z-]+):[ \t]*(.*?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_SINGLE = frozenset((b"warc-type", b"warc-record-id", b"warc-date", b"warc-target-uri", b"content-length"))
"""Fields that no record has twice: where one is, a record was cut off in its head and another one written behind."""


class DamagedRecord(ValueError):
    """The record is not whole."""


@dataclass(frozen=True, slots=True)
class WholeRecord:
    """A record that is all there. `content` is its head and its block, unpacked, as much of it as was asked for."""

    content: bytes
    end: int
    """The byte of the file behind it."""


def whole_record(path: Path, offset: int, keep: int, limit: int | None = None) -> WholeRecord:
    """The record at `offset` with its first `keep` bytes; raises DamagedRecord where it is not whole, and OSError.

    A gzip member is not read beyond the byte `limit`. The digests of a record that is not compressed are compared where
    all of it is kept.
    """
    with path.open("rb") as stream:
        stream.seek(offset)
        is_packed = stream.read(len(GZIP)) == GZIP
        stream.seek(offset)
        if is_packed:
            return _packed(stream, offset, max(keep, _MAX_HEAD), limit or sys.maxsize)
        return _plain(stream, offset, keep)


def record_end(path: Path, offset: int, limit: int | None = None, *, digests: bool = False) -> int | None:
    """The byte behind the record at `offset`; None where that is not whole, or a gzip member reaching beyond `limit`.

    With `digests` those of a record that is not compressed are compared, up to a length of MAX_COMPARED.
    """
    try:
        return whole_record(path, offset, MAX_COMPARED if digests else 0, limit).end
    except DamagedRecord:
        return None


def _packed(stream: BinaryIO, offset: int, keep: int, limit: int) -> WholeRecord:
    """A record that is a gzip member: the end of that comes with its checksum."""
    decoder = isal_zlib.decompressobj(16 + isal_zlib.MAX_WBITS)
    kept = bytearray()
    length = 0
    position = offset
    try:
        while not decoder.eof:
            piece = stream.read(min(_PIECE, limit - position))
            if not piece:
                raise DamagedRecord(CUT_OFF)
            position += len(piece)
            plain = decoder.decompress(piece)
            length += len(plain)
            kept += plain[: keep - len(kept)]
    except _UNPACK_ERROR as error:
        raise DamagedRecord(f"{CUT_OFF} ({error})") from error
    block, size, _ = _head(kept)
    if length < block + size:
        raise DamagedRecord(CUT_OFF)
    return WholeRecord(bytes(kept), position - len(decoder.unused_data))


def _plain(stream: BinaryIO, offset: int, keep: int) -> WholeRecord:
    """A record that is not compressed: only what stands behind it shows that its length is what was written."""
    start = stream.read(_MAX_HEAD)
    block, size, fields = _head(start)
    length = block + size
    stream.seek(offset + length)
    behind = stream.read(_MAX_HEAD)
    if not behind.startswith(_RECORD_END):
        raise DamagedRecord(CUT_OFF)
    end = offset + length + len(behind) - len(behind.lstrip(b"\r\n"))  # more line ends than two harm nobody
    stream.seek(offset)
    content = stream.read(min(keep, length))
    if len(content) == length and not _has_digest(fields, content[block:]):
        raise DamagedRecord("the record is damaged: its content has another digest than it says")
    return WholeRecord(content, end)


def _head(content: bytes | bytearray) -> tuple[int, int, Mapping[bytes, bytes]]:
    """(where the block begins, its length, the fields of the head)."""
    if not content.startswith(b"WARC/"):
        raise DamagedRecord("no WARC record begins there")
    head, found, _ = content[:_MAX_HEAD].partition(_HEAD_END)
    pairs = [(name.lower(), value) for name, value in _FIELD.findall(head)]
    names = [name for name, _ in pairs if name in _SINGLE]
    fields = dict(pairs)
    length = fields.get(b"content-length", b"")
    if not (found and length.isdigit() and len(length) <= _MAX_DIGITS) or len(names) > len(set(names)):
        raise DamagedRecord("the head of the record is damaged")
    return len(head) + len(_HEAD_END), int(length), fields


def _has_digest(fields: Mapping[bytes, bytes], block: bytes) -> bool:
    """Whether a digest that the record names is that of its block or of its payload; true where it names none.

    One is enough: tools that copy records write the head of the answer anew and keep the digest of the block
    (https://github.com/webrecorder/warcio/issues/123), others do not agree on what the payload is.
    """
    payload = block.partition(b"\r\n\r\n")[2]
    pairs = ((fields.get(b"warc-block-digest"), block), (fields.get(b"warc-payload-digest"), payload))
    compared = [_is_digest(stated.decode("latin-1"), content) for stated, content in pairs if stated]
    known = [same for same in compared if same is not None]
    return any(known) or not known


def _is_digest(stated: str, content: bytes) -> bool | None:
    """Whether `stated`, such as sha1:BASE32, is the digest of `content`; None where the algorithm is not known."""
    name, _, value = stated.partition(":")
    name = name.lower().replace("-", "")
    if name not in ("md5", "sha1", "sha256", "sha512"):
        return None
    digest = hashlib.new(name, content, usedforsecurity=False).digest()
    written = (base64.b32encode(digest).decode("ascii").rstrip("="), digest.hex().upper())
    return value.upper().rstrip("=") in written
