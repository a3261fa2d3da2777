"""What an address is, found out over real HTTP: feeds, sitemaps, pages with and without feeds, articles, nonsense."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import pytest
from lxml.html import document_fromstring

from tasks.capture.autodiscovery import known_places, linked_feeds
from tasks.capture.crawler import open_crawler
from tasks.capture.discovery import Discovered, Undiscovered, discover
from tasks.capture.feeds import NotAFeed
from tasks.capture.http import Response
from tasks.capture.kinds import Read, read_answer
from tasks.demosite import DemoSite
from tasks.model import Kind
from tasks.settings import HttpSettings
from tests.capture.loopback import Handler, Loopback, Server, redirect, reply, routes

NOW = datetime(2026, 3, 12, 12, 0)
SETTINGS = HttpSettings(per_host_delay=timedelta(0), allow_private_hosts=("127.0.0.0/8",))


def rss(title: str = "The Paper", count: int = 3) -> bytes:
    items = "".join(f"<item><title>Story {n}</title><link>/justice/story-{n}</link></item>" for n in range(count))
    about = f"<title>{title}</title><language>en-gb</language>"
    return f"<rss version='2.0'><channel>{about}{items}</channel></rss>".encode()


def listing(count: int = 8, head: str = "") -> bytes:
    teasers = "".join(
        f"<article><h2><a href='/justice/a-story-of-the-day-{n}'>A story of the day, part {n}</a></h2></article>"
        for n in range(count)
    )
    head = f"<head><title>Justice</title>{head}</head>"
    return f"<html lang='en'>{head}<body><main>{teasers}</main></body></html>".encode()


def article(head: str = "") -> bytes:
    text = "The inspectors stayed for another day, spoke with forty prisoners and wrote it all down"
    body = "".join(f"<p>{text} on page {number}.</p>" for number in range(15))
    return (
        f"<html lang='en'><head><title>Three to a cell</title><meta property='og:type' content='article'>{head}</head>"
        f"<body><article><h1>Three to a cell</h1>{body}</article></body></html>"
    ).encode()


def plain_article(paragraphs: int = 3) -> bytes:
    """An article without any metadata, at an address that says nothing."""
    text = "The inspectors stayed for another day, spoke with forty prisoners and wrote it all down on page"
    body = "".join(f"<p>{text} {number}.</p>" for number in range(paragraphs))
    return f"<html><title>Cells</title><body><article><h1>Three to a cell</h1>{body}</article></body></html>".encode()


def introduced(teasers: bytes) -> bytes:
    """A listing that is all in one article, with an introduction of two paragraphs."""
    return plain_article(2).replace(
        b"</article>", teasers.partition(b"<main>")[2].partition(b"</main>")[0] + b"</article>"
    )


def link(href: str, kind: str = "application/rss+xml", title: str = "Feed") -> str:
    return f"<link rel='alternate' type='{kind}' title='{title}' href='{href}'>"


HTML = "text/html; charset=utf-8"
FEED = reply(rss(), content_type="application/rss+xml")
SITEMAP = b"<urlset><url><loc>https://paper.example/justice/a-story</loc><lastmod>2026-03-11</lastmod></url></urlset>"


def page(body: bytes) -> Handler:
    return reply(body, content_type=HTML)


def find(server: Server, path: str = "/") -> Discovered | Undiscovered:
    async def work() -> Discovered | Undiscovered:
        async with open_crawler(SETTINGS, lambda: NOW) as crawler:
            return await discover(crawler, server.url(path), NOW)

    return asyncio.run(work())


CASES: Mapping[str, tuple[dict[str, Handler], str, Kind, str]] = {
    "a feed": ({"/rss": FEED}, "/rss", Kind.FEED, "/rss"),
    "a feed sent as HTML": ({"/rss": page(rss())}, "/rss", Kind.FEED, "/rss"),
    "a moved feed": ({"/old": redirect("/rss", 301), "/rss": FEED}, "/old", Kind.FEED, "/rss"),
    "a feed behind a temporary redirect": ({"/a": redirect("/rss"), "/rss": FEED}, "/a", Kind.FEED, "/a"),
    "a sitemap": ({"/map.xml": reply(SITEMAP, content_type="text/xml")}, "/map.xml", Kind.SITEMAP, "/map.xml"),
    "a linked feed": ({"/": page(listing(head=link("/x/y.xml"))), "/x/y.xml": FEED}, "/", Kind.FEED, "/x/y.xml"),
    "a linked feed before a known place": (
        {"/": page(listing(head=link("/own.xml"))), "/own.xml": FEED, "/feed": FEED},
        "/",
        Kind.FEED,
        "/own.xml",
    ),
    "the main feed before the comments": (
        {
            "/": page(listing(head=link("/comments/feed/", title="Paper » Comments Feed") + link("/feed/"))),
            "/comments/feed/": reply(rss("Comments for Paper")),
            "/feed/": FEED,
        },
        "/",
        Kind.FEED,
        "/feed/",
    ),
    "the second link where the first is dead": (
        {"/": page(listing(head=link("/dead.xml") + link("/live.xml", "application/atom+xml"))), "/live.xml": FEED},
        "/",
        Kind.FEED,
        "/live.xml",
    ),
    "a known place": ({"/": page(listing()), "/rss.xml": FEED}, "/", Kind.FEED, "/rss.xml"),
    "a section's own feed": ({"/world/": page(listing()), "/world/feed": FEED}, "/world/", Kind.FEED, "/world/feed"),
    "a known place that is no feed": ({"/": page(listing()), "/feed": page(listing())}, "/", Kind.PAGE, "/"),
    "a listing": ({"/justice/": page(listing())}, "/justice/", Kind.PAGE, "/justice/"),
    "an article": ({"/w/three-to-a-cell": page(article())}, "/w/three-to-a-cell", Kind.ARTICLE, "/w/three-to-a-cell"),
    "a plain article": ({"/story": page(plain_article())}, "/story", Kind.ARTICLE, "/story"),
    "a plain article, short": ({"/a/b.html": page(plain_article(2))}, "/a/b.html", Kind.ARTICLE, "/a/b.html"),
    "a listing inside of an article": ({"/law/": page(introduced(listing()))}, "/law/", Kind.PAGE, "/law/"),
    "an article is not asked for a feed of its comments": (
        {"/justice/three-to-a-cell": page(article()), "/justice/three-to-a-cell/feed": FEED},
        "/justice/three-to-a-cell",
        Kind.ARTICLE,
        "/justice/three-to-a-cell",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("table", "path", "kind", "expected"), CASES.values(), ids=CASES)
def test_what_an_address_is(
    loopback: Loopback, table: dict[str, Handler], path: str, kind: Kind, expected: str
) -> None:
    server = loopback.serve(routes(table))
    found = find(server, path)
    assert isinstance(found, Discovered), found
    assert (found.kind, found.url) == (kind, server.url(expected))
    assert found.entries
    assert len(server.paths) == len(set(server.paths)) <= 12


def test_what_is_known_of_a_feed_and_a_page(loopback: Loopback) -> None:
    server = loopback.serve(routes({"/rss": FEED, "/justice/": page(listing())}))
    feed, section = find(server, "/rss"), find(server, "/justice/")
    assert isinstance(feed, Discovered) and isinstance(section, Discovered)
    assert (feed.title, feed.language, len(feed.entries)) == ("The Paper", "en-GB", 3)
    assert (section.title, section.language, len(section.entries)) == ("Justice", "en", 8)


NOTHING: Mapping[str, tuple[Handler, str]] = {
    "missing": (reply(status=404), "HTTP 404: check the address"),
    "refused": (reply(status=403), "refuses"),
    "broken": (reply(status=503), "try again later"),
    "empty": (reply(b""), "empty"),
    "picture": (reply(b"\x89PNG\r\n\x1a\n", content_type="image/png"), "give the address of a feed"),
    "document": (reply(b"%PDF-1.7", content_type="application/pdf"), "a PDF document"),
    "opml": (reply(b"<opml version='2.0'><body/></opml>"), "OPML"),
    "script page": (page(b"<html><body><div id=a></div><script src=/a.js></script></html>"), "no feed and no article"),
    "few links": (page(listing(3)), "only 3 article links"),
    "loop": (redirect("/"), "too_many_redirects"),
    "private": (redirect("http://10.0.0.1/"), "blocked_host"),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "reason"), NOTHING.values(), ids=NOTHING)
def test_where_nothing_is_found_the_reason_says_what_to_do(loopback: Loopback, answer: Handler, reason: str) -> None:
    server = loopback.serve(routes({"/": answer}))
    found = find(server)
    assert isinstance(found, Undiscovered)
    assert found.url == server.url("/")
    assert reason in found.reason and "\n" not in found.reason


def test_a_site_that_refuses_is_not_asked_on(loopback: Loopback) -> None:
    server = loopback.serve(routes({"/robots.txt": reply(), "/": page(listing(2))}, reply(status=429)))
    assert isinstance(find(server), Undiscovered)
    assert len(server.paths) == 3


# robots.txt, the address, its answer; what is asked for, and what comes of it.
NOBODY = reply(b"User-agent: *\nDisallow: /")
ALLOWED: Mapping[str, tuple[Handler, str, Handler, list[str], Kind | str]] = {
    "a feed by its name": (NOBODY, "/blog/feed/", FEED, ["/blog/feed/"], Kind.FEED),
    "a feed in a query": (NOBODY, "/?feed=rss2", FEED, ["/?feed=rss2"], Kind.FEED),
    "a feed by another name": (NOBODY, "/news", FEED, ["/robots.txt"], "write it into sources.yaml with kind: feed"),
    "a page": (NOBODY, "/news/", page(listing()), ["/robots.txt"], "robots.txt does not allow it"),
    "a sitemap": (NOBODY, "/sitemap.xml", reply(SITEMAP), ["/robots.txt"], "robots.txt does not allow it"),
    "a page with the name of a feed": (NOBODY, "/rss/", page(listing()), ["/rss/", "/robots.txt"], "not a feed, and"),
    "a linked feed": (
        reply(b"User-agent: *\nDisallow: /feed"),
        "/",
        page(listing(head=link("/feed"))),
        ["/robots.txt", "/", "/feed"],
        Kind.FEED,
    ),
    "a guessed place": (
        reply(b"User-agent: *\nDisallow: /news/feed\nDisallow: /news/r\nDisallow: /news/i"),
        "/news/",
        page(listing()),
        ["/robots.txt", "/news/"],
        Kind.PAGE,
    ),
    "robots.txt cannot be had": (reply(status=503), "/", page(listing()), ["/robots.txt"], "try again later"),
}  # fmt: skip


@pytest.mark.parametrize(("robots", "path", "answer", "asked", "expected"), ALLOWED.values(), ids=ALLOWED)
def test_robots_is_asked_for_all_but_feeds(
    loopback: Loopback, robots: Handler, path: str, answer: Handler, asked: list[str], expected: Kind | str
) -> None:
    table = {"/feed": FEED, path.partition("?")[0]: answer, "/robots.txt": robots}
    server = loopback.serve(routes(table))
    found = find(server, path)
    if isinstance(found, Discovered):
        assert found.kind == expected
    else:
        assert str(expected) in found.reason
    assert server.paths == asked


def test_links_to_feeds_by_rank() -> None:
    head = (
        link("/wp-json/wp/v2/pages/2", "application/json", "JSON")
        + link("/justice/three/feed/", title="Comments on Three to a cell")
        + link("/feed/", title="The Paper")
        + link("/justice/feed/", title="Justice")
        + link("/oembed", "application/json+oembed")
        + "<link rel='alternate' hreflang='es' href='/es/'><link rel='stylesheet' type='text/css' href='/a.css'>"
        + "<link rel=feed href='all.atom'>"
        + link("//cdn.example/feed.json", "application/feed+json")
        + link("javascript:alert(1)")
    )
    tree = document_fromstring(f"<html><head><base href='https://paper.example/x/'>{head}</head><body>x</body></html>")
    assert linked_feeds(tree, "https://paper.example/justice/") == (
        "https://paper.example/justice/feed/",
        "https://paper.example/feed/",
        "https://paper.example/x/all.atom",
        "https://cdn.example/feed.json",
        "https://paper.example/justice/three/feed/",
    )


def test_known_places_are_few_and_below_the_address() -> None:
    assert len(known_places("https://paper.example/")) <= 8
    assert known_places("https://paper.example")[0] == "https://paper.example/feed"
    assert all(
        place.startswith("https://paper.example/justice/") for place in known_places("https://paper.example/justice/")
    )


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoSite]:
    with DemoSite(today=NOW.date(), port=0, slow_seconds=0.01) as running:
        yield running


def test_every_publisher_of_the_demo_site_is_found_by_its_home_page(demo: DemoSite) -> None:
    async def work(url: str) -> Discovered | Undiscovered:
        async with open_crawler(SETTINGS, lambda: NOW) as crawler:
            return await discover(crawler, url, NOW)

    for name, publisher in demo.publishers.items():
        found = asyncio.run(work(demo.url(name, "/")))
        assert isinstance(found, Discovered), (name, found)
        assert found.kind is Kind.FEED and found.entries
        assert found.title and (found.language or "").startswith(publisher.language[:2])


def read(server: Server, path: str, kind: Kind | None, since: datetime | None = None) -> Read | NotAFeed:
    async def work() -> Read | NotAFeed:
        async with open_crawler(SETTINGS, lambda: NOW) as crawler:
            answer = await crawler.get(server.url(path), accept="*/*")
            assert isinstance(answer, Response)
            return await read_answer(crawler, kind, answer, NOW, since=since)

    return asyncio.run(work())


INDEX = b"<sitemapindex><sitemap><loc>/map.xml</loc></sitemap></sitemapindex>"
SITE = {
    "/rss": FEED,
    "/": page(listing(head=link("/rss"))),
    "/justice/": page(listing()),
    "/justice/three-to-a-cell": page(article()),
    "/map.xml": reply(SITEMAP),
    "/index.xml": reply(INDEX),
    "/void": page(b"<html><body><p>Nothing here.</p></body></html>"),
}
READS: Mapping[str, tuple[str, Kind | None, Kind, int, str | None]] = {
    "a feed": ("/rss", Kind.FEED, Kind.FEED, 3, None),
    "a page": ("/justice/", Kind.PAGE, Kind.PAGE, 8, None),
    "a page is not left for its feed": ("/", Kind.PAGE, Kind.PAGE, 8, None),
    "a sitemap": ("/map.xml", Kind.SITEMAP, Kind.SITEMAP, 1, None),
    "a sitemap index": ("/index.xml", Kind.SITEMAP, Kind.SITEMAP, 1, None),
    "a feed as a sitemap": ("/rss", Kind.SITEMAP, Kind.SITEMAP, 3, None),
    "an article": ("/justice/three-to-a-cell", Kind.ARTICLE, Kind.ARTICLE, 1, None),
    "unknown, a feed": ("/rss", None, Kind.FEED, 3, None),
    "unknown, a sitemap": ("/map.xml", None, Kind.SITEMAP, 1, None),
    "unknown, a page with a feed": ("/", None, Kind.FEED, 3, "/rss"),
    "unknown, a listing": ("/justice/", None, Kind.PAGE, 8, None),
    "unknown, an article": ("/justice/three-to-a-cell", None, Kind.ARTICLE, 1, None),
}


@pytest.mark.parametrize(("path", "kind", "is_kind", "entries", "found_url"), READS.values(), ids=READS)
def test_an_answer_is_read_by_its_kind(
    loopback: Loopback, path: str, kind: Kind | None, is_kind: Kind, entries: int, found_url: str | None
) -> None:
    server = loopback.serve(routes(SITE))
    found = read(server, path, kind)
    assert isinstance(found, Read), found
    assert (found.kind, len(found.entries)) == (is_kind, entries)
    assert found.found_url == (server.url(found_url) if found_url else None)


@pytest.mark.parametrize(
    ("path", "kind", "reason"),
    [
        ("/justice/", Kind.FEED, "HTML page"),
        ("/justice/", Kind.SITEMAP, "html"),
        ("/void", Kind.PAGE, "without article links"),
        ("/void", None, "give the address"),
    ],
)
def test_an_answer_of_another_kind_is_not_an_empty_one(
    loopback: Loopback, path: str, kind: Kind | None, reason: str
) -> None:
    found = read(loopback.serve(routes(SITE)), path, kind)
    assert isinstance(found, NotAFeed)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("days_ago", "since_days_ago", "entries"), [(3, None, 1), (10, None, 0), (10, 5, 1), (40, 38, 1), (40, 5, 0)]
)
def test_a_sitemap_is_read_from_a_week_before_the_last_success(
    loopback: Loopback, days_ago: int, since_days_ago: int | None, entries: int
) -> None:
    changed = NOW - timedelta(days=days_ago)
    body = f"<urlset><url><loc>/justice/a-story</loc><lastmod>{changed:%Y-%m-%d}</lastmod></url></urlset>"
    server = loopback.serve(routes({"/map.xml": reply(body.encode())}))
    since = NOW - timedelta(days=since_days_ago) if since_days_ago else None
    found = read(server, "/map.xml", Kind.SITEMAP, since)
    assert isinstance(found, Read)
    assert len(found.entries) == entries


def test_dates_of_a_listing_are_plausible(loopback: Loopback) -> None:
    body = listing().replace(b"</h2>", b"</h2><time datetime='2031-01-01'>soon</time>")
    found = read(loopback.serve(routes({"/": page(body)})), "/", Kind.PAGE)
    assert isinstance(found, Read)
    assert {entry.published_at for entry in found.entries} == {None}
