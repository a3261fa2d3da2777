"""Pages from real servers into the archive: each ends in a named outcome, politely."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tasks.capture.archive import ArchiveWriter
from tasks.capture.fetch import fetch_pages
from tasks.derive.records import read_record
from tasks.model import FailedPage, FetchedPage, HostWait, Outcome, PageRef, RobotsFile
from tasks.settings import HttpSettings, Settings
from tests.capture.loopback import Handler, Loopback, Request, Server, message, redirect, reply, routes, send

NOW = datetime(2026, 3, 10, 12, 0, 0)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HTTP = HttpSettings(
    timeout=timedelta(seconds=5), max_bytes=200_000, per_host_delay=timedelta(0), allow_private_hosts=("127.0.0.0/8",)
)
PAGE = b"<!doctype html><html><body><p>Overcrowding in the prisons of Vallmera.</p></body></html>"
HTML = reply(PAGE, content_type="text/html; charset=utf-8")

Result = FetchedPage | FailedPage


class Clock:
    """Goes on by `step` with every look."""

    def __init__(self, step: timedelta = timedelta(0)) -> None:
        self.now = NOW
        self.step = step

    def __call__(self) -> datetime:
        self.now += self.step
        return self.now


def refs(urls: Iterable[str], attempts: int = 0) -> list[PageRef]:
    return [PageRef(f"{number:016x}", url, attempts) for number, url in enumerate(urls)]


def fetch_all(
    data: Path,
    pages: list[PageRef],
    *,
    http: HttpSettings = HTTP,
    known: list[RobotsFile] | None = None,
    waits: Sequence[HostWait] = (),
    clock: Clock | None = None,
) -> tuple[list[Result], list[RobotsFile]]:
    results: list[Result] = []
    archive = ArchiveWriter(data, "run1", NOW)
    robots = asyncio.run(
        fetch_pages(pages, Settings(http=http), archive, known or [], clock or Clock(), results.append, waits)
    )
    archive.close()
    return results, robots


def fetch(data: Path, url: str, attempts: int = 0, http: HttpSettings = HTTP) -> Result:
    ((result,), _) = fetch_all(data, refs([url], attempts), http=http)
    return result


def failed(result: Result) -> FailedPage:
    assert isinstance(result, FailedPage), result
    return result


def test_a_page_is_archived_as_it_came(loopback: Loopback, tmp_path: Path) -> None:
    coded = reply(gzip.compress(PAGE), content_type="text/html", content_encoding="gzip")
    server = loopback.serve(routes({"/page": coded}))
    result = fetch(tmp_path, server.url("/page"))
    assert isinstance(result, FetchedPage)
    assert (result.url, result.final_url, result.http_status) == (server.url("/page"), server.url("/page"), 200)
    assert (result.fetched_at, result.attempts) == (NOW, 1)
    record = read_record(tmp_path, result.warc_file, result.warc_offset)
    assert (record.url, record.body, record.content_type) == (server.url("/page"), PAGE, "text/html")


def test_a_redirected_page_has_both_addresses(loopback: Loopback, tmp_path: Path) -> None:
    server = loopback.serve(routes({"/old": redirect("/new?utm_source=x"), "/new": HTML}))
    result = fetch(tmp_path, server.url("/old"))
    assert isinstance(result, FetchedPage)
    assert (result.url, result.final_url) == (server.url("/old"), server.url("/new?utm_source=x"))
    assert read_record(tmp_path, result.warc_file, result.warc_offset).url == result.final_url


async def hang(request: Request, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


# Handler of the page, outcome, HTTP status, in how long again (None: never).
OUTCOMES: list[tuple[str, Handler, Outcome, int | None, timedelta | None]] = [
    ("missing", reply(b"", 404), Outcome.HTTP_ERROR, 404, None),
    ("gone", reply(b"", 410), Outcome.HTTP_ERROR, 410, None),
    ("a paywall", reply(b"", 402), Outcome.HTTP_ERROR, 402, None),
    ("a bot block", reply(b"", 403), Outcome.HTTP_ERROR, 403, None),
    ("a challenge", reply(b"", 202), Outcome.HTTP_ERROR, 202, None),
    ("no content", reply(status=204), Outcome.HTTP_ERROR, 204, None),
    ("not modified", reply(status=304), Outcome.HTTP_ERROR, 304, None),
    ("too many requests", reply(b"", 429), Outcome.HTTP_ERROR, 429, 15 * MINUTE),
    ("too many requests, for a while", reply(b"", 429, retry_after="7200"), Outcome.HTTP_ERROR, 429, 2 * HOUR),
    ("for very long", reply(b"", 503, retry_after="9999999"), Outcome.HTTP_ERROR, 503, DAY),
    ("with a date", reply(b"", 503, retry_after="Tue, 10 Mar 2026 15:00:00 +0100"), Outcome.HTTP_ERROR, 503, 2 * HOUR),
    ("a server error", reply(b"", 500), Outcome.HTTP_ERROR, 500, 15 * MINUTE),
    ("a request timeout", reply(b"", 408), Outcome.HTTP_ERROR, 408, 15 * MINUTE),
    ("no answer", send(b""), Outcome.CONNECT_ERROR, None, 15 * MINUTE),
    ("half", send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), Outcome.CONNECT_ERROR, None, 15 * MINUTE),
    ("not what the coding says", reply(PAGE, content_encoding="gzip"), Outcome.CONNECT_ERROR, None, 15 * MINUTE),
    ("hanging", hang, Outcome.TIMEOUT, None, 15 * MINUTE),
    ("too large", reply(b"x" * 200_001), Outcome.TOO_LARGE, None, None),
    ("round and round", redirect("/page"), Outcome.TOO_MANY_REDIRECTS, None, None),
    ("to a file", redirect("file:///etc/passwd"), Outcome.BAD_URL, None, None),
    ("to a private address", redirect("http://10.0.0.1/"), Outcome.BLOCKED_HOST, None, None),
    ("a picture", reply(b"\x89PNG\r\n", content_type="image/png"), Outcome.NOT_HTML, 200, None),
    ("a document", reply(b"%PDF-1.7", content_type="application/pdf"), Outcome.NOT_HTML, 200, None),
    ("data", reply(b"{}", content_type="application/json"), Outcome.NOT_HTML, 200, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("handler", "outcome", "status", "again"), [row[1:] for row in OUTCOMES], ids=[row[0] for row in OUTCOMES]
)
def test_how_a_page_ends(
    loopback: Loopback, tmp_path: Path, handler: Handler, outcome: Outcome, status: int | None, again: timedelta | None
) -> None:
    patience = timedelta(seconds=0.4 if handler is hang else 5)
    server = loopback.serve(routes({"/page": handler}))
    result = failed(fetch(tmp_path, server.url("/page"), http=HTTP.model_copy(update={"timeout": patience})))
    assert (result.outcome, result.http_status, result.attempts) == (outcome, status, 1)
    assert result.next_attempt_at == (NOW + again if again else None)
    assert result.error
    assert not list(tmp_path.rglob("*.warc.gz"))


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://169.254.169.254/latest/", "http://2886729729/"])
def test_a_private_address_is_a_blocked_host_and_not_a_matter_of_robots(tmp_path: Path, url: str) -> None:
    result = failed(fetch(tmp_path, url))
    assert (result.outcome, result.next_attempt_at) == (Outcome.BLOCKED_HOST, None)


@pytest.mark.parametrize("attempts", range(7))
def test_a_temporary_failure_is_given_up_at_the_sixth_attempt(
    loopback: Loopback, tmp_path: Path, attempts: int
) -> None:
    result = failed(fetch(tmp_path, loopback.serve(routes({"/page": reply(b"", 500)})).url("/page"), attempts))
    assert result.attempts == attempts + 1
    if attempts < 5:
        assert result.outcome is Outcome.HTTP_ERROR and result.next_attempt_at
    else:
        assert result.outcome is Outcome.GAVE_UP and result.next_attempt_at is None
        assert result.error == f"{attempts + 1} attempts; the last: http_error: HTTP 500"


KINDS: list[tuple[str | None, bytes, bool]] = [
    ("text/html", PAGE, True),
    ("TEXT/HTML;charset=utf-8", PAGE, True),
    ("application/xhtml+xml", PAGE, True),
    ("text/html", b"just words", True),
    ("text/html", b"", True),
    ("text/html", "<p>año</p>".encode("utf-16"), True),
    (None, PAGE, True),
    (None, b"\xef\xbb\xbf\n <!-- made by hand --> <HTML lang=es>", True),
    ("text/plain", PAGE, True),
    ("application/xml", b"<?xml version='1.0'?><!DOCTYPE html><html>", True),
    ("application/octet-stream", PAGE, True),
    (None, b"just words", False),
    ("text/plain", b"just words", False),
    ("application/xml", b"<?xml version='1.0'?><rss version='2.0'/>", False),
    ("application/rss+xml", b"<rss/>", False),
    ("text/html", b"%PDF-1.7", False),
    ("text/html", b"\x89PNG\r\n\x1a\n", False),
    ("text/html", b"PK\x03\x04", False),
    ("text/html", b"\xff\xd8\xff\xe0", False),
    ("application/pdf", PAGE, False),
    ("image/svg+xml", b"<svg><p>", False),
    ("video/mp4", b"\0\0\0\x18ftyp", False),
]


@pytest.mark.parametrize(("content_type", "body", "expected"), KINDS)
def test_what_a_page_is(
    loopback: Loopback, tmp_path: Path, content_type: str | None, body: bytes, expected: bool
) -> None:
    headers = {"content-type": content_type} if content_type else {}
    result = fetch(tmp_path, loopback.serve(routes({"/page": reply(body, headers=headers)})).url("/page"))
    assert isinstance(result, FetchedPage) is expected
    assert expected or failed(result).outcome is Outcome.NOT_HTML


# Pages that send everybody on.


def sending(target: str, seconds: str = "0", before: str = "", after: str = "") -> bytes:
    element = f'<meta http-equiv="Refresh" content="{seconds}; url={target}">'
    return f"<!doctype html><html><head>{before}{element}{after}</head><body>One moment.</body></html>".encode()


# The page, and where what is archived comes from.
SENT_ON = {
    "at once": (sending("/there"), "/there"),
    "in quotes": (sending("'/there'"), "/there"),
    "after three seconds": (sending("there", "3"), "/there"),
    "to another form of itself": (sending("/page?js=0"), "/page?js=0"),
    "to itself": (sending("/page"), "/page"),
    "after a minute": (sending("/there", "60"), "/page"),
    "browsers without scripts only": (sending("/there", before="<noscript>", after="</noscript>"), "/page"),
    "in a comment": (sending("/there", before="<!--", after="-->"), "/page"),
    "far down": (b"<p>" + b"x" * 40_000 + sending("/there"), "/page"),
    "nowhere": (b"<meta http-equiv=refresh content=0><p>x", "/page"),
    "only once": (sending("/on"), "/on"),
    "after no time at all": (sending("/there", ".5"), "/there"),
    "from a base": (sending("there", before="<base href='/on/'>"), "/on/there"),
    "unquoted, the content first": (b"<META CONTENT=0;URL=/there HTTP-EQUIV=REFRESH>", "/there"),
    "with spaces": (b"<meta http-equiv='refresh' content='0 ; url = /there'>", "/there"),
    "without a word": (b"<meta http-equiv='refresh' content='0;/there'>", "/there"),
    "with a comma": (b"<meta http-equiv='refresh' content='0,url=/there'>", "/there"),
    "with a space": (b"<meta http-equiv='refresh' content='0 url=/there'>", "/there"),
    "in written quotes": (b"<meta http-equiv='refresh' content='0;URL=&#39;/there&#39;'>", "/there"),
    "nothing after the semicolon": (b"<meta http-equiv='refresh' content='0;'><p>x", "/page"),
    "after a very long time": (sending("/there", "9" * 20_000), "/page"),
    "without seconds": (b"<meta http-equiv='refresh' content='url=/there'><p>x", "/page"),
}  # fmt: skip


@pytest.mark.parametrize(("page", "came_from"), SENT_ON.values(), ids=SENT_ON)
def test_a_page_that_sends_on(loopback: Loopback, tmp_path: Path, page: bytes, came_from: str) -> None:
    table = {"/page": page, "/on": sending("/there")}

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(message(table.get(request.target, PAGE), content_type="text/html"))

    server = loopback.serve(routes({"/robots.txt": reply()}, answer))
    result = fetch(tmp_path, server.url("/page"))
    assert isinstance(result, FetchedPage)
    assert result.final_url == server.url(came_from)
    assert read_record(tmp_path, result.warc_file, result.warc_offset).url == result.final_url


# Where a page sends on to, and how it ends then.
SENT_WRONG: list[tuple[str, Outcome]] = [
    ("http://10.0.0.1/", Outcome.BLOCKED_HOST),
    ("file:///etc/passwd", Outcome.BAD_URL),
    ("javascript:alert(1)", Outcome.BAD_URL),
    ("/private", Outcome.ROBOTS),
    ("/missing", Outcome.HTTP_ERROR),
    ("/round", Outcome.TOO_MANY_REDIRECTS),
]


@pytest.mark.parametrize(("target", "outcome"), SENT_WRONG)
def test_sending_on_keeps_to_all_rules(loopback: Loopback, tmp_path: Path, target: str, outcome: Outcome) -> None:
    robots = reply(b"User-agent: *\nDisallow: /private")
    page = reply(sending(target), content_type="text/html")
    server = loopback.serve(routes({"/robots.txt": robots, "/page": page, "/round": redirect("/round")}))
    assert failed(fetch(tmp_path, server.url("/page"))).outcome is outcome
    assert "/private" not in server.paths


@pytest.mark.parametrize("target", ["myapp://story/1", "javascript:void(0)", "/missing", "/"])
def test_an_article_that_sends_on_to_nothing_is_kept(loopback: Loopback, tmp_path: Path, target: str) -> None:
    page = reply(sending(target) + b"<p>A sentence of the article. </p>" * 100, content_type="text/html")
    server = loopback.serve(routes({"/robots.txt": reply(), "/news/page": page, "/": HTML}))
    result = fetch(tmp_path, server.url("/news/page"))
    assert isinstance(result, FetchedPage)
    assert result.final_url == server.url("/news/page")


def test_sending_on_keeps_the_pace(loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = paused(monkeypatch)
    server = loopback.serve(routes({"/page": reply(sending("/there"), content_type="text/html")}, HTML))
    http = HTTP.model_copy(update={"per_host_delay": timedelta(seconds=7)})
    fetch_all(tmp_path, refs([server.url("/page")]), http=http)
    assert pauses == [7, 7]
    assert server.paths == ["/robots.txt", "/page", "/there"]


def test_a_host_that_rests_is_not_asked_by_sending_on(loopback: Loopback, tmp_path: Path) -> None:
    resting = loopback.serve(HTML)
    server = loopback.serve(routes({}, reply(sending(resting.url("/there")), content_type="text/html")))
    waits = [HostWait(host_of(resting), NOW + HOUR, 429, NOW)]
    ((result,), _) = fetch_all(tmp_path, refs([server.url("/page")]), waits=waits)
    assert failed(result).next_attempt_at == NOW + HOUR
    assert not resting.requests


# robots.txt.

NOBODY = reply(b"User-agent: *\nDisallow: /")


def test_what_robots_forbids_is_not_asked_for(loopback: Loopback, tmp_path: Path) -> None:
    server = loopback.serve(routes({"/robots.txt": reply(b"User-agent: *\nDisallow: /a"), "/b": HTML}))
    results, robots = fetch_all(tmp_path, refs([server.url("/a"), server.url("/b")]))
    assert (failed(results[0]).outcome, failed(results[0]).next_attempt_at) == (Outcome.ROBOTS, None)
    assert isinstance(results[1], FetchedPage)
    assert server.paths == ["/robots.txt", "/b"]
    assert [file.origin for file in robots] == [server.url("").rstrip("/")]


def test_what_robots_forbids_takes_no_time(loopback: Loopback, tmp_path: Path) -> None:
    server = loopback.serve(routes({"/robots.txt": NOBODY}))
    slow = HTTP.model_copy(update={"per_host_delay": timedelta(seconds=600)})
    results, _ = fetch_all(tmp_path, refs(server.url(f"/{number}") for number in range(50)), http=slow)
    assert [failed(result).outcome for result in results] == [Outcome.ROBOTS] * 50


def test_robots_can_be_left_aside(loopback: Loopback, tmp_path: Path) -> None:
    server = loopback.serve(routes({"/robots.txt": NOBODY, "/page": HTML}))
    result = fetch(tmp_path, server.url("/page"), http=HTTP.model_copy(update={"respect_robots": False}))
    assert isinstance(result, FetchedPage)
    assert server.paths == ["/page"]


# While a robots.txt cannot be had: outcome, status, in how long again.
UNAVAILABLE: list[tuple[str, Handler, Outcome, int | None, timedelta]] = [
    ("a server error", reply(b"", 500), Outcome.ROBOTS, 500, HOUR),
    ("for longer", reply(b"", 503, retry_after="7200"), Outcome.ROBOTS, 503, 2 * HOUR),
    ("too many requests", reply(b"", 429), Outcome.ROBOTS, 429, HOUR),
    ("no answer", send(b""), Outcome.CONNECT_ERROR, None, 15 * MINUTE),
]


@pytest.mark.parametrize(
    ("handler", "outcome", "status", "again"), [row[1:] for row in UNAVAILABLE], ids=[row[0] for row in UNAVAILABLE]
)
def test_while_robots_cannot_be_had_pages_wait(
    loopback: Loopback, tmp_path: Path, handler: Handler, outcome: Outcome, status: int | None, again: timedelta
) -> None:
    server = loopback.serve(routes({"/robots.txt": handler}, other=HTML))
    results, _ = fetch_all(tmp_path, refs(server.url(f"/{number}") for number in range(5)))
    (result,) = map(failed, results)
    assert (result.outcome, result.http_status, result.next_attempt_at) == (outcome, status, NOW + again)
    assert server.paths == ["/robots.txt"]
    ((last,), _) = fetch_all(tmp_path, refs([server.url("/0")], attempts=5))
    assert failed(last).outcome is Outcome.GAVE_UP


# Rules of the target, status of its robots.txt, and how the page ends that is redirected there.
TARGETS: list[tuple[str, Handler, Outcome | None, timedelta | None]] = [
    ("open", reply(b""), None, None),
    ("forbidden", NOBODY, Outcome.ROBOTS, None),
    ("in trouble", reply(b"", 500), Outcome.ROBOTS, HOUR),
    ("no answer", send(b""), Outcome.CONNECT_ERROR, 15 * MINUTE),
]


@pytest.mark.parametrize(("robots", "outcome", "again"), [row[1:] for row in TARGETS], ids=[row[0] for row in TARGETS])
def test_a_redirect_to_another_host_asks_its_robots(
    loopback: Loopback, tmp_path: Path, robots: Handler, outcome: Outcome | None, again: timedelta | None
) -> None:
    target = loopback.serve(routes({"/robots.txt": robots, "/page": HTML}))
    server = loopback.serve(routes({"/page": redirect(target.url("/page"))}))
    result = fetch(tmp_path, server.url("/page"))
    if outcome is None:
        assert isinstance(result, FetchedPage)
    else:
        assert (failed(result).outcome, failed(result).next_attempt_at) == (outcome, NOW + again if again else None)
        assert target.paths == ["/robots.txt"]


def test_a_redirect_within_the_host_keeps_to_its_robots_too(loopback: Loopback, tmp_path: Path) -> None:
    robots = reply(b"User-agent: *\nDisallow: /private")
    server = loopback.serve(routes({"/robots.txt": robots, "/page": redirect("/private"), "/private": HTML}))
    assert failed(fetch(tmp_path, server.url("/page"))).outcome is Outcome.ROBOTS
    assert server.paths == ["/robots.txt", "/page"]


# Politeness.


def test_one_request_at_a_time_for_each_host(loopback: Loopback, tmp_path: Path) -> None:
    async def slowly(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.01)
        writer.write(message(PAGE, content_type="text/html"))

    servers = [loopback.serve(slowly) for _ in range(5)]
    pages = refs(server.url(f"/{number}") for number in range(8) for server in servers)
    results, _ = fetch_all(tmp_path, pages)
    assert sorted(result.page_id for result in results) == sorted(page.page_id for page in pages)
    assert all(isinstance(result, FetchedPage) for result in results)
    assert [server.busiest for server in servers] == [1] * 5
    assert [server.paths for server in servers] == [["/robots.txt", *(f"/{number}" for number in range(8))]] * 5


@pytest.mark.parametrize(
    ("delay", "crawl_delay", "expected"), [(0, "", 0), (7, "", 7), (7, "Crawl-delay: 3", 7), (7, "Crawl-delay: 99", 30)]
)
def test_the_pause_between_two_requests_is_the_longer_of_ours_and_theirs(
    loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, delay: int, crawl_delay: str, expected: int
) -> None:
    """Also between robots.txt and the first page."""
    pauses = paused(monkeypatch)
    server = loopback.serve(routes({"/robots.txt": reply(f"User-agent: *\n{crawl_delay}".encode())}, other=HTML))
    http = HTTP.model_copy(update={"per_host_delay": timedelta(seconds=delay)})
    fetch_all(tmp_path, refs(server.url(f"/{number}") for number in range(4)), http=http)
    assert pauses == ([expected] * 4 if expected else [])


def paused(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The pauses that are made from now on, in seconds, without their being waited for."""
    pauses: list[int] = []
    wait = asyncio.sleep

    async def sleep(seconds: float) -> None:
        if seconds >= 0.5:
            pauses.append(round(seconds))
        await wait(0 if seconds >= 0.5 else seconds)

    monkeypatch.setattr("tasks.capture.pacing.asyncio.sleep", sleep)
    return pauses


