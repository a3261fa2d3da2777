"""Loopback hosts for benchmarks, in a process of their own so that their CPU is not counted as ours."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

EVAL = Path(os.environ.get("NEWSDESK_EVAL", Path(__file__).resolve().parents[2] / "shared" / "eval"))


@contextmanager
def serving(documents: Mapping[str, tuple[str, bytes]], hosts: int) -> Iterator[list[str]]:
    """Serve path → (Content-Type, body) on so many loopback addresses; gives their base addresses.

    The part of a path before the first `?` is looked up; every document has an ETag and answers 304.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, dict(documents), hosts), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("stop")
        process.join()


def _serve(pipe: Pipe, documents: dict[str, tuple[str, bytes]], hosts: int) -> None:
    asyncio.run(_serve_until_told(pipe, documents, hosts))


async def _serve_until_told(pipe: Pipe, documents: dict[str, tuple[str, bytes]], hosts: int) -> None:
    loop = asyncio.get_running_loop()
    addresses = []
    for number in range(hosts):
        server = await loop.create_server(lambda: _Connection(documents), f"127.0.1.{number + 1}", 0)
        addresses.append("http://{}:{}".format(*server.sockets[0].getsockname()[:2]))
    pipe.send(addresses)
    await loop.run_in_executor(None, pipe.recv)


class _Connection(asyncio.Protocol):
    """Answers GET requests, one after another: a tenth of the CPU of http.server, which the clock of ours would pay."""

    def __init__(self, documents: dict[str, tuple[str, bytes]]) -> None:
        self._documents = documents
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *requests, self._received = (self._received + data).split(b"\r\n\r\n")
        for request in requests:
            path = request.split(b" ", 2)[1].decode().partition("?")[0]
            content_type, body = self._documents.get(path, ("", b""))
            if not content_type:
                self._answer("404 Not Found", "")
            elif b'\r\nif-none-match: "1"' in request.lower():
                self._answer("304 Not Modified", 'ETag: "1"\r\n')
            else:
                self._answer("200 OK", f'Content-Type: {content_type}\r\nETag: "1"\r\n', body)

    def _answer(self, status: str, headers: str, body: bytes = b"") -> None:
        length = "" if status.startswith("304") else f"Content-Length: {len(body)}\r\n"
        self._transport.write(f"HTTP/1.1 {status}\r\n{headers}{length}\r\n".encode() + body)
