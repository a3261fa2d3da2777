"""Real HTTP servers on loopback for the tests of capture: one port for each, all in one thread of their own."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Request:
    """What a client has asked for; header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


Handler = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]
"""Writes a whole answer, or less; the connection is closed after it."""
Connection = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """One port of 127.0.0.1, and what it was asked."""

    def __init__(self, port: int, scheme: str = "http") -> None:
        self.port = port
        self.scheme = scheme
        self.requests: list[Request] = []
        self.open = 0
        self.busiest = 0
        """The most requests that were being answered at the same time."""

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """The address of `path` here."""
        return f"{self.scheme}://{host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        """The targets that were asked for, in order."""
        return [request.target for request in self.requests]


class Loopback:
    """A context manager that runs servers in a thread."""

    def __enter__(self) -> Loopback:
        self._loop = asyncio.new_event_loop()
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loopback", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def serve(self, handler: Handler, tls: ssl.SSLContext | None = None) -> Server:
        """A server that answers every request with `handler`."""
        server: Server

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            request = await _read(reader)
            if request is None:
                return
            server.requests.append(request)
            server.open += 1
            server.busiest = max(server.busiest, server.open)
            try:
                await handler(request, writer)
                await writer.drain()
            finally:
                server.open -= 1

        server = self.serve_raw(answer, tls)
        return server

    def serve_raw(self, connection: Connection, tls: ssl.SSLContext | None = None) -> Server:
        """A server that leaves each connection to `connection`, HTTP or not."""

        async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            self._tasks.add(task)
            # The client may be gone, and may be told nonsense on purpose: neither is an error of the test.
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await connection(reader, writer)
            self._tasks.discard(task)
            with contextlib.suppress(Exception):
                writer.close()

        async def start() -> asyncio.Server:
            return await asyncio.start_server(guarded, "127.0.0.1", 0, ssl=tls, backlog=1000)

        listening = self._run(start())
        self._servers.append(listening)
        return Server(listening.sockets[0].getsockname()[1], "https" if tls else "http")

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _stop(self) -> None:
        for server in self._servers:
            server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    return Request(method, target, {name.lower(): value.strip() for name, _, value in pairs})


def message(
    body: bytes = b"", status: int = 200, headers: Mapping[str, str] | Sequence[tuple[str, str]] = (), **more: str
) -> bytes:
    """A whole, correct answer; keywords are headers too (`content_type="text/html"`)."""
    given = [*(headers.items() if isinstance(headers, Mapping) else headers)]
    given += [(name.replace("_", "-"), value) for name, value in more.items()]
    names = {name.lower() for name, _ in given}
    if "content-length" not in names and "transfer-encoding" not in names:
        given.append(("content-length", str(len(body))))
    given.append(("connection", "close"))
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in given)]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (b"" if status in (204, 304) else body)


def send(data: bytes) -> Handler:
    """A handler that writes these bytes and no more."""

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return handler


def reply(
    body: bytes = b"", status: int = 200, headers: Mapping[str, str] | Sequence[tuple[str, str]] = (), **more: str
) -> Handler:
    """A handler that gives a whole, correct answer."""
    return send(message(body, status, headers, **more))


def redirect(location: str, status: int = 302) -> Handler:
    """A handler that sends the client elsewhere."""
    return reply(status=status, location=location)


def routes(table: Mapping[str, Handler], other: Handler | None = None) -> Handler:
    """A handler that chooses another by path; 404 where there is none."""
    missing = other or reply(b"nothing here", 404)

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        await table.get(request.path, missing)(request, writer)

    return handler
