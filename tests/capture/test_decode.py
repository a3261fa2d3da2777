"""Content codings: what they hold, what they cost, and what is no coding."""

from __future__ import annotations

import gzip
import os
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard

from tasks.capture.decode import MAX_MEMBERS, BadEncoding, TooLarge, decode

TEXT = "Overcrowding in the prisons of Vallmera, año tras año. ".encode() * 50
LIMIT = 1_000_000


def raw_deflate(data: bytes) -> bytes:
    coder = zlib.compressobj(wbits=-15)
    return coder.compress(data) + coder.flush()


def zstd_stream(data: bytes) -> bytes:
    """Without the size in its head, as servers stream it."""
    coder = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    return coder.compress(data) + coder.flush()


Coder = Callable[[bytes], bytes]
CODERS: list[tuple[str, Coder]] = [
    ("", bytes),
    ("identity", bytes),
    ("gzip", gzip.compress),
    ("GZIP", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", brotli.compress),
    ("zstd", zstandard.compress),
    ("zstd", zstd_stream),
    ("gzip", lambda data: gzip.compress(data[:100]) + gzip.compress(data[100:])),
    ("zstd", lambda data: zstandard.compress(data[:100]) + zstandard.compress(data[100:])),
    ("deflate, gzip", lambda data: gzip.compress(zlib.compress(data))),
    ("gzip , br", lambda data: brotli.compress(gzip.compress(data))),
    ("gzip", lambda data: gzip.compress(data) + b"\0" * 512),
    ("gzip", lambda data: gzip.compress(data) + b"<!-- served by cache 7 -->"),
]


@pytest.mark.parametrize(("encoding", "code"), CODERS)
def test_what_was_encoded_comes_back(encoding: str, code: Coder) -> None:
    assert decode(code(TEXT), encoding, LIMIT) == TEXT
    assert decode(bytearray(code(TEXT)), encoding, LIMIT) == TEXT


# Larger than any decoder's buffers, well and hardly compressible.
LARGE = [b"".join(b"article %d of the day\n" % number for number in range(40_000)), os.urandom(700_000)]


@pytest.mark.parametrize("body", LARGE, ids=["text", "noise"])
@pytest.mark.parametrize(("encoding", "code"), CODERS[:12])
def test_nothing_of_a_large_body_is_left_in_a_buffer(encoding: str, code: Coder, body: bytes) -> None:
    assert decode(code(body), encoding, LIMIT) == body


@pytest.mark.parametrize(("encoding", "code"), CODERS)
def test_the_limit_is_on_what_comes_out(encoding: str, code: Coder) -> None:
    assert decode(code(TEXT), encoding, len(TEXT)) == TEXT
    with pytest.raises(TooLarge):
        decode(code(TEXT), encoding, len(TEXT) - 1)
    assert decode(code(TEXT), encoding, len(TEXT) - 1, cut=True) == TEXT[:-1]
    assert TEXT[:100].startswith(decode(code(TEXT), encoding, 100, cut=True))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_nothing_decodes_to_nothing(encoding: str) -> None:
    assert decode(b"", encoding, LIMIT) == b""


ZEROS = b"\0" * 50_000_000
BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "gzip": ("gzip", lambda: gzip.compress(ZEROS)),
    "deflate": ("deflate", lambda: zlib.compress(ZEROS)),
    "raw deflate": ("deflate", lambda: raw_deflate(ZEROS)),
    "brotli": ("br", lambda: brotli.compress(ZEROS, quality=2)),
    "zstd": ("zstd", lambda: zstandard.compress(ZEROS)),
    "zstd stream": ("zstd", lambda: zstd_stream(ZEROS)),
    "gzip in gzip": ("gzip, gzip", lambda: gzip.compress(gzip.compress(ZEROS))),
    "brotli in gzip": ("br, gzip", lambda: gzip.compress(brotli.compress(ZEROS, quality=2))),
    "many members": ("gzip", lambda: gzip.compress(b"") * 40_000),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_what_the_limit_allows(name: str) -> None:
    encoding, make = BOMBS[name]
    body = make()
    tracemalloc.start()
    try:
        with pytest.raises((TooLarge, BadEncoding)):
            decode(body, encoding, LIMIT)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 * LIMIT


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_truncated_body_gives_what_came(encoding: str) -> None:
    noise = os.urandom(400_000)
    coder = dict(CODERS)[encoding]
    came = decode(coder(noise)[:300_000], encoding, LIMIT)
    assert len(came) > 100_000
    assert noise.startswith(came)


def damaged(data: bytes) -> bytes:
    """With a byte changed in the middle."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]


WRONG: list[tuple[str, bytes, str]] = [
    ("gzip", b"<html>plain text</html>", "header"),
    ("deflate", b"<html>plain text</html>", "Error"),
    ("br", b"<html>plain text that is not brotli</html>", "brotli"),
    ("zstd", b"<html>plain text</html>", "zstd"),
    ("gzip", damaged(gzip.compress(os.urandom(10_000))), "check"),
    ("compress", TEXT, "unknown content coding 'compress'"),
    ("gzip; q=1", gzip.compress(TEXT), "unknown content coding"),
    ("x" * 10_000, TEXT, "unknown content coding"),
    ("gzip, " * 50, TEXT, "50 content codings"),
    ("gzip", gzip.compress(b"") * (MAX_MEMBERS + 1), "members"),
]


@pytest.mark.parametrize(("encoding", "body", "message"), WRONG, ids=range(len(WRONG)))
def test_what_is_not_in_that_coding_is_refused(encoding: str, body: bytes, message: str) -> None:
    with pytest.raises(BadEncoding, match=message) as raised:
        decode(body, encoding, LIMIT)
    assert len(str(raised.value)) < 200
