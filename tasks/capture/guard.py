"""Which addresses may be connected to: public ones, and the private networks that the settings open.

The check is made on the resolved address at connection time, so that neither a redirect, nor an unusual spelling of an
address (decimal, octal, IPv6-mapped), nor a name that resolves differently a moment later (DNS rebinding) gets past it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class BlockedAddress(Exception):
    """The host has no address that may be connected to."""


class Guard:
    """Decides on addresses; `allowed` are networks in CIDR notation that are open although they are not public."""

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        self._allowed = [ipaddress.ip_network(network, strict=False) for network in allowed]

    def permits(self, address: str) -> bool:
        """Whether `address` (a literal IP address) may be connected to."""
        ip = _inner(ipaddress.ip_address(address.partition("%")[0]))
        if any(ip.version == network.version and ip in network for network in self._allowed):
            return True
        return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _inner(ip: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 one carries (mapped, 6to4, Teredo, NAT64), else the address itself."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or ip
    return ip


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """httpcore's network backend, except that it connects to permitted addresses only."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first permitted address of `host` that answers.

        Raises BlockedAddress where none is permitted, httpcore.ConnectError where none answers.
        """
        addresses = await _resolve(host, port)
        permitted = [address for address in addresses if self._guard.permits(address)]
        if not permitted:
            raise BlockedAddress(
                f"{host} is at {', '.join(addresses[:3])}, which is not a public address; "
                "http.allow_private_hosts in settings.yaml can open it"
            )
        error: Exception | None = None
        for address in permitted[:3]:
            try:
                return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                error = failed
        raise httpcore.ConnectError(f"cannot connect to {host} ({', '.join(permitted[:3])}): {error}") from error

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Always raises BlockedAddress: no page is behind a socket file."""
        raise BlockedAddress(f"{path}: socket files are not fetched from")

    async def sleep(self, seconds: float) -> None:
        """httpcore's pause between its own retries."""
        await self._backend.sleep(seconds)


async def _resolve(host: str, port: int) -> list[str]:
    """The addresses of `host`, in the resolver's order, without repeats."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"the name {host} does not resolve: {error}") from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
