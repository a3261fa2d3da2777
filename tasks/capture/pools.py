"""A connection pool for each origin: httpcore looks through all its connections at every request, and with the
connections of a hundred hosts in one pool that took more CPU than the requests themselves (1.7 ms of 2.4 each)."""

from __future__ import annotations

import ssl
from collections import Counter, OrderedDict

import httpcore
import httpx

from tasks.capture.guard import GuardedBackend

KEEPALIVE = 15.0
"""Seconds for which an idle connection is kept."""
MAX_CONNECTIONS = 4
"""To one origin: its queue needs one, redirects from other hosts' queues a few more."""


class OriginPools(httpx.AsyncBaseTransport):
    """httpx's transport, one for each of the `origins` used last, every connection made through `backend`."""

    def __init__(self, backend: GuardedBackend, origins: int) -> None:
        self._backend = backend
        self._limit = origins
        self._context = httpx.create_ssl_context()
        self._transports: OrderedDict[str, httpx.AsyncHTTPTransport] = OrderedDict()
        self._starting: Counter[str] = Counter()
        """Requests whose answer has not begun: their connection may not be there yet."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request over its origin's pool; raises what httpx's own transport raises."""
        origin = f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
        self._starting[origin] += 1
        try:
            surplus = []
            if origin not in self._transports:
                surplus = self._take_surplus()
                self._transports[origin] = self._new()
            transport = self._transports[origin]
            self._transports.move_to_end(origin)
            for unused in surplus:
                await unused.aclose()
            return await transport.handle_async_request(request)
        finally:
            self._starting[origin] -= 1
            if not self._starting[origin]:
                del self._starting[origin]

    async def aclose(self) -> None:
        """Close every connection."""
        for transport in self._transports.values():
            await transport.aclose()
        self._transports.clear()

    def _new(self) -> httpx.AsyncHTTPTransport:
        transport = httpx.AsyncHTTPTransport(verify=self._context, trust_env=False)
        transport._pool = _pool(self._context, self._backend)  # httpx has no public option for the network backend
        return transport

    def _take_surplus(self) -> list[httpx.AsyncHTTPTransport]:
        """Take out the pools used longest ago that have nothing under way, to be closed.

        Without a pause in between: whoever else makes room meanwhile must not find them any more.
        """
        surplus = len(self._transports) - self._limit + 1
        if surplus <= 0:
            return []
        idle = [origin for origin in self._transports if not self._starting[origin] and self._is_idle(origin)]
        return [self._transports.pop(origin) for origin in idle[:surplus]]

    def _is_idle(self, origin: str) -> bool:
        pool = self._transports[origin]._pool
        assert isinstance(pool, httpcore.AsyncConnectionPool)
        return all(connection.is_idle() or connection.is_closed() for connection in pool.connections)


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
