"""Backfills: WARC files as others publish them, lists of addresses, sitemaps; cut off and gone on with."""

from __future__ import annotations

import gzip
import shutil
import subprocess
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows import inputs, warcfill
from flows.backfill import Backfilled, backfill
from flows.passes import Pass
from tasks.settings import ConfigError
from tasks.store import backfill as store
from tasks.store import checks, state
from tasks.store.publish import published_path
from tests.flows.commands import Newsdesk, one_line
from tests.flows.dying import BACKFILL, run_and_die
from tests.flows.newsroom import Answer, WebServer, ask, one_pass, outcomes, story, write_config
from tests.flows.processes import NEWSDESK, environment
from tests.warcfiles import CAPTURED, article, record, warcinfo, write

SITE = "https://gazette.example"
HOUR = timedelta(hours=1)
SHORT = b"<html><body><p>Nothing to see here.</p></body></html>"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration that watches nothing."""
    return write_config(tmp_path / "config", [])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def fill(
    config: Path, data: Path, *warc: Path, site: list[str] | None = None, language: list[str] | None = None
) -> Backfilled:
    return backfill(str(config), str(data), [str(path) for path in warc], site=site, language=language)


def reports(count: int, host: str = SITE) -> list[bytes]:
    return [record(f"{host}/{number}", article(f"Report {number}")) for number in range(count)]


MIXED = [
    warcinfo(),
    *reports(3),
    record(f"{SITE}/short", SHORT),
    record(f"{SITE}/jail", article("The jail", about="the jail and its prisoners")),
    record(f"{SITE}/called-html", b"%PDF-1.7"),
    record(f"{SITE}/gone", article("Gone"), status="404 Not Found"),
    record(f"{SITE}/picture", b"\x89PNG", content_type="image/png"),
    record(f"{SITE}/0", kind="revisit"),
    record(f"{SITE}/0", kind="request"),
]


def test_everything_is_as_from_a_live_pass(config: Path, data: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "a.warc.gz", MIXED)
    done = fill(config, data, path)
    assert outcomes(data) == {"article": 4, "too_short": 1, "not_html": 1}
    assert done.filled.skipped == {"http_error": 1, "not_html": 1, "revisit": 1}
    assert (done.filled.records, done.filled.files_done, done.filled.problems) == (len(MIXED), 1, [])
    rows = ask(data, "SELECT source_id, site, fetched_at, revision FROM articles")
    assert rows == [(None, "gazette.example", CAPTURED, 1)] * 4
    assert ask(data, "SELECT DISTINCT first_seen_at, http_status, attempts FROM pages") == [(CAPTURED, 200, 1)]
    assert ask(data, "SELECT url FROM articles JOIN article_topics USING (article_id)") == [(f"{SITE}/jail",)]
    (run,) = ask(data, "SELECT flow, outcome, pages_fetched, articles_new, topic_matches FROM runs")
    assert run == ("backfill", "done", 6, 4, 1)
    assert ask(data, "SELECT stories_new FROM runs") == ask(data, "SELECT count(*) FROM stories")
    assert (data / "report" / "index.html").exists()
    assert checks.problems(published_path(data)) == []


def test_pages_say_where_their_record_lies(config: Path, data: Path, tmp_path: Path) -> None:
    inside = data / "archive" / "b.warc.gz"
    inside.parent.mkdir(parents=True)
    write(inside, reports(1, "https://inside.example"))
    records = reports(2)
    outside = write(tmp_path / "a.warc.gz", records)
    fill(config, data, outside, inside)
    rows = ask(data, "SELECT warc_file, warc_offset FROM pages ORDER BY ALL")
    assert rows == [(str(outside), 0), (str(outside), len(records[0])), ("archive/b.warc.gz", 0)]


def test_own_archive_gives_the_same_articles_elsewhere(
    config: Path, data: Path, web: WebServer, tmp_path: Path
) -> None:
    web.feed("/feed.xml", [(f"/{number}", f"Report {number}") for number in range(4)])
    web.routes |= {f"/{number}": story(f"Report {number}", about="a prison") for number in range(4)}
    live = tmp_path / "live"
    one_pass(write_config(tmp_path / "live-config", [web.source("gazette")]), live)
    fill(config, data, *live.glob("archive/**/*.warc.gz"))
    for table, columns in {
        "articles": "article_id, url, title, text, authors, content_hash, story_id",
        "pages": "page_id, url, final_url, outcome",
        "article_topics": "*",
        "stories": "story_id, articles, origin_article_id",
    }.items():
        query = f"SELECT {columns} FROM {table} ORDER BY ALL"
        assert ask(data, query) == ask(live, query), table


def test_source_that_shows_an_article_of_a_backfill_is_its_source(data: Path, web: WebServer, tmp_path: Path) -> None:
    """As after a state that was lost: the article is there already, and is not fetched again."""
    config = write_config(tmp_path / "config", [web.source("gazette")])
    web.feed("/feed.xml", [("/a", "Report a")])
    fill(config, data, write(tmp_path / "a.warc.gz", [record(f"{web.base}/{name}", article(name)) for name in "ab"]))
    one_pass(config, data)
    assert web.pages_asked() == ["/feed.xml"]
    sources = "SELECT right(url, 1), source_id FROM articles ORDER BY ALL"
    assert ask(data, sources) == [("a", "gazette"), ("b", None)]


@pytest.mark.parametrize(
    ("choice", "kept", "skipped"),
    [
        (
            {"site": ["gazette.example"]},
            {"gazette.example/a", "gazette.example/short", "sport.gazette.example/b"},
            {"other_site": 2},
        ),
        ({"site": ["https://www.sport.gazette.example/"]}, {"sport.gazette.example/b"}, {"other_site": 4}),
        ({"language": ["es-EC"]}, {"courier.example/es"}, {"other_language": 3, "too_short": 1}),
        (
            {"language": ["en"], "site": ["courier.example"]},
            {"www.courier.example/c"},
            {"other_site": 3, "other_language": 1},
        ),
    ],
)
def test_only_what_is_chosen_is_kept(
    choice: dict[str, list[str]], kept: set[str], skipped: dict[str, int], config: Path, data: Path, tmp_path: Path
) -> None:
    spanish = " ".join(["El ministerio de justicia anunció que las cárceles del país reciben una reforma."] * 8)
    page = (
        f"<html lang='es'><head><title>Cárceles</title></head><body><article><p>{spanish}</p></article></body></html>"
    )
    pages = {
        f"{SITE}/a": article("A"),
        f"{SITE}/short": SHORT,
        "https://sport.gazette.example/b": article("B"),
        "https://www.courier.example/c": article("C"),
        "https://courier.example/es": page.encode(),
    }
    done = fill(
        config, data, write(tmp_path / "a.warc.gz", [record(url, body) for url, body in pages.items()]), **choice
    )
    assert {row[0].partition("//")[2] for row in ask(data, "SELECT url FROM pages")} == kept
    assert done.filled.skipped == skipped


def test_the_same_files_again_change_nothing(config: Path, data: Path, tmp_path: Path) -> None:
    paths = [write(tmp_path / "a.warc.gz", MIXED), write(tmp_path / "b.warc.gz", reports(2, "https://b.example"))]
    fill(config, data, *paths)
    before = {table: ask(data, f"FROM {table} ORDER BY ALL") for table in ("pages", "articles", "stories")}
    again = fill(config, data, *paths)
    assert (again.filled.records, again.filled.files_known) == (0, 2)
    # For another choice they are read once more, but everything is there.
    third = fill(config, data, *paths, site=["gazette.example", "b.example"])
    assert third.filled.skipped["already_stored"] == 8 and third.summary
    assert third.summary.counts.pages_fetched == 0
    assert {table: ask(data, f"FROM {table} ORDER BY ALL") for table in before} == before


def test_file_that_was_cut_off_is_read_again_when_it_is_whole(config: Path, data: Path, tmp_path: Path) -> None:
    path, whole = tmp_path / "a.warc.gz", b"".join(reports(4))
    path.write_bytes(whole[:-50])
    first = fill(config, data, path)
    assert outcomes(data) == {"article": 3}
    (problem,) = first.filled.problems
    assert problem.startswith(f"{path}: damaged at byte ") and "cut off" in problem
    path.write_bytes(whole)
    assert fill(config, data, path).filled.skipped == {"already_stored": 3}
    assert outcomes(data) == {"article": 4}
    assert checks.problems(published_path(data)) == []


def test_damage_costs_only_its_own_records(
    config: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = reports(5)
    records[2] = records[2][:50] + b"\xff" * 50 + records[2][100:]
    damaged = write(tmp_path / "a.warc.gz", records)
    nonsense = write(tmp_path / "b.warc.gz", [b"no WARC at all"])
    last = write(tmp_path / "c.warc.gz", reports(2, "https://last.example"))
    done = fill(config, data, damaged, nonsense, last)
    assert outcomes(data) == {"article": 6}
    assert [line.partition(":")[0] for line in done.filled.problems] == [str(nonsense), str(damaged)]
    said = capsys.readouterr().err
    assert all(line in said for line in done.filled.problems)
    assert (done.filled.files_done, done.filled.files_broken) == (2, 1)


def test_record_cut_off_before_another_is_no_page_and_the_other_is(config: Path, data: Path, tmp_path: Path) -> None:
    """Unpacked, and a crawler was killed and went on in the same file: half a page and the next one make no article."""
    records = [gzip.decompress(one) for one in reports(6)]
    place = sum(map(len, records[:2]))
    records[2] = records[2][: len(records[2]) * 2 // 3]
    path = write(tmp_path / "a.warc", records)
    done = fill(config, data, path)
    assert ask(data, "SELECT title FROM articles ORDER BY 1") == [(f"Report {number}",) for number in (0, 1, 3, 4, 5)]
    assert ask(data, "SELECT count(*) FROM articles WHERE text LIKE '%WARC-%' OR text LIKE '%HTTP/1.1%'") == [(0,)]
    assert done.filled.skipped == {"damaged": 1}
    (problem,) = done.filled.problems
    assert (
        problem.startswith(f"{path}: damaged at byte {place} (")
        and f"went on at byte {place + len(records[2])}" in problem
    )


def test_page_whose_content_has_changed_is_not_stored(config: Path, data: Path, tmp_path: Path) -> None:
    """Unpacked, so that no checksum but only its digest tells."""
    records = [gzip.decompress(one) for one in reports(3)]
    records[1] = records[1].replace(b"Paragraph 2", b"Paragraph 9")
    path = write(tmp_path / "a.warc", records)
    done = fill(config, data, path)
    assert ask(data, "SELECT url FROM pages ORDER BY 1") == [(f"{SITE}/0",), (f"{SITE}/2",)]
    assert done.filled.skipped == {"damaged": 1}
    (problem,) = done.filled.problems
    assert problem.startswith(f"{path} at {len(records[0])}: the record is damaged")


def test_folder_is_told_how_its_files_are_named(newsdesk: Newsdesk, config: Path, tmp_path: Path) -> None:
    folder = tmp_path / "crawl"
    (folder / "day").mkdir(parents=True)

    def said() -> str:
        ended = newsdesk("backfill", "--warc", str(folder))
        assert ended.code == 2
        return one_line(ended)

    assert said() == f"--warc {folder}: a folder; name the files in it, as '{folder}/*.warc.gz'"
    write(folder / "day" / "a.warc", reports(1))
    assert said().endswith(f", as '{folder}/**/*.warc'")
    write(folder / "a.warc.gz", reports(1))
    assert said().endswith(f", as '{folder}/*.warc.gz'")
    pattern = said().rpartition("as ")[2].strip("'")
    assert inputs.warc_files([pattern]) == [folder / "a.warc.gz"]


NO_WARC = {
    "a text": (b"https://gazette.example/a\n" * 50, "not a WARC file: there is no WARC record in it"),
    "an archive of another kind": (gzip.compress(b"name,size\n" * 50), "there is no WARC record in it"),
    "an empty file": (b"", "not a WARC file: it is empty"),
}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(*case, id=name, marks=() if name == "an archive of another kind" else pytest.mark.slow)
        for name, case in NO_WARC.items()
    ],
)
def test_file_that_is_no_warc_is_told(
    newsdesk: Newsdesk, config: Path, tmp_path: Path, content: bytes, expected: str
) -> None:
    path = write(tmp_path / "page.warc.gz", [content])
    for _ in range(2):  # the second time it is no better
        said = newsdesk("backfill", "--warc", str(path))
        assert said.code == 1
        assert "0 WARC files to their end, 1 broken" in said.out
        assert f"1 problems; the first: {path}: " in said.out and expected in said.out
    write(tmp_path / "whole.warc.gz", reports(2))
    said = newsdesk("backfill", "--warc", str(tmp_path / "*.warc.gz"))
    assert said.code == 0, "the rest is done"
    assert "2 records read, 1 WARC files to their end, 1 broken" in said.out and "2 new articles" in said.out


def test_file_that_cannot_be_read_is_named(
    config: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other = write(tmp_path / "a.warc.gz", reports(1)), write(tmp_path / "b.warc.gz", reports(2))
    known = store.known_progress

    def vanishing(*arguments: Any) -> Any:
        path.unlink(missing_ok=True)
        return known(*arguments)

    monkeypatch.setattr(store, "known_progress", vanishing)
    assert fill(config, data, path, other).filled.problems == [f"{path}: No such file or directory"]
    assert outcomes(data) == {"article": 2}


LATER, EARLIER = CAPTURED + HOUR, CAPTURED - HOUR


@pytest.mark.parametrize("batch", [1, pytest.param(500, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("captures", "titles"),
    [
        ([("One", CAPTURED), ("Two", LATER)], ["Two", "One"]),
        ([("One", CAPTURED), ("Two", EARLIER)], ["One"]),
        pytest.param(
            *([("One", CAPTURED), ("Two", LATER), ("Three", LATER + HOUR)], ["Three", "One", "Two"]),
            marks=pytest.mark.slow,
        ),
        ([("One", CAPTURED), ("One", LATER)], ["One"]),
        pytest.param([("One", CAPTURED), ("One", CAPTURED)], ["One"], marks=pytest.mark.slow),
    ],
)
def test_captures_of_one_page(
    captures: list[tuple[str, datetime]],
    titles: list[str],
    batch: int,
    config: Path,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The newest is the article, earlier ones are its revisions; one that comes after a later one does not count."""
    monkeypatch.setattr(warcfill, "BATCH", batch)
    fill(config, data, write(tmp_path / "a.warc.gz", [record(f"{SITE}/a", article(t), date=at) for t, at in captures]))
    query = "SELECT title FROM articles UNION ALL (SELECT title FROM article_revisions ORDER BY revision)"
    assert [row[0] for row in ask(data, query)] == titles
    assert len(ask(data, "FROM pages")) == 1
    assert checks.problems(published_path(data)) == []


