"""The first screen and the page as a whole: what is new, how it changes, whether to believe it, and for everyone."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb

from tasks.present.report import write_report
from tests.present.newsroom import DAY, HOUR, NOW, Newsroom, article
from tests.present.reading import find, report, words


def test_an_empty_database_says_what_to_do(tmp_path: Path) -> None:
    tree = report(tmp_path)
    assert find(tree, "//h1") == "Nothing has been collected yet"
    assert "config/sources.yaml" in find(tree, "//p[@class='standfirst']")
    assert "No topic is active" in words(tree)
    assert "No pass has run yet" in words(tree)
    assert not list((tmp_path / "report" / "feeds").iterdir())


def test_sources_and_topics_before_the_first_pass(tmp_path: Path) -> None:
    def fill(room: Newsroom) -> None:
        room.source("ledger")
        room.topic("prisons")

    tree = report(tmp_path, fill)
    assert "1 source is configured. newsdesk run polls what is due" in find(tree, "//p[@class='standfirst']")
    assert "never polled" in find(tree, "//aside")
    assert "No article matches yet" in find(tree, "//section[@id='topic-prisons']")


def test_articles_without_any_topic(tmp_path: Path) -> None:
    tree = report(tmp_path, lambda room: room.articles([article("One"), article("Two")]))
    assert find(tree, "//h1") == "2 articles, and no topic to look for"


def test_a_topic_is_counted_three_ways(tmp_path: Path) -> None:
    prisons = {"prisons": 0.8}

    def fill(room: Newsroom) -> None:
        room.topic("prisons", "Prisons")
        copies = [
            article(f"Copy {n}", site=f"c{n}.example", text="One text.", story="s1", topics=prisons) for n in range(3)
        ]
        other = article("The same event in other words", text="Another.", story="s1", topics=prisons)
        last_week = article("An older story", text="Old.", age=6 * DAY, topics=prisons)
        before = article("Before the trend", text="Very old.", age=40 * DAY, topics=prisons)
        elsewhere = [article(f"Something else {n}", age=2 * DAY) for n in range(15)]
        room.articles([*copies, other, last_week, before, *elsewhere])

    tree = report(tmp_path, fill)
    cells = {cell.get("data-label"): words(cell) for cell in tree.xpath("//table[@class='figures']//td[@data-label]")}
    assert [cells[f"{what} new"] for what in ("articles", "texts", "stories")] == ["4", "2", "1"]
    assert [cells[f"{what} in 30 days"] for what in ("articles", "texts", "stories")] == ["5", "3", "2"]
    assert cells["of all articles"].startswith("25%")
    assert find(tree, "//h1") == "1 story on your topics in the last 24 hours"
    summary = find(tree, "//section[@id='topic-prisons']//p[@class='summary']")
    assert "In all 6 articles, 4 unique texts and 3 stories." in summary


def test_new_goes_by_collection_and_the_trend_by_publication(tmp_path: Path) -> None:
    def fill(room: Newsroom) -> None:
        room.topic("prisons")
        late = article("Published long ago, found now", age=50 * DAY, found=HOUR, topics={"prisons": 0.5})
        room.articles([late, article("Known for days", age=3 * DAY, topics={"prisons": 0.5})])

    cells = [words(cell) for cell in report(tmp_path, fill).xpath("//table[@class='figures']//td[@data-label]")]
    assert cells[:6] == ["1", "1", "1", "1", "1", "1"]


def test_a_date_in_the_future_does_not_move_the_trend(tmp_path: Path) -> None:
    def fill(room: Newsroom) -> None:
        room.topic("prisons")
        wrong = article("Dated by mistake", age=-400 * DAY, found=HOUR, topics={"prisons": 0.5})
        room.articles([wrong, article("Today", topics={"prisons": 0.5})])

    days = report(tmp_path, fill).xpath("//section[@id='topic-prisons']//table//tbody/tr")
    assert words(days[0]).startswith("20 Nov 2025 1 1 1 1 100%")


def test_a_day_without_collection_is_not_a_day_without_news(tmp_path: Path) -> None:
    def fill(room: Newsroom) -> None:
        room.topic("prisons")
        for name in ("a", "b"):
            room.source(name, added=10 * DAY, last_outcome="ok")
            room.entry(name, NOW)
        room.polls("a", [NOW - n * DAY for n in range(11) if n != 4])
        room.polls("b", [NOW - n * DAY for n in range(11) if n not in (4, 6)])
        room.polls("a", [NOW - 4 * DAY], outcome="failed")
        room.articles([article("First", age=20 * DAY), article("Now", topics={"prisons": 0.5})])

    tree = report(tmp_path, fill)
    rows = [words(row) for row in tree.xpath("//section[@id='topic-prisons']//table//tbody/tr")]
    assert len(rows) == 30
    assert rows[3] == "17 Nov 2025 0 0 0 0 – 2 of 2 full"
    assert rows[4] == "16 Nov 2025 0 0 0 0 – 0 of 2 gap"
    assert rows[6] == "14 Nov 2025 0 0 0 0 – 1 of 2 in part"
    assert rows[11] == "9 Nov 2025 0 0 0 0 – 0 of 0 not begun"
    chart = tree.xpath("//section[@id='topic-prisons']//svg[@class='counts']")[0]
    assert len(chart.xpath("rect[@class='none']")) == 1
    assert len(chart.xpath("rect[@class='before']")) == 19
    assert "No source answered on 1 day." in chart.get("aria-label")
    assert "Gap in collection. No source answered on 16 Nov 2025" in find(
        tree, "//div[@class='lead']/p[@class='caution']"
    )


def test_the_share_changes_only_where_there_was_collection(tmp_path: Path) -> None:
    def fill(room: Newsroom) -> None:
        room.topic("prisons")
        room.source("a", last_outcome="ok")
        room.polls("a", [NOW - n * DAY for n in range(10)])
        found = [article(f"Found {n}", age=n * HOUR, topics={"prisons": 0.5}) for n in range(3)]
        earlier = article("Earlier", age=8 * DAY, topics={"prisons": 0.5})
        backlog = [article(f"Backlog {n}", age=20 * DAY, topics={"prisons": 0.5}) for n in range(5)]
        other = [article(f"Other {n}", age=age * DAY) for age in (1, 8) for n in range(9 * age)]
        room.articles([*found, earlier, *backlog, *other])

    tree = report(tmp_path, fill)
    assert find(tree, "//table[@class='figures']//td[@data-label='of all articles']/small") == "+23.6 pt"
    summary = find(tree, "//section[@id='topic-prisons']//p[@class='summary']")
    assert "On the days with collection it was 25% in the last 7 days and 1.4% before." in summary


def test_matches_of_an_earlier_definition_are_told(tmp_path: Path) -> None:
    def fill(room: Newsroom) -> None:
        room.topic("prisons")
        rows = [article("Old"), article("New", topics={"prisons": 0.5})]
        rows[0]["matches"] = [{**rows[1]["matches"][0], "article_id": rows[0]["article_id"], "topic_version": "v0"}]
        room.articles(rows)

    tree = report(tmp_path, fill)
    assert "1 match was found with an earlier definition" in find(
        tree, "//section[@id='topic-prisons']//p[@class='caution']"
    )


HOSTILE = '"><script>alert(1)</script>\x00\x1b<img src=x onerror=alert(1)>{{ 7 * 7 }}</style>'


def test_nothing_from_the_web_becomes_markup(tmp_path: Path) -> None:
    def fill(room: Newsroom) -> None:
        room.topic("prisons", name=HOSTILE, query=HOSTILE)
        room.source(
            "bad", last_outcome="failed", consecutive_failures=1, last_error=HOSTILE, moved_to="javascript:alert(1)"
        )
        room.connection.execute("UPDATE sources SET name = $h, url = 'javascript:alert(1)'", {"h": HOSTILE})
        kept: dict[str, Any] = {
            "topics": {"prisons": 0.5},
            "story": "s",
            "published_from": HOSTILE,
            "language": HOSTILE,
        }
        kept |= {"authors": [HOSTILE], "original_source": HOSTILE, "terms": {HOSTILE: "script"}}
        room.articles(
            [
                article(HOSTILE, text=f"Text {HOSTILE}.", url="javascript:alert(1)", site=HOSTILE, **kept),
                article(HOSTILE, text="b", url="data:text/html,x", site="two.example", **kept),
            ]
        )

    tree = report(tmp_path, fill)
    assert not tree.xpath("//script | //img | //*[@onerror] | //iframe")
    assert len(tree.xpath("//style")) == 1
    assert not [link for link in tree.xpath("//@href") if not link.startswith(("#", "feeds/", "https://", "http://"))]
    assert "{{ 7 * 7 }}" in words(tree.xpath("//article/h3")[0])
    assert "\x1b" not in words(tree)


def test_the_report_is_one_file_that_loads_nothing(newsroom: Path, page: Any) -> None:
    text = (newsroom / "report" / "index.html").read_text(encoding="utf-8")
    assert not page.xpath("//script | //img | //iframe | //*[@src] | //link[@rel='stylesheet']")
    assert not re.search(r"@import|url\((?!#)", text)
    assert "default-src 'none'" in page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert len(text) < 600_000


def test_the_report_can_be_read_by_a_screen_reader(page: Any) -> None:
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert set(page.xpath("//@aria-labelledby")) <= set(ids)
    assert {link[1:] for link in page.xpath("//a/@href") if link.startswith("#")} <= set(ids)
    levels = [int(heading.tag[1]) for heading in page.xpath("//h1 | //h2 | //h3 | //h4")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(svg.get("aria-label") for svg in page.xpath("//svg[@role='img']"))
    assert all(svg.get("role") or svg.get("aria-hidden") for svg in page.xpath("//svg"))
    assert all(header.get("scope") for header in page.xpath("//th"))


def test_titles_keep_their_language_and_direction(page: Any) -> None:
    (title,) = page.xpath("//section[@id='topic-press-freedom']//article/h3")
    assert title.get("lang") == "ar" and title.get("dir") == "auto"
    assert [mark.text for mark in title.xpath(".//mark")] == ["الصحفية"]


def test_the_report_replaces_the_earlier_one_and_old_feeds_go(tmp_path: Path) -> None:
    with Newsroom(tmp_path) as room:
        room.topic("kept")
        room.topic("dropped", active=False)
    feeds = tmp_path / "report" / "feeds"
    feeds.mkdir(parents=True)
    (feeds / "dropped.xml").write_text("old")
    (tmp_path / "report" / "index.html").write_text("old")
    before = (tmp_path / "news.duckdb").read_bytes()
    with duckdb.connect(tmp_path / "news.duckdb", read_only=True):
        assert write_report(tmp_path) == tmp_path / "report" / "index.html"
    assert sorted(p.name for p in (tmp_path / "report").rglob("*") if p.is_file()) == ["index.html", "kept.xml"]
    assert "dropped" not in (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert (tmp_path / "news.duckdb").read_bytes() == before
