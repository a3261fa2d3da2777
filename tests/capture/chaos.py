"""The parts of misbehaving servers: handlers that hang, drip, pour and lie, and the feed and page that they spoil."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Iterable

from tests.capture.loopback import Handler, Request, message, reply, routes

TITLES = ("Overcrowding in Vallmera", "Reform bill passes")
PAGE = b"<!doctype html><html><body><p>Overcrowding in the prisons of Vallmera.</p></body></html>"


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
    given = [(name.replace("_", "-"), value) for name, value in headers.items()]
    typed = "content_type" in headers
    return routes({
        "/feed": reply(feed, headers=[*given, *([] if typed else [("content-type", "application/rss+xml")])]),
        "/page": reply(page, headers=[*given, *([] if typed else [("content-type", "text/html")])]),
    })  # fmt: skip


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
    """The head of an answer that announces this length."""
    return f"HTTP/1.1 200 OK\r\nContent-Length: {value}\r\n\r\n".encode()


def with_robots(robots: Handler) -> Handler:
    """A good page under this robots.txt."""
    return routes({"/robots.txt": robots, "/page": reply(PAGE, content_type="text/html")})
