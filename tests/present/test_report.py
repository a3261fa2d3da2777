"""What a reader of the report sees, from databases made by the real migrations."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from lxml import html

from tasks.model import Outcome
from tasks.present.collection import OUTCOMES, SOURCES_LISTED
from tasks.present.highlight import Place, best_quotes, segments
from tasks.present.rendering import moment, percent, points, web_link
from tasks.present.report import write_report
from tests.present.newsroom import DAY, HOUR, NOW, Newsroom, article, realistic

Fill = Callable[[Newsroom], None]


def report(data: Path, fill: Fill | None = None) -> Any:
    """The report on a database, as an HTML tree."""
    with Newsroom(data) as room:
        if fill:
            fill(room)
    return html.fromstring(write_report(data).read_text(encoding="utf-8"))


def words(node: Any) -> str:
    """The text of a node, one space between words."""
    return " ".join(str(node.text_content()).split())


def find(tree: Any, path: str) -> str:
    """The text of the one node that the path finds."""
    (node,) = tree.xpath(path)
    return words(node)


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("newsroom")
    realistic(data, background=600)
    write_report(data)
    return data


@pytest.fixture(scope="module")
def page(newsroom: Path) -> Any:
    return html.fromstring((newsroom / "report" / "index.html").read_text(encoding="utf-8"))


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
    assert "1 source is configured. newsdesk run polls them" in find(tree, "//p[@class='standfirst']")
    assert "never polled" in find(tree, "//aside")
    assert "No article matches yet" in find(tree, "//section[@id='topic-prisons']")


def test_articles_without_any_topic(tmp_path: Path) -> None:
    tree = report(tmp_path, lambda room: room.articles([article("One"), article("Two")]))
    assert find(tree, "//h1") == "2 articles, and no topic to look for"


def test_a_topic_is_counted_three_ways(tmp_path: Path) -> None:
    prisons = {"prisons": 0.8}

    def fill(room: Newsroom) -> None:
        room.topic("prisons", "Prisons")
        copies = [article(f"Copy {n}", site=f"c{n}.example", text="One text.", story="s1", topics=prisons) for n in range(3)]
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
    assert "In all 6 articles, 3 stories." in find(tree, "//section[@id='topic-prisons']//p[@class='summary']")


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
    assert "Gap in collection. No source answered on 16 Nov 2025" in find(tree, "//div[@class='lead']/p[@class='caution']")


CONDITIONS: list[tuple[dict[str, Any] | None, str]] = [
    ({"last_outcome": "ok"}, "fine"),
    ({"last_outcome": "unchanged"}, "fine"),
    (None, "never polled"),
    ({"last_outcome": "gone", "consecutive_failures": 1, "last_error": "http_error: 410"}, "gone"),
    ({"last_outcome": "failed", "consecutive_failures": 3, "last_error": "timeout: 30 s"}, "failing"),
    ({"last_outcome": "ok", "seen": 9 * DAY}, "quiet"),
    ({"last_outcome": "ok", "moved_to": "https://new.example/feed"}, "moved"),
]


@pytest.mark.parametrize(("state", "condition"), CONDITIONS)
def test_the_condition_of_a_source(tmp_path: Path, state: dict[str, Any] | None, condition: str) -> None:
    def fill(room: Newsroom) -> None:
        kept = dict(state or {})
        room.entry("ledger", NOW - kept.pop("seen", HOUR))
        room.source("ledger", added=30 * DAY, **kept)

    tree = report(tmp_path, fill)
    if condition == "fine":
        assert "None: all 1 enabled sources answer" in find(tree, "//section[@id='sources']")
        return
    row = find(tree, "//section[@id='sources']//tbody/tr")
    assert row.startswith(f"Ledger ledger {condition}")
    assert str((state or {}).get("last_error", "")) in row
    assert condition in find(tree, "//aside//ol/li")


def test_disabled_and_removed_sources_need_no_attention(tmp_path: Path) -> None:
    def fill(room: Newsroom) -> None:
        room.source("off", enabled=False)
        room.source("removed")
        room.connection.execute("UPDATE sources SET removed_at = now() WHERE source_id = 'removed'")

    assert find(report(tmp_path, fill), "//section[@id='sources']/p") == "No source is enabled."


def test_many_failing_sources_are_bounded(tmp_path: Path) -> None:
    def fill(room: Newsroom) -> None:
        for number in range(SOURCES_LISTED + 20):
            room.source(f"s{number}", last_outcome="failed", consecutive_failures=number + 1)

    tree = report(tmp_path, fill)
    rows = tree.xpath("//section[@id='sources']//tbody/tr")
    assert len(rows) == SOURCES_LISTED
    assert words(rows[0]).startswith("S119")
    assert "120 of 120 enabled sources; the first 100 are listed" in find(tree, "//section[@id='sources']/p")


def test_a_story_folds_its_copies_and_says_how_it_is_known(tmp_path: Path) -> None:
    prisons = {"prisons": 0.7}

    def fill(room: Newsroom) -> None:
        room.topic("prisons")
        origin = article(
            "Jail audit finds cells empty",
            site="ledger.example",
            text="Auditors went in. Half of the JAIL stood empty. Nobody was told.",
            terms={"jail*": "jail"},
            topics={"prisons": 0.6},
            story="s",
            age=5 * HOUR,
            authors=["Imani Rourke"],
            access="paywalled",
            published_from="meta",
            language="en-GB",
            revision=2,
        )
        text = origin["text"]
        copies = [
            article(f"Copy {n}", site=f"c{n % 12:02}.example", text=text, story="s", topics=prisons, original_source="ledger.example")
            for n in range(14)
        ]
        room.articles([*copies, origin])

    (story,) = report(tmp_path, fill).xpath("//section[@id='topic-prisons']//article")
    assert find(story, "h3/a") == "Jail audit finds cells empty"
    assert [mark.text for mark in story.xpath(".//mark")] == ["Jail", "JAIL"]
    assert find(story, "ul/li") == "Half of the JAIL stood empty."
    assert story.xpath("h3")[0].get("lang") == "en-GB" and story.xpath("h3")[0].get("dir") == "auto"
    facts = find(story, "p[@class='facts']")
    assert facts.startswith("Paywalled ledger.example Imani Rourke 20 Nov 2025, 09:02 UTC, dated by its meta tags")
    assert "revision 2" in facts and "score 0.60" in facts and "credits" not in facts
    copies = find(story, "p[@class='copies']")
    assert copies.startswith("15 articles at 13 sites, 14 copies. Also c00.example (2), c01.example (2), c02.example")
    assert copies.endswith("and 4 more")


def test_a_credited_source_and_an_undated_article(tmp_path: Path) -> None:
    def fill(room: Newsroom) -> None:
        room.topic("prisons")
        kept = {"original_source": "wire.example", "published_from": "fetched", "topics": {"prisons": 0.5}}
        room.articles([article("Taken over", **kept)])

    facts = find(report(tmp_path, fill), "//article/p[@class='facts']")
    assert "undated: time of fetching" in facts and "credits wire.example" in facts


def test_an_article_without_evidence_in_words_shows_its_excerpt(tmp_path: Path) -> None:
    def fill(room: Newsroom) -> None:
        room.topic("bbc", query="source:bbc")
        row = article("By its source", text="It opens so.", topics={"bbc": 1.0})
        row["matches"][0]["evidence"] = [{"field": "source", "term": "source:bbc", "start": 0, "end": 3, "sentence": "bbc"}]
        room.articles([row])

    (story,) = report(tmp_path, fill).xpath("//article")
    assert find(story, "p[@class='excerpt']") == "It opens so."
    assert "Matches source: source:bbc" in words(story)


def test_strong_and_new_come_first_and_the_rest_is_a_query_away(tmp_path: Path) -> None:
    def fill(room: Newsroom) -> None:
        room.topic("prisons")
        weak = [article(f"Weak {n}", text=f"{n}", age=10 * DAY, topics={"prisons": 0.2}) for n in range(23)]
        strong = article("Strong but four days old", text="s", age=4 * DAY, topics={"prisons": 0.9})
        new = article("New and fair", text="n", topics={"prisons": 0.5})
        room.articles([*weak, strong, new])

    tree = report(tmp_path, fill)
    titles = [words(title) for title in tree.xpath("//section[@id='topic-prisons']//article/h3")]
    assert titles[:2] == ["New and fair", "Strong but four days old"]
    assert len(titles) == 20
    assert "5 more stories" in find(tree, "//p[@class='rest']")
    (command,) = tree.xpath("//section[@id='topic-prisons']//p[@class='rest']/following-sibling::pre")
    assert len(run_command(tmp_path, words(command))) == 25


def run_command(data: Path, command: str) -> list[Any]:
    """The rows of a `newsdesk sql` command as the report prints it."""
    found = re.fullmatch(r'newsdesk sql "([^"$`\\]+)"', command)
    assert found, f"not safe to paste into a shell: {command}"
    with duckdb.connect(data / "news.duckdb", read_only=True) as connection:
        return connection.execute(found[1]).fetchall()


def test_the_example_queries_run(newsroom: Path, page: Any) -> None:
    commands = [words(pre) for pre in page.xpath("//section[@id='query']//pre")]
    assert len(commands) == 3
    for command in commands:
        assert run_command(newsroom, command)


def test_matches_of_an_earlier_definition_are_told(tmp_path: Path) -> None:
    def fill(room: Newsroom) -> None:
        room.topic("prisons")
        rows = [article("Old"), article("New", topics={"prisons": 0.5})]
        rows[0]["matches"] = [{**rows[1]["matches"][0], "article_id": rows[0]["article_id"], "topic_version": "v0"}]
        room.articles(rows)

    tree = report(tmp_path, fill)
    assert "1 match was found with an earlier definition" in find(tree, "//section[@id='topic-prisons']//p[@class='caution']")


def test_outcomes_add_up_and_each_has_a_meaning(page: Any) -> None:
    rows = page.xpath("//table[@class='data outcomes']/tbody/tr")
    counts = [int(words(row.xpath("td")[0]).replace(",", "")) for row in rows]
    assert find(page, "//table[@class='data outcomes']/tfoot//td[1]") == f"{sum(counts):,}"
    assert "Every URL ends in exactly one named outcome: 3,437 URLs in all." in words(page)
    assert set(OUTCOMES) == set(Outcome)


def test_the_last_passes(page: Any) -> None:
    rows = [words(row) for row in page.xpath("//section[@id='collection']//div[2]//tbody/tr")]
    assert len(rows) == 12
    assert rows[0] == "20 Nov 2025, 14:02 monitor done 44 3 31 29 0 27 0 18.4"


HOSTILE = '"><script>alert(1)</script>\x00\x1b<img src=x onerror=alert(1)>{{ 7 * 7 }}</style>'


def test_nothing_from_the_web_becomes_markup(tmp_path: Path) -> None:
    def fill(room: Newsroom) -> None:
        room.topic("prisons", name=HOSTILE, query=HOSTILE)
        room.source("bad", last_outcome="failed", consecutive_failures=1, last_error=HOSTILE, moved_to="javascript:alert(1)")
        room.connection.execute("UPDATE sources SET name = $h, url = 'javascript:alert(1)'", {"h": HOSTILE})
        kept: dict[str, Any] = {"topics": {"prisons": 0.5}, "story": "s", "published_from": HOSTILE, "language": HOSTILE}
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


LINKS = [
    ("https://a.example/x", True),
    ("http://127.0.0.1:8080/", True),
    ("javascript:alert(1)", False),
    ("JAVASCRIPT:alert(1)//http://", False),
    ("data:text/html,x", False),
    ("//a.example/x", False),
    ("https:///x", False),
    ("http://[broken", False),
    ("", False),
    (None, False),
]


@pytest.mark.parametrize(("url", "good"), LINKS)
def test_links_lead_only_to_the_web(url: str | None, good: bool) -> None:
    assert web_link(url) == (url if good else None)


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
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
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


HIGHLIGHTS = [
    ("exact words", "The jail was full.", [("jail*", "jail")], "The [jail] was full."),
    ("capitals", "JAIL or jail", [("jail*", "Jail")], "[JAIL] or [jail]"),
    ("whole words only", "Scarcely a car", [("car", "car")], "Scarcely a [car]"),
    ("longest first", "human rights of a human", [("human", "human"), ('"human rights"', "human rights")], "[human rights] of a [human]"),
    ("accents", "La cárcel nueva", [("carcel*", "cárcel")], "La [cárcel] nueva"),
    ("no spaces between words", "東京刑務所改革", [("刑務所", "刑務所")], "東京[刑務所]改革"),
    ("characters with a meaning in patterns", "C++ (v2.0) won", [("c++", "C++"), ("x", "(v2.0)")], "[C++] [(v2.0)] won"),
    ("the term where offsets say nothing", "The prisons are full", [("prison*", None)], "The [prisons] are full"),
    ("a phrase with distance and boost", "human rights law", [('"human rights"~3^2', None)], "[human rights] law"),
    ("a term that is not there", "Nothing here", [("jail*", None)], "Nothing here"),
    ("an empty match", "Nothing here", [("", "")], "Nothing here"),
    ("nothing", "", [("jail*", "jail")], ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "terms", "expected"), [case[1:] for case in HIGHLIGHTS], ids=[case[0] for case in HIGHLIGHTS])
def test_terms_are_highlighted(text: str, terms: list[tuple[str, str | None]], expected: str) -> None:
    pieces = segments(text, [Place("text", term, matched, text) for term, matched in terms])
    assert "".join(f"[{piece.text}]" if piece.hit else piece.text for piece in pieces) == expected
    assert "".join(piece.text for piece in pieces) == text


def test_the_best_sentences_hold_most_terms_and_keep_their_order() -> None:
    said = {"One a.": ["a"], "Two b.": ["b"], "All a b c.": ["a", "b", "c"], "Two a b.": ["a", "b"]}
    places = [Place("text", term, term, sentence) for sentence, terms in said.items() for term in terms]
    places += [Place("title", "a", "a", "A title a b c d.")]
    quotes = ["".join(piece.text for piece in quote.segments) for quote in best_quotes(places)]
    assert quotes == ["One a.", "All a b c.", "Two a b."]


PERCENTS = [(None, "–"), (0.0, "0%"), (0.0004, "0.04%"), (0.0312, "3.1%"), (0.0999, "10%"), (0.257, "26%"), (1.0, "100%")]


@pytest.mark.parametrize(("share", "text"), PERCENTS)
def test_percent(share: float | None, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(("difference", "text"), [(0.004, "+0.4"), (-0.02, "−2.0"), (0.0, "±0"), (-0.0001, "±0")])
def test_points(difference: float, text: str) -> None:
    assert points(difference) == text


def test_a_date_without_a_time_stays_one() -> None:
    assert moment(NOW) == "20 Nov 2025, 14:02 UTC"
    assert moment(NOW - timedelta(hours=14, minutes=2)) == "20 Nov 2025"
    assert moment(None) == "–"