LEFT: list[tuple[str, Handler, int]] = [
    ("too many requests", reply(b"", 429), 1),
    ("unavailable", reply(b"", 503), 1),
    ("no answer", send(b""), 3),
    ("errors", reply(b"", 500), 10),
    ("missing pages", reply(b"", 404), 10),
]


@pytest.mark.parametrize(("handler", "asked"), [row[1:] for row in LEFT], ids=[row[0] for row in LEFT])
def test_a_host_in_trouble_keeps_its_pages_for_later_and_others_lose_nothing(
    loopback: Loopback, tmp_path: Path, handler: Handler, asked: int
) -> None:
    troubled = loopback.serve(routes({"/robots.txt": reply(b"")}, other=handler))
    good = [loopback.serve(routes({}, other=HTML)) for _ in range(3)]
    pages = refs(server.url(f"/{number}") for number in range(10) for server in [troubled, *good])
    results, _ = fetch_all(tmp_path, pages)
    assert sum(isinstance(result, FetchedPage) for result in results) == 30
    assert sum(isinstance(result, FailedPage) for result in results) == asked
    assert len(troubled.requests) == asked + 1


# What a host says when it has had enough, and until when it is to be left alone.
ENOUGH: list[tuple[str, Handler, timedelta | None]] = [
    ("an hour", reply(b"", 429, retry_after="3600"), HOUR),
    ("until a date", reply(b"", 503, retry_after="Tue, 10 Mar 2026 14:00:00 GMT"), 2 * HOUR),
    ("a year, which is a day for us", reply(b"", 503, retry_after="31536000"), DAY),
    ("no time", reply(b"", 429, retry_after="0"), None),
    ("nothing", reply(b"", 429), None),
    ("a broken date", reply(b"", 429, retry_after="soon"), None),
    ("to an error that says nothing about the host", reply(b"", 500, retry_after="3600"), None),
]


