"""The demo site over real HTTP: its feeds and pages, its editions, its awkward corners."""

import errno
import http.client
import json
import re
import threading
import time
from calendar import timegm
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import feedparser
import httpx
import pytest
import trafilatura

from tasks.demosite import DEFAULT_ROOT, Article, ContentError, DemoSite, Request
from tasks.demosite import site as site_module
from tasks.demosite.content import Calendar, load_publishers, parse_blocks
from tasks.demosite.model import Block, slugify, stable_number
from tasks.demosite.resource import Resource
from tasks.demosite.server import PublisherServer, answer

TODAY = date(2026, 3, 12)
PUBLISHERS = list(load_publishers(DEFAULT_ROOT))
XML_FEEDS = [name for name in PUBLISHERS if name != "diario-da-enseada"]


@pytest.fixture(scope="module")
def site() -> Iterator[DemoSite]:
    with DemoSite(today=TODAY, port=0, slow_seconds=0.01) as running:
        yield running


@pytest.fixture
def fresh() -> Iterator[DemoSite]:
    """One of its own for a test that changes the edition or counts requests."""
    with DemoSite(today=TODAY, port=0, slow_seconds=0.01) as running:
        yield running


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as running:
        yield running


def feed_of(site: DemoSite, publisher: str) -> str:
    return site.url(publisher, site.publishers[publisher].feed.path)


def parsed(client: httpx.Client, site: DemoSite, publisher: str) -> Any:
    response = client.get(feed_of(site, publisher))
    return feedparser.parse(response.content, response_headers=dict(response.headers))


def page(client: httpx.Client, site: DemoSite, article: Article) -> str:
    response = client.get(site.article_url(article))
    assert response.status_code == 200, article.path
    return response.text


def first(site: DemoSite, publisher: str) -> Article:
    return next(article for article in site.articles() if article.publisher == publisher)


def json_ld(html: str) -> list[Any]:
    found = re.findall(r'<script type="application/ld\+json"[^>]*>(.*?)</script>', html, re.DOTALL)
    return [json.loads(text) for text in found]


def stated_time(entry: Any) -> datetime:
    # feedparser takes the dc:date of RSS 1.0 as `updated`.
    parsed_time = entry.get("published_parsed") or entry.updated_parsed
    return datetime.fromtimestamp(timegm(parsed_time), UTC)


def squeezed(text: str) -> str:
    return " ".join(text.split())


# --- sources and feeds


def test_sources_are_rows_of_sources_yaml(site: DemoSite) -> None:
    rows = site.sources()
    ids = [row["id"] for row in rows]
    assert ids == [*PUBLISHERS, "harbour-gazette-sport", "meridian-wire-photos"]
    for row in rows:
        assert set(row) == {"id", "name", "url", "kind", "country", "language", "tags"}
        assert row["kind"] == "feed"
        assert str(row["url"]).startswith("http://127.0.0.")


@pytest.mark.parametrize("publisher", XML_FEEDS)
def test_xml_feed_is_well_formed_and_complete(site: DemoSite, client: httpx.Client, publisher: str) -> None:
    feed = parsed(client, site, publisher)
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.feed.title == site.publishers[publisher].name
    urls = {entry.link.partition("?")[0] for entry in feed.entries}
    articles = {site.article_url(a) for a in site.articles() if a.publisher == publisher}
    odd = {site.url(publisher, oddity.path) for oddity in site.publishers[publisher].oddities}
    assert urls == articles | odd
    assert all(entry.title and stated_time(entry) for entry in feed.entries)
    assert len({entry.get("id", entry.link) for entry in feed.entries}) == len(feed.entries)


@pytest.mark.parametrize(
    ("publisher", "version"),
    [
        ("harbour-gazette", "rss20"),
        ("meridian-wire", "atom10"),
        ("justice-ledger", "rss20"),
        ("newsloop", "rss20"),
        ("el-mirador", "rss20"),
        ("cronica-andina", "atom10"),
        ("courrier-des-quais", "rss10"),
    ],
)
def test_feed_formats(site: DemoSite, client: httpx.Client, publisher: str, version: str) -> None:
    feed = parsed(client, site, publisher)
    assert feed.version == version
    assert bool(feed.entries[0].get("content")) == (publisher == "justice-ledger")


