"""Loopback hosts for benchmarks, in a process of their own so that their CPU is not counted as ours."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from threading import Thread

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
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            content_type, body = documents.get(self.path.partition("?")[0], ("", b""))
            if not content_type:
                self._answer(404, {})
            elif self.headers.get("If-None-Match") == '"1"':
                self._answer(304, {"ETag": '"1"'})
            else:
                self._answer(200, {"Content-Type": content_type, "ETag": '"1"'}, body)

        def _answer(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    servers = [ThreadingHTTPServer((f"127.0.1.{number + 1}", 0), Handler) for number in range(hosts)]
    for server in servers:
        Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(["http://{}:{}".format(*server.server_address[:2]) for server in servers])
    pipe.recv()
