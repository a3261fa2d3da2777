"""robots.txt by RFC 9309: what it allows, what its absence means, and how long either is remembered."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from datetime import datetime, timedelta

import pytest

from tasks.capture.http import Client, Refusal
from tasks.capture.patience import Patience
from tasks.capture.robots import FRESH, MAX_BYTES, MAX_STALE, Robots, product_token
from tasks.model import Outcome, RobotsFile
from tasks.settings import HttpSettings
from tests.capture.loopback import Handler, Loopback, Request, Server, message, redirect, reply, routes, send

NOW = datetime(2026, 3, 10, 12, 0, 0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SETTINGS = HttpSettings(
    timeout=timedelta(seconds=5),
    max_bytes=100_000,
    per_host_delay=timedelta(0),
    allow_private_hosts=("127.0.0.0/8",),
)
IMPATIENT = SETTINGS.model_copy(update={"timeout": timedelta(seconds=0.4)})
NOBODY = b"User-agent: *\nDisallow: /\n"


def ask(
    server: Server,
    *paths: str,
    known: list[RobotsFile] | None = None,
    settings: HttpSettings = SETTINGS,
    agent: str = "newsdesk/1.0 (+mailto:desk@example.com)",
) -> tuple[list[Refusal | None], Robots]:
    async def run() -> tuple[list[Refusal | None], Robots]:
        async with Client(settings) as client:
            robots = Robots(client, agent, known or [], NOW, Patience(lambda: NOW))
            return [await robots.refusal(server.url(path)) for path in paths or ("/page",)], robots

    return asyncio.run(run())


def allowed(server: Server, path: str = "/page", **how: object) -> bool:
    (refusal,), _ = ask(server, path, **how)  # type: ignore[arg-type]
    return refusal is None


RULES: list[tuple[str, str, str, bool]] = [
    ("an empty file", "", "/a", True),
    ("nobody", "User-agent: *\nDisallow: /", "/a", False),
    ("everybody", "User-agent: *\nDisallow:", "/a", True),
    ("a folder", "User-agent: *\nDisallow: /private/", "/private/a", False),
    ("another folder", "User-agent: *\nDisallow: /private/", "/public/a", True),
    ("the longest rule wins", "User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
    ("in whatever order", "User-agent: *\nAllow: /a\nDisallow: /a/b", "/a/b/c", False),
    ("as long as each other", "User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),
    ("a wildcard", "User-agent: *\nDisallow: /*.pdf", "/a/b.pdf", False),
    ("an end", "User-agent: *\nDisallow: /*.pdf$", "/a.pdf?x=1", True),
    ("a query", "User-agent: *\nDisallow: /*?print=", "/a?print=1", False),
    ("encoded or not", "User-agent: *\nDisallow: /año", "/a%C3%B1o", False),
    ("us", "User-agent: newsdesk\nDisallow: /", "/a", False),
    ("us, written otherwise", "user-agent:NEWSDESK/2.0\ndisallow:/", "/a", False),
    ("us rather than everybody", "User-agent: *\nDisallow: /\n\nUser-agent: newsdesk\nDisallow: /x", "/a", True),
    ("us, in a group", "User-agent: other\nUser-agent: newsdesk\nUser-agent: more\nDisallow: /", "/a", False),
    ("us, in two groups", "User-agent: newsdesk\nDisallow: /x\n\nUser-agent: newsdesk\nDisallow: /a", "/a", False),
    ("somebody else", "User-agent: other\nDisallow: /", "/a", True),
    ("a part of our name is not us", "User-agent: news\nDisallow: /", "/a", True),
    ("nor is a longer one", "User-agent: newsdesk-images\nDisallow: /", "/a", True),
    ("nor is one that contains it", "User-agent: mynewsdesk\nDisallow: /", "/a", True),
    ("somebody else ends our group", "User-agent: newsdesk\nAllow: /\nUser-agent: other\nDisallow: /", "/a", True),
    ("comments", "# hello\nUser-agent: * # all\nDisallow: /a # not this", "/a", False),
    ("carriage returns", "User-agent: *\rDisallow: /a\r", "/a", False),
    ("a byte order mark", "\ufeffUser-agent: *\nDisallow: /", "/a", False),
    ("NUL", "User-agent: *\0\nDisallow: /\0", "/a", False),
    ("without a name", "Disallow: /", "/a", True),
    ("not a robots file", "<html><body>Not found</body></html>", "/a", True),
    ("the file itself", "User-agent: *\nDisallow: /", "/robots.txt", True),
    ("sitemaps do not end a group", "User-agent: newsdesk\nSitemap: /s.xml\nDisallow: /", "/a", False),
]


@pytest.mark.parametrize(("text", "path", "expected"), [row[1:] for row in RULES], ids=[row[0] for row in RULES])
def test_rules(loopback: Loopback, text: str, path: str, expected: bool) -> None:
    server = loopback.serve(routes({"/robots.txt": reply(text.encode())}))
    (refusal,), robots = ask(server, path)
    assert (refusal is None) is expected
    if refusal:
        assert (refusal.outcome, refusal.again_after) == (Outcome.ROBOTS, None)
    (file,) = robots.take_fetched()
    assert file == RobotsFile(server.url("").rstrip("/"), file.body, NOW, NOW + FRESH)
    assert robots.take_fetched() == ()


@pytest.mark.parametrize(("header", "expected"), [
    ("newsdesk/1.2 (+https://example.com)", "newsdesk"),
    ("NewsDesk", "newsdesk"),
    ("Mozilla/5.0 (compatible; OurDesk/1.0; +https://example.com)", "ourdesk"),
    ("Our_Desk-bot 2", "our_desk-bot"),
    ("2026", "newsdesk"),
])  # fmt: skip
def test_the_name_by_which_robots_files_call_us(header: str, expected: str) -> None:
    assert product_token(header) == expected


def test_another_name_has_other_rules(loopback: Loopback) -> None:
    server = loopback.serve(routes({"/robots.txt": reply(b"User-agent: ourdesk\nDisallow: /")}))
    assert allowed(server)
    assert not allowed(server, agent="Mozilla/5.0 (compatible; OurDesk/1.0)")


# What an answer other than a file means; None where everything is allowed.
UNREACHABLE = Refusal(Outcome.CONNECT_ERROR, "", None, timedelta(0))
ANSWERS: list[tuple[str, Handler, Refusal | None]] = [
    *((f"HTTP {status}", reply(NOBODY, status), None) for status in (400, 401, 403, 404, 410, 418, 451)),
    *(
        (f"HTTP {status}", reply(b"", status), Refusal(Outcome.ROBOTS, "", status, HOUR))
        for status in (429, 500, 502, 503, 599)
    ),
    ("for longer", reply(b"", 503, retry_after="7200"), Refusal(Outcome.ROBOTS, "", 503, 2 * HOUR)),
    ("for very long", reply(b"", 503, retry_after="9999999"), Refusal(Outcome.ROBOTS, "", 503, DAY)),
    ("redirects without end", redirect("/robots.txt"), None),
    ("a redirect to nowhere", reply(status=302), None),
    ("a redirect to a file", redirect("file:///etc/passwd"), None),
    ("a redirect to a private address", redirect("http://10.0.0.1/robots.txt"), None),
    ("an empty answer", reply(b""), None),
    ("no answer", send(b""), UNREACHABLE),
    ("half an answer", send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), UNREACHABLE),
]  # fmt: skip


@pytest.mark.parametrize(("handler", "expected"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_what_the_answer_means(loopback: Loopback, handler: Handler, expected: Refusal | None) -> None:
    server = loopback.serve(routes({"/robots.txt": handler}))
    (refusal,), robots = ask(server)
    if expected is None:
        assert refusal is None
    else:
        assert refusal and "robots.txt" in refusal.error
        assert (refusal.outcome, refusal.http_status, refusal.again_after) == (
            expected.outcome,
            expected.http_status,
            expected.again_after,
        )
    # What kept us from asking is forgotten with the pass; what we were told is not.
    assert len(robots.take_fetched()) == (0 if expected and expected.outcome is not Outcome.ROBOTS else 1)


def test_a_host_that_hangs(loopback: Loopback) -> None:
    async def hang(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    server = loopback.serve(hang)
    (first, second), robots = ask(server, "/a", "/b", settings=IMPATIENT)
    assert first and first.outcome is Outcome.TIMEOUT and first == second
    assert server.paths == ["/robots.txt"]
    assert not robots.take_fetched()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_also_to_another_host(loopback: Loopback, status: int) -> None:
    other = loopback.serve(routes({"/rules": reply(NOBODY)}))
    server = loopback.serve(routes({"/robots.txt": redirect(other.url("/rules"), status)}))
    assert not allowed(server)
    assert allowed(other)


def test_each_host_is_asked_once(loopback: Loopback) -> None:
    servers = [loopback.serve(routes({"/robots.txt": reply(NOBODY)})) for _ in range(3)]

    async def run() -> None:
        async with Client(SETTINGS) as client:
            robots = Robots(client, "newsdesk", [], NOW, Patience(lambda: NOW))
            addresses = [server.url(f"/{number}") for number in range(5) for server in servers]
            assert None not in await asyncio.gather(*map(robots.refusal, addresses))

    asyncio.run(run())
    assert [server.paths for server in servers] == [["/robots.txt"]] * 3


def kept(server: Server, body: str, *, fetched: timedelta, expires: timedelta) -> list[RobotsFile]:
    return [RobotsFile(server.url("").rstrip("/"), body, NOW + fetched, NOW + expires)]


def test_it_is_remembered_for_a_day(loopback: Loopback) -> None:
    server = loopback.serve(routes({"/robots.txt": reply(NOBODY)}))
    fresh = kept(server, "", fetched=-23 * HOUR, expires=HOUR)
    assert allowed(server, known=fresh)
    assert not server.requests
    old = kept(server, "", fetched=-25 * HOUR, expires=-HOUR)
    assert not allowed(server, known=old)
    assert server.paths == ["/robots.txt"]


def test_a_server_error_is_remembered_with_its_reason(loopback: Loopback) -> None:
    server = loopback.serve(routes({"/robots.txt": reply(b"", 503)}))
    (first,), robots = ask(server)
    (second,), _ = ask(server, known=list(robots.take_fetched()))
    assert first == second
    assert first and first.error == "robots.txt answered HTTP 503"
    assert len(server.requests) == 1


STALE: list[tuple[str, str, timedelta, bool]] = [
    ("allowed before", "", -2 * DAY, True),
    ("forbidden before", NOBODY.decode(), -2 * DAY, False),
    ("long ago", "", -MAX_STALE - DAY, False),
    ("failing before", "# newsdesk: robots.txt answered HTTP 500\n" + NOBODY.decode(), -2 * HOUR, False),
]


@pytest.mark.parametrize(("body", "fetched", "expected"), [row[1:] for row in STALE], ids=[row[0] for row in STALE])
@pytest.mark.parametrize("answer", [reply(b"", 500), send(b"")], ids=["server error", "no answer"])
def test_the_last_file_stands_in_while_there_is_none(
    loopback: Loopback, body: str, fetched: timedelta, expected: bool, answer: Handler
) -> None:
    server = loopback.serve(routes({"/robots.txt": answer}))
    (refusal,), robots = ask(server, known=kept(server, body, fetched=fetched, expires=-HOUR))
    assert (refusal is None) is expected
    if expected:
        assert list(robots.take_fetched()) == kept(server, body, fetched=fetched, expires=HOUR)


DELAYS: list[tuple[str, float]] = [
    ("", 0),
    ("User-agent: *\nCrawl-delay: 5", 5),
    ("User-agent: *\nCrawl-delay: 0.5", 0.5),
    ("User-agent: newsdesk\nCrawl-delay: 7\n\nUser-agent: *\nCrawl-delay: 5", 7),
    ("User-agent: other\nCrawl-delay: 5", 0),
    ("User-agent: *\nCrawl-delay: 86400", 30),
    ("User-agent: *\nCrawl-delay: inf", 0),
    ("User-agent: *\nCrawl-delay: nan", 0),
    ("User-agent: *\nCrawl-delay: -5", 0),
    ("User-agent: *\nCrawl-delay: a while", 0),
]


@pytest.mark.parametrize(("text", "expected"), DELAYS)
def test_crawl_delay_is_obeyed_up_to_half_a_minute(loopback: Loopback, text: str, expected: float) -> None:
    server = loopback.serve(routes({"/robots.txt": reply(text.encode())}))

    async def run() -> float:
        async with Client(SETTINGS) as client:
            robots = Robots(client, "newsdesk", [], NOW, Patience(lambda: NOW))
            await robots.refusal(server.url("/a"))
            return client.pacing.delay(server.url("/b"))

    assert asyncio.run(run()) == expected


def test_of_a_huge_file_the_beginning_counts(loopback: Loopback) -> None:
    rules = b"User-agent: *\nDisallow: /early\n" + b"# filler filler filler\n" * 40_000 + b"Disallow: /late\n"
    assert len(rules) > MAX_BYTES > SETTINGS.max_bytes
    for handler in (reply(rules), reply(gzip.compress(rules), content_encoding="gzip")):
        server = loopback.serve(routes({"/robots.txt": handler}))
        (early, late), _ = ask(server, "/early", "/late")
        assert early and not late


async def endless(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\nUser-agent: *\nDisallow: /a\n")
    while True:
        writer.write(b"# and on and on\n" * 1000)
        await writer.drain()


HOSTILE: list[tuple[str, Handler]] = [
    ("without end", endless),
    ("a bomb", reply(gzip.compress(b"User-agent: *\nDisallow: /a\n" + b"#" * 50_000_000), content_encoding="gzip")),
    ("names over rules", reply(
        b"".join(b"User-agent: a%d\n" % n for n in range(12_000)) + b"User-agent: *\nDisallow: /a\n"
        + b"".join(b"Disallow: /a%d\n" % n for n in range(15_000)))),
    ("wildcards", reply(b"User-agent: *\nDisallow: /a\n" + b"Disallow: " + b"/*a" * 1000 + b"b\n")),
    ("one line", reply(b"User-agent: *\nDisallow: /a\n#" + b"x" * 400_000)),
    ("binary", send(message(b"User-agent: *\nDisallow: /a\n" + bytes(range(256)) * 1000))),
]  # fmt: skip


@pytest.mark.parametrize("handler", [row[1] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_a_hostile_file_costs_little(loopback: Loopback, handler: Handler) -> None:
    server = loopback.serve(routes({"/robots.txt": handler}))
    tracemalloc.start()
    try:
        (refusal, _), _ = ask(server, "/a", "/" + "a" * 2000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert refusal and refusal.outcome is Outcome.ROBOTS
    assert peak < 30_000_000