def test_json_feed(site: DemoSite, client: httpx.Client) -> None:
    response = client.get(feed_of(site, "diario-da-enseada"))
    assert response.headers["content-type"].startswith("application/feed+json")
    feed = response.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    articles = [a for a in site.articles() if a.publisher == "diario-da-enseada"]
    assert [item["url"] for item in feed["items"]] == [site.article_url(a) for a in articles]
    assert [item["title"] for item in feed["items"]] == [a.title for a in articles]


def test_newsloop_counts_its_visits_in_feed_links_only(site: DemoSite, client: httpx.Client) -> None:
    entry = parsed(client, site, "newsloop").entries[0]
    assert entry.link == f"{entry.id}?utm_source=rss&utm_medium=feed"
    response = client.get(entry.link)
    assert f'rel="canonical" href="{entry.id}"' in response.text


def test_harbour_gazette_guids_are_no_links(site: DemoSite, client: httpx.Client) -> None:
    entry = parsed(client, site, "harbour-gazette").entries[0]
    assert not entry.guidislink
    assert re.fullmatch(r"https://harbourgazette\.example/\?p=\d+", entry.id)


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("harbour-gazette-sport", 410),
        ("meridian-wire-photos", 500),
    ],
)
def test_broken_feeds(site: DemoSite, client: httpx.Client, source: str, status: int) -> None:
    url = next(str(row["url"]) for row in site.sources() if row["id"] == source)
    assert client.get(url).status_code == status


def test_moved_feed(site: DemoSite, client: httpx.Client) -> None:
    url = next(str(row["url"]) for row in site.sources() if row["id"] == "courrier-des-quais")
    response = client.get(url)
    assert (response.status_code, response.headers["location"]) == (301, feed_of(site, "courrier-des-quais"))


def test_only_the_slow_feed_is_slow(client: httpx.Client) -> None:
    with DemoSite(today=TODAY, port=0, slow_seconds=0.4) as slow:
        times = {}
        for publisher in ("cronica-andina", "courrier-des-quais"):
            begin = time.perf_counter()
            client.get(feed_of(slow, publisher))
            times[publisher] = time.perf_counter() - begin
    assert times["cronica-andina"] >= 0.4 > times["courrier-des-quais"]


# --- pages


@pytest.mark.parametrize("publisher", PUBLISHERS)
def test_extraction_finds_every_paragraph(site: DemoSite, client: httpx.Client, publisher: str) -> None:
    articles = [article for article in site.articles() if article.publisher == publisher]
    assert len(articles) >= 4
    for article in articles:
        html = page(client, site, article)
        document = trafilatura.bare_extraction(html, with_metadata=True, include_comments=False)
        assert document is not None and not isinstance(document, dict), article.slug
        text = squeezed(document.text or "")
        missing = [line for block in article.blocks for line in block.lines if squeezed(line) not in text]
        assert not missing, article.slug
        assert squeezed(document.title or "") == squeezed(article.title)
        leaked = [comment.text for comment in article.comments if squeezed(comment.text) in text]
        assert not leaked, article.slug


@pytest.mark.parametrize("publisher", PUBLISHERS)
def test_pages_escape_and_link_absolutely(site: DemoSite, client: httpx.Client, publisher: str) -> None:
    for article in (a for a in site.articles() if a.publisher == publisher):
        html = page(client, site, article)
        targets = set(re.findall(r'(?:href|src)="([^"]*)"', html))
        assert all(target.startswith(("http://127.", "https://", "#")) for target in targets)
        assert "{{" not in html and "None" not in html


