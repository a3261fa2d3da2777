"""One exchange against real servers: how it ends, what it costs, and where it may lead."""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import os
import socket
import ssl
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import brotli
import h2.config
import h2.connection
import h2.events
import pytest
import zstandard
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tasks.capture.http import MAX_REDIRECTS, Client, Failure, Refusal, Response
from tasks.model import Outcome
from tasks.settings import HttpSettings
from tests.capture.loopback import Handler, Loopback, Request, message, redirect, reply, routes, send

LIMIT = 200_000
OPEN = HttpSettings(
    timeout=timedelta(seconds=5), max_bytes=LIMIT, per_host_delay=timedelta(0), allow_private_hosts=("127.0.0.0/8",)
)
IMPATIENT = OPEN.model_copy(update={"timeout": timedelta(seconds=0.4)})
CLOSED = OPEN.model_copy(update={"allow_private_hosts": ()})
PAGE = b"<html><p>Overcrowding in the prisons of Vallmera.</p></html>"


def get(url: str, settings: HttpSettings = OPEN, **more: object) -> Response | Failure:
    async def run() -> Response | Failure:
        async with Client(settings) as client:
            return await client.get(url, accept="text/html", **more)  # type: ignore[arg-type]

    return asyncio.run(run())


def ended(answer: Response | Failure) -> str | int:
    return answer.outcome.value if isinstance(answer, Failure) else answer.status


def body_of(answer: Response | Failure) -> bytes:
    assert isinstance(answer, Response), answer
    return answer.body


async def hang(request: Request, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


def drip(start: bytes, piece: bytes) -> Handler:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)

    return handler


def endless(start: bytes, piece: bytes) -> Handler:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(piece)
            await writer.drain()

    return handler


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n"

