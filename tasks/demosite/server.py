"""One publisher's HTTP server: HTTP/1.1 with keep-alive, validators, gzip and a byte count that is right."""

import re
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tasks.demosite.resource import Resource

_REFUSED = re.compile(r";q=0(\.0*)?$")


@dataclass(frozen=True)
class Answer:
    """The status, headers and body for one request, after validators and encodings are weighed."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def answer(resource: Resource, if_none_match: str, if_modified_since: str, accept_encoding: str) -> Answer:
    """What to send for `resource` to a client that sent these headers (empty where it did not)."""
    headers = [("Vary", "Accept-Encoding")]
    if resource.location:
        headers.append(("Location", resource.location))
    if resource.status == 200:
        headers.append(("ETag", resource.etag))
        if resource.modified:
            headers.append(("Last-Modified", format_datetime(resource.modified.astimezone(UTC), usegmt=True)))
        if _unchanged(resource, if_none_match, if_modified_since):
            return Answer(304, tuple(headers), b"")
    body = resource.body
    if _accepts_gzip(accept_encoding) and resource.content_type != "application/pdf":
        body = resource.gzipped
        headers.append(("Content-Encoding", "gzip"))
    headers += [("Content-Type", resource.content_type), ("Content-Length", str(len(body)))]
    return Answer(resource.status, tuple(headers), body)


def _unchanged(resource: Resource, if_none_match: str, if_modified_since: str) -> bool:
    # RFC 9110, 13.1.3: with If-None-Match there, If-Modified-Since is ignored.
    if if_none_match:
        tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        return "*" in tags or resource.etag.removeprefix("W/") in tags
    since = _http_date(if_modified_since)
    return since is not None and resource.modified is not None and resource.modified <= since


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _accepts_gzip(accept_encoding: str) -> bool:
    offers = [offer.replace(" ", "").lower() for offer in accept_encoding.split(",")]
    return any(offer.startswith("gzip") and not _REFUSED.search(offer) for offer in offers)


class PublisherServer(ThreadingHTTPServer):
    """Serves what `lookup` gives for a path, and tells `log` the path and status of each answer.

    Raises OSError from the constructor where the address is taken or is none of this machine's.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        lookup: Callable[[str], Resource],
        log: Callable[[str, int], None],
        delay: Callable[[], float],
    ) -> None:
        self.lookup, self.log, self.delay = lookup, log, delay
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Binds without HTTPServer's look-up of the host's full name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Keeps track of the connection, then handles it in a thread of its own."""
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forgets a connection that ends."""
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def end(self) -> None:
        """Stops `serve_forever`, frees the address and ends the connections that clients keep open."""
        self.shutdown()
        self.server_close()

    def server_close(self) -> None:
        """Closes the socket and the idle keep-alive connections, so that no thread answers after the end."""
        super().server_close()
        with self._guard:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the client was quicker


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "newsdesk-demo-site", ""
    timeout = 60
    # Headers and body leave in one segment: with the default 0, a client that delays its acknowledgements
    # makes every answer on a kept connection 40 ms late.
    wbufsize = -1
    server: PublisherServer

    def do_GET(self) -> None:
        self._send(with_body=True)

    def do_HEAD(self) -> None:
        self._send(with_body=False)

    def _send(self, *, with_body: bool) -> None:
        path = self.path.partition("?")[0].partition("#")[0]
        resource = self.server.lookup(path)
        if resource.slow:
            time.sleep(self.server.delay())
        fields = ("If-None-Match", "If-Modified-Since", "Accept-Encoding")
        reply = answer(resource, *(self.headers.get(name, "") for name in fields))
        self.server.log(path, reply.status)
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent: DemoSite keeps its own log."""
