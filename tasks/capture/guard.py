"""Which addresses may be connected to: public ones, and the private networks that the settings open.

The check is made on the resolved address at connection time, so that neither a redirect, nor an unusual spelling of an
address (decimal, octal, IPv6-mapped), nor a name that resolves differently a moment later (DNS rebinding) gets past it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, zip_longest
from typing import Any

import httpcore

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
"""All that IANA hands out as public IPv6; what else there is has a use of its own inside some network."""
_NOT_PUBLIC = (
    ipaddress.ip_network("192.88.99.0/24"),  # 6to4 relays (RFC 7526)
    ipaddress.ip_network("3fff::/20"),  # documentation (RFC 9637)
)
"""Not in every Python version's registry of special addresses."""
MAX_ADDRESSES = 4
"""Addresses of one host that are tried."""


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
        if ip.version == 6 and ip not in _GLOBAL_UNICAST:
            return False
        if any(ip.version == network.version and ip in network for network in _NOT_PUBLIC):
            return False
        return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _inner(ip: IPAddress) -> IPAddress:
    """The IPv4 address that an IPv6 one carries (mapped, 6to4, Teredo, NAT64), else the address itself."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or ip
    return ip


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """httpcore's network backend, except that it connects to permitted addresses only.

    Names are resolved in `lookups` threads of its own: with asyncio's few, some names whose servers do not answer would
    hold up all the others until their time is over.
    """

    def __init__(self, guard: Guard, lookups: int = 16) -> None:
        self._guard = guard
        self._backend = httpcore.AnyIOBackend()
        self._resolver = ThreadPoolExecutor(lookups, thread_name_prefix="newsdesk-dns")

    def close(self) -> None:
        """End the threads, without waiting for names that are still being looked up."""
        self._resolver.shutdown(wait=False, cancel_futures=True)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first permitted address of `host` that answers; each gets its share of `timeout` (seconds).

        Raises BlockedAddress where none is permitted, httpcore.ConnectError where none answers.
        """
        addresses = await self._resolve(host, port)
        permitted = [address for address in addresses if self._guard.permits(address)]
        if not permitted:
            where = host if addresses == [host] else f"{host} is at {', '.join(addresses[:3])}, which"
            raise BlockedAddress(
                f"{where} is not a public address; http.allow_private_hosts in settings.yaml can open it"
            )
        tried = _alternating(permitted)[:MAX_ADDRESSES]
        share = timeout / len(tried) if timeout else None
        error: Exception | None = None
        for address in tried:
            try:
                return await self._backend.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                error = failed
        raise httpcore.ConnectError(f"cannot connect to {host} ({', '.join(tried)}): {error}") from error

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Always raises BlockedAddress: no page is behind a socket file."""
        raise BlockedAddress(f"{path}: socket files are not fetched from")

    async def sleep(self, seconds: float) -> None:
        """httpcore's pause between its own retries."""
        await self._backend.sleep(seconds)

    async def _resolve(self, host: str, port: int) -> list[str]:
        """The addresses of `host`, in the resolver's order, without repeats."""
        try:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._resolver, _look_up, host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name {host} does not resolve: {error}") from error
        return list(dict.fromkeys(found))


def _look_up(host: str, port: int) -> list[str]:
    return [str(address[0]) for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _alternating(addresses: Sequence[str]) -> list[str]:
    """IPv6 and IPv4 by turns, beginning with the resolver's first (RFC 8305, section 4).

    Where one of the two leads nowhere, as it does in many networks, the other is not far.
    """
    first = [address for address in addresses if (":" in address) == (":" in addresses[0])]
    second = [address for address in addresses if (":" in address) != (":" in addresses[0])]
    return [address for address in chain.from_iterable(zip_longest(first, second)) if address]