def test_capture_from_before_the_live_fetch_is_left(web: WebServer, data: Path, tmp_path: Path) -> None:
    web.feed("/feed.xml", [("/a", "A"), ("/b", "B")])
    web.routes |= {"/a": story("Live"), "/b": Answer(b"", 404)}
    config = write_config(tmp_path / "config", [web.source("gazette")])
    one_pass(config, data)
    old = [record(f"{web.base}/a", article("Old")), record(f"{web.base}/b", article("Lost"))]
    fill(config, data, write(tmp_path / "a.warc.gz", old))
    rows = ask(data, "SELECT title, source_id, revision FROM articles ORDER BY title")
    assert rows == [("Live", "gazette", 1), ("Lost", "gazette", 1)]


# --- killed and gone on with

SAME = {
    "pages": "*",
    "articles": "*",
    "article_topics": "*",
    "article_revisions": "*",
    "stories": "*",
    "pipeline.warc_files": "* EXCLUDE (problems)",
}


def stored_part(data: Path, path: Path, tmp_path: Path) -> float:
    """How much of the file is read and stored, looked up in a copy: opening the state itself would tidy up in it."""
    copy = tmp_path / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(data / "state", copy / "state", ignore=shutil.ignore_patterns("prefect"))
    with state.open_state(copy) as connection:
        query = "SELECT next_offset / size FROM pipeline.warc_files WHERE warc_file = ?"
        return float(connection.execute(query, [str(path)]).fetchall()[0][0])


