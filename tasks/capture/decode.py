"""Undoes a Content-Encoding within a byte limit: a compression bomb costs at most the limit."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable

import brotli
import zstandard

MAX_MEMBERS = 1_000
"""gzip members in one body: each costs a fixed amount of work, whatever little it holds."""
_CHUNK = 65536
_MAX_CODINGS = 3


class TooLarge(Exception):
    """The body is larger than the limit."""


class BadEncoding(Exception):
    """The body is not what its Content-Encoding says."""


def decode(body: bytes | bytearray, encoding: str, limit: int, *, cut: bool = False) -> bytes:
    """The body with every coding in the `encoding` header undone, last applied first (RFC 9110, section 8.4).

    Raises TooLarge past `limit` decoded bytes, or gives at most the first `limit` bytes where `cut` is true; raises
    BadEncoding for a damaged or unknown coding. A truncated body gives what it holds: publishers' servers do cut
    streams short, and the text is in what came.
    """
    codings = [coding.strip().lower() for coding in encoding.split(",") if coding.strip()]
    if len(codings) > _MAX_CODINGS:
        raise BadEncoding(f"{len(codings)} content codings on top of each other")
    for coding in reversed(codings):
        body = _decoder(coding)(body, limit)
        if len(body) > limit and not cut:
            break
    if len(body) > limit and not cut:
        raise TooLarge(f"more than {limit} bytes")
    return bytes(body if len(body) <= limit else body[:limit])


# Each decoder gives at most `limit` + 1 bytes: enough to see that there are more than `limit`.
_Decoder = Callable[[bytes | bytearray, int], bytes | bytearray]


def _decoder(coding: str) -> _Decoder:
    try:
        return _DECODERS[coding]
    except KeyError:
        raise BadEncoding(f"unknown content coding {coding[:40]!r}") from None


def _identity(body: bytes | bytearray, limit: int) -> bytes | bytearray:
    return body


def _zlib(body: bytes | bytearray, limit: int, window: int) -> bytearray:
    """Members one after another, read in pieces: zlib copies what follows a member, which must not be all the rest."""
    out = bytearray()
    members = 0
    decoder = zlib.decompressobj(window)
    for start in range(0, len(body), _CHUNK):
        piece = bytes(body[start : start + _CHUNK])
        while piece:
            try:
                out += decoder.decompress(piece, limit + 1 - len(out))
            except zlib.error as error:
                if members:
                    return out  # junk behind a complete stream, as some servers send
                raise BadEncoding(str(error)) from error
            if len(out) > limit:
                return out
            piece = decoder.unused_data
            if decoder.eof:
                members += 1
                decoder = zlib.decompressobj(window)
            if members > MAX_MEMBERS:
                raise BadEncoding(f"more than {MAX_MEMBERS} compressed members")
    return out


def _gzip(body: bytes | bytearray, limit: int) -> bytearray:
    return _zlib(body, limit, 16 + zlib.MAX_WBITS)


def _deflate(body: bytes | bytearray, limit: int) -> bytearray:
    """zlib's format by the standard, raw deflate by widespread habit."""
    try:
        return _zlib(body, limit, zlib.MAX_WBITS)
    except BadEncoding:
        return _zlib(body, limit, -zlib.MAX_WBITS)


def _brotli(body: bytes | bytearray, limit: int) -> bytearray:
    """Asked until nothing more comes: the decoder calls itself ready for more input while it still holds output."""
    decoder = brotli.Decompressor()
    out = bytearray()
    try:
        chunk = decoder.process(body, output_buffer_limit=_CHUNK)
        while chunk and len(out) <= limit:
            out += chunk
            chunk = decoder.process(b"", output_buffer_limit=_CHUNK)
    except brotli.error as error:
        raise BadEncoding(f"brotli: {error}") from error
    return out[: limit + 1]


def _zstd(body: bytes | bytearray, limit: int) -> bytearray:
    # RFC 9659: a web decoder need not take windows over 8 MB.
    decoder = zstandard.ZstdDecompressor(max_window_size=2**23)
    reader = decoder.stream_reader(io.BytesIO(body), read_across_frames=True)
    out = bytearray()
    try:
        while len(out) <= limit and (chunk := reader.read(_CHUNK)):
            out += chunk
    except zstandard.ZstdError as error:
        raise BadEncoding(f"zstd: {error}") from error
    return out[: limit + 1]


_DECODERS: dict[str, _Decoder] = {
    "identity": _identity,
    "none": _identity,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
