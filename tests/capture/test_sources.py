"""Polls against real servers: what is asked, what it means, and the state that it leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tasks.capture import sources
from tasks.capture.feeds import parse_feed
from tasks.capture.sources import MAX_VALIDATOR_CHARS, poll_sources
from tasks.model import Kind, Poll, PollOutcome, PollState, Source
from tasks.settings import HttpSettings, PollingSettings, Settings
from tests.capture.loopback import Handler, Loopback, Request, Server, message, redirect, reply, routes, send

NOW = datetime(2026, 3, 10, 12, 0, 0)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SETTINGS = Settings(
    http=HttpSettings(
        timeout=timedelta(seconds=5),
        max_bytes=200_000,
        per_host_delay=timedelta(0),
        allow_private_hosts=("127.0.0.0/8",),
    ),
    polling=PollingSettings(),
)


def feed(*titles: str, hours: int = 2) -> bytes:
    """RSS with an entry every few hours."""
    items = "".join(
        f"<item><title>{title}</title><link>https://example.com/{title}</link><guid>{title}</guid>"
        f"<pubDate>{NOW - timedelta(hours=hours * number):%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
        for number, title in enumerate(titles)
    )
    return f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>".encode()


def start(server: Server, path: str = "/feed", source_id: str = "example", **more: object) -> tuple[Source, PollState]:
    url = server.url(path)
    return Source(source_id, source_id, url, **more), PollState(source_id, url, url)  # type: ignore[arg-type]


def poll_all(items: list[tuple[Source, PollState]], settings: Settings = SETTINGS, now: datetime = NOW) -> list[Poll]:
    polls: list[Poll] = []
    asyncio.run(poll_sources(items, settings, lambda: now, polls.append))
    return polls


def poll(source: Source, state: PollState, now: datetime = NOW) -> Poll:
    (one,) = poll_all([(source, state)], now=now)
    return one


def test_a_feed_is_read(loopback: Loopback) -> None:
    server = loopback.serve(reply(feed("one", "two", "three"), content_type="application/rss+xml"))
    answer = poll(*start(server))
    assert (answer.outcome, answer.http_status, answer.error) == (PollOutcome.OK, 200, None)
    assert [entry.title for entry in answer.entries] == ["one", "two", "three"]
    assert answer.bytes == len(feed("one", "two", "three"))
    state = answer.state
    assert (state.kind, state.last_outcome, state.last_success_at) == (Kind.FEED, "ok", NOW)
    assert (state.interval, state.next_poll_at) == (HOUR, NOW + HOUR)
    assert "application/rss+xml" in server.requests[0].headers["accept"]


# Conditional requests.


def conditional(body: Callable[[], bytes], validators: dict[str, str]) -> Handler:
    """A server that keeps to RFC 9110: 304 where a validator fits."""

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        asked = {request.headers.get("if-none-match"), request.headers.get("if-modified-since")} - {None}
        if asked and asked <= set(validators.values()):
            writer.write(message(status=304, headers=validators))
        else:
            writer.write(message(body(), headers=validators))

    return handler


VALIDATORS: list[tuple[str, dict[str, str], dict[str, str]]] = [
    ("an ETag", {"etag": '"a1"'}, {"if-none-match": '"a1"'}),
    ("a weak one", {"etag": 'W/"a1"'}, {"if-none-match": 'W/"a1"'}),
    ("a date", {"last-modified": "Tue, 10 Mar 2026 10:00:00 GMT"},
     {"if-modified-since": "Tue, 10 Mar 2026 10:00:00 GMT"}),
    ("both", {"etag": '"a1"', "last-modified": "Tue, 10 Mar 2026 10:00:00 GMT"},
     {"if-none-match": '"a1"', "if-modified-since": "Tue, 10 Mar 2026 10:00:00 GMT"}),
]  # fmt: skip


@pytest.mark.parametrize(("validators", "asked"), [row[1:] for row in VALIDATORS], ids=[row[0] for row in VALIDATORS])
def test_what_has_not_changed_is_not_sent_again(
    loopback: Loopback, validators: dict[str, str], asked: dict[str, str]
) -> None:
    server = loopback.serve(conditional(lambda: feed("one"), validators))
    source, state = start(server)
    first = poll(source, state)
    second = poll(source, first.state, NOW + HOUR)
    assert (second.outcome, second.http_status, second.bytes, second.entries) == (PollOutcome.UNCHANGED, 304, 0, ())
    conditions = ("if-none-match", "if-modified-since")
    assert [{name: r.headers[name] for name in conditions if name in r.headers} for r in server.requests] == [{}, asked]
    assert second.state.last_success_at == NOW + HOUR
    assert (second.state.etag, second.state.last_modified) == (first.state.etag, first.state.last_modified)


def test_once_a_day_it_is_asked_for_as_if_for_the_first_time(loopback: Loopback) -> None:
    body = feed("one")

    async def always_304(request: Request, writer: asyncio.StreamWriter) -> None:
        conditional_request = "if-none-match" in request.headers
        writer.write(message(status=304) if conditional_request else message(body, etag='"stuck"'))

    server = loopback.serve(always_304)
    source, state = start(server)
    state = poll(source, state).state
    body = feed("two", "one")
    outcomes = []
    for hours in range(6, 31, 6):
        answer = poll(source, state, NOW + hours * HOUR)
        outcomes.append(answer.outcome.value)
        state = answer.state
    assert outcomes == ["unchanged", "unchanged", "unchanged", "ok", "unchanged"]


def test_304_to_a_request_without_conditions_is_a_failure(loopback: Loopback) -> None:
    answer = poll(*start(loopback.serve(reply(status=304))))
    assert (answer.outcome, answer.error) == (PollOutcome.FAILED, "http_error: HTTP 304")


def test_without_validators_the_bodys_hash_tells(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    server = loopback.serve(reply(feed("one")))
    source, state = start(server)
    first = poll(source, state)
    monkeypatch.setattr(sources, "parse_feed", None)
    second = poll(source, first.state, NOW + HOUR)
    assert (second.outcome, second.http_status) == (PollOutcome.UNCHANGED, 200)
    assert second.state.interval and first.state.interval and second.state.interval > first.state.interval


UNUSABLE = ["añ".encode().decode("latin-1"), '"\xf1"', '"' + "a" * MAX_VALIDATOR_CHARS + '"', "\x7f", '"a\tb"']


@pytest.mark.parametrize("etag", UNUSABLE)
def test_a_validator_that_cannot_be_sent_back_is_left(loopback: Loopback, etag: str) -> None:
    server = loopback.serve(reply(feed("one"), etag=etag))
    source, state = start(server)
    first = poll(source, state)
    assert (first.outcome, first.state.etag) == (PollOutcome.OK, None)
    assert poll(source, first.state, NOW + HOUR).outcome is PollOutcome.UNCHANGED


def test_validators_of_what_was_no_feed_are_not_kept(loopback: Loopback) -> None:
    body = feed("one")
    server = loopback.serve(conditional(lambda: body, {"etag": '"same"'}))
    source, state = start(server)
    body = b"<html>maintenance</html>"
    broken = poll(source, state)
    assert (broken.outcome, broken.state.etag) == (PollOutcome.NOT_A_FEED, None)
    body = feed("one")
    assert poll(source, broken.state, NOW + HOUR).outcome is PollOutcome.OK


# Outcomes.

OUTCOMES: list[tuple[str, Handler, PollOutcome, str]] = [
    ("gone", reply(b"", 410), PollOutcome.GONE, "http_error: HTTP 410"),
    ("missing", reply(b"", 404), PollOutcome.FAILED, "http_error: HTTP 404"),
    ("forbidden", reply(b"", 403), PollOutcome.FAILED, "http_error: HTTP 403"),
    ("broken", reply(b"", 500), PollOutcome.FAILED, "http_error: HTTP 500"),
    ("a page", reply(b"<html><body>Hello</body></html>"), PollOutcome.NOT_A_FEED, "not a feed: the page has no feed"),
    ("nothing", reply(b""), PollOutcome.NOT_A_FEED, "not a feed: empty"),
    ("no answer", send(b""), PollOutcome.FAILED, "connect_error: "),
    ("too much", reply(b"x" * 200_001), PollOutcome.FAILED, "too_large: "),
    ("round and round", redirect("/feed"), PollOutcome.FAILED, "too_many_redirects: "),
    ("elsewhere", redirect("file:///etc/passwd"), PollOutcome.FAILED, "bad_url: "),
    ("inside", redirect("http://10.0.0.1/"), PollOutcome.FAILED, "blocked_host: "),
]


@pytest.mark.parametrize(
    ("handler", "outcome", "error"), [row[1:] for row in OUTCOMES], ids=[row[0] for row in OUTCOMES]
)
def test_how_a_poll_ends(loopback: Loopback, handler: Handler, outcome: PollOutcome, error: str) -> None:
    answer = poll(*start(loopback.serve(handler)))
    assert answer.outcome is outcome
    assert answer.error and answer.error.startswith(error)
    assert (answer.entries, answer.state.last_error) == ((), answer.error)
    assert answer.state.consecutive_failures == 1


def test_a_source_that_is_gone_can_come_back(loopback: Loopback) -> None:
    gone = True

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(message(status=410) if gone else message(feed("one")))

    source, state = start(loopback.serve(handler))
    state = poll(source, state).state
    assert state.next_poll_at is None
    gone = False
    assert poll(source, state).state.last_outcome == "ok"


RETRY_AFTER: list[tuple[str, timedelta | None]] = [
    ("7200", 2 * HOUR),
    ("Tue, 10 Mar 2026 15:00:00 +0100", 2 * HOUR),
    ("99999999999999999999", DAY),
    ("²", None),
    ("-7200", None),
    ("Tue, 10 Mar 99999 15:00:00 GMT", None),
]


@pytest.mark.parametrize(("value", "expected"), RETRY_AFTER)
def test_retry_after(loopback: Loopback, value: str, expected: timedelta | None) -> None:
    next_poll = poll(*start(loopback.serve(reply(b"", 503, retry_after=value)))).state.next_poll_at
    assert next_poll
    if expected:
        assert next_poll == NOW + expected
    else:
        assert 50 * MINUTE < next_poll - NOW < 70 * MINUTE


FRESHNESS: list[tuple[dict[str, str], timedelta]] = [
    ({}, HOUR),
    ({"cache-control": "max-age=10800"}, 3 * HOUR),
    ({"expires": "Tue, 10 Mar 2026 15:00:00 GMT"}, 3 * HOUR),
    ({"cache-control": "max-age=10800", "age": "3600"}, 2 * HOUR),
    ({"cache-control": "no-cache", "expires": "Tue, 10 Mar 2026 15:00:00 GMT"}, HOUR),
    ({"cache-control": "max-age=31536000"}, 9 * HOUR),
]


@pytest.mark.parametrize(("headers", "expected"), FRESHNESS)
def test_what_stays_fresh_is_not_asked_for(loopback: Loopback, headers: dict[str, str], expected: timedelta) -> None:
    body = feed(*(str(number) for number in range(10)))
    assert poll(*start(loopback.serve(reply(body, headers=headers)))).state.interval == expected


@pytest.mark.parametrize("kind", [Kind.FEED, None, Kind.SITEMAP])
def test_entries_that_lead_to_no_web_page_are_counted(loopback: Loopback, kind: Kind | None) -> None:
    lost = [
        f"<item><title>Lost</title><link>{to}</link></item>"
        for to in ("mailto:desk@x.example", "ftp://x/a", "file:///a")
    ]
    body = feed("one").replace(b"</channel>", "".join(lost).encode() + b"</channel>")
    server = loopback.serve(routes({"/feed": reply(body)}))
    answer = poll(*start(server, kind=kind))
    assert (answer.outcome, len(answer.entries)) == (PollOutcome.OK, 1)
    assert answer.error == "3 of 4 entries left out: no http or https address"
    assert answer.state.last_error is None


# Moves.


def test_a_move_is_followed_at_the_third_poll(loopback: Loopback) -> None:
    new = loopback.serve(conditional(lambda: feed("one"), {"etag": '"a1"'}))
    old = loopback.serve(redirect(new.url("/new"), 301))
    source, state = start(old)
    seen = []
    for hours in range(5):
        answer = poll(source, state, NOW + hours * HOUR)
        state = answer.state
        seen.append((answer.outcome.value, state.url == new.url("/new"), state.moved_to))
    there = new.url("/new")
    assert seen == [("ok", False, there), ("unchanged", False, there), *[("unchanged", True, there)] * 3]
    assert (len(old.requests), len(new.requests)) == (3, 5)


NO_MOVES: list[tuple[str, Handler]] = [
    ("to an error page", reply(b"", 404)),
    ("to who has bought the domain", reply(b"<html>This domain may be for sale</html>")),
    ("to a server in trouble", reply(b"", 500)),
]


@pytest.mark.parametrize("target", [row[1] for row in NO_MOVES], ids=[row[0] for row in NO_MOVES])
def test_a_redirect_that_leads_to_no_feed_is_no_move(loopback: Loopback, target: Handler) -> None:
    new = loopback.serve(target)
    source, state = start(loopback.serve(redirect(new.url(), 301)))
    for hours in range(5):
        state = poll(source, state, NOW + hours * HOUR).state
    assert (state.url, state.moved_to) == (source.url, None)


def test_where_the_new_address_fails_the_configured_one_is_asked_again(loopback: Loopback) -> None:
    new = loopback.serve(reply(b"", 404))
    old = loopback.serve(reply(feed("one")))
    source, state = start(old)
    state = replace(state, url=new.url(), moved_to=new.url(), moves_seen=3)
    for _ in range(3):
        state = poll(source, state).state
    assert poll(source, state).outcome is PollOutcome.OK


# Many sources.


def test_each_is_polled_once_and_one_at_a_time_on_each_host(loopback: Loopback) -> None:
    async def slowly(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.01)
        writer.write(message(feed(request.path[1:])))

    servers = [loopback.serve(slowly) for _ in range(5)]
    items = [start(server, f"/{n}", f"s{server.port}-{n}") for n in range(6) for server in servers]
    polls = poll_all(items)
    assert sorted(one.source_id for one in polls) == sorted(source.source_id for source, _ in items)
    assert {one.outcome for one in polls} == {PollOutcome.OK}
    assert [server.busiest for server in servers] == [1] * 5


@pytest.mark.parametrize(("status", "polled"), [(429, 1), (503, 1), (500, 5), (404, 5)])
def test_a_host_that_asks_to_wait_keeps_its_other_sources_for_later(
    loopback: Loopback, status: int, polled: int
) -> None:
    busy = loopback.serve(reply(b"", status))
    other = loopback.serve(reply(feed("one")))
    polls = poll_all(
        [start(server, f"/{n}", f"s{server.port}-{n}", kind=Kind.FEED) for n in range(5) for server in (busy, other)]
    )
    assert (len(busy.requests), len(other.requests)) == (polled, 5)
    assert len(polls) == polled + 5


@pytest.mark.parametrize(("value", "expected"), [("3600", HOUR), ("9999999", DAY), ("", None)])
def test_what_a_host_asks_for_is_handed_on(loopback: Loopback, value: str, expected: timedelta | None) -> None:
    busy = loopback.serve(reply(b"", 429, retry_after=value))
    (one,) = poll_all([start(busy, f"/{n}", f"s{n}", kind=Kind.FEED) for n in range(3)])
    assert [(wait.host, wait.until - NOW) for wait in one.waits] == (
        [(f"127.0.0.1:{busy.port}", expected)] if expected else []
    )


# Kind, path, what is asked for on the first poll.
NOBODY = reply(b"User-agent: *\nDisallow: /")
SUBSCRIBED = [
    (Kind.FEED, "/news", ["/news"]),
    (None, "/feed", ["/feed"]),
    (None, "/news", ["/robots.txt"]),
    (Kind.PAGE, "/news", ["/robots.txt"]),
    (Kind.SITEMAP, "/sitemap.xml", ["/robots.txt"]),
]


@pytest.mark.parametrize(("kind", "path", "asked"), SUBSCRIBED)
def test_robots_is_asked_for_all_but_feeds(loopback: Loopback, kind: Kind | None, path: str, asked: list[str]) -> None:
    server = loopback.serve(routes({"/robots.txt": NOBODY}, other=reply(feed("one"))))
    answer = poll(*start(server, path, kind=kind))
    assert server.paths == asked
    if asked == ["/robots.txt"]:
        assert (answer.outcome, answer.error) == (PollOutcome.FAILED, "robots: robots.txt does not allow it")
        assert [file.origin for file in answer.robots] == [server.url("").rstrip("/")]
    else:
        assert answer.outcome is PollOutcome.OK


def test_robots_is_remembered_from_poll_to_poll(loopback: Loopback) -> None:
    server = loopback.serve(
        routes({"/robots.txt": reply(b"User-agent: *\nDisallow: /private")}, other=reply(feed("one")))
    )
    source, state = start(server, "/map", kind=Kind.SITEMAP)
    first = poll(source, state)
    again = poll(source, replace(first.state, robots=first.robots))
    assert server.paths == ["/robots.txt", "/map", "/map"]
    assert again.robots == ()


def test_robots_that_asks_to_wait_puts_the_poll_off(loopback: Loopback) -> None:
    server = loopback.serve(routes({"/robots.txt": reply(b"", 503, retry_after="40000")}))
    answer = poll(*start(server, "/news", kind=Kind.PAGE))
    assert answer.state.next_poll_at == NOW + timedelta(seconds=40000)


def test_a_host_that_does_not_answer_is_left_after_three(loopback: Loopback) -> None:
    dead = loopback.serve(send(b""))
    polls = poll_all([start(dead, f"/{n}", f"s{n}", kind=Kind.FEED) for n in range(10)])
    assert len(polls) == len(dead.requests) == 3


def test_a_mistake_of_ours_over_one_source_costs_no_other(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(body: bytes, **more: object) -> object:
        if b"tricky" in body:
            raise ZeroDivisionError("a mistake")
        return parse_feed(body, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(sources, "parse_feed", parse)
    server = loopback.serve(routes({"/0": reply(feed("tricky"))}, other=reply(feed("one"))))
    polls = {
        one.source_id: one for one in poll_all([start(server, f"/{n}", f"s{n}", kind=Kind.FEED) for n in range(3)])
    }
    assert polls["s0"].error == "ZeroDivisionError: a mistake"
    assert [polls[name].outcome.value for name in sorted(polls)] == ["failed", "ok", "ok"]


def test_a_single_article_shows_itself_without_a_request(loopback: Loopback) -> None:
    server = loopback.serve(reply(b""))
    answer = poll(*start(server, "/story?utm_source=x", kind=Kind.ARTICLE))
    assert [entry.url for entry in answer.entries] == [server.url("/story")]
    assert answer.outcome is PollOutcome.OK
    assert not server.requests
