"""Whole passes: over the demo site, over real pages, over small sites with one oddity each."""

from __future__ import annotations

import errno
import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from itertools import repeat
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

import pytest

from flows import monitor as monitor_module
from flows import passes as passes_module
from tasks.clock import now
from tasks.demosite import Article, DemoSite, Request
from tasks.derive.pool import WorkerPool
from tasks.model import Counts, Outcome, RunSummary
from tasks.store import checks, publish
from tasks.store.publish import published_path
from tasks.store.state import StoreError
from tests.flows.newsroom import SETTINGS, Answer, WebServer, ask, one_pass, outcomes, story, write_config

# --- the demo site, three passes: from nothing, after an edit, with nothing new


class Passes(NamedTuple):
    """What three passes did and left."""

    data: Path
    summaries: list[RunSummary]
    requests: list[list[Request]]
    outcomes: list[dict[str, int]]
    problems: list[list[str]]


@pytest.fixture(scope="module")
def passes(site: DemoSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Passes]:
    folder = tmp_path_factory.mktemp("demo")
    config, data = write_config(folder / "config", site.sources()), folder / "data"
    found = Passes(data, [], [], [], [])
    with pytest.MonkeyPatch.context() as patch:
        for number in range(3):
            site.edition = 2 if number else 1
            site.reset()
            if number == 2:
                patch.setattr(passes_module, "WorkerPool", no_workers)
            found.summaries.append(one_pass(config, data))
            found.requests.append(site.requests)
            found.outcomes.append(outcomes(data))
            found.problems.append(checks.problems(published_path(data)))
    yield found


def no_workers(*arguments: object) -> WorkerPool:
    raise AssertionError("a pass with nothing to derive starts no workers")


def written(site: DemoSite, edition: int) -> list[Article]:
    """What the publishers have written, in an edition of the site."""
    site.edition = edition
    return site.articles()


def counts(summary: RunSummary) -> dict[str, int]:
    """The counts that are not zero."""
    return {name: number for name, number in asdict(summary.counts).items() if number}


def pages_of(requests: list[Request]) -> list[str]:
    """The articles' addresses among what the site was asked."""
    places = ("feed", "rss", "atom", "flux", "robots.txt")
    return [request.path for request in requests if not any(place in request.path for place in places)]


def test_first_pass_finds_everything(site: DemoSite, passes: Passes) -> None:
    articles = len(written(site, 1))
    assert passes.outcomes[0] == {"article": articles, "http_error": 1, "not_html": 1, "too_short": 1, "robots": 1}
    found = counts(passes.summaries[0])
    matches, stories = found.pop("topic_matches"), found.pop("stories_new")
    assert found == {
        "sources_polled": 10,
        "sources_failed": 2,
        "entries_new": articles + 4,
        "pages_fetched": articles + 1,
        "pages_failed": 3,
        "articles_new": articles,
    }
    assert (matches, stories) == ask_first(passes, "SELECT topic_matches, stories_new FROM runs ORDER BY 1 DESC")
    assert 10 < matches < articles and 50 < stories <= articles


def ask_first(passes: Passes, query: str) -> tuple[Any, ...]:
    return ask(passes.data, query)[0]


def test_second_pass_fetches_only_what_changed(site: DemoSite, passes: Passes) -> None:
    found = counts(passes.summaries[1])
    found.pop("topic_matches", None)
    assert found == {
        "sources_polled": 10,
        "sources_unchanged": 7,
        "sources_failed": 2,
        "entries_new": 1,
        "pages_fetched": 2,
        "articles_new": 1,
        "articles_updated": 1,
        "stories_new": 1,
    }
    changed = [article.path for article in written(site, 2) if article.edition == 2 or article.modified]
    assert sorted(pages_of(passes.requests[1])) == sorted(changed) and len(changed) == 2


def test_edited_article_has_both_versions(site: DemoSite, passes: Passes) -> None:
    (row,) = ask(
        passes.data,
        """SELECT a.url, a.title, r.title, a.text = r.text, a.revision, r.revision, a.updated_at > r.fetched_at
           FROM article_revisions AS r JOIN articles AS a USING (article_id)""",
    )
    (edited,) = [article for article in written(site, 2) if article.modified]
    (before,) = [article for article in written(site, 1) if article.path == edited.path]
    assert row == (site.article_url(edited), edited.title, before.title, False, 2, 1, True)


def test_third_pass_fetches_nothing(passes: Passes) -> None:
    assert counts(passes.summaries[2]) == {"sources_polled": 10, "sources_unchanged": 8, "sources_failed": 2}
    assert pages_of(passes.requests[2]) == []
    assert passes.outcomes[2] == passes.outcomes[1]