def test_every_linked_page_of_a_home_page_is_there(site: DemoSite, client: httpx.Client) -> None:
    for publisher in PUBLISHERS:
        html = client.get(site.url(publisher, "/")).text
        links = set(re.findall(r'<a href="([^"]+)"', html.partition("<footer")[0]))
        inside = {url for url in links if "/search" not in url}
        nav = {site.url(publisher, f"/{slugify(name)}/") for name in site.publishers[publisher].sections}
        assert nav <= inside
        own = {site.article_url(a) for a in site.articles() if a.publisher == publisher}
        assert all(client.get(url).status_code == 200 for url in nav | own)


def test_not_found_is_a_page_of_the_publisher(site: DemoSite, client: httpx.Client) -> None:
    response = client.get(site.url("el-mirador", "/nada"))
    assert response.status_code == 404
    assert "Página no encontrada" in response.text and "El Mirador del Sur" in response.text


def test_metadata_differs_between_themes(site: DemoSite, client: httpx.Client) -> None:
    html = {publisher: page(client, site, first(site, publisher)) for publisher in PUBLISHERS}
    blocks = {publisher: json_ld(text) for publisher, text in html.items()}
    assert [node["@type"] for node in blocks["harbour-gazette"][0]["@graph"]][-1] == "NewsArticle"
    assert [node["@type"] for node in blocks["justice-ledger"][0]][-1] == "NewsArticle"
    assert blocks["newsloop"] == [] and "article:published_time" in html["newsloop"]
    assert blocks["meridian-wire"] == [] and "<meta property" not in html["meridian-wire"]
    assert "<time " in html["meridian-wire"] and "canonical" not in html["meridian-wire"]
    for publisher in ("el-mirador", "cronica-andina", "diario-da-enseada", "courrier-des-quais"):
        assert blocks[publisher][-1]["@type"] == "NewsArticle"


def test_stated_dates_agree(site: DemoSite, client: httpx.Client) -> None:
    article = first(site, "courrier-des-quais")
    stated = json_ld(page(client, site, article))[0]["datePublished"]
    assert datetime.fromisoformat(stated) == article.published
    entry = parsed(client, site, "courrier-des-quais").entries[0]
    assert stated_time(entry) == article.published


def test_paywalled_article_says_so_and_is_whole(site: DemoSite, client: httpx.Client) -> None:
    paywalled = [article for article in site.articles() if article.paywalled]
    assert paywalled
    for article in paywalled:
        html = page(client, site, article)
        assert '"isAccessibleForFree": false' in html or "content_tier" in html


def test_copies_have_the_text_of_the_original(site: DemoSite) -> None:
    articles = {f"{article.publisher}/{article.slug}": article for article in site.articles()}
    copies = [article for article in articles.values() if article.copy_of]
    assert len(copies) >= 3
    for copy in copies:
        assert copy.copy_of in articles
        assert copy.blocks == articles[copy.copy_of].blocks


def test_newsloop_ends_with_its_source_and_a_comment_form(site: DemoSite, client: httpx.Client) -> None:
    credited = [a for a in site.articles() if a.publisher == "newsloop" and (a.credit or a.copy_of)]
    assert credited
    for article in credited:
        html = page(client, site, article)
        document = trafilatura.bare_extraction(html, include_comments=False)
        assert document is not None and not isinstance(document, dict)
        tail = (document.text or "").splitlines()[-2:]
        assert re.fullmatch(r"Original Source: \w+\.example", tail[0])
        assert tail[1] == "Post Comment"


def test_oddities(site: DemoSite, client: httpx.Client) -> None:
    oddities = {odd.kind: odd for odd in site.publishers["harbour-gazette"].oddities}
    answers = {kind: client.get(site.url("harbour-gazette", odd.path)) for kind, odd in oddities.items()}
    assert answers["missing"].status_code == 404
    assert answers["pdf"].headers["content-type"] == "application/pdf"
    assert answers["pdf"].content.startswith(b"%PDF-") and answers["pdf"].content.endswith(b"%%EOF\n")
    assert "<video" in answers["video"].text and answers["video"].text.count("<p>") == 1
    assert oddities["private"].path.startswith("/private/")
    assert "Disallow: /private/" in client.get(site.url("harbour-gazette", "/robots.txt")).text


