"""Sitemaps of every kind, broken and hostile ones, and an index followed over real HTTP."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from tasks.capture.crawler import open_crawler
from tasks.capture.sitemaps import (
    MAX_CHILDREN,
    MAX_ENTRIES,
    NotASitemap,
    Sitemap,
    SitemapLink,
    follow_children,
    parse_sitemap,
    read_sitemap,
)
from tasks.model import Entry
from tasks.settings import HttpSettings
from tests.capture.loopback import Handler, Loopback, Server, reply, routes

URL = "https://paper.example/sitemap.xml"
NOW = datetime(2026, 11, 23, 12, 0)
NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NEWS_NS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
SETTINGS = HttpSettings(per_host_delay=timedelta(0), allow_private_hosts=("127.0.0.0/8",))


def parse(body: str | bytes, max_bytes: int = 1_000_000) -> Sitemap | NotASitemap:
    return parse_sitemap(body.encode() if isinstance(body, str) else body, url=URL, max_bytes=max_bytes)


def entries(body: str | bytes) -> tuple[Entry, ...]:
    found = parse(body)
    assert isinstance(found, Sitemap), found
    return found.entries


def page(path: str, more: str = "") -> str:
    return f"<url><loc>https://paper.example{path}</loc>{more}</url>"


def urlset(*pages: str, namespaces: str = NS) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {namespaces}>{"".join(pages)}</urlset>'


def index(*children: tuple[str, str]) -> str:
    listed = (f"<sitemap><loc>{to}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</sitemap>" for to, day in children)
    return f"<?xml version='1.0'?><sitemapindex {NS}>{''.join(listed)}</sitemapindex>"


def test_a_sitemap_gives_pages_with_their_last_change() -> None:
    (first, second) = entries(
        urlset(page("/a-story?utm_source=map", "<lastmod>2026-11-20T10:00:00+01:00</lastmod>"), page("/b"))
    )
    assert (first.entry_id, first.url) == ("https://paper.example/a-story", "https://paper.example/a-story")
    assert (first.updated_at, first.published_at, first.title) == (datetime(2026, 11, 20, 9, 0), None, None)
    assert (second.url, second.updated_at) == ("https://paper.example/b", None)


def test_a_news_sitemap_gives_titles_and_dates() -> None:
    news = (
        "<news:news><news:publication><news:name>Paper</news:name><news:language>es</news:language></news:publication>"
        "<news:publication_date>2026-11-22T23:30:00-05:00</news:publication_date>"
        "<news:title>Motín: &quot;nadie avisó&quot; &amp; más</news:title><news:keywords>cárcel, motín</news:keywords>"
        "</news:news><image:image xmlns:image='i'><image:loc>https://paper.example/i.jpg?s=1</image:loc>"
        "<image:title>No el título</image:title></image:image>"
    )
    (entry,) = entries(urlset(page("/motin", news), namespaces=f"{NS} {NEWS_NS}"))
    assert entry.title == 'Motín: "nadie avisó" & más'
    assert entry.published_at == datetime(2026, 11, 23, 4, 30)
    assert entry.tags == ("cárcel", "motín")
    assert entry.image_url == "https://paper.example/i.jpg?s=1"


def test_an_index_gives_its_children_as_they_are_addressed() -> None:
    found = parse(index(("https://paper.example/s.xml?utm_x=1&amp;n=2", "2026-11-20"), ("/s3.xml", "")))
    assert isinstance(found, Sitemap)
    assert found.entries == ()
    assert found.children == (
        SitemapLink("https://paper.example/s.xml?utm_x=1&n=2", datetime(2026, 11, 20)),
        SitemapLink("https://paper.example/s3.xml"),
    )


def test_since_leaves_out_what_is_dated_before() -> None:
    days = ("2026-11-01", "2026-11-20", "")
    body = urlset(*(page(f"/{n}", f"<lastmod>{day}</lastmod>") for n, day in enumerate(days)))
    found = parse_sitemap(body.encode(), url=URL, max_bytes=1_000_000, since=datetime(2026, 11, 16))
    assert isinstance(found, Sitemap)
    assert [entry.url for entry in found.entries] == ["https://paper.example/1", "https://paper.example/2"]


READABLE = {
    "gzip": gzip.compress(urlset(page("/a"), page("/b")).encode()),
    "cut-off gzip": gzip.compress(urlset(page("/a"), page("/b"), *(page(f"/{n}") for n in range(1000))).encode())[
        :2000
    ],
    "plain text": b"\xef\xbb\xbfhttps://paper.example/a\r\n\r\nhttps://paper.example/b\r\n",
    "no namespace": f"<urlset>{page('/a')}{page('/b')}</urlset>",
    "undeclared prefixes": urlset(page("/a", "<news:news><news:title>A</news:title></news:news>"), page("/b")),
    "prefixed": f"<s:urlset xmlns:s='http://www.sitemaps.org/schemas/sitemap/0.9'>"
    f"{page('/a').replace('<', '<s:').replace('<s:/', '</s:')}{page('/b').replace('<', '<s:').replace('<s:/', '</s:')}"
    "</s:urlset>",
    "bare ampersand": urlset(page("/a", "<x>R&D</x>"), page("/b")),
    "blank lines first": "\n\n  " + urlset(page("/a"), page("/b")),
    "truncated": urlset(page("/a"), page("/b"), page("/c"))[:-40],
    "unclosed element": urlset(page("/a", "<lastmod>2026"), page("/b")),
    "stylesheet and comment": urlset(page("/a"), page("/b")).replace(
        "<urlset", "<?xml-stylesheet href='x.xsl'?><!-- made by a plugin --><urlset"
    ),
    "utf-16": urlset(page("/a"), page("/b")).replace("UTF-8", "UTF-16").encode("utf-16"),
    "spaces": urlset(page("/a").replace("<loc>", "<loc>\n  ").replace("</loc>", "\n</loc>"), page("/b")),
    "cdata": urlset(page("/a").replace("<loc>", "<loc><![CDATA[").replace("</loc>", "]]></loc>"), page("/b")),
}


@pytest.mark.parametrize("body", READABLE.values(), ids=READABLE)
def test_what_can_be_read_is_read(body: str | bytes) -> None:
    # An element that is not closed holds those behind it, which are then read first.
    assert {"https://paper.example/a", "https://paper.example/b"} <= {entry.url for entry in entries(body)}


UNREADABLE = {
    "empty": (b"", "no sitemap"),
    "html": ("<!DOCTYPE html><html><body>https://paper.example/a</body></html>", "html"),
    "feed": ("<rss version='2.0'><channel></channel></rss>", "rss"),
    "words": ("Nothing to see here\nMove along\n", "not a list of addresses"),
    "json": ('{"urls": ["https://paper.example/a"]}', "not a list of addresses"),
    "other xml": ("<books><url><loc>https://paper.example/a</loc></url></books>", "no sitemap"),
    "bomb": (gzip.compress(b" " * 50_000_000), "too large"),
    "damaged gzip": (b"\x1f\x8b\x08" + bytes(7) + b"\xff" * 20, "damaged"),
    "binary": (bytes(range(256)) * 9, ""),
}


@pytest.mark.parametrize(("body", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_sitemap_says_what_it_is(body: str | bytes, reason: str) -> None:
    found = parse(body)
    assert isinstance(found, NotASitemap)
    assert reason in found.reason


def test_pages_that_cannot_be_articles_are_left_out() -> None:
    paths = ("/", "/tag/prisons", "/author/ann", "/about-us", "/report.pdf", "/justice/a-story-of-today")
    bad = "<url><loc>javascript:alert(1)</loc></url><url><loc></loc></url><url/><url><loc>ftp://x.example/a</loc></url>"
    body = urlset(*(page(path) for path in paths), bad, page("/justice/a-story-of-today#top"))
    assert [entry.url for entry in entries(body)] == ["https://paper.example/justice/a-story-of-today"]


@pytest.mark.parametrize(
    "declaration",
    [
        "<!DOCTYPE urlset [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>",
        "<!DOCTYPE urlset [<!ENTITY a 'xxxxxxxxxx'><!ENTITY b '&a;&a;&a;'><!ENTITY e '&b;&b;&b;'>]>",
        "<!DOCTYPE urlset SYSTEM 'http://127.0.0.1:9/evil.dtd'>",
    ],
)
def test_entities_neither_expand_nor_are_fetched(declaration: str) -> None:
    body = f"<?xml version='1.0'?>{declaration}<urlset {NS}>{page('/a-&e;')}{page('/b')}</urlset>"
    assert [entry.url for entry in entries(body)] == ["https://paper.example/a-&e", "https://paper.example/b"]


def test_a_date_that_is_none_or_absurd_is_left_out() -> None:
    days = ("yesterday", "0001-01-01", "2026-13-45", "", "Fri, 20 Nov 2026 10:00:00 GMT")
    found = entries(urlset(*(page(f"/{n}", f"<lastmod>{day}</lastmod>") for n, day in enumerate(days))))
    assert [entry.updated_at for entry in found] == [None, None, None, None, datetime(2026, 11, 20, 10)]


def read(server: Server, since: datetime | None = None, path: str = "/sitemap.xml") -> list[str] | str:
    async def work() -> tuple[Entry, ...] | NotASitemap:
        async with open_crawler(SETTINGS, lambda: NOW) as crawler:
            return await read_sitemap(crawler, server.url(path), now=NOW, since=since)

    found = asyncio.run(work())
    return found.reason if isinstance(found, NotASitemap) else [entry.url.rpartition("/")[2] for entry in found]


def site(loopback: Loopback, sitemaps: dict[str, str | bytes], others: Mapping[str, Handler] | None = None) -> Server:
    """Serves the sitemaps; "HERE" in them is the server's own address."""
    table: dict[str, Handler] = {**(others or {})}
    server = loopback.serve(lambda request, writer: routes(table)(request, writer))
    for path, body in sitemaps.items():
        data = body if isinstance(body, bytes) else body.replace("HERE", server.url("")).encode()
        table[path] = reply(data, content_type="application/xml")
    return server


