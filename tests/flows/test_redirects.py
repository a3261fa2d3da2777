"""Whole passes over sites that redirect their articles to front pages, consent pages and logins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flows import monitor as monitor_module
from tasks.clock import now
from tests.flows.newsroom import Answer, WebServer, ask, one_pass, story, web_server, write_config

TITLES = {"/news/cells": "Cells", "/news/police": "Police", "/news/courts": "Courts", "/news/wardens": "Wardens"}
FULL = "".join(f"<p>Sentence {number} of what the feed has in full, word after word.</p>" for number in range(9))
CONSENT = Answer(
    b"<html><head><title>Your choices</title></head><body><article><h1>Your choices</h1><p>We and our 812 partners "
    b"store cookies on your device, in order to show you advertisements that fit your interests.</p><p>Accept all of "
    b"them, or choose which purposes you agree to. You can change your mind whenever you like.</p></article></body>"
    b"</html>"
)


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


def to(location: str) -> Answer:
    return Answer(status=302, headers={"Location": location})


def folders(web: WebServer, tmp_path: Path) -> tuple[Path, Path]:
    return write_config(tmp_path / "config", [web.source("gazette")]), tmp_path / "data"


@pytest.mark.parametrize("target", ["/", "/consent?return=%2Fnews", "/welcome/to-our-site"])
def test_dead_links_do_not_become_articles(web: WebServer, tmp_path: Path, target: str) -> None:
    config, data = folders(web, tmp_path)
    web.feed("/feed.xml", list(TITLES.items()))
    web.routes |= {path: to(target) for path in TITLES}
    web.routes[target] = story("Welcome to the Gazette")
    assert one_pass(config, data).counts.articles_new == 0
    assert ask(data, "SELECT DISTINCT outcome, error, next_attempt_at > fetched_at FROM pages") == [
        ("redirected_away", f"redirected to {web.base}{target}", True)
    ]


def test_an_article_outlives_a_consent_page(web: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, data = folders(web, tmp_path)
    web.feed("/feed.xml", [("/news/cells", "Cells")])
    web.routes |= {"/news/cells": story("Cells"), "/before-you-read-on": CONSENT}
    one_pass(config, data)
    before = ask(data, "FROM articles")
    web.feed("/feed.xml", [("/news/cells", "Cells, updated")])
    web.routes["/news/cells"] = to("/before-you-read-on")
    assert one_pass(config, data).counts.articles_updated == 0
    assert ask(data, "FROM articles") == before and ask(data, "FROM article_revisions") == []
    monkeypatch.setattr(monitor_module, "now", lambda: now() + timedelta(hours=1))
    web.routes["/news/cells"] = story("Cells", about="the prison")
    assert one_pass(config, data).counts.articles_updated == 1


def test_the_feeds_own_text_is_used(web: WebServer, tmp_path: Path) -> None:
    config, data = folders(web, tmp_path)
    text = f"<content:encoded><![CDATA[{FULL}]]></content:encoded>"
    item = f"<item><title>Cells</title><link>{web.base}/news/cells</link>{text}</item>"
    content = "xmlns:content='http://purl.org/rss/1.0/modules/content/'"
    feed = f"<rss version='2.0' {content}><channel><title>A feed</title>{item}</channel></rss>"
    web.routes |= {
        "/feed.xml": Answer(feed.encode(), content_type="application/rss+xml"),
        "/news/cells": to("/login?next=/news/cells"),
        "/login?next=/news/cells": story("Log in"),
    }
    one_pass(config, data)
    ((url, title, text, text_from),) = ask(data, "SELECT url, title, text, text_from FROM articles")
    assert (url, title, text_from) == (f"{web.base}/news/cells", "Cells", "feed")
    assert text.startswith("Sentence 0 of what the feed has in full")


def test_a_renamed_article_stays_one(web: WebServer, tmp_path: Path) -> None:
    """A new slug under the feed's old id, to which the old address leads by now; and a link with its own parameter."""
    config, data = folders(web, tmp_path)
    old, new, campaign = "/news/cells", "/news/cells-of-vallmera", "/news/cells-of-vallmera?src=home"
    web.feed("/feed.xml", [(old, "Cells")])
    web.routes[old] = story("Cells")
    one_pass(config, data)
    before = ask(data, "SELECT article_id, url FROM articles")
    leads_to = {old: new, campaign: campaign}
    web.feed("/feed.xml", [(path, "Cells") for path in leads_to], link=lambda path: web.base + leads_to[path])
    web.routes |= {old: to(new), new: story("Cells"), campaign: story("Cells")}
    assert one_pass(config, data).counts.articles_new == 0
    assert ask(data, "SELECT article_id, url FROM articles") == before
    assert ask(data, "SELECT outcome, count(*), count(DISTINCT article_id) FROM pages GROUP BY ALL ORDER BY ALL") == [
        ("article", 1, 1),
        ("duplicate", 2, 1),
    ]
