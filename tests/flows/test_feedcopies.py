"""Whole passes over pages that cannot be had, while their feed carries what they say in full."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows import monitor as monitor_module
from flows.replay import replay
from flows.retag import retag
from tasks.clock import now
from tasks.store import checks
from tasks.store.publish import published_path
from tests.flows.newsroom import (
    SETTINGS,
    Answer,
    WebServer,
    ask,
    one_pass,
    outcomes,
    story,
    web_server,
    write_config,
)

PATH, TITLE = "/news/cells", "Cells"
FULL = "".join(
    f"<p>Sentence {number} of what the feed has in full about the prison of Marlow, word after word.</p>"
    for number in range(9)
)
TEASER = "<p>The council met about the prison.</p>"
PRIVATE = Answer(b"User-agent: *\nDisallow: /private", content_type="text/plain")
LARGE = {**SETTINGS, "http": {**SETTINGS["http"], "max_bytes": "20KB"}}


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


def folders(web: WebServer, tmp_path: Path, settings: dict[str, Any] = SETTINGS) -> tuple[Path, Path]:
    web.feed("/feed.xml", [(PATH, TITLE)], content=FULL)
    return write_config(tmp_path / "config", [web.source("gazette")], settings=settings), tmp_path / "data"


def failing(status: int) -> Answer:
    return Answer(b"<html><body>No.</body></html>", status)


LOST: dict[str, tuple[Answer, int | None, str]] = {
    **{f"/{code}": (failing(code), code, f"http_error: HTTP {code}") for code in (401, 403, 404, 410, 451)},
    "/private": (story("Private"), None, "robots: "),
    "/large": (Answer(b"<html><body>" + b"word " * 9_000), 200, "too_large: "),
    "/file": (Answer(b"%PDF-1.7", content_type="application/pdf"), 200, "not_html: "),
}


def test_pages_that_cannot_be_had_are_read_from_their_feed(web: WebServer, tmp_path: Path) -> None:
    config, data = folders(web, tmp_path, LARGE)
    web.feed("/feed.xml", [(path, f"Cells, {path}") for path in LOST], content=FULL)
    web.routes |= {path: answer for path, (answer, _, _) in LOST.items()} | {"/robots.txt": PRIVATE}
    counts = asdict(one_pass(config, data).counts)
    assert (counts["pages_fetched"], counts["pages_failed"], counts["articles_new"]) == (0, len(LOST), len(LOST))
    assert counts["topic_matches"] == len(LOST)
    for path, (_, http_status, error) in LOST.items():
        ((outcome, status, why, again, warc_file, *article, text),) = ask(
            data,
            f"""SELECT p.outcome, p.http_status, p.error, p.next_attempt_at, p.warc_file,
                       a.url, a.title, a.authors, a.published_at, a.published_from, a.text_from, a.text
                FROM pages AS p JOIN articles AS a USING (article_id) WHERE p.url = '{web.base}{path}'""",
        )
        assert (outcome, again, warc_file) == ("article", None, None)
        assert why.startswith(error) and status in (http_status, None)
        written = [["Ana Prieto"], datetime(2026, 3, 12, 8), "feed", "feed"]
        assert article == [web.base + path, f"Cells, {path}", *written]
        assert text.startswith("Sentence 0 of") and "Sentence 8 of" in text
    assert checks.problems(published_path(data)) == []


@pytest.mark.parametrize("command", [replay, retag])
def test_an_article_without_a_page_outlasts_what_is_derived_again(
    web: WebServer, tmp_path: Path, command: Callable[[str, str], object]
) -> None:
    config, data = folders(web, tmp_path)
    web.feed("/feed.xml", [(PATH, TITLE), ("/news/other", "Other")], content=FULL)
    web.routes |= {PATH: failing(403), "/news/other": story("Other")}
    one_pass(config, data)
    before = ask(data, "FROM articles ORDER BY url"), ask(data, "FROM article_topics ORDER BY ALL"), outcomes(data)
    command(str(config), str(data))
    after = ask(data, "FROM articles ORDER BY url"), ask(data, "FROM article_topics ORDER BY ALL"), outcomes(data)
    assert after == before and outcomes(data) == {"article": 2}


def test_a_teaser_is_no_full_text(web: WebServer, tmp_path: Path) -> None:
    config, data = folders(web, tmp_path)
    web.feed("/feed.xml", [(PATH, TITLE)], content=TEASER)
    web.routes[PATH] = failing(403)
    assert one_pass(config, data).counts.articles_new == 0
    assert ask(data, "SELECT outcome, http_status, error FROM pages") == [("http_error", 403, "HTTP 403")]


def test_a_page_that_may_still_come_is_waited_for(
    web: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, data = folders(web, tmp_path)
    web.routes[PATH] = failing(500)
    assert one_pass(config, data).counts.articles_new == 0
    assert outcomes(data) == {"http_error": 1}
    with duckdb.connect(data / "state" / "newsdesk.duckdb") as state:
        state.execute("UPDATE pages SET attempts = 5")
    monkeypatch.setattr(monitor_module, "now", lambda: now() + timedelta(days=5))
    assert one_pass(config, data).counts.articles_new == 1
    ((outcome, error),) = ask(data, "SELECT outcome, error FROM pages")
    assert outcome == "article" and error.startswith("gave_up: 6 attempts; the last: http_error")


def test_an_article_of_a_page_is_kept_when_the_page_goes(web: WebServer, tmp_path: Path) -> None:
    config, data = folders(web, tmp_path)
    web.routes[PATH] = story(TITLE)
    one_pass(config, data)
    before = ask(data, "FROM articles")
    web.feed("/feed.xml", [(PATH, f"{TITLE}, updated")], content=FULL)
    web.routes[PATH] = failing(410)
    assert one_pass(config, data).counts.articles_updated == 0
    assert ask(data, "FROM articles") == before
    assert ask(data, "SELECT outcome, error FROM pages") == [("article", "HTTP 410")]


def test_an_article_of_a_feed_follows_it_and_yields_to_its_page(
    web: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, data = folders(web, tmp_path)
    web.routes[PATH] = failing(403)
    one_pass(config, data)
    web.feed("/feed.xml", [(PATH, f"{TITLE}, updated")], content=FULL.replace("Marlow", "Vallmera"))
    assert one_pass(config, data).counts.articles_updated == 1
    assert ask(data, "SELECT revision, text LIKE '%Vallmera%', text_from FROM articles") == [(2, True, "feed")]
    monkeypatch.setattr(monitor_module, "now", lambda: now() + timedelta(hours=9))
    web.feed("/feed.xml", [(PATH, f"{TITLE}, updated again")], content=FULL)
    web.routes[PATH] = story(f"{TITLE}, updated again", about="the prison, " * 40)
    assert one_pass(config, data).counts.articles_updated == 1
    assert ask(data, "SELECT revision, text_from FROM articles") == [(3, "page")]
    assert ask(data, "SELECT outcome, http_status, error FROM pages") == [("article", 200, None)]