def test_an_index_is_followed_newest_first_and_old_parts_are_left(loopback: Loopback) -> None:
    server = site(
        loopback,
        {
            "/sitemap.xml": index(
                ("HERE/old.xml", "2024-01-01"),
                ("HERE/new.xml.gz", "2026-11-22"),
                ("HERE/2026-09.xml", ""),
                ("HERE/2026-11.xml", ""),
                ("HERE/post_tag-sitemap.xml", "2026-11-23"),
                ("HERE/news-sitemap.xml", ""),
            ),
            "/new.xml.gz": gzip.compress(
                urlset(
                    page("/n1", "<lastmod>2026-11-21</lastmod>"), page("/n2", "<lastmod>2020-01-01</lastmod>")
                ).encode()
            ),
            "/news-sitemap.xml": urlset(page("/n3", "<lastmod>2026-11-22</lastmod>")),
            "/2026-11.xml": urlset(page("/n4"), page("/n1", "<lastmod>2026-11-21</lastmod>")),
        },
    )
    assert read(server, since=NOW - timedelta(days=7)) == ["n3", "n1", "n4"]
    assert server.paths == ["/robots.txt", "/sitemap.xml", "/news-sitemap.xml", "/2026-11.xml", "/new.xml.gz"]


def test_without_since_the_whole_index_is_read(loopback: Loopback) -> None:
    server = site(
        loopback,
        {
            "/sitemap.xml": index(("HERE/a.xml", "2024-01-01"), ("HERE/b.xml", "2026-11-22")),
            "/a.xml": urlset(page("/a")),
            "/b.xml": urlset(page("/b", "<lastmod>2026-11-22</lastmod>")),
        },
    )
    assert read(server) == ["b", "a"]
    assert server.paths == ["/robots.txt", "/sitemap.xml", "/b.xml", "/a.xml"]