def test_every_pass_leaves_a_whole_database(passes: Passes) -> None:
    assert passes.problems == [[], [], []]


def test_runs_tell_what_the_summaries_tell(passes: Passes) -> None:
    names = list(asdict(Counts()))
    rows = ask(passes.data, f"SELECT run_id, outcome, {', '.join(names)} FROM runs ORDER BY started_at")
    told = [(s.run_id, "done", *(getattr(s.counts, name) for name in names)) for s in passes.summaries]
    assert rows == told


def test_articles_are_what_the_publishers_wrote(site: DemoSite, passes: Passes) -> None:
    articles = written(site, 2)
    stored = {row[0]: row[1:] for row in ask(passes.data, "SELECT url, title, language, published_at FROM articles")}
    assert set(stored) == {site.article_url(article) for article in articles}
    titles = sum(stored[site.article_url(article)][0] == article.title for article in articles)
    assert titles >= 0.9 * len(stored)
    assert {language for _, language, _ in stored.values()} == {"en", "es", "pt", "fr"}


def test_every_page_but_the_failed_lies_in_the_archive(passes: Passes) -> None:
    rows = ask(passes.data, "SELECT outcome, warc_file, warc_offset FROM pages")
    for outcome, warc_file, offset in rows:
        if outcome in ("article", "too_short"):
            assert (passes.data / warc_file).stat().st_size > offset > 0
        else:
            assert (warc_file, offset) == (None, None)


def test_health_of_the_sources(passes: Passes) -> None:
    rows = ask(passes.data, "SELECT status, list(source_id ORDER BY 1) FROM source_health GROUP BY 1")
    health = dict(rows)
    assert health.pop("unchanged") and set(health) == {"gone", "failing"}
    assert health == {"gone": ["harbour-gazette-sport"], "failing": ["meridian-wire-photos"]}


def test_report_is_there(passes: Passes) -> None:
    assert "<html" in (passes.data / "report" / "index.html").read_text(encoding="utf-8")
    assert (passes.data / "report" / "feeds" / "prisons.xml").exists()


IDS = {
    "pages": "page_id, url, outcome",
    "entries": "source_id, entry_id, page_id",
    "articles": "article_id, url, source_id, content_hash, story_id, published_at",
    "article_topics": "article_id, topic_id, topic_version, score, evidence",
    "article_places": "article_id, country, mentions, in_title",
    "stories": "story_id, articles, origin_article_id",
    "topics": "topic_id, topic_version",
}


def test_another_run_gives_the_same_ids(site: DemoSite, passes: Passes, tmp_path: Path) -> None:
    """In another folder, in one go, with one worker and without an archive."""
    site.edition = 1
    settings = {**SETTINGS, "extract": {"workers": 1}, "archive": {"enabled": False}}
    config, data = write_config(tmp_path / "config", site.sources(), settings=settings), tmp_path / "data"
    one_pass(config, data)
    site.edition = 2
    one_pass(config, data)
    for table, columns in IDS.items():
        query = f"SELECT {columns} FROM {table} ORDER BY ALL"
        assert ask(data, query) == ask(passes.data, query), table
    assert list(data.rglob("*.warc.gz")) == [] and not (data / "state" / "spool").exists()
    assert ask(data, "SELECT DISTINCT warc_file, warc_offset FROM pages") == [(None, None)]


# --- real pages