# --- HTTP


@pytest.mark.parametrize("path", ["/", "/feed.xml", "/news/", "/assets/site.css"])
def test_validators_give_304(site: DemoSite, client: httpx.Client, path: str) -> None:
    url = site.url("harbour-gazette", path)
    whole = client.get(url)
    again = client.get(url, headers={"If-None-Match": whole.headers["etag"]})
    assert (whole.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again.headers["etag"] == whole.headers["etag"]
    if modified := whole.headers.get("last-modified"):
        assert client.get(url, headers={"If-Modified-Since": modified}).status_code == 304
        earlier = format_datetime(parsedate_to_datetime(modified) - timedelta(seconds=1), usegmt=True)
        assert client.get(url, headers={"If-Modified-Since": earlier}).status_code == 200


@pytest.mark.parametrize(
    ("none_match", "since", "status"),
    [
        ("", "", 200),
        ('"other"', "", 200),
        ('"other", ETAG', "", 304),
        ("*", "", 304),
        ('"other"', "Fri, 01 Jan 2027 00:00:00 GMT", 200),
        ("", "Fri, 01 Jan 2027 00:00:00 GMT", 304),
        ("", "Wed, 01 Jan 2025 00:00:00 GMT", 200),
        ("", "last week", 200),
    ],
)
def test_conditional_requests(none_match: str, since: str, status: int) -> None:
    resource = Resource(b"text", modified=datetime(2026, 1, 1, tzinfo=UTC))
    assert answer(resource, none_match.replace("ETAG", resource.etag), since, "").status == status


@pytest.mark.parametrize(
    ("accept", "encoded"),
    [("", False), ("gzip", True), ("br, GZIP;q=0.5", True), ("gzip;q=0", False), ("br, gzip; q=0.0", False)],
)
def test_gzip_where_it_is_accepted(accept: str, encoded: bool) -> None:
    assert (("Content-Encoding", "gzip") in answer(Resource(b"text"), "", "", accept).headers) == encoded


def test_gzip_over_the_wire(site: DemoSite, client: httpx.Client) -> None:
    url = site.url("harbour-gazette", "/")
    plain = client.get(url, headers={"Accept-Encoding": "identity"})
    small = client.get(url, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers and small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < int(plain.headers["content-length"])
    assert small.text == plain.text and small.headers["etag"] == plain.headers["etag"]


def test_connection_is_kept_and_head_has_no_body(site: DemoSite) -> None:
    target = urlsplit(site.url("newsloop", "/"))
    connection = http.client.HTTPConnection(str(target.hostname), target.port, timeout=5)
    connection.connect()
    socket = connection.sock
    lengths = []
    for method, path in [("GET", "/"), ("HEAD", "/"), ("GET", "/nowhere"), ("GET", "/rss")]:
        connection.request(method, path)
        lengths.append(len(connection.getresponse().read()))
        assert connection.sock is socket
    connection.close()
    assert lengths[1] == 0 and all(lengths[:1] + lengths[2:])


# --- editions


def test_second_edition_adds_and_revises(fresh: DemoSite, client: httpx.Client) -> None:
    before = {fresh.article_url(article): article for article in fresh.articles()}
    fresh.edition = 2
    after = {fresh.article_url(article): article for article in fresh.articles()}
    added = [article for url, article in after.items() if url not in before]
    revised = [article for article in after.values() if article.modified]
    assert added and revised and all(article.edition == 2 for article in added)
    for article in added:
        assert page(client, fresh, article)
        assert fresh.article_url(article) in client.get(feed_of(fresh, article.publisher)).text
    for article in revised:
        old = before[fresh.article_url(article)]
        assert old.modified is None and (old.title, old.blocks) != (article.title, article.blocks)
        assert article.modified is not None and article.modified.isoformat() in page(client, fresh, article)


def test_later_pages_are_not_in_the_first_edition(fresh: DemoSite, client: httpx.Client) -> None:
    fresh.edition = 2
    later = [article for article in fresh.articles() if article.edition == 2]
    fresh.edition = 1
    assert all(client.get(fresh.article_url(article)).status_code == 404 for article in later)


def test_only_what_changed_has_new_validators(fresh: DemoSite, client: httpx.Client) -> None:
    pages = {fresh.article_url(article) for article in fresh.articles()}
    feeds = {feed_of(fresh, publisher): publisher for publisher in PUBLISHERS}
    first_time = {url: client.get(url).headers for url in pages | set(feeds)}
    fresh.edition = 2
    second_time = {url: client.get(url).headers for url in pages | set(feeds)}
    changed = {url for url, headers in second_time.items() if headers["etag"] != first_time[url]["etag"]}
    now = fresh.articles()
    revised = {fresh.article_url(article) for article in now if article.modified}
    touched = {article.publisher for article in now if article.modified or article.edition == 2}
    assert changed == revised | {url for url, publisher in feeds.items() if publisher in touched}
    for url, headers in second_time.items():
        moved = parsedate_to_datetime(headers["last-modified"]) > parsedate_to_datetime(
            first_time[url]["last-modified"]
        )
        assert moved == (url in changed), url


@pytest.mark.parametrize("publisher", XML_FEEDS)
def test_feed_states_when_it_changed(fresh: DemoSite, client: httpx.Client, publisher: str) -> None:
    before = parsed(client, fresh, publisher).feed.updated_parsed
    fresh.edition = 2
    touched = any(a.publisher == publisher and (a.modified or a.edition == 2) for a in fresh.articles())
    after = parsed(client, fresh, publisher).feed.updated_parsed
    assert (after > before) == touched


def test_feed_entry_of_a_revised_article_is_updated(fresh: DemoSite, client: httpx.Client) -> None:
    fresh.edition = 2
    revised = [article for article in fresh.articles() if article.modified and article.publisher in XML_FEEDS]
    for article in revised:
        entries = parsed(client, fresh, article.publisher).entries
        entry = next(e for e in entries if e.link.partition("?")[0] == fresh.article_url(article))
        assert entry.title == article.title
        assert article.published < datetime.fromtimestamp(timegm(entry.updated_parsed), UTC)


# --- dates, addresses, log


def test_nothing_is_dated_in_the_future() -> None:
    now = datetime.now(UTC)
    site = DemoSite()
    assert all(article.published < now for article in site.articles())
    site.edition = 2
    assert all(article.changed <= datetime.now(UTC) for article in site.articles())


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("09:00", "2026-03-12T09:00:00-05:00"), ("21:30", "2026-03-11T21:30:00-05:00")],
)
def test_what_is_still_to_come_is_of_the_day_before(clock: str, expected: str) -> None:
    noon = datetime(2026, 3, 12, 17, 0, tzinfo=UTC)
    publisher = load_publishers(DEFAULT_ROOT)["el-mirador"]
    assert Calendar(TODAY, noon, noon).moment(publisher, 0, clock).isoformat() == expected