def test_the_newest_part_is_read_even_where_all_look_old(loopback: Loopback) -> None:
    server = site(
        loopback,
        {
            "/sitemap.xml": index(("HERE/a.xml", "2023-01-01"), ("HERE/b.xml", "2024-01-01")),
            "/b.xml": urlset(page("/fresh", "<lastmod>2026-11-22</lastmod>")),
        },
    )
    assert read(server, since=NOW - timedelta(days=7)) == ["fresh"]
    assert server.paths == ["/robots.txt", "/sitemap.xml", "/b.xml"]


def test_robots_and_hosts_that_ask_to_wait_are_respected(loopback: Loopback) -> None:
    """A part that is forbidden costs its own pages; where the host asks to wait, nothing more is asked."""
    children = [(f"HERE/{name}.xml", "") for name in ("private", "a", "busy", "b")]
    robots = {"/robots.txt": reply(b"User-agent: *\nDisallow: /private"), "/busy.xml": reply(status=429)}
    bodies: dict[str, str | bytes] = {"/sitemap.xml": index(*children), "/a.xml": urlset(page("/a"))}
    server = site(loopback, bodies, robots)
    assert read(server) == ["a"]
    assert server.paths == ["/robots.txt", "/sitemap.xml", "/a.xml", "/busy.xml"]