@pytest.mark.parametrize(("handler", "expected"), [row[1:] for row in ENOUGH], ids=[row[0] for row in ENOUGH])
@pytest.mark.parametrize("place", ["page", "robots.txt"])
def test_what_a_host_asks_for_is_handed_on(
    loopback: Loopback, tmp_path: Path, handler: Handler, expected: timedelta | None, place: str
) -> None:
    table = {"/robots.txt": handler} if place == "robots.txt" else {"/robots.txt": reply(), "/0": handler}
    server = loopback.serve(routes(table, other=HTML))
    (first, *_), _ = fetch_all(tmp_path, refs(server.url(f"/{number}") for number in range(3)))
    waits = failed(first).waits
    assert [(wait.host, wait.until - NOW) for wait in waits] == ([(host_of(server), expected)] if expected else [])


def host_of(server: Server) -> str:
    return f"127.0.0.1:{server.port}"


def test_a_host_that_asked_to_wait_in_an_earlier_pass_is_not_asked(loopback: Loopback, tmp_path: Path) -> None:
    """Neither for its own pages, nor by a redirect from elsewhere."""
    resting, other = loopback.serve(routes({}, other=HTML)), loopback.serve(lambda *asked: table(*asked))
    table = routes({"/there": redirect(resting.url("/page"))}, other=HTML)
    pages = refs([resting.url("/0"), resting.url("/1"), other.url("/there"), other.url("/here")])
    waits = [HostWait(host_of(resting), NOW + 2 * HOUR, 429, NOW - HOUR)]
    (led, own), _ = fetch_all(tmp_path, pages, waits=waits)
    assert not resting.requests
    assert isinstance(own, FetchedPage)
    end = failed(led)
    assert (end.outcome, end.http_status, end.next_attempt_at) == (Outcome.HTTP_ERROR, 429, NOW + 2 * HOUR)
    assert "asks to wait until 2026-03-10 14:00 UTC" in (end.error or "")
    results, _ = fetch_all(tmp_path / "later", pages, waits=[HostWait(host_of(resting), NOW, 429, NOW - HOUR)])
    assert [type(result) for result in results] == [FetchedPage] * 4


