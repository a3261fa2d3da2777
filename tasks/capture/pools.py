"""A connection pool for each origin: httpcore looks through all its connections at every request, and with the
connections of a hundred hosts in one pool that took more CPU than the requests themselves (1.7 ms of 2.4 each)."""

from __future__ import annotations

import ssl
from collections import OrderedDict

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

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request over its origin's pool; raises what httpx's own transport raises."""
        origin = f"{request.url.scheme}://{request.url.netloc.decode('ascii')}"
        transport = self._transports.get(origin)
        if transport is None:
            await self._make_room()
            transport = self._transports[origin] = self._new()
        self._transports.move_to_end(origin)
        return await transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Close every connection."""
        for transport in self._transports.values():
            await transport.aclose()
        self._transports.clear()

    def _new(self) -> httpx.AsyncHTTPTransport:
        transport = httpx.AsyncHTTPTransport(verify=self._context, trust_env=False)
        transport._pool = _pool(self._context, self._backend)  # httpx has no public option for the network backend
        return transport

    async def _make_room(self) -> None:
        """Close the pools used longest ago that have nothing under way."""
        surplus = len(self._transports) - self._limit + 1
        idle = [origin for origin, transport in self._transports.items() if _is_idle(transport)] if surplus > 0 else []
        for origin in idle[:surplus]:
            await self._transports.pop(origin).aclose()


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


def _is_idle(transport: httpx.AsyncHTTPTransport) -> bool:
    pool = transport._pool
    assert isinstance(pool, httpcore.AsyncConnectionPool)
    return all(connection.is_idle() or connection.is_closed() for connection in pool.connections)