def test_same_day_same_site() -> None:
    assert DemoSite(today=TODAY).articles() == DemoSite(today=TODAY).articles()


def test_request_log(fresh: DemoSite, client: httpx.Client) -> None:
    url = fresh.url("newsloop", "/rss?utm_source=x")
    etag = client.get(url).headers["etag"]
    client.get(url, headers={"If-None-Match": etag})
    client.get(fresh.url("el-mirador", "/nada"))
    expected = [("newsloop", "/rss", 200), ("newsloop", "/rss", 304), ("el-mirador", "/nada", 404)]
    assert fresh.requests == [Request(*row) for row in expected]
    fresh.reset()
    assert fresh.requests == []


def test_many_clients_at_once(fresh: DemoSite) -> None:
    url = fresh.url("harbour-gazette", "/")
    threads = [threading.Thread(target=httpx.get, args=(url,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [request.status for request in fresh.requests] == [200] * 20


def test_each_publisher_has_its_own_address(site: DemoSite) -> None:
    assert len({urlsplit(site.url(publisher, "/")).netloc for publisher in PUBLISHERS}) == len(PUBLISHERS)


def test_taken_port_gives_the_next_range(site: DemoSite) -> None:
    port = urlsplit(site.url("harbour-gazette", "/")).port
    assert port is not None
    with DemoSite(today=TODAY, port=port) as second:
        assert urlsplit(second.url("harbour-gazette", "/")).port != port


def test_one_loopback_address_is_enough(monkeypatch: pytest.MonkeyPatch, client: httpx.Client) -> None:
    class OnlyLocalhost(PublisherServer):
        def __init__(self, address: tuple[str, int], *rest: Any) -> None:
            if address[0] != "127.0.0.1":
                raise OSError(errno.EADDRNOTAVAIL, "no such address here")
            super().__init__(address, *rest)

    monkeypatch.setattr(site_module, "PublisherServer", OnlyLocalhost)
    with DemoSite(today=TODAY, port=0) as site:
        urls = [site.url(publisher, "/") for publisher in PUBLISHERS]
        assert {urlsplit(url).hostname for url in urls} == {"127.0.0.1"}
        assert all(client.get(url).status_code == 200 for url in urls)


def test_stop_ends_kept_connections_and_start_begins_again(client: httpx.Client) -> None:
    site = DemoSite(today=TODAY, port=0)
    with pytest.raises(RuntimeError):
        site.url("newsloop", "/")
    site.start()
    url = site.url("newsloop", "/")
    assert client.get(url).status_code == 200
    site.stop()
    site.stop()
    with pytest.raises(httpx.TransportError):
        client.get(url)
    with site:
        assert client.get(site.url("newsloop", "/")).status_code == 200


# --- content files


@pytest.mark.parametrize(
    ("body", "blocks"),
    [
        ("One.\n\nTwo\nlines.", [("paragraph", "One."), ("paragraph", "Two lines.")]),
        ("## Head\n\n> Said\n> twice.", [("subhead", "Head"), ("quote", "Said twice.")]),
        ("- one\n- two", [("list", "one", "two")]),
    ],
)
def test_blocks(body: str, blocks: list[tuple[str, ...]]) -> None:
    assert [(block.kind, *block.lines) for block in parse_blocks(body)] == blocks
    assert all(isinstance(block, Block) for block in parse_blocks(body))


@pytest.mark.parametrize(
    ("text", "slug"), [("Política", "politica"), ("Faits divers", "faits-divers"), ("A  & B!", "a-b")]
)
def test_slugs(text: str, slug: str) -> None:
    assert slugify(text) == slug


def test_stable_number() -> None:
    assert stable_number("inspectors-three-to-a-cell-port-ellery-jail") == 46409


HEAD = 'title: "T"\ndays_ago: 1\ntime: "08:00"\nsection: News\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no front matter", "expected front matter"),
        ("---\ntitle: a: b\n---\nText.", "not YAML"),
        ("---\ntitle: T\n---\nText.", "days_ago"),
        (f"---\n{HEAD}colour: red\n---\nText.", "colour"),
        (f"---\n{HEAD}---\n", "empty body"),
        (f"---\n{HEAD}copy_of: newsloop/none\n---\n", "newsloop/none"),
        (f"---\n{HEAD}copy_of: newsloop/one\n---\n", "newsloop/one"),
        (f"---\n{HEAD}revised: {{replace: {{Old.: New.}}}}\n---\nText.", "'Old.'"),
    ],
)
def test_broken_article_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "publishers.yaml").write_text((DEFAULT_ROOT / "publishers.yaml").read_text("utf-8"), "utf-8")
    (tmp_path / "articles" / "newsloop").mkdir(parents=True)
    (tmp_path / "articles" / "newsloop" / "one.md").write_text(text, "utf-8")
    with pytest.raises(ContentError, match=re.escape(message)) as error:
        DemoSite(tmp_path)
    assert "newsloop/one" in str(error.value)


def test_missing_root_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"publishers\.yaml"):
        DemoSite(tmp_path)