ANSWERS: list[tuple[str, Handler, str | int]] = [
    ("a page", reply(PAGE), 200),
    ("not found", reply(PAGE, 404), 404),
    ("server error", reply(PAGE, 503), 503),
    ("a number of its own", reply(PAGE, 999), 999),
    ("no content", reply(status=204), 204),
    ("until the end of the connection", send(b"HTTP/1.0 200 OK\r\n\r\n" + PAGE), 200),
    ("lines without carriage returns", send(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nab"), 200),
    ("chunks with a trailer", send(CHUNKED + b"2\r\nab\r\n0\r\nX-Sum: 1\r\n\r\n"), 200),
    ("as large as allowed", reply(b"x" * LIMIT), 200),
    ("a hint before the answer", send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + message(PAGE)), 200),
    ("nothing", send(b""), "connect_error"),
    ("another protocol", send(b"SSH-2.0-OpenSSH_9.6\r\n"), "connect_error"),
    ("HTTP/0.9", send(PAGE), "connect_error"),
    ("half a status line", send(b"HTTP/1.1 2"), "connect_error"),
    ("a status of four digits", send(b"HTTP/1.1 2000 OK\r\n\r\n"), "connect_error"),
    ("a header without a colon", send(b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"), "connect_error"),
    ("a header with NUL", send(b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n"), "connect_error"),
    ("a megabyte of one header", send(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1_000_000), "connect_error"),
    ("many headers", send(b"HTTP/1.1 200 OK\r\n" + b"Set-Cookie: a=b\r\n" * 50_000 + b"\r\n"), "connect_error"),
    ("headers without end", endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000), "connect_error"),
    ("less than announced", send(LENGTH % b"1000" + PAGE), "connect_error"),
    ("chunks that break off", send(CHUNKED + b"ff\r\nabc"), "connect_error"),
    ("chunks without the last", send(CHUNKED + b"2\r\nab\r\n"), "connect_error"),
    ("a chunk size that is none", send(CHUNKED + b"xyz\r\nabc\r\n0\r\n\r\n"), "connect_error"),
    ("a negative chunk size", send(CHUNKED + b"-5\r\nabc\r\n0\r\n\r\n"), "connect_error"),
    ("a chunk of all there is", send(CHUNKED + b"ffffffffffffffff\r\nabc\r\n"), "connect_error"),
    ("a chunk extension without end", endless(CHUNKED, b"1;" + b"x" * 10_000), "connect_error"),
    ("a negative length", send(LENGTH % b"-1"), "connect_error"),
    ("a length that is none", send(LENGTH % b"many"), "connect_error"),
    ("two lengths", send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"), "connect_error"),
    ("an unknown coding", reply(PAGE, content_encoding="rot13"), "connect_error"),
    ("not gzip", reply(PAGE, content_encoding="gzip"), "connect_error"),
    ("too much announced", send(LENGTH % b"1000000000000"), "too_large"),
    ("too much", reply(b"x" * (LIMIT + 1)), "too_large"),
    ("a body without end", endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 10_000), "too_large"),
    ("chunks without end", endless(CHUNKED, b"2710\r\n" + b"x" * 10_000 + b"\r\n"), "too_large"),
]


@pytest.mark.parametrize(("handler", "expected"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_how_an_exchange_ends(loopback: Loopback, handler: Handler, expected: str | int) -> None:
    answer = get(loopback.serve(handler).url("/page"))
    assert ended(answer) == expected
    if isinstance(answer, Failure):
        assert answer.error and "\n" not in answer.error and len(answer.error) <= 500


SLOW: list[tuple[str, Handler]] = [
    ("silence", hang),
    ("headers byte by byte", drip(b"HTTP/1.1 200 OK\r\n", b"X")),
    ("a header now and then", drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n")),
    ("a body byte by byte", drip(LENGTH % b"100000", b"x")),
    ("chunk by chunk", drip(CHUNKED, b"1\r\nx\r\n")),
    ("always about to answer", drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n")),
]


@pytest.mark.parametrize("handler", [row[1] for row in SLOW], ids=[row[0] for row in SLOW])
def test_the_time_limit_is_for_the_whole_exchange(loopback: Loopback, handler: Handler) -> None:
    answer = get(loopback.serve(handler).url(), IMPATIENT)
    assert ended(answer) == "timeout"
    assert isinstance(answer, Failure) and answer.error == "no complete answer within 0.4 s"


def test_redirects_count_towards_the_time_limit(loopback: Loopback) -> None:
    async def late(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.1)
        writer.write(message(status=302, location=f"{request.path}x"))

    server = loopback.serve(late)
    assert ended(get(server.url("/a"), IMPATIENT)) == "timeout"
    assert 2 <= len(server.requests) <= 5


def test_after_many_timeouts_the_client_still_works(loopback: Loopback) -> None:
    slow, good = loopback.serve(hang), loopback.serve(reply(PAGE))

    async def run() -> list[str | int]:
        settings = IMPATIENT.model_copy(update={"concurrency": 2})
        async with Client(settings) as client:
            first = await asyncio.gather(*(client.get(slow.url(f"/{n}"), accept="*/*") for n in range(4)))
            return [ended(one) for one in [*first, await client.get(good.url(), accept="*/*")]]

    assert asyncio.run(run()) == ["timeout"] * 4 + [200]


def test_more_hosts_than_there_is_room_for_at_the_same_time(loopback: Loopback) -> None:
    """Connections stay open here, so that room has to be made for each new host."""
    servers = [loopback.serve_raw(keep_open) for _ in range(60)]

    async def run() -> list[str | int]:
        async with Client(OPEN.model_copy(update={"concurrency": 2})) as client:
            found = []
            for half in [servers[:30], servers[30:]] * 2:
                found += await asyncio.gather(*(client.get(one.url(), accept="*/*") for one in half))
            return [ended(answer) for answer in found]

    assert asyncio.run(run()) == [200] * 120


async def keep_open(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.readuntil(b"\r\n\r\n"):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE)


@pytest.mark.parametrize("url", [
    "ftp://example.com/", "file:///etc/passwd", "/relative", "", "http://", "http://[::1", "http://exa mple.com/",
    "http://example.com:99999/", "http://a..b/", "javascript:alert(1)", "http://\ud800/", "http://a\0b/",
])  # fmt: skip
def test_what_is_no_web_address_is_a_bad_url(url: str) -> None:
    assert ended(get(url)) == "bad_url"


def no_such_name(*_: object, **__: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def test_nobody_is_there(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", no_such_name)
        assert ended(get("http://no-such-host.example/")) == "connect_error"
    assert ended(get("http://127.0.0.1:1/")) == "connect_error"
    assert ended(get(loopback.serve_raw(plain).url().replace("http:", "https:"))) == "connect_error"


async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What an HTTP server says to a TLS handshake."""
    await reader.read(1)
    writer.write(message(b"plain HTTP, please", 400))


# Codings and bombs over the wire.

CODED: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("br", brotli.compress),
    ("zstd", zstandard.compress),
    ("gzip, br", lambda data: brotli.compress(gzip.compress(data))),
]


@pytest.mark.parametrize(("coding", "encode"), CODED, ids=[row[0] for row in CODED])
def test_content_codings(loopback: Loopback, coding: str, encode: Callable[[bytes], bytes]) -> None:
    large = PAGE + os.urandom(LIMIT // 4).hex().encode()
    server = loopback.serve(routes({
        "/page": reply(encode(large), content_encoding=coding),
        "/bomb": reply(encode(b"\0" * 50 * LIMIT), content_encoding=coding),
    }))  # fmt: skip
    assert body_of(get(server.url("/page"))) == large
    assert server.requests[0].headers["accept-encoding"] == "gzip, deflate, br, zstd"
    tracemalloc.start()
    try:
        assert ended(get(server.url("/bomb"))) == "too_large"
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # The certificates of the client's TLS context are most of what is not the body.
    assert peak < 10 * LIMIT


def test_a_body_may_be_cut_at_the_limit(loopback: Loopback) -> None:
    server = loopback.serve(routes({
        "/plain": reply(b"x" * LIMIT),
        "/coded": reply(gzip.compress(b"x" * LIMIT), content_encoding="gzip"),
        "/endless": endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000),
    }))  # fmt: skip
    for path in ("/plain", "/coded", "/endless"):
        assert body_of(get(server.url(path), max_bytes=1000, cut=True)) == b"x" * 1000
        assert ended(get(server.url(path), max_bytes=1000)) == "too_large"


# Redirects, hop by hop.


def hops(*steps: tuple[int, str], end: Handler | None = None) -> Handler:
    """/0 redirects to /1 with the first status, and so on; locations are format strings for the next path."""
    table: dict[str, Handler] = {}
    for number, (status, location) in enumerate(steps):
        table[f"/{number}"] = reply(status=status, location=location.format(f"/{number + 1}"))
    table[f"/{len(steps)}"] = end or reply(PAGE)
    return routes(table)


MOVES: list[tuple[str, list[int], int | None]] = [
    ("none", [], None),
    ("for now", [302], None),
    ("for good", [301], 1),
    ("308 is for good too", [308], 1),
    ("303 and 307 are not", [303, 307], None),
    ("a chain for good", [301, 308, 301], 3),
    ("for good, then for now", [301, 302], 1),
    ("for now, then for good", [302, 301], None),
]


@pytest.mark.parametrize(("statuses", "moved"), [row[1:] for row in MOVES], ids=[row[0] for row in MOVES])
def test_where_a_source_has_moved_to(loopback: Loopback, statuses: list[int], moved: int | None) -> None:
    server = loopback.serve(hops(*((status, "{}") for status in statuses)))
    answer = get(server.url("/0"))
    assert isinstance(answer, Response)
    assert (answer.status, answer.url) == (200, server.url(f"/{len(statuses)}"))
    assert answer.moved_to == (server.url(f"/{moved}") if moved is not None else None)


LOCATIONS = [
    ("{}", "/1"), ("1", "/1"), ("./1", "/1"), ("../1", "/1"), ("?a=1", "/0?a=1"), ("{}#top", "/1"),
    ("/año", "/a%C3%B1o"), ("/a b", "/a%20b"), ("{}?utm_source=x", "/1?utm_source=x"),
]  # fmt: skip


@pytest.mark.parametrize(("location", "expected"), LOCATIONS)
def test_a_location_is_resolved_and_kept_as_it_is(loopback: Loopback, location: str, expected: str) -> None:
    written = location.format("/1").encode().decode("latin-1")
    server = loopback.serve(routes({"/0": reply(status=302, location=written)}, other=reply(PAGE)))
    if expected.startswith("/0"):
        assert ended(get(server.url("/0"))) == "too_many_redirects"
    else:
        assert ended(get(server.url("/0"))) == 200
    assert server.paths[1] == expected


def test_redirects_without_end(loopback: Loopback) -> None:
    loop = loopback.serve(routes({"/a": redirect("/b"), "/b": redirect("/a"), "/self": redirect("/self")}))
    assert ended(get(loop.url("/a"))) == "too_many_redirects"
    assert ended(get(loop.url("/self"))) == "too_many_redirects"
    assert len(loop.requests) == 2 * (MAX_REDIRECTS + 1)


@pytest.mark.parametrize("status", [300, 302, 304])
def test_a_redirect_to_nowhere_is_an_answer(loopback: Loopback, status: int) -> None:
    assert ended(get(loopback.serve(reply(status=status)).url())) == status


@pytest.mark.parametrize("location", [
    "file:///etc/passwd", "ftp://127.0.0.1/", "javascript:alert(1)", "data:text/html,x", "gopher://127.0.0.1:25/",
    "http://[::1", "http://127.0.0.1:port/", "https:", "unix:/run/docker.sock",
])  # fmt: skip
def test_a_redirect_leads_to_web_addresses_only(loopback: Loopback, location: str) -> None:
    assert ended(get(loopback.serve(redirect(location)).url())) == "bad_url"


# Addresses that must not be reached: each is a spelling of one that is not public.
FORBIDDEN = [
    "http://127.0.0.1:{port}/", "http://127.1:{port}/", "http://2130706433:{port}/", "http://0x7f000001:{port}/",
    "http://0x7f.0.0.1:{port}/", "http://0x7f.1:{port}/", "http://localhost:{port}/", "http://LOCALHOST.:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/", "http://[::ffff:7f00:1]:{port}/", "http://[64:ff9b::7f00:1]:{port}/",
    "http://[::1]:{port}/", "http://[::]:{port}/", "http://0:{port}/", "http://0.0.0.0:{port}/",
    "http://example.com@127.0.0.1:{port}/", "http://user:pw@127.0.0.1:{port}/", "http://１２７.０.０.１:{port}/",
    "http://127。0。0。1:{port}/", "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://192.168.1.1/",
    "https://127.0.0.1:{port}/",
]  # fmt: skip


@pytest.mark.parametrize("url", FORBIDDEN)
def test_only_public_addresses_are_reached(loopback: Loopback, url: str) -> None:
    server = loopback.serve(reply(PAGE))
    answer = get(url.format(port=server.port), CLOSED)
    assert ended(answer) == "blocked_host"
    assert isinstance(answer, Failure) and "allow_private_hosts" in answer.error
    assert not server.requests


HIDDEN = [
    "http://127.0.0.2/", "//127.0.0.2/", "http://127.2/", "http://2130706434/", "http://0x7f000002/", "http://0x7f.2/",
    "http://0x7f.0.0.2/", "http://[::ffff:127.0.0.2]/", "http://[::ffff:7f00:2]/", "http://[64:ff9b::7f00:2]/",
    "http://[2002:7f00:2::]/", "http://[::1]/", "http://0/", "http://user:pw@127.0.0.2/", "http://１２７.０.０.２/",
    "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "https://127.0.0.2/",
]  # fmt: skip


@pytest.mark.parametrize("location", HIDDEN)
def test_not_by_a_redirect_either(loopback: Loopback, location: str) -> None:
    only_here = OPEN.model_copy(update={"allow_private_hosts": ("127.0.0.1/32",)})
    server = loopback.serve(redirect(location.encode().decode("latin-1")))
    assert ended(get(server.url(), only_here)) == "blocked_host"


@pytest.mark.parametrize("host", ["0177.0.0.1", "0300.0250.1.1", "127.0.0.08"])
def test_an_octal_address_is_none(loopback: Loopback, host: str) -> None:
    assert ended(get(f"http://{host}/")) == "bad_url"
    assert ended(get(loopback.serve(redirect(f"http://{host}/")).url())) == "bad_url"


def test_not_by_the_last_of_many_redirects_either(loopback: Loopback) -> None:
    only_here = OPEN.model_copy(update={"allow_private_hosts": ("127.0.0.1/32",)})
    server = loopback.serve(hops((302, "{}"), (301, "{}"), (307, "{}"), end=redirect("http://127.0.0.2/")))
    answer = get(server.url("/0"), only_here)
    assert ended(answer) == "blocked_host"
    assert len(server.requests) == 4


@pytest.mark.parametrize("network", ["127.0.0.0/8", "127.0.0.1/32"])
def test_the_settings_open_private_networks(loopback: Loopback, network: str) -> None:
    opened = OPEN.model_copy(update={"allow_private_hosts": (network,)})
    server = loopback.serve(reply(PAGE))
    assert ended(get(server.url(), opened)) == 200
    assert ended(get(server.url(host="localhost"), opened)) == 200
    assert ended(get(server.url(host="2130706433"), opened)) == 200


def test_each_hop_may_be_refused(loopback: Loopback) -> None:
    server = loopback.serve(hops((302, "{}"), (302, "{}"), (302, "{}")))
    asked = []

    async def refuses(url: str) -> Refusal | None:
        asked.append(url)
        return Refusal(Outcome.ROBOTS, "private") if url.endswith("/2") else None

    answer = get(server.url("/0"), refuses=refuses)
    assert isinstance(answer, Failure)
    assert (answer.outcome, answer.url) == (Outcome.ROBOTS, server.url("/2"))
    assert asked == [server.url("/1"), server.url("/2")]
    assert server.paths == ["/0", "/1"]


def test_the_question_whether_a_hop_is_permitted_takes_nothing_from_the_time_limit(loopback: Loopback) -> None:
    async def refuses(url: str) -> Refusal | None:
        await asyncio.sleep(IMPATIENT.timeout.total_seconds() * 1.5)
        return None

    answer = get(loopback.serve(hops((302, "{}"))).url("/0"), IMPATIENT, refuses=refuses)
    assert ended(answer) == 200
    assert answer.duration_ms < 1000 * IMPATIENT.timeout.total_seconds()


# What is sent.


def test_the_request_says_who_asks(loopback: Loopback) -> None:
    server = loopback.serve(reply(PAGE))
    get(server.url("/a?b=c"), OPEN.model_copy(update={"contact": "mailto:desk@example.com"}))
    request = server.requests[0]
    assert (request.method, request.target) == ("GET", "/a?b=c")
    assert request.headers["user-agent"].startswith("newsdesk/")
    assert request.headers["user-agent"].endswith(" (+mailto:desk@example.com)")
    assert request.headers["accept"] == "text/html"
    assert "cookie" not in request.headers and "referer" not in request.headers


def test_cookies_are_not_kept(loopback: Loopback) -> None:
    server = loopback.serve(reply(PAGE, set_cookie="id=1; Path=/"))

    async def run() -> None:
        async with Client(OPEN) as client:
            await client.get(server.url("/a"), accept="*/*")
            await client.get(server.url("/b"), accept="*/*")

    asyncio.run(run())
    assert ["cookie" in request.headers for request in server.requests] == [False, False]


def test_proxies_of_the_environment_are_not_used(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, server = loopback.serve(reply(b"proxy")), loopback.serve(reply(PAGE))
    monkeypatch.setenv("http_proxy", proxy.url())
    monkeypatch.setenv("all_proxy", proxy.url())
    assert body_of(get(server.url())) == PAGE
    assert not proxy.requests


def test_credentials_go_to_their_own_host_only(loopback: Loopback) -> None:
    other = loopback.serve(reply(PAGE))
    own = loopback.serve(routes({"/0": redirect("/1"), "/1": redirect(other.url("/2"))}))
    answer = get(own.url("/0", host="user:p%40ss@127.0.0.1"))
    assert ended(answer) == 200
    assert [request.headers.get("authorization") for request in own.requests] == ["Basic dXNlcjpwQHNz"] * 2
    assert "authorization" not in other.requests[0].headers


def test_credentials_of_a_redirect_are_not_used(loopback: Loopback) -> None:
    server = loopback.serve(reply(PAGE))
    start = loopback.serve(redirect(server.url("/", host="user:pw@127.0.0.1")))
    answer = get(start.url())
    assert isinstance(answer, Response) and answer.url == server.url("/")
    assert "authorization" not in server.requests[0].headers


# TLS and HTTP/2.


@dataclass(frozen=True)
class Certificate:
    """A certificate for 127.0.0.1 that signs itself, as a file and as a server uses it."""

    file: Path
    server: ssl.SSLContext


def certificate(folder: Path, name: str = "127.0.0.1", days: int = 1) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))])
    signed = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=10))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    file, key_file = folder / f"{name}{days}.pem", folder / f"{name}{days}.key"
    file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file, key_file)
    return Certificate(file, context)


async def http2(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that speaks HTTP/2 only: a page, or a protocol error for /broken."""
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    connection.initiate_connection()
    writer.write(connection.data_to_send())
    while data := await reader.read(65536):
        for event in connection.receive_data(data):
            if isinstance(event, h2.events.RequestReceived) and event.stream_id:
                if (b":path", b"/broken") in [(bytes(n), bytes(v)) for n, v in event.headers or []]:
                    writer.write(b"\x00\x00\x04\x08\x00\x00\x00\x00\x00\xff\xff\xff\xff" * 3)
                    continue
                connection.send_headers(event.stream_id, [(":status", "200"), ("content-type", "text/html")])
                connection.send_data(event.stream_id, PAGE, end_stream=True)
        writer.write(connection.data_to_send())
        await writer.drain()


@pytest.mark.parametrize(("path", "expected"), [("/page", 200), ("/broken", "connect_error")])
def test_http2_is_spoken_where_the_server_has_it(
    loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, expected: str | int
) -> None:
    own = certificate(tmp_path)
    own.server.set_alpn_protocols(["h2"])
    monkeypatch.setenv("SSL_CERT_FILE", str(own.file))
    answer = get(loopback.serve_raw(http2, own.server).url(path))
    assert ended(answer) == expected
    if isinstance(answer, Response):
        assert (answer.http_version, answer.body) == ("HTTP/2", PAGE)


def test_https_without_http2(loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(own.file))
    answer = get(loopback.serve(reply(PAGE), own.server).url())
    assert isinstance(answer, Response) and answer.http_version == "HTTP/1.1"


@pytest.mark.parametrize("problem", ["unknown", "another name", "expired"])
def test_a_certificate_that_proves_nothing_is_refused(
    loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: str
) -> None:
    own = certificate(
        tmp_path, "127.0.0.9" if problem == "another name" else "127.0.0.1", -1 if problem == "expired" else 1
    )
    if problem != "unknown":
        monkeypatch.setenv("SSL_CERT_FILE", str(own.file))
    server = loopback.serve(reply(PAGE), own.server)
    answer = get(server.url())
    assert ended(answer) == "connect_error"
    assert isinstance(answer, Failure) and "certificate" in answer.error
    assert not server.requests
