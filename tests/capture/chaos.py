"""A server for everything that a server can do wrong: one port for each misbehaviour, and what must come of it.

`MISBEHAVIOURS` is the table. `poll` is how the poll of a feed there ends, `page` how the fetch of a page there ends;
None where the misbehaviour is not about the one or the other. An error is compared by its beginning.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import brotli
import zstandard

from tests.capture.loopback import Handler, Loopback, Request, message, redirect, reply, routes, send

MAX_BYTES = 1_000_000
"""`http.max_bytes` of the chaos tests: what is called too large here is larger."""
TIMEOUT = 1.5
"""`http.timeout` of the chaos tests, in seconds."""

TITLES = ("Overcrowding in Vallmera", "Reform bill passes")
PAGE = b"<!doctype html><html><body><p>Overcrowding in the prisons of Vallmera.</p></body></html>"
OK, UNCHANGED, NOT_A_FEED, GONE = "ok", "unchanged", "not_a_feed", "gone"
FETCHED = "fetched"


@dataclass(frozen=True)
class Misbehaviour:
    """One thing that a server does wrong."""

    name: str
    handler: Handler
    poll: str | None
    page: str | None
    entries: int = 0
    """Entries that the poll must give at least."""


def rss(titles: Iterable[str] = TITLES, *, before: str = "", inside: str = "") -> bytes:
    """A feed with these titles; `before` stands between the XML declaration and the root."""
    items = "".join(
        f"<item><title>{title}</title><link>https://example.com/{number}</link></item>"
        for number, title in enumerate(titles)
    )
    head = f'<?xml version="1.0" encoding="utf-8"?>{before}<rss version="2.0"><channel><title>News</title>{inside}'
    return f"{head}{items}</channel></rss>".encode()


FEED = rss()


def both(feed: bytes = FEED, page: bytes = PAGE, **headers: str) -> Handler:
    """A good feed and a good page, with these headers on top."""
    extra = [(name.replace("_", "-"), value) for name, value in headers.items()]
    if "content_type" in headers:
        return routes({"/feed": reply(feed, headers=extra), "/page": reply(page, headers=extra)})
    return routes(
        {
            "/feed": reply(feed, headers=[*extra, ("content-type", "application/rss+xml")]),
            "/page": reply(page, headers=[*extra, ("content-type", "text/html")]),
        }
    )


def coded(coding: str, code: Callable[[bytes], bytes]) -> Handler:
    return both(code(FEED), code(PAGE), content_encoding=coding)


# Servers that do not come to an end.


async def hang(request: Request, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


def then_hang(start: bytes) -> Handler:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        await writer.drain()
        await asyncio.sleep(3600)

    return handler


def drip(start: bytes, piece: bytes, gap: float = 0.05) -> Handler:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(gap)

    return handler


def pour(start: bytes, piece: bytes) -> Handler:
    return drip(start, piece, gap=0)


def slowly(handler: Handler, seconds: float) -> Handler:
    async def late(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        await handler(request, writer)

    return late


async def reset(request: Request, writer: asyncio.StreamWriter) -> None:
    """Ends the connection with RST instead of FIN."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def reset_halfway(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 500)
    await writer.drain()
    await asyncio.sleep(0.05)
    await reset(request, writer)


async def endless_redirects(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(message(status=302, location=f"{request.path}x"))


async def not_modified_for_ever(request: Request, writer: asyncio.StreamWriter) -> None:
    conditional = "if-none-match" in request.headers
    writer.write(message(status=304) if conditional else message(FEED, etag='"for ever"'))


async def another_body_each_time(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(message(rss(inside=f"<lastBuildDate>{id(request)}</lastBuildDate>")))


OPEN = b"HTTP/1.1 200 OK\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def length(value: object) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {value}\r\n\r\n".encode()


CONNECTIONS: list[Misbehaviour] = [
    "closes at once": (send(b""), BROKEN),
    "resets": (reset, BROKEN),
    "resets halfway": (reset_halfway, BROKEN),
    "hangs": (hang, LATE),
    "hangs in the status line": (then_hang(b"HTTP/1."), LATE),
    "hangs in the headers": (then_hang(b"HTTP/1.1 200 OK\r\nX: "), LATE),
    "hangs in the body": (then_hang(length(1000) + b"<rss>"), LATE),
    "hangs in a chunk": (then_hang(CHUNKED + b"ff\r\n<rss>"), LATE),
    "drips headers": (drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), LATE),
    "drips the body": (drip(length(10_000), b"x"), LATE),
    "drips chunks": (drip(CHUNKED, b"1\r\nx\r\n"), LATE),
    "is always about to": (drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), LATE),
    "is slow but comes": (slowly(both(), 0.3), GOOD),
    "redirects slowly": (slowly(endless_redirects, 0.4), LATE),
]

