"""A connection pool for each origin: httpcore looks through all its connections at every request, and with the
connections of a hundred hosts in one pool that took more CPU than the requests themselves (1.7 ms of 2.4 each).

httpx's own transport stands between a client and such a pool only to parse the address and wrap the answer once more,
which took 0.2 ms of 1.5 for a page, and has no option for the network backend.
"""

from __future__ import annotations

import re
import ssl
from collections import Counter, OrderedDict
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import httpcore
import httpx

from tasks.capture.guard import GuardedBackend

KEEPALIVE = 15.0
"""Seconds for which an idle connection is kept."""
MAX_CONNECTIONS = 4
"""To one origin: its queue needs one, redirects from other hosts' queues a few more."""

httpcore.AsyncHTTP11Connection.READ_NUM_BYTES = 256 * 1024
"""As much as asyncio reads at once. httpcore's 64 KB make four turns of the event loop of it, 0.03 ms each."""

_DOTTED = re.compile(r"[0-9]+(?:\.[0-9]+){3}")


class OriginPools:
    """A pool for each of the `origins` used last, every connection made through `backend`."""

    def __init__(self, backend: GuardedBackend, origins: int) -> None:
        self._backend = backend
        self._limit = origins
        self._context = httpx.create_ssl_context()
        self._pools: OrderedDict[str, httpcore.AsyncConnectionPool] = OrderedDict()
        self._starting: Counter[str] = Counter()
        """Requests whose answer has not begun: their connection may not be there yet."""

    async def get(self, url: str, headers: Sequence[tuple[bytes, bytes]], connect: float) -> httpcore.Response:
        """Ask for `url`, an address as `urls.clean_hop` gives it; the answer's body is to be read, then closed.

        `headers` are all that is sent, Host included; `connect` is the time limit for a new connection in seconds, the
        only one here. Raises httpcore's exceptions, and ValueError for an IP address that is none, or octal.
        """
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        request = _request(parts, headers, connect)
        self._starting[origin] += 1
        try:
            surplus = []
            if origin not in self._pools:
                surplus = self._take_surplus()
                self._pools[origin] = _pool(self._context, self._backend)
            pool = self._pools[origin]
            self._pools.move_to_end(origin)
            for unused in surplus:
                await unused.aclose()
            return await pool.handle_async_request(request)
        finally:
            self._starting[origin] -= 1
            if not self._starting[origin]:
                del self._starting[origin]

    async def aclose(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()

    def _take_surplus(self) -> list[httpcore.AsyncConnectionPool]:
        """Take out the pools used longest ago that have nothing under way, to be closed.

        Without a pause in between: whoever else makes room meanwhile must not find them any more.
        """
        surplus = len(self._pools) - self._limit + 1
        if surplus <= 0:
            return []
        idle = [origin for origin in self._pools if not self._starting[origin] and self._is_idle(origin)]
        return [self._pools.pop(origin) for origin in idle[:surplus]]

    def _is_idle(self, origin: str) -> bool:
        return all(connection.is_idle() or connection.is_closed() for connection in self._pools[origin].connections)


def _request(parts: SplitResult, headers: Sequence[tuple[bytes, bytes]], connect: float) -> httpcore.Request:
    host = parts.hostname or ""
    if ":" in host or _DOTTED.fullmatch(host):
        ip_address(host)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    url = httpcore.URL(
        scheme=parts.scheme.encode("ascii"),
        host=host.encode("ascii"),
        port=parts.port,
        target=target.encode("ascii"),
    )
    return httpcore.Request(b"GET", url, headers=headers, extensions={"timeout": {"connect": connect}})


def _pool(context: ssl.SSLContext, backend: GuardedBackend) -> httpcore.AsyncConnectionPool:
    return httpcore.AsyncConnectionPool(
        ssl_context=context,
        max_connections=MAX_CONNECTIONS,
        max_keepalive_connections=1,
        keepalive_expiry=KEEPALIVE,
        http1=True,
        http2=True,
        network_backend=backend,
    )
