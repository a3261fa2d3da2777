"""`newsdesk sources add`, `import` and `export`, as a user types them, against a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tasks.settings import load_config
from tests.flows.commands import Newsdesk
from tests.flows.newsroom import Answer, WebServer, web_server, write_config

SOURCES = """\
# What we watch. Ask Ana before you change the intervals.
sources:
  - id: gatehouse          # the blog
    name: 'Notes from the Gatehouse'
    url: "https://gatehouse.example/feed.xml"
    tags: [prisons,   blog]
    interval: 30m

  # Slow, but worth it.
  - id: observatoire
    name: Observatoire des lieux clos, qui visite les prisons, les centres de rétention et les hôpitaux fermés du pays
    url: https://observatoire.example/flux
    country: FR
    enabled: false

# - id: later
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = write_config(tmp_path / "config", [])
    (folder / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    return folder


@pytest.fixture
def server() -> Iterator[WebServer]:
    with web_server() as running:
        running.feed("/feed", [("/justice/a-story", "A story"), ("/justice/another", "Another")])
        running.routes["/"] = Answer(
            b"<html lang='pt-BR'><head><title>Di\xc3\xa1rio da Enseada</title>"
            b"<link rel='alternate' type='application/rss+xml' href='/feed'></head><body>x</body></html>"
        )
        yield running


@pytest.fixture
def newsdesk(config: Path, newsdesk: Newsdesk) -> Newsdesk:
    """The commands on sources."""
    return lambda *arguments: newsdesk("sources", *arguments)


def added(config: Path) -> list[dict[str, object]]:
    items: list[dict[str, object]] = yaml.safe_load((config / "sources.yaml").read_text(encoding="utf-8"))["sources"]
    return items[2:]


def test_add_finds_the_feed_and_appends_it(newsdesk: Newsdesk, config: Path, server: WebServer) -> None:
    code, out, _ = newsdesk("add", f"{server.base}/", "--tag", "courts", "--tag", "local news")
    assert code == 0
    assert out == f"added a-feed: A feed, feed {server.base}/feed (2 entries now)\n"
    assert added(config) == [
        {
            "id": "a-feed",
            "name": "A feed",
            "url": f"{server.base}/feed",
            "kind": "feed",
            "language": "pt-BR",
            "tags": ["courts", "local news"],
        }
    ]
    assert load_config(config).sources[-1].url == f"{server.base}/feed"


def test_add_leaves_everything_else_in_the_file_as_it_was(newsdesk: Newsdesk, config: Path, server: WebServer) -> None:
    newsdesk("add", f"{server.base}/feed", "--name", "Diário: da Enseada #1", "--id", "diario")
    text = (config / "sources.yaml").read_text(encoding="utf-8")
    assert text.startswith(SOURCES)
    assert text[len(SOURCES) :].startswith("\n  - id: diario\n")  # a blank line, as between the others
    assert text.removeprefix(SOURCES).split() == [
        *("-", "id:", "diario", "name:", "'Diário:", "da", "Enseada", "#1'"),
        *("url:", f"{server.base}/feed", "kind:", "feed"),
    ]


def test_add_takes_an_address_without_a_scheme(newsdesk: Newsdesk, config: Path, server: WebServer) -> None:
    """https first, then http, since nobody speaks https here."""
    code, out, err = newsdesk("add", f" {server.base.removeprefix('http://')}/feed ")
    assert (code, err) == (0, "")
    assert out == f"added a-feed: A feed, feed {server.base}/feed (2 entries now)\n"
    assert server.asked == ["/feed"]


@pytest.mark.parametrize("given", ["gatehouse.example/feed.xml", "www.gatehouse.example/feed.xml"])
def test_an_address_without_a_scheme_can_be_known(newsdesk: Newsdesk, given: str) -> None:
    code, _, err = newsdesk("add", given)
    assert code == 2 and "is there already, as gatehouse" in err


FOUR_LINKS = "".join(
    f"<li><a href='/2026/0{n}/a-report-on-prison-number-{n}'>Report number {n} on it</a></li>" for n in range(1, 5)
)
PARAGRAPH = "<p>The inspectors stayed for another day, spoke with forty prisoners and wrote it all down.</p>"
KINDS = {
    "page": Answer(f"<html><head><title>Reports</title></head><body><ul>{FOUR_LINKS}</ul></body></html>".encode()),
    "article": Answer(f"<html><head><title>Reports</title></head><body><h1>R</h1>{PARAGRAPH}</body></html>".encode()),
    "sitemap": Answer(
        b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'></urlset>", content_type="application/xml"
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_add_takes_the_kind_that_it_is_told(newsdesk: Newsdesk, config: Path, server: WebServer, kind: str) -> None:
    """Also a listing page with four articles, which is too little to be taken for one."""
    server.routes["/reports"] = KINDS[kind]
    said = newsdesk("add", f"{server.base}/reports", "--kind", kind, "--id", "reports")
    assert (said.code, said.err) == (0, "")
    entries = {"page": "4 entries", "article": "1 entry", "sitemap": "0 entries"}[kind]
    assert f", {kind} {server.base}/reports ({entries} now)" in said.out
    (source,) = added(config)
    assert (source["id"], source["kind"], source["url"]) == ("reports", kind, f"{server.base}/reports")


def test_add_of_a_page_with_few_links_says_how_to_name_its_kind(newsdesk: Newsdesk, server: WebServer) -> None:
    server.routes["/reports"] = KINDS["page"]
    said = newsdesk("add", f"{server.base}/reports")
    assert said.code == 1
    assert "only 4 article links" in said.err and "kind: page (sources add --kind page)" in said.err


WRONG_KINDS = {
    "feed": ("/", "no feed: an HTML page"),
    "page": ("/feed", "no page: "),
    "sitemap": ("/", "no sitemap: "),
    "article": ("/feed", "no article: not a web page"),
}


@pytest.mark.parametrize("kind", WRONG_KINDS)
def test_add_checks_the_kind_that_it_is_told(newsdesk: Newsdesk, config: Path, server: WebServer, kind: str) -> None:
    path, expected = WRONG_KINDS[kind]
    said = newsdesk("add", f"{server.base}{path}", "--kind", kind)
    assert said.code == 1 and expected in said.err and "without --kind" in said.err
    assert newsdesk("add", f"{server.base}/nowhere", "--kind", kind).err.count("HTTP 404") == 1
    assert added(config) == []


def test_addresses_with_the_scheme_of_feed_readers(newsdesk: Newsdesk, config: Path, server: WebServer) -> None:
    address = server.base.removeprefix("http://")
    assert newsdesk("add", f"feed://{address}/feed", "--id", "first").code == 0
    server.routes["/other"] = server.routes["/feed"]
    assert newsdesk("add", f"feed:http://{address}/other", "--id", "second").code == 0
    opml = config / "list.opml"
    opml.write_text(
        "<opml version='2.0'><body><outline type='rss' text='Old' xmlUrl='feed://old.example/rss'/>"
        "<outline type='rss' text='New' xmlUrl='feed:https://new.example/rss'/></body></opml>"
    )
    assert "2 added, 0 skipped" in newsdesk("import", str(opml)).out
    assert [source["url"] for source in added(config)] == [
        f"http://{address}/feed",
        f"http://{address}/other",
        "http://old.example/rss",
        "https://new.example/rss",
    ]


def test_add_takes_a_plain_article(newsdesk: Newsdesk, config: Path, server: WebServer) -> None:
    paragraph = "<p>The inspectors stayed for another day, spoke with forty prisoners and wrote it all down.</p>"
    server.routes["/story.html"] = Answer(
        f"<html><body><article><h1>Three to a cell</h1>{3 * paragraph}</article></body></html>".encode()
    )
    code, out, _ = newsdesk("add", f"{server.base}/story.html")
    assert (code, out) == (
        0,
        f"added three-to-a-cell: Three to a cell, article {server.base}/story.html (1 entry now)\n",
    )
    assert newsdesk("check", "three-to-a-cell")[0] == 0


def test_add_and_check_respect_robots(newsdesk: Newsdesk, config: Path, server: WebServer) -> None:
    """But for feeds, which are there to be polled."""
    server.routes["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /", content_type="text/plain")
    code, _, err = newsdesk("add", f"{server.base}/news")
    assert code == 1 and "robots.txt does not allow it" in err
    assert server.asked == ["/robots.txt"]
    assert newsdesk("add", f"{server.base}/feed")[0] == 0
    listing = {"id": "listing", "name": "L", "url": f"{server.base}/news", "kind": "page"}
    (config / "sources.yaml").write_text(yaml.safe_dump({"sources": [listing]}), encoding="utf-8")
    code, out, _ = newsdesk("check", "listing")
    assert code == 1 and out == f"listing: failed: robots: robots.txt does not allow it ({server.base}/news)\n"
    assert "/news" not in server.asked


LAYOUTS = {
    "no indentation": "sources:\n- id: a\n  name: A\n  url: https://a.example/\n",
    "wide indentation": "---\nsources:\n    - id: a\n      name: A\n      url: https://a.example/\n",
    "an empty list": "# nothing yet\nsources: []\n",
    "windows line ends": "sources:\r\n  - id: a\r\n    name: A\r\n    url: https://a.example/\r\n",
    "no line end": "sources:\n  - id: a\n    name: A\n    url: https://a.example/",
    "compact items": "sources:\n  - {id: a, name: A, url: https://a.example/}\n",
    "byte order mark": "\ufeffsources:\n  - id: a\n    name: A\n    url: https://a.example/\n",
    "a comment between": "sources:\n  - id: a  # first\n    name: A\n    # where it is\n    url: https://a.example/\n",
}


@pytest.mark.parametrize("before", LAYOUTS.values(), ids=LAYOUTS)
def test_add_keeps_the_layout(newsdesk: Newsdesk, config: Path, server: WebServer, before: str) -> None:
    path = config / "sources.yaml"
    path.write_bytes(before.encode())
    code, _, err = newsdesk("add", f"{server.base}/feed")
    assert (code, err) == (0, "")
    after = path.read_bytes().decode()
    kept = before.lstrip("\ufeff").replace(" []", "").rstrip()
    assert after.startswith(kept)
    assert ("\r\n" in after) == ("\r\n" in before) and after.count("\n") in (after.count("\r\n"), after.count("\n"))
    assert load_config(config).sources[-1].source_id == "a-feed"


def test_ids_are_made_unique(newsdesk: Newsdesk, config: Path, server: WebServer) -> None:
    for path, title in (("/a", "A feed"), ("/b", "新聞"), ("/c", "Gatehouse!")):
        server.routes[path] = server.routes["/feed"]
        newsdesk("add", f"{server.base}{path}", "--name", title)
    newsdesk("add", f"{server.base}/feed")
    assert [source["id"] for source in added(config)] == ["a-feed", "127-0-0-1", "gatehouse-2", "a-feed-2"]


REFUSED = {
    "known by address": (("add", "http://www.gatehouse.example/feed.xml/"), "is there already, as gatehouse"),
    "no address": (("add", "https://"), "expected an absolute http or https address"),
    "another scheme": (("add", "ftp://x.example/feed"), "expected an absolute http or https address"),
    "taken id": (("add", "SERVER/feed", "--id", "gatehouse"), "--id gatehouse: another source has this id"),
    "bad id": (("add", "SERVER/feed", "--id", "Not a slug"), "expected a slug"),
    "no such file": (("import", "nowhere.opml"), "nowhere.opml: cannot be read: No such file or directory"),
    "unwritable": (("export", "nowhere/at/all.opml"), "cannot be written: No such file or directory"),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_usage_is_one_line_and_changes_nothing(
    newsdesk: Newsdesk, config: Path, server: WebServer, arguments: tuple[str, ...], message: str
) -> None:
    code, out, err = newsdesk(*(argument.replace("SERVER", server.base) for argument in arguments))
    assert (code, out) == (2, "")
    assert message in err and err.count("\n") == 1
    assert (config / "sources.yaml").read_text(encoding="utf-8") == SOURCES
    assert server.asked == []


def test_a_page_that_leads_to_a_known_feed_is_a_duplicate(newsdesk: Newsdesk, server: WebServer) -> None:
    assert newsdesk("add", f"{server.base}/feed")[0] == 0
    code, _, err = newsdesk("add", f"{server.base}/")
    assert code == 2 and "is there already, as a-feed" in err


def test_nothing_found_is_one_line_that_says_what_to_do(newsdesk: Newsdesk, config: Path, server: WebServer) -> None:
    server.routes["/app"] = Answer(b"<html><body><script src='/app.js'></script></body></html>")
    code, out, err = newsdesk("add", f"{server.base}/app")
    assert (code, out) == (1, "")
    assert f"{server.base}/app: the page has no feed" in err and err.count("\n") == 1
    assert newsdesk("add", f"{server.base}/missing")[0] == 1
    assert added(config) == []


def test_a_file_that_is_not_valid_is_not_touched(newsdesk: Newsdesk, config: Path, server: WebServer) -> None:
    path = config / "sources.yaml"
    path.write_text("sources:\n  - id: a\n    nam: A\n", encoding="utf-8")
    code, _, err = newsdesk("add", f"{server.base}/feed")
    assert code == 2 and "sources.yaml" in err
    assert path.read_text(encoding="utf-8") == "sources:\n  - id: a\n    nam: A\n"


def test_the_file_keeps_its_mode_and_a_link_stays_a_link(newsdesk: Newsdesk, config: Path, server: WebServer) -> None:
    real = config / "shared.yaml"
    (config / "sources.yaml").rename(real)
    real.chmod(0o640)
    (config / "sources.yaml").symlink_to(real)
    assert newsdesk("add", f"{server.base}/feed")[0] == 0
    assert (config / "sources.yaml").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "a-feed" in real.read_text(encoding="utf-8")
    assert sorted(path.name for path in config.iterdir()) == [
        "settings.yaml",
        "shared.yaml",
        "sources.yaml",
        "topics.yaml",
    ]


OPML = """<opml version="2.0"><body><outline text="Justice"><outline text="Courts">
<outline type="rss" text="The Ledger" xmlUrl="https://ledger.example/feed"/></outline>
<outline type="rss" text="Gatehouse" xmlUrl="http://gatehouse.example/feed.xml"/></outline>
<outline type="rss" text="The Ledger" xmlUrl="https://ledger.example/en/feed"/>
<outline type="rss" text="" xmlUrl="https://gazette.example/rss"/>
<outline type="rss" text="Local" xmlUrl="file:///etc/passwd"/>
</body></opml>"""


def test_import_adds_what_is_new_and_says_what_it_skips(newsdesk: Newsdesk, config: Path, tmp_path: Path) -> None:
    file = tmp_path / "readers.opml"
    file.write_text(OPML, encoding="utf-8")
    code, out, _ = newsdesk("import", str(file))
    assert code == 0
    assert out.splitlines() == [
        "skipped http://gatehouse.example/feed.xml: there already, as gatehouse",
        "skipped file:///etc/passwd: not an http or https address",
        "added the-ledger: https://ledger.example/feed",
        "added the-ledger-2: https://ledger.example/en/feed",
        "added gazette-example: https://gazette.example/rss",
        "3 added, 2 skipped",
    ]
    assert added(config) == [
        {"id": "the-ledger", "name": "The Ledger", "url": "https://ledger.example/feed", "tags": ["Justice", "Courts"]},
        {"id": "the-ledger-2", "name": "The Ledger", "url": "https://ledger.example/en/feed"},
        {"id": "gazette-example", "name": "gazette.example", "url": "https://gazette.example/rss"},
    ]
    assert newsdesk("import", str(file))[1].endswith("0 added, 5 skipped\n")


def test_import_refuses_what_is_no_opml(newsdesk: Newsdesk, config: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.opml"
    file.write_text("<html></html>", encoding="utf-8")
    code, _, err = newsdesk("import", str(file))
    assert code == 2 and "not an OPML file" in err and err.count("\n") == 1
    assert (config / "sources.yaml").read_text(encoding="utf-8") == SOURCES


def test_an_export_can_be_imported_elsewhere(newsdesk: Newsdesk, config: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.opml"
    code, out, _ = newsdesk("export", str(file))
    assert (code, out) == (0, f"{file}: 2 sources\n")
    (config / "sources.yaml").write_text("sources: []\n", encoding="utf-8")
    newsdesk("import", str(file))
    again = load_config(config).sources
    assert {source.url for source in again} == {
        "https://gatehouse.example/feed.xml",
        "https://observatoire.example/flux",
    }
    assert again[0].tags == ("prisons", "blog") or again[1].tags == ("prisons", "blog")