def test_loops_and_endless_nesting_end(loopback: Loopback) -> None:
    nested = {f"/{n}.xml": index((f"HERE/{n + 1}.xml", ""), ("HERE/0.xml", "")) for n in range(100)}
    server = site(loopback, {"/sitemap.xml": index(("HERE/sitemap.xml", ""), ("HERE/0.xml", "")), **nested})
    assert read(server) == []
    assert len(server.paths) == MAX_CHILDREN + 2  # with robots.txt
    assert len(set(server.paths)) == len(server.paths)


def test_the_newest_pages_are_kept_where_there_are_too_many(loopback: Loopback) -> None:
    day = NOW - timedelta(days=400)
    pages = [page(f"/p{n}", f"<lastmod>{day + timedelta(hours=n):%Y-%m-%dT%H:%M}</lastmod>") for n in range(6000)]
    found = read(site(loopback, {"/sitemap.xml": urlset(*pages)}))
    assert len(found) == MAX_ENTRIES
    assert (found[0], found[-1]) == ("p5999", "p1000")


def test_a_part_that_fails_costs_only_its_own_pages(loopback: Loopback) -> None:
    server = site(
        loopback,
        {
            "/sitemap.xml": index(("HERE/gone.xml", ""), ("HERE/b.xml", ""), ("http://10.0.0.1/private.xml", "")),
            "/b.xml": urlset(page("/b")),
        },
    )
    assert read(server) == ["b"]


def test_failure_and_emptiness_do_not_look_alike(loopback: Loopback) -> None:
    server = site(
        loopback,
        {
            "/sitemap.xml": index(("HERE/gone.xml", ""), ("HERE/gone2.xml", "")),
            "/empty.xml": urlset(),
            "/page.html": "<!DOCTYPE html><html></html>",
        },
    )
    assert "none of 2 sitemaps" in read(server)
    assert read(server, path="/empty.xml") == []
    assert "html" in read(server, path="/page.html")
    assert read(server, path="/nowhere.xml") == "HTTP 404"
    assert "connect_error" in read(Server(1))


def test_dates_in_the_future_do_not_lead(loopback: Loopback) -> None:
    async def work() -> tuple[Entry, ...] | NotASitemap:
        async with open_crawler(SETTINGS, lambda: NOW) as crawler:
            shown = (
                Entry("f", "https://x.example/f", published_at=datetime(2099, 1, 1)),
                Entry("g", "https://x.example/g"),
            )
            return await follow_children(crawler, Sitemap(shown), now=NOW)

    found = asyncio.run(work())
    assert not isinstance(found, NotASitemap)
    assert [entry.published_at for entry in found] == [None, None]
