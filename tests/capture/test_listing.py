"""Listing pages of many layouts, each with its articles beside it, and pages that mean no good."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from lxml.html import document_fromstring

from tasks.capture.addresses import article_points, is_no_article, same_site
from tasks.capture.listing import article_links, parse_listing
from tasks.capture.pagekind import is_article
from tasks.capture.pagetree import parse_page
from tasks.demosite import DemoSite

DATA = Path(__file__).parents[1] / "data" / "listings"
URLS = {
    "wordpress-es": "https://gaceta.example/category/justicia/",
    "press-table-en": "https://press.example/press.aspx",
}
HTML = "text/html; charset=utf-8"


def address(name: str) -> str:
    return URLS.get(name, "https://www.paper.example/news")


def links(html: str, url: str = "https://paper.example/") -> list[str]:
    return [entry.url for entry in parse_listing(html.encode(), url=url, content_type=HTML)]


@pytest.mark.parametrize("page", sorted(DATA.glob("*.html")), ids=lambda page: page.stem)
def test_exactly_the_articles_of_a_layout_are_found(page: Path) -> None:
    url = address(page.stem)
    beside = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    expected = [(urljoin(url, path), title, day) for path, title, day in beside]
    found = parse_listing(page.read_bytes(), url=url, content_type=HTML)
    shown = [(e.url, e.title, e.published_at.isoformat() if e.published_at else None) for e in found]
    assert shown == expected
    assert [entry.entry_id for entry in found] == [entry.url for entry in found]


@pytest.mark.parametrize("page", sorted(DATA.glob("*.html")), ids=lambda page: page.stem)
def test_no_listing_is_taken_for_an_article(page: Path) -> None:
    tree = parse_page(page.read_bytes(), HTML)
    assert tree is not None
    assert not is_article(tree, address(page.stem), article_links(tree, address(page.stem)))


@pytest.fixture(scope="module")
def site() -> Iterator[DemoSite]:
    with DemoSite(today=date(2026, 3, 12), port=0, slow_seconds=0.01) as running:
        yield running


def test_home_and_section_pages_of_the_demo_site_give_their_articles_and_nothing_else(site: DemoSite) -> None:
    articles = {site.article_url(article): article for article in site.articles()}
    pages = 0
    with httpx.Client(trust_env=False) as client:
        for publisher in site.publishers:
            home = site.url(publisher, "/")
            queue, seen = [home], set()
            while queue:
                url = queue.pop()
                seen.add(url)
                answer = client.get(url)
                if answer.status_code != 200 or "html" not in answer.headers["content-type"]:
                    continue
                hrefs = (link.get("href", "") for link in document_fromstring(answer.content).iter("a"))
                linked = {urljoin(url, href).partition("#")[0] for href in hrefs}
                found = parse_listing(answer.content, url=url, content_type=answer.headers["content-type"])
                assert {entry.url for entry in found} == linked & articles.keys(), url
                for entry in found:
                    assert " ".join((entry.title or "").split()) == " ".join(articles[entry.url].title.split())
                pages += 1
                if url == home:
                    queue += [to for to in linked if to.startswith(home) and to not in articles and to not in seen]
    assert pages > 30


NOT_ARTICLES = (
    "/",
    "/tag/overcrowding-in-county-jails",
    "/category/world/africa/",
    "/etiqueta/motin",
    "/mots-cles/maison-d-arret",
    "/autor/ana-lucia-prado",
    "/profile/mara-quill-court-reporter",
    "/topics/death-penalty",
    "/2026/11/",
    "/2026/11/23",
    "/archives/2026/11",
    "/news/page/3",
    "/news?page=2",
    "/search?q=prison",
    "/wp-login.php",
    "/feed/",
    "/about-us",
    "/about/our-team",
    "/quienes-somos/",
    "/mentions-legales",
    "/politica-de-privacidad/",
    "/terms-and-conditions-of-use",
    "/docs/2026/11/annual-report-on-prisons.pdf",
    "/legal",
)
ARTICLES = (
    "/2026/11/23/court-rules",
    "/legal/supreme-court-rules-on-prison-labor",
    "/topics/death-penalty/carrizo-governor-grants-reprieve-hours-before",
    "/archives/12345",
    "/node/2412",
    "/?p=4766",
    "/noticias/detalle.php?id=4521",
    "/noticia/juez-ordena-liberar-a-once",
    "/articles/110482",
    "/tagesthema-gefaengnis-und-was-danach-kommt",
    "/category/justice/2026/11/the-warden-who-kept-bees",
)


@pytest.mark.parametrize("path", NOT_ARTICLES)
def test_an_address_that_is_certainly_no_article(path: str) -> None:
    assert is_no_article(f"https://paper.example{path}")


@pytest.mark.parametrize("path", ARTICLES)
def test_an_address_that_may_be_an_article(path: str) -> None:
    url = f"https://paper.example{path}"
    assert not is_no_article(url)
    assert article_points(url) > article_points("https://paper.example/world/africa")


@pytest.mark.parametrize(
    ("url", "page", "same"),
    [
        ("https://www.paper.example/a", "https://paper.example/", True),
        ("https://edition.paper.com/a", "https://www.paper.com/", True),
        ("https://paper.co.uk/a", "https://other.co.uk/", False),
        ("https://ann.blogspot.com/a", "https://bob.blogspot.com/", False),
        ("http://127.0.0.1:8001/a", "http://127.0.0.1:8002/", False),
        ("http://127.0.0.12/a", "http://127.0.0.11/", False),
        ("http://[::1]:81/a", "http://[::1]:81/", True),
    ],
)
def test_which_addresses_belong_to_one_site(url: str, page: str, same: bool) -> None:
    assert same_site(url, page) is same


def test_one_article_under_several_addresses_is_one_entry() -> None:
    html = (
        "<main><h2><a href='/2026/11/the-warden-who-kept-bees?utm_source=home'>The warden who kept bees</a></h2>"
        "<h2><a href='http://www.paper.example/2026/11/the-warden-who-kept-bees/#comments'>The warden who kept bees</a>"
        "</h2></main>"
    )
    assert links(html) == ["https://paper.example/2026/11/the-warden-who-kept-bees"]


def test_an_article_in_the_menu_and_in_the_list_keeps_its_heading() -> None:
    html = (
        "<nav><a href='/2026/11/the-warden-who-kept-bees'>Bees</a></nav>"
        "<main><article><h2>The warden who kept bees</h2><p>A profile.</p>"
        "<a href='/2026/11/the-warden-who-kept-bees'>Read more</a></article></main>"
    )
    (entry,) = parse_listing(html.encode(), url="https://paper.example/", content_type=HTML)
    assert entry.title == "The warden who kept bees"


STORY = b"<a href='/2026/11/%d-two-three-four'>One two three four</a>"
HOSTILE = {
    "empty": b"",
    "no markup": b"just words",
    "nested": b"<div>" * 20_000 + STORY % 1,
    "unclosed links": b"<a href='/2026/11/one-two-three-four'>" * 20_000,
    "bad base": b"<base href='http://[broken'><a href='x'>A story about nothing much at all</a>",
    "bad links": b"".join(
        b"<a href='%s'>A story</a>" % to for to in (b"http://[", b"//", b"http://:x/", b"?", b"/%ff")
    ),
    "entities": b"<!DOCTYPE html [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;&a;'>]><p>&b;</p>",
    "bytes": bytes(range(256)) * 50,
    "a long attribute": b"<p class='" + b"nav-" * 100_000 + b"'>" + STORY % 1 + b"</p>",
    "many articles": b"<p>" + b"".join(STORY % number + b"<time>x</time>" for number in range(9_000)),
    "many links to one": b"<div>" + (STORY % 1 + b"<p>x</p>") * 9_000,
}


@pytest.mark.timeout(60)  # a quadratic step would take minutes
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_page_neither_raises_nor_hangs(body: bytes) -> None:
    found = parse_listing(body, url="https://paper.example/", content_type=HTML)
    assert len({entry.url for entry in found}) == len(found)


def test_article_pages_are_told_from_listings() -> None:
    paragraph = "The inspectors stayed for three days, spoke with forty prisoners and saw what nobody wanted to see."
    body = "".join(f"<p>{paragraph} {number}</p>" for number in range(8))
    teasers = "".join(f"<li><a href='/2026/11/a-story-of-today-{n}'>A story of today, {n}</a></li>" for n in range(9))
    html = f"<html><body><article><h1>Three to a cell</h1>{body}</article><ul>{teasers}</ul></body></html>"
    tree = parse_page(html.encode(), HTML)
    assert tree is not None
    url = "https://paper.example/justice/three-to-a-cell-58213"
    assert is_article(tree, url, article_links(tree, url))
    assert not is_article(tree, "https://paper.example/", article_links(tree, "https://paper.example/"))
