"""Which addresses may be connected to, in every spelling, and that the check is on the one really used."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import httpcore
import pytest

from tasks.capture.guard import MAX_ADDRESSES, BlockedAddress, Guard, GuardedBackend

PUBLIC = ["8.8.8.8", "1.1.1.1", "192.0.0.9", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"]

NOT_PUBLIC = [
    # IANA's special-purpose registries (RFC 6890 and later).
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "192.0.0.1",
    "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255",
    "::", "::1", "::127.0.0.1", "100::1", "2001:db8::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254",
    "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
    # IPv4 inside IPv6: mapped, NAT64 (also the local prefix), 6to4, Teredo.
    "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::808:808",
    "2002:7f00:1::", "2002:c0a8:101::1", "2001:0:4136:e378:8000:63bf:80ff:fffe",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_open(address: str) -> None:
    assert Guard().permits(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_others_are_closed(address: str) -> None:
    assert not Guard().permits(address)


OPENED = [
    ("127.0.0.0/8", "127.1.2.3", True),
    ("127.0.0.0/8", "::ffff:127.0.0.1", True),
    ("127.0.0.0/8", "64:ff9b::7f00:1", True),
    ("127.0.0.0/8", "10.0.0.1", False),
    ("127.0.0.0/8", "::1", False),
    ("::1/128", "::1", True),
    ("10.1.2.3/24", "10.1.2.77", True),
    ("fd00::/8", "fd12::1", True),
    ("fd00::/8", "fe80::1", False),
]


@pytest.mark.parametrize(("network", "address", "expected"), OPENED)
def test_the_settings_open_named_networks(network: str, address: str, expected: bool) -> None:
    assert Guard([network]).permits(address) is expected


# What the system's resolver takes for an address although it is not written like one.
SPELLINGS = [
    "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.1", "0", "localhost", "::1", "::ffff:127.0.0.1",
    "3232235777", "0xa9fea9fe",
]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS)
def test_a_spelling_does_not_hide_an_address(host: str) -> None:
    async def connect() -> None:
        await GuardedBackend(Guard()).connect_tcp(host, 80, timeout=5)

    with pytest.raises(BlockedAddress, match="not a public address"):
        asyncio.run(connect())


def test_an_address_is_said_once() -> None:
    async def connect() -> None:
        await GuardedBackend(Guard()).connect_tcp("10.0.0.1", 80, timeout=5)

    with pytest.raises(BlockedAddress, match=r"^10\.0\.0\.1 is not a public address; "):
        asyncio.run(connect())


class Connections:
    """Stands in for the network: notes which addresses are connected to; those in `dead` refuse."""

    def __init__(self, *dead: str) -> None:
        self.dead = dead
        self.tried: list[tuple[str, float | None]] = []

    async def connect_tcp(self, host: str, port: int, timeout: float | None, *rest: Any) -> httpcore.AsyncNetworkStream:
        self.tried.append((host, timeout))
        if host in self.dead:
            raise httpcore.ConnectError("refused")
        return httpcore.AsyncMockStream([])


def connect(
    monkeypatch: pytest.MonkeyPatch, answers: list[list[str]], network: Connections, tries: int = 1
) -> list[str]:
    """Connect to a name that resolves to each of `answers` in turn; returns the addresses that were tried."""
    replies = iter(answers)

    def resolve(host: str, port: int, **_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        return [(0, 0, 0, "", (address, port)) for address in next(replies)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    async def run() -> None:
        backend = GuardedBackend(Guard())
        backend._backend = network  # type: ignore[assignment]
        for _ in range(tries):
            await backend.connect_tcp("news.example", 443, timeout=12)

    asyncio.run(run())
    return [address for address, _ in network.tried]


def test_the_checked_address_is_the_one_that_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert connect(monkeypatch, [["8.8.8.8"]], Connections()) == ["8.8.8.8"]


def test_a_name_that_resolves_differently_a_moment_later_is_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Connections()
    with pytest.raises(BlockedAddress):
        connect(monkeypatch, [["8.8.8.8"], ["127.0.0.1"]], network, tries=2)
    assert network.tried == [("8.8.8.8", 12)]


def test_of_mixed_addresses_only_the_public_ones_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    assert connect(monkeypatch, [["127.0.0.1", "10.0.0.1", "8.8.8.8"]], Connections()) == ["8.8.8.8"]


def test_where_ipv6_leads_nowhere_ipv4_is_next(monkeypatch: pytest.MonkeyPatch) -> None:
    six = [f"2606:4700::{number}" for number in range(1, 9)]
    network = Connections(*six)
    assert connect(monkeypatch, [[*six, "8.8.8.8"]], network) == [six[0], "8.8.8.8"]
    assert {timeout for _, timeout in network.tried} == {12 / MAX_ADDRESSES}


def test_a_host_that_answers_nowhere_is_given_up_after_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    all_dead = [f"8.8.8.{number}" for number in range(1, 20)]
    network = Connections(*all_dead)
    with pytest.raises(httpcore.ConnectError, match=r"cannot connect to news\.example"):
        connect(monkeypatch, [all_dead], network)
    assert len(network.tried) == MAX_ADDRESSES


@pytest.mark.parametrize("problem", [socket.gaierror(-2, "unknown"), UnicodeError("label too long"), OSError("no net")])
def test_a_name_that_does_not_resolve_is_a_connect_error(monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
    def fail(*_: object, **__: object) -> None:
        raise problem

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    async def run() -> None:
        await GuardedBackend(Guard()).connect_tcp("news.example", 80, timeout=5)

    with pytest.raises(httpcore.ConnectError, match="does not resolve"):
        asyncio.run(run())


def test_names_that_nobody_answers_for_do_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def resolve(host: str, port: int, **_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        if host.startswith("dead"):
            release.wait(30)
        return [(0, 0, 0, "", ("8.8.8.8", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    async def run() -> int:
        backend = GuardedBackend(Guard(), lookups=41)
        backend._backend = Connections()  # type: ignore[assignment]
        dead = [asyncio.create_task(backend.connect_tcp(f"dead{number}.example", 80)) for number in range(40)]
        await asyncio.sleep(0)
        await asyncio.wait_for(backend.connect_tcp("good.example", 80), 10)
        waiting = sum(not task.done() for task in dead)
        release.set()
        await asyncio.gather(*dead)
        backend.close()
        return waiting

    assert asyncio.run(run()) == 40


def test_socket_files_are_closed() -> None:
    with pytest.raises(BlockedAddress):
        asyncio.run(GuardedBackend(Guard(["0.0.0.0/0"])).connect_unix_socket("/run/docker.sock"))