MESSAGES: list[Misbehaviour] = [
    "speaks SSH": (send(b"SSH-2.0-OpenSSH_9.6\r\n"), BROKEN),
    "speaks HTTP/0.9": (send(FEED), BROKEN),
    "speaks HTTP/3": (send(b"HTTP/3 200\r\n\r\n"), BROKEN),
    "status of one digit": (send(b"HTTP/1.1 2 OK\r\n\r\n"), BROKEN),
    "status in words": (send(b"HTTP/1.1 fine\r\n\r\n"), BROKEN),
    "a header without colon": (send(b"HTTP/1.1 200 OK\r\nX\r\n\r\n"), BROKEN),
    "NUL in a header": (send(b"HTTP/1.1 200 OK\r\nX: \0\r\n\r\n"), BROKEN),
    "headers without end": (pour(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 999), BROKEN),
    "a header without end": (pour(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 9999), BROKEN),
    "10,000 cookies": (send(b"HTTP/1.1 200 OK\r\n" + b"Set-Cookie: a=b\r\n" * 10_000 + b"\r\n"), BROKEN),
    "500 cookies": (routes({"/feed": reply(FEED, headers=[("set-cookie", f"a{n}=b") for n in range(500)])}), GOOD_FEED),
    "line feeds only": (send(b"HTTP/1.1 200 OK\nContent-Length: %d\n\n" % len(FEED) + FEED), GOOD_FEED),
    "less than announced": (send(length(9999) + FEED), BROKEN),
    "more than announced": (send(length(len(FEED)) + FEED + b"junk" * 999), GOOD_FEED),
    "two lengths": (send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"), BROKEN),
    "a negative length": (send(length(-1)), BROKEN),
    "a length in words": (send(length("lots")), BROKEN),
    "a length of 30 digits": (send(length("9" * 30)), BROKEN),
    "a terabyte announced": (send(length(10**12)), LARGE),
    "30 MB": (pour(length(30_000_000), b"x" * 65536), LARGE),
    "a body without end": (pour(OPEN, b"x" * 65536), LARGE),
    "chunks without end": (pour(CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n"), LARGE),
    "chunks that break off": (send(CHUNKED + b"ff\r\nabc"), BROKEN),
    "no last chunk": (send(CHUNKED + b"3\r\nabc\r\n"), BROKEN),
    "a chunk size in words": (send(CHUNKED + b"some\r\nabc\r\n"), BROKEN),
    "a huge chunk size": (send(CHUNKED + b"f" * 16 + b"\r\nabc"), BROKEN),
    "a chunk extension without end": (pour(CHUNKED, b"1;" + b"x" * 9999), BROKEN),
    "a trailer": (send(CHUNKED + b"%x\r\n" % len(FEED) + FEED + b"\r\n0\r\nX: y\r\n\r\n"), GOOD_FEED),
    "HTTP/1.0 to the end": (send(b"HTTP/1.0 200 OK\r\n\r\n" + FEED), GOOD_FEED),
]  # fmt: skip

STATUSES: list[Misbehaviour] = [
    *(
        f"HTTP {status}": (reply(FEED, status), f"failed: http_error: HTTP {status}", "http_error")
        for status in (400, 401, 402, 403, 404, 406, 418, 429, 451, 500, 502, 503, 504, 522, 999)
    ),
    "HTTP 410": (reply(b"", 410), GONE, "http_error"),
    "HTTP 204": (reply(status=204), NOT_A_FEED, "http_error"),
    "switches protocols": (send(b"HTTP/1.1 101 Switching\r\n\r\n"), "failed: http_error", "http_error"),
    "304 unasked": (reply(status=304), "failed: http_error: HTTP 304", "http_error"),
    "304 for ever": (not_modified_for_ever, GOOD_FEED),
    "another body each time": (another_body_each_time, GOOD_FEED),
    *(
        f"Retry-After: {value!r:.30}": (reply(b"", 503, retry_after=value), "failed: http_error", "http_error")
        for value in ("99999999999", "9" * 5000, "-1", "\xb2", "soon", "Fri, 31 Dec 9999 23:59:59 -1200", "")
    ),
    "an ETag in Latin-1": (both(etag='"\xf1"'), GOOD),
    "an ETag of 50 KB": (both(etag='"' + "a" * 50_000 + '"'), GOOD),
    "dates from nowhere": (both(last_modified="yesterday", expires="0", date="\xe9"), GOOD),
    "fresh for ever": (both(cache_control="max-age=" + "9" * 5000), GOOD),
]  # fmt: skip

REDIRECTS: list[Misbehaviour] = [
    "redirects to itself": (routes({}, other=redirect("?again")), LOST),
    "redirects in a circle": (routes({"/a": redirect("/b"), "/b": redirect("/a")}, other=redirect("/a")), LOST),
    "redirects without end": (endless_redirects, LOST),
    "redirects to nowhere": (reply(status=302), "failed: http_error: HTTP 302", "http_error"),
    "redirects to 100 KB of address": (redirect("/" + "a" * 90_000), BAD),
    *(
        f"redirects to {location}": (redirect(location.encode().decode("latin-1")), BAD)
        for location in (
            "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1:25/_HELO", "javascript:alert(1)",
            "data:text/html,x", "http://[::1", "http://127.0.0.1:99999/", "http://exa mple/", "http://0177.0.0.1/",
        )
    ),
    *(
        f"redirects to {location}": (redirect(location.encode().decode("latin-1")), BLOCKED)
        for location in (
            "http://10.0.0.1/", "//10.0.0.1/", "http://10.1/", "http://167772161/", "http://0x0a000001/",
            "http://0xa.1/", "http://192.168.0.1/", "http://172.16.0.1/", "http://100.64.0.1/", "http://0/",
            "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://[::]/", "http://[::ffff:10.0.0.1]/",
            "http://[64:ff9b::a00:1]/", "http://[2002:a00:1::]/", "http://[fd00:ec2::254]/", "http://[fe80::1]/",
            "http://[fec0::1]/", "http://224.0.0.1/", "http://255.255.255.255/", "http://example.com@10.0.0.1/",
            "http://user:pw@10.0.0.1/", "http://１０.０.０.１/", "https://10.0.0.1/",
        )
    ),
]  # fmt: skip


@cache
def zeros() -> bytes:
    return b"\0" * 100_000_000


CODINGS: list[Misbehaviour] = [
    *(
        f"a bomb of {name}": (reply(bomb(), content_encoding=coding), LARGE)
        for name, coding, bomb in (
            ("gzip", "gzip", lambda: gzip.compress(zeros(), 1)),
            ("deflate", "deflate", lambda: zlib.compress(zeros(), 1)),
            ("brotli", "br", lambda: brotli.compress(zeros(), quality=1)),
            ("zstd", "zstd", lambda: zstandard.compress(zeros())),
            ("gzip in gzip", "gzip, gzip", lambda: gzip.compress(gzip.compress(zeros(), 1))),
            ("gzip in brotli", "gzip, br", lambda: brotli.compress(gzip.compress(zeros(), 1))),
        )
    ),
    "40,000 gzip members": (reply(gzip.compress(b"") * 40_000, content_encoding="gzip"), DAMAGED),
    "says gzip, is not": (both(content_encoding="gzip"), DAMAGED),
    "says brotli, is not": (both(content_encoding="br"), DAMAGED),
    "is gzip, does not say so": (both(gzip.compress(FEED), gzip.compress(PAGE)), NEITHER),
    "an unknown coding": (both(content_encoding="rot13"), DAMAGED),
    "50 codings": (both(content_encoding="gzip, " * 50), DAMAGED),
    "gzip with junk behind": (coded("gzip", lambda data: gzip.compress(data) + b"junk"), GOOD),
    "gzip cut short": (coded("gzip", lambda data: gzip.compress(data)[:-12]), OK, FETCHED, 1),
    "raw deflate": (coded("deflate", lambda data: zlib.compress(data)[2:-4]), GOOD),
]  # fmt: skip

XXE = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))

CONTENTS: list[Misbehaviour] = [
    "a page for a feed": (reply(PAGE, content_type="text/html"), PAGE_ONLY),
    "a block with a smile": (reply(b"<html><title>Are you human?</title></html>", content_type="text/html"), PAGE_ONLY),
    "nothing": (reply(b"", content_type="text/html"), PAGE_ONLY),
    "blanks only": (reply(b" \r\n\t" * 100_000), NEITHER),
    "NUL only": (reply(b"\0" * 500_000), NEITHER),
    "JSON that is none": (reply(b'{"version": "https://jsonfeed.org/version/1.1", "items": [', content_type="application/json"), NEITHER),
    "deep JSON": (reply(b"[" * 900_000, content_type="application/json"), NEITHER),
    "a picture": (reply(b"\x89PNG\r\n\x1a\n" + b"\0" * 1000, content_type="image/png"), NEITHER),
    "a document called HTML": (reply(b"%PDF-1.7\n" + b"\0" * 1000, content_type="text/html"), NEITHER),
    "a film": (reply(b"\0\0\0\x18ftypmp42", content_type="video/mp4"), NEITHER),
    "a feed called a picture": (both(content_type="image/png"), OK, "not_html", 2),
    "a page without a type": (routes({"/feed": reply(FEED), "/page": reply(PAGE)}), GOOD),
    "a type that is none": (both(content_type=";;;\xff; charset=\""), GOOD_FEED),
    "another charset than it says": (both(content_type="text/xml; charset=utf-16"), GOOD_FEED),
    "an unknown charset": (both(content_type="text/xml; charset=klingon"), GOOD_FEED),
    "bytes that are no UTF-8": (both(FEED.replace(b"Reform", b"R\xe9form\xff\xfe")), GOOD),
    "UTF-16": (both(FEED.decode().replace("utf-8", "utf-16").encode("utf-16")), GOOD),
    "warnings before it": (both(b"<br />\n<b>Warning</b>: mysql\n" + FEED), GOOD),
    "cut in the middle": (both(FEED[: len(FEED) - 90]), OK, FETCHED, 1),
    "a file by an entity": (both(rss(["Passwords &x;"], before=XXE)), OK, None, 1),
    "a billion laughs": (both(rss(["Ha &l9;"], before=f'<!DOCTYPE rss [<!ENTITY l0 "ha">{LAUGHS}]>')), OK, None, 1),
    "a DTD elsewhere": (both(rss(before='<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/rss.dtd">')), GOOD_FEED),
    "100,000 elements deep": (both(rss(inside="<a>" * 100_000)), None, None),
    "a title of 900 KB": (both(rss(["x" * 900_000])), OK, None, 1),
    "100,000 attributes": (both(rss(inside="<a " + "".join(f'b{n}="" ' for n in range(60_000)) + "/>")), GOOD_FEED),
    "5,000 entries": (both(rss(f"Title {number}" for number in range(5000))), OK, None, 5000),
    "50,000 entries without address": (both(rss(inside="<item/>" * 50_000)), OK, None),
    "addresses that are none": (both(rss(inside="".join(f"<item><title>x</title><link>{link}</link></item>" for link in ("http://[::1", "javascript:x", "http://a b/", "\u0000".strip("\0"), "http://" + "a" * 20_000)))), GOOD_FEED),
]  # fmt: skip


def with_robots(robots: Handler) -> Handler:
    return routes({"/robots.txt": robots, "/page": reply(PAGE, content_type="text/html")})


NAMES = b"".join(b"User-agent: a%d\n" % number for number in range(12_000))
RULES = b"".join(b"Disallow: /%d\n" % number for number in range(12_000))

ROBOTS: list[Misbehaviour] = [
    "robots forbids": (with_robots(reply(b"User-agent: *\nDisallow: /")), None, "robots"),
    "robots hangs": (with_robots(hang), None, "timeout"),
    "robots drips": (with_robots(drip(OPEN, b"# \n")), None, "timeout"),
    "robots closes at once": (with_robots(send(b"")), None, "connect_error"),
    "robots is broken": (with_robots(reply(b"", 500)), None, "robots"),
    "robots wants to be left alone": (with_robots(reply(b"", 429, retry_after="²".encode().decode("latin-1"))), None, "robots"),
    "robots redirects to itself": (with_robots(redirect("/robots.txt")), None, FETCHED),
    "robots redirects inside": (with_robots(redirect("http://10.0.0.1/")), None, FETCHED),
    "robots is a page": (with_robots(reply(PAGE)), None, FETCHED),
    "robots is binary": (with_robots(reply(bytes(range(256)) * 1000)), None, FETCHED),
    "robots has no end": (with_robots(pour(OPEN, b"# and on\n" * 1000)), None, FETCHED),
    "robots is a bomb": (with_robots(reply(gzip.compress(b"#" * 50_000_000), content_encoding="gzip")), None, FETCHED),
    "robots has 12,000 names over 12,000 rules": (with_robots(reply(NAMES + RULES)), None, FETCHED),
    "robots delays for ever": (with_robots(reply(b"User-agent: *\nCrawl-delay: 1e300")), None, FETCHED),
]  # fmt: skip

MISBEHAVIOURS: Sequence[Misbehaviour] = [
    *CONNECTIONS, *MESSAGES, *STATUSES, *REDIRECTS, *CODINGS, *CONTENTS, *ROBOTS,
]  # fmt: skip


def serve(loopback: Loopback) -> dict[str, str]:
    """Start a server for each misbehaviour; returns the address of each, by name."""
    return {one.name: loopback.serve(one.handler).url("").rstrip("/") for one in MISBEHAVIOURS}