@pytest.fixture(scope="module")
def real_pages(eval_folder: Path) -> dict[str, bytes]:
    """181 real pages by path, as they were saved."""
    with gzip.open(eval_folder / "extract" / "gold.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    chosen = [row for row in rows if row["source_dataset"] == "scrapinghub-aeb"]
    return {
        f"/{row['id']}.html": gzip.decompress((eval_folder / "extract" / row["file"]).read_bytes()) for row in chosen
    }


def test_real_pages_all_end_in_a_named_outcome(web: WebServer, tmp_path: Path, real_pages: dict[str, bytes]) -> None:
    for path, body in real_pages.items():
        web.routes[path] = Answer(body, content_type="text/html")
    web.feed("/feed.xml", [(path, path) for path in real_pages])
    config, data = write_config(tmp_path / "config", [web.source("real")]), tmp_path / "data"
    first = one_pass(config, data)
    assert first.counts.entries_new == first.counts.pages_fetched == len(real_pages) == 181
    found = outcomes(data)
    assert set(found) <= {str(outcome) for outcome in Outcome} - {"pending", "extract_failed", "archive_damaged"}
    assert sum(found.values()) == 181 and found["article"] >= 0.95 * 181
    assert checks.problems(published_path(data)) == []

    web.asked.clear()
    web.feed("/feed.xml", [(path, path) for path in reversed(real_pages)])
    second = one_pass(config, data)
    assert counts(second) == {"sources_polled": 1}
    assert web.asked == ["/feed.xml"]
    assert outcomes(data) == found


# --- small sites


@pytest.fixture
def folders(web: WebServer, tmp_path: Path) -> tuple[Path, Path]:
    """Configuration and data for one source, the feed of `web`."""
    return write_config(tmp_path / "config", [web.source("gazette")]), tmp_path / "data"


ENDINGS: dict[str, tuple[Answer, str]] = {
    "article": (story("A report"), "article"),
    "gone": (Answer(b"gone", 410), "http_error"),
    "server error": (Answer(b"broken", 500), "http_error"),
    "picture": (Answer(b"\x89PNG", content_type="image/png"), "not_html"),
    "empty": (Answer(b""), "not_html"),
    "a few words": (Answer(b"<html><body><p>Nothing to see here.</p></body></html>"), "too_short"),
    "private address": (Answer(status=302, headers={"Location": "http://10.0.0.1/"}), "blocked_host"),
    "turns in circles": (Answer(status=302, headers={"Location": "/page"}), "too_many_redirects"),
    "leads to a file": (Answer(status=302, headers={"Location": "file:///etc/passwd"}), "bad_url"),
    "too large": (Answer(b"<p>" + b"x" * 30_000), "too_large"),
}


def test_every_page_ends_in_its_outcome(web: WebServer, tmp_path: Path) -> None:
    paths = {name: f"/{number}" for number, name in enumerate(ENDINGS)}
    for name, path in paths.items():
        answer = ENDINGS[name][0]
        location = answer.headers.get("Location")
        web.routes[path] = answer._replace(headers={"Location": path}) if location == "/page" else answer
    web.feed("/feed.xml", [(path, name) for name, path in paths.items()])
    settings = {**SETTINGS, "http": {**SETTINGS["http"], "max_bytes": "20KB"}}
    config, data = write_config(tmp_path / "config", [web.source("gazette")], settings=settings), tmp_path / "data"
    summary = one_pass(config, data)
    found = {url.removeprefix(web.base): outcome for url, outcome in ask(data, "SELECT url, outcome FROM pages")}
    assert found == {paths[name]: expected for name, (_, expected) in ENDINGS.items()}
    assert summary.counts.pages_fetched + summary.counts.pages_failed == len(ENDINGS)
    ((error, attempts, again),) = ask(
        data, f"SELECT error, attempts, next_attempt_at > fetched_at FROM pages WHERE url = '{web.base}/2'"
    )
    assert (error, attempts, again) == ("HTTP 500", 1, True)


def test_addresses_of_one_article(web: WebServer, folders: tuple[Path, Path]) -> None:
    """Two sources, several forms of one address, two pages with one canonical address, and a redirect."""
    config, data = folders
    write_config(config, [web.source("gazette"), web.source("wire", "/wire.xml")])
    canonical = f"{web.base}/news/report"
    for path in ("/news/report", "/news/report?utm_source=wire", "/print?of=report"):
        web.routes[path] = story("One report", canonical=canonical)
    web.routes["/short"] = Answer(status=301, headers={"Location": "/news/report"})
    web.feed("/feed.xml", [("/news/report", "One"), ("/print?of=report", "One, for print")])
    web.feed("/wire.xml", [("/news/report?utm_source=wire", "One"), ("/short", "One, short")])
    summary = one_pass(config, data)
    assert (summary.counts.entries_new, summary.counts.articles_new) == (4, 1)
    assert outcomes(data) == {"article": 1, "duplicate": 2}
    assert ask(data, "SELECT url FROM articles") == [(canonical,)]
    assert web.pages_asked().count("/news/report") == 2, "once for itself and once for /short"
    assert web.pages_asked().count("/print?of=report") == 1


def test_page_that_failed_is_fetched_again_when_it_is_due(
    web: WebServer, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    config, data = folders
    web.feed("/feed.xml", [("/a", "A")])
    web.routes["/a"] = Answer(b"", 503)
    one_pass(config, data)
    web.routes["/a"] = story("A")
    assert one_pass(config, data).counts.pages_fetched == 0
    monkeypatch.setattr(monitor_module, "now", lambda: now() + timedelta(hours=1))
    assert one_pass(config, data).counts.articles_new == 1
    assert ask(data, "SELECT outcome, attempts, next_attempt_at, error FROM pages") == [("article", 2, None, None)]


def test_feed_of_nonsense_costs_only_itself(web: WebServer, folders: tuple[Path, Path]) -> None:
    config, data = folders
    nonsense = {
        "bytes": Answer(bytes(range(256)) * 10, content_type="application/rss+xml"),
        "page": Answer(b"<html><body>Welcome</body></html>"),
        "empty": Answer(b"", content_type="application/rss+xml"),
        "error": Answer(b"Internal error", 500),
    }
    for name, answer in nonsense.items():
        web.routes[f"/{name}.xml"] = answer
    web.routes["/a"] = story("A")
    web.feed("/feed.xml", [("/a", "A")])
    write_config(config, [web.source("gazette"), *(web.source(name, f"/{name}.xml") for name in nonsense)])
    summary = one_pass(config, data)
    assert (summary.counts.sources_failed, summary.counts.articles_new) == (4, 1)
    rows = ask(data, "SELECT source_id, status, last_error IS NULL FROM source_health ORDER BY ALL")
    assert rows == sorted([("gazette", "ok", True), *((name, "failing", False) for name in nonsense)])


def test_only_what_is_due_is_polled(web: WebServer, folders: tuple[Path, Path]) -> None:
    config, data = folders
    write_config(config, [web.source("gazette"), {**web.source("off", "/off.xml"), "enabled": False}])
    web.feed("/feed.xml", [])
    assert one_pass(config, data, force=False).counts.sources_polled == 1
    second = one_pass(config, data, force=False)
    assert (second.counts.sources_polled, second.published) == (0, False)
    assert one_pass(config, data, force=True, source=["gazette"]).counts.sources_polled == 1
    assert one_pass(config, data, force=True, source=["off"]).counts.sources_polled == 0
    assert web.asked == ["/feed.xml"] * 2


def test_new_topic_is_published_although_nothing_is_due(web: WebServer, folders: tuple[Path, Path]) -> None:
    config, data = folders
    web.feed("/feed.xml", [])
    one_pass(config, data)
    write_config(config, [web.source("gazette")], topics=[{"id": "new", "name": "New", "query": "harbour"}])
    assert one_pass(config, data, force=False).published
    assert ask(data, "SELECT topic_id FROM topics WHERE active") == [("new",)]


def test_what_could_not_be_published_is_published_by_the_next_pass(
    web: WebServer, folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    config, data = folders
    web.feed("/feed.xml", [])
    one_pass(config, data)
    web.routes["/a"] = story("A")
    web.feed("/feed.xml", [("/a", "A")])
    with monkeypatch.context() as full, pytest.raises(StoreError, match="No space left"):
        full.setattr(publish, "publish", full_disk)
        one_pass(config, data)
    assert ask(data, "SELECT count(*) FROM articles") == [(0,)]
    assert one_pass(config, data, force=False).published
    assert ask(data, "SELECT count(*) FROM articles") == [(1,)]
    assert not one_pass(config, data, force=False).published


def full_disk(data: Path) -> Path:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(
    ("arrivals", "batches"),
    [([], []), ([1], [[1]]), ([1, 2], [[1, 2]]), ([1, 2, 3], [[1, 2], [3]]), ([1, 2, 3, 4], [[1, 2], [3, 4]])],
)
def test_drain_makes_chunks(arrivals: list[int], batches: list[list[int]]) -> None:
    source: SimpleQueue[int | None] = SimpleQueue()
    for item in [*arrivals, None]:
        source.put(item)
    assert list(passes_module.drain(source, repeat(2))) == batches


@pytest.mark.parametrize("seconds", [0.0, 0.01])
def test_drain_does_not_wait_for_a_full_chunk(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(passes_module, "FLUSH_AFTER", seconds)
    source: SimpleQueue[int | None] = SimpleQueue()
    source.put(1)
    chunks = passes_module.drain(source, repeat(50))
    assert next(chunks) == [1]
    source.put(None)
    assert list(chunks) == []


def test_a_pass_that_is_cut_off_keeps_its_counts(
    web: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, data = write_config(tmp_path / "config", [web.source("gazette")]), tmp_path / "data"
    web.feed("/feed.xml", [("/news/one", "One"), ("/news/gone", "Gone")])
    web.routes["/news/one"] = story("One")

    def cut_off(*_: object) -> int:
        raise RuntimeError("as if it had been killed")

    with monkeypatch.context() as patch:
        patch.setattr("tasks.store.stories.settle", cut_off)
        with pytest.raises(RuntimeError, match="as if"):
            one_pass(config, data)
    one_pass(config, data, force=False)
    counts = "outcome, sources_polled, entries_new, pages_fetched, pages_failed, articles_new"
    assert ask(data, f"SELECT {counts} FROM runs ORDER BY started_at") == [
        ("crashed", 1, 2, 1, 1, 1),
        ("done", 0, 0, 0, 0, 0),
    ]