@pytest.mark.parametrize("moment", [pytest.param("before", marks=pytest.mark.slow), "after"])
def test_killed_and_gone_on_with(
    moment: str, config: Path, tmp_path: Path, prefect_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = record("https://copy.example/2", article("Report 2"), date=EARLIER)
    again = [record(f"{SITE}/{number}", article(f"Report {number}, edited"), date=LATER) for number in (1, 6)]
    records = [*reports(9), *again, copied, record(kind="revisit"), record(f"{SITE}/short", SHORT), *reports(14)[9:]]
    damaged = reports(3, "https://third.example")
    damaged[1] = damaged[1][:50] + b"\xff" * 50 + damaged[1][100:]
    plain = [gzip.decompress(one) for one in reports(12, "https://fourth.example")]
    plain[3] = plain[3][:-500]
    files = [
        write(tmp_path / "a.warc.gz", records),
        write(tmp_path / "b.warc.gz", reports(7, "https://second.example")),
        write(tmp_path / "c.warc.gz", damaged),
        write(tmp_path / "d.warc", plain),
    ]
    monkeypatch.setattr(warcfill, "BATCH", 5)
    undisturbed, killed = tmp_path / "undisturbed", tmp_path / "killed"
    fill(config, undisturbed, *files)
    parts = []
    for _ in range(2):
        ended = run_and_die(BACKFILL, "commit_captures", config, killed, prefect_server, moment, 2, *files)
        assert ended == -9 and not published_path(killed).exists()
        parts.append(stored_part(killed, files[0], tmp_path))
    assert 0 < parts[0] < 1 and parts[0] < parts[1], "killed in the middle of a file of which a part is stored"
    done = fill(config, killed, *files)
    assert done.filled.records and done.filled.files_done
    for table, columns in SAME.items():
        query = f"SELECT {columns} FROM {table} ORDER BY ALL"
        assert ask(killed, query) == ask(undisturbed, query), table
    assert ask(killed, "SELECT flow, outcome FROM runs ORDER BY started_at") == [
        ("backfill", "crashed"),
        ("backfill", "crashed"),
        ("backfill", "done"),
    ]
    assert checks.problems(published_path(killed)) == []


def test_command_tells_what_it_did(config: Path, data: Path, tmp_path: Path, prefect_server: str) -> None:
    damaged = reports(3)
    damaged[1] = damaged[1][:50] + b"\xff" * 50 + damaged[1][100:]
    write(tmp_path / "a.warc.gz", MIXED)
    write(tmp_path / "b.warc.gz", damaged)
    folders = ["--config", str(config), "--data", str(data)]
    command = [NEWSDESK, *folders, "backfill", "--warc", str(tmp_path / "*.warc.gz"), "--site", "gazette.example"]
    done = subprocess.run(
        command, env=environment(PREFECT_API_URL=prefect_server), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:2] == [
        f"{len(MIXED) + 3} records read, 2 WARC files to their end",
        "passed over: 2 already_stored, 1 damaged, 1 http_error, 1 not_html, 1 revisit",
    ]
    assert lines[2].startswith(f"1 problems; the first: {tmp_path / 'b.warc.gz'}: damaged at byte ")
    assert lines[3].startswith("6 pages derived (0 could not be fetched), 4 new articles (0 updated), 1 topic matches")


# --- lists of addresses


def test_list_of_addresses_is_fetched_like_any_page(web: WebServer, data: Path, tmp_path: Path) -> None:
    web.routes |= {f"/{name}": story(name) for name in "abc"}
    web.routes["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /c", content_type="text/plain")
    listed = tmp_path / "urls.txt"
    lines = ["\ufeff# a list", "", f"{web.base}/a", f"  {web.base}/b?utm_source=x ", f"{web.base}/a/", "nonsense"]
    listed.write_text("\r\n".join([*lines, f"{web.base}/c", f"{web.base}/missing"]), encoding="utf-8")
    config = write_config(tmp_path / "config", [])
    done = backfill(str(config), str(data), urls=str(listed))
    assert sorted(web.pages_asked()) == ["/a", "/b", "/missing"]
    assert outcomes(data) == {"article": 2, "robots": 1, "http_error": 1}
    assert ask(data, "SELECT DISTINCT source_id FROM articles") == [(None,)]
    (problem,) = done.filled.problems
    assert problem.startswith(f"{listed}:6: ") and "nonsense" in problem

    web.asked.clear()
    again = backfill(str(config), str(data), urls=str(listed))
    assert web.asked == [] and again.filled.skipped == {"already_known": 4}


def test_list_may_leave_out_the_scheme(newsdesk: Newsdesk, config: Path, tmp_path: Path) -> None:
    """As `sources add` takes it. What is no address by any reading is named."""
    listed = tmp_path / "urls.txt"
    listed.write_text(
        "example.com/a\nwww.example.com/b?x=1\nfeed:https://example.com/c\nnonsense\nmailto:a@b.example\n"
    )
    pages, problems = inputs.addresses(listed)
    assert [page.url for page in pages] == [
        "https://example.com/a",
        "https://www.example.com/b?x=1",
        "https://example.com/c",
    ]
    assert [problem.partition(" ")[0] for problem in problems] == [f"{listed}:4:", f"{listed}:5:"]


def test_list_that_is_no_text_is_told_once(newsdesk: Newsdesk, config: Path, tmp_path: Path) -> None:
    listed = tmp_path / "urls.png"
    listed.write_bytes(bytes(range(256)) * 40)
    said = newsdesk("backfill", "--urls", str(listed))
    assert said.code == 2
    assert one_line(said) == f"--urls {listed}: not a text file in UTF-8; expected an address on each line"


def test_page_that_failed_long_ago_is_asked_for_again(
    web: WebServer, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = tmp_path / "urls.txt"
    listed.write_text(f"{web.base}/a\n", encoding="utf-8")
    config = write_config(tmp_path / "config", [])
    backfill(str(config), str(data), urls=str(listed))
    assert outcomes(data) == {"http_error": 1}
    web.routes["/a"] = story("A")
    monkeypatch.setattr("tasks.store.backfill.ASK_AGAIN", timedelta(0))
    backfill(str(config), str(data), urls=str(listed))
    assert outcomes(data) == {"article": 1}


def test_list_cut_off_is_gone_on_with(
    web: WebServer, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.routes |= {f"/{number}": story(f"Report {number}") for number in range(3)}
    listed = tmp_path / "urls.txt"
    listed.write_text("\n".join(f"{web.base}/{number}" for number in range(3)), encoding="utf-8")
    config = write_config(tmp_path / "config", [])
    with monkeypatch.context() as patch:
        patch.setattr(Pass, "worker_pool", lambda self: (_ for _ in ()).throw(RuntimeError("killed")))
        with pytest.raises(RuntimeError):
            backfill(str(config), str(data), urls=str(listed))
    backfill(str(config), str(data), urls=str(listed))
    assert outcomes(data) == {"article": 3}


# --- a source's sitemaps


def sitemap(web: WebServer, paths: Sequence[tuple[str, str]]) -> Answer:
    items = "".join(f"<url><loc>{web.base}{path}</loc><lastmod>{day}</lastmod></url>" for path, day in paths)
    text = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{items}</urlset>'
    return Answer(text.encode(), content_type="application/xml")


LISTED = [
    ("/2026/01/new-report", "2026-01-20"),
    ("/2026/01/known-report", "2026-01-10"),
    ("/2025/old-report", "2025-03-01"),
]


@pytest.mark.parametrize("place", [pytest.param("/maps/articles.xml", marks=pytest.mark.slow), "/sitemap.xml"])
def test_sitemaps_of_a_source(place: str, web: WebServer, data: Path, tmp_path: Path) -> None:
    web.feed("/feed.xml", [("/2026/01/known-report", "Known")])
    web.routes |= {path: story(path) for path, _ in LISTED}
    web.routes[place] = sitemap(web, LISTED)
    if place != "/sitemap.xml":
        rules = f"User-agent: *\nSitemap: {web.base}{place}\n"
        web.routes["/robots.txt"] = Answer(rules.encode(), content_type="text/plain")
    config = write_config(tmp_path / "config", [web.source("gazette")])
    one_pass(config, data)
    before = ask(data, "SELECT * FROM source_health"), ask(data, "FROM polls")
    web.asked.clear()
    done = backfill(str(config), str(data), source="gazette", since=datetime(2026, 1, 1))
    assert [path for path in web.pages_asked() if path.startswith("/20")] == ["/2026/01/new-report"]
    assert done.summary and (done.summary.counts.entries_new, done.summary.counts.articles_new) == (2, 1)
    assert ask(data, "SELECT count(*), count(source_id) FROM articles") == [(2, 2)]
    assert len(ask(data, "FROM entries WHERE source_id = 'gazette'")) == 3
    health = ask(data, "SELECT * EXCLUDE (entries_7d, articles_7d) FROM source_health")
    assert (health[0][:6], ask(data, "FROM polls")) == (before[0][0][:6], before[1])


def test_source_without_sitemap_is_a_failure_with_a_reason(web: WebServer, data: Path, tmp_path: Path) -> None:
    config = write_config(tmp_path / "config", [web.source("gazette")])
    done = backfill(str(config), str(data), source="gazette", since=datetime(2026, 1, 1))
    assert done.summary and done.summary.counts.sources_failed == 1
    (problem,) = done.filled.problems
    assert problem.startswith("gazette: no sitemap could be read: ") and "HTTP 404" in problem


# --- usage

USAGE: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "expected one of --warc"),
    "two things": ({"warc": ["a"], "urls": "b"}, "expected one of --warc"),
    "no day": ({"source": "gazette"}, "expected one of --warc"),
    "no such file": ({"warc": ["/nowhere/*.warc.gz"]}, "--warc /nowhere/*.warc.gz: no such file"),
    "no such list": ({"urls": "/nowhere/urls.txt"}, "--urls /nowhere/urls.txt: No such file"),
    "no such source": ({"source": "x", "since": datetime(2026, 1, 1)}, "--source x: no source with this id"),
}


@pytest.mark.parametrize("name", USAGE)
def test_wrong_use_is_told(name: str, config: Path, data: Path) -> None:
    arguments, message = USAGE[name]
    with pytest.raises(ConfigError) as caught:
        backfill(str(config), str(data), **arguments)
    assert message in str(caught.value)