def test_a_host_takes_turns_also_with_those_that_redirect_to_it(loopback: Loopback, tmp_path: Path) -> None:
    async def slowly(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.02)
        writer.write(message(PAGE, content_type="text/html"))

    target = loopback.serve(slowly)
    sources = [loopback.serve(redirect(target.url(f"/{number}"))) for number in range(8)]
    results, _ = fetch_all(tmp_path, refs([*(one.url("/x") for one in sources), target.url("/own")]))
    assert [type(result) for result in results] == [FetchedPage] * 9
    assert target.busiest == 1


def test_a_host_that_does_not_answer_is_left_by_redirects_too(loopback: Loopback, tmp_path: Path) -> None:
    dead = loopback.serve(routes({"/robots.txt": reply()}, other=send(b"")))
    source = loopback.serve(routes({"/robots.txt": reply()}, other=redirect(dead.url("/x"))))
    results, _ = fetch_all(tmp_path, refs(source.url(f"/{number}") for number in range(8)))
    assert [failed(result).outcome for result in results] == [Outcome.CONNECT_ERROR] * 8
    assert len(dead.requests) == 1 + 3


def test_a_host_that_takes_too_long_keeps_its_pages_for_later(loopback: Loopback, tmp_path: Path) -> None:
    server = loopback.serve(routes({}, other=HTML))
    clock = Clock(step=timedelta(minutes=1))
    results, _ = fetch_all(tmp_path, refs(server.url(f"/{number}") for number in range(50)), clock=clock)
    assert 2 < len(results) < 15


def test_memory_does_not_hold_what_has_been_fetched(loopback: Loopback, tmp_path: Path) -> None:
    """A result is handed on when it comes, not at the end."""
    server = loopback.serve(routes({}, other=HTML))
    seen: list[int] = []
    archive = ArchiveWriter(tmp_path, "run1", NOW)

    def emit(result: Result) -> None:
        seen.append(len(server.requests))

    pages = refs(server.url(f"/{number}") for number in range(5))
    asyncio.run(fetch_pages(pages, Settings(http=HTTP), archive, [], Clock(), emit))
    assert seen == [2, 3, 4, 5, 6]
