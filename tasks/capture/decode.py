"""Undoes a Content-Encoding within a byte limit: a compression bomb costs at most the limit."""

from __future__ import annotations

import io
import zlib

import brotli
import zstandard

_CHUNK = 65536


class TooLarge(Exception):
    """The body is larger than the limit."""


class BadEncoding(Exception):
    """The body is not what its Content-Encoding says."""


def decode(body: bytes, encoding: str, limit: int) -> bytes:
    """The body with every coding in the `encoding` header undone, last applied first (RFC 9110, section 8.4).

    Raises TooLarge past `limit` decoded bytes, BadEncoding for a damaged or unknown coding. A truncated body gives what
    it holds: publishers' servers do cut streams short, and the text is in what came.
    """
    codings = [coding.strip().lower() for coding in encoding.split(",") if coding.strip()]
    if len(codings) > 3:
        raise BadEncoding(f"{len(codings)} content codings on top of each other")
    for coding in reversed(codings):
        if coding in ("identity", "none"):
            continue
        decoder = _DECODERS.get(coding)
        if decoder is None:
            raise BadEncoding(f"unknown content coding {coding!r}")
        body = decoder(body, limit)
    if len(body) > limit:
        raise TooLarge(f"more than {limit} bytes")
    return body


def _zlib(body: bytes, limit: int, window: int) -> bytes:
    out = bytearray()
    while body:
        decoder = zlib.decompressobj(window)
        try:
            out += decoder.decompress(body, limit + 1 - len(out))
        except zlib.error as error:
            if out:
                break  # junk behind a complete stream, as some servers send
            raise BadEncoding(str(error)) from error
        if len(out) > limit:
            raise TooLarge(f"more than {limit} bytes")
        body = decoder.unused_data if decoder.eof else b""
    return bytes(out)


def _gzip(body: bytes, limit: int) -> bytes:
    return _zlib(body, limit, 16 + zlib.MAX_WBITS)


def _deflate(body: bytes, limit: int) -> bytes:
    """zlib's format by the standard, raw deflate by widespread habit."""
    try:
        return _zlib(body, limit, zlib.MAX_WBITS)
    except BadEncoding:
        return _zlib(body, limit, -zlib.MAX_WBITS)


def _brotli(body: bytes, limit: int) -> bytes:
    decoder = brotli.Decompressor()
    out = bytearray()
    try:
        out += decoder.process(body, output_buffer_limit=_CHUNK)
        while not decoder.can_accept_more_data() and len(out) <= limit:
            out += decoder.process(b"", output_buffer_limit=_CHUNK)
    except brotli.error as error:
        raise BadEncoding(f"brotli: {error}") from error
    if len(out) > limit:
        raise TooLarge(f"more than {limit} bytes")
    return bytes(out)


def _zstd(body: bytes, limit: int) -> bytes:
    try:
        # RFC 9659: a web decoder need not take windows over 8 MB.
        reader = zstandard.ZstdDecompressor(max_window_size=2**23).stream_reader(
            io.BytesIO(body), read_across_frames=True
        )
        out = bytearray()
        while chunk := reader.read(_CHUNK):
            out += chunk
            if len(out) > limit:
                raise TooLarge(f"more than {limit} bytes")
        return bytes(out)
    except zstandard.ZstdError as error:
        raise BadEncoding(f"zstd: {error}") from error


_DECODERS = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "br": _brotli, "zstd": _zstd}
