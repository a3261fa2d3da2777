"""The topics' Atom feeds, as a feed reader takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import feedparser
from lxml import etree

from tasks.present.report import write_report
from tasks.present.stories import STORIES_IN_FEED
from tests.present.newsroom import DAY, HOUR, NOW, Newsroom, article

ATOM = "{http://www.w3.org/2005/Atom}"
PRISONS = {"prisons": 0.5}


def feed(data: Path, rows: list[dict[str, Any]], **topic: Any) -> Any:
    """The feed of the topic `prisons` over these articles, parsed."""
    with Newsroom(data) as room:
        room.topic("prisons", **({"name": "Prisons"} | topic))
        room.articles(rows)
    write_report(data)
    return parsed(data / "report" / "feeds" / "prisons.xml")


def parsed(path: Path) -> Any:
    """A feed through feedparser, which finds nothing wrong with it."""
    found = feedparser.parse(path.read_bytes())
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == "atom10"
    return found


def test_a_topic_without_articles_has_a_valid_feed(tmp_path: Path) -> None:
    found = feed(tmp_path, [])
    assert found.feed.title == "Prisons" and found.feed.id == "urn:newsdesk:prisons"
    assert found.feed.updated == "2025-09-21T14:02:00Z"
    assert found.entries == []


def test_an_entry_tells_the_story(tmp_path: Path) -> None:
    row = article(
        "Jail & <court>: an audit",
        text="Auditors went in. Half of the jail stood empty. Nobody was told.",
        terms={"jail*": "jail"},
        topics=PRISONS,
        authors=["Imani Rourke", "Teodor Vance"],
        age=3 * HOUR,
        updated_at=NOW,
        language="en",
        original_source="wire.example",
        access="paywalled",
    )
    found = feed(tmp_path, [row])
    (entry,) = found.entries
    assert entry.id == f"urn:newsdesk:prisons:{row['story_id']}"
    assert entry.title_detail.type == "text/plain" and entry.title == "Jail & <court>: an audit"
    assert entry.link == row["url"]
    assert [author.name for author in entry.authors] == ["Imani Rourke", "Teodor Vance"]
    assert (entry.published, entry.updated) == ("2025-11-20T11:02:00Z", "2025-11-20T14:02:00Z")
    assert found.feed.updated == "2025-11-20T14:02:00Z"
    assert "Half of the <strong>jail</strong> stood empty." in entry.summary
    assert "credits wire.example, paywalled" in entry.summary
    assert entry.title_detail.language == "en"


def test_copies_are_one_entry(tmp_path: Path) -> None:
    origin = article("Origin", text="One.", story="s", age=5 * HOUR, topics=PRISONS)
    copies = [
        article(
            f"Copy {n}", text="One.", site=f"c{n}.example", story="s", topics=PRISONS, original_source="ledger.example"
        )
        for n in range(3)
    ]
    (entry,) = feed(tmp_path, [*copies, origin]).entries
    assert entry.title == "Origin" and "4 articles at 4 sites" in entry.summary


def test_an_article_without_authors_is_signed_by_its_site(tmp_path: Path) -> None:
    (entry,) = feed(tmp_path, [article("Unsigned", topics=PRISONS)]).entries
    assert entry.author == "ledger.example"


def test_the_newest_stories_are_kept(tmp_path: Path) -> None:
    rows = [
        article(f"Story {n}", text=str(n), age=n * HOUR, topics={"prisons": n / 100})
        for n in range(STORIES_IN_FEED + 30)
    ]
    titles = [entry.title for entry in feed(tmp_path, rows).entries]
    assert titles == [f"Story {n}" for n in range(STORIES_IN_FEED)]


HOSTILE = '"><script>alert(1)</script>]]>&nbsp;\x00\x0b\x1f\ufffe & <b>'


def test_hostile_values_leave_the_feed_well_formed(tmp_path: Path) -> None:
    kept: dict[str, Any] = {"authors": [HOSTILE], "topics": PRISONS, "language": HOSTILE, "terms": {HOSTILE: "alert"}}
    rows = [
        article(HOSTILE, text=f"Text {HOSTILE}", url="https://a.example/?a=1&b=<2>", **kept),
        article("Not on the web", text="x", url="javascript:alert(1)", topics=PRISONS),
    ]
    (entry,) = feed(tmp_path, rows, name=HOSTILE, query=HOSTILE).entries
    assert entry.link == "https://a.example/?a=1&b=<2>"
    assert entry.title.startswith('"><script>alert(1)</script>]]>&nbsp;')
    root = etree.fromstring((tmp_path / "report" / "feeds" / "prisons.xml").read_bytes())
    summary = root.findtext(f"{ATOM}entry/{ATOM}summary")
    assert summary is not None and "<script" not in summary and "<strong>alert</strong>" in summary


def test_every_feed_has_what_atom_requires(newsroom: Path) -> None:
    """RFC 4287, 4.1.1 and 4.1.2: id, title and updated once, an author, a link, all ids different."""
    feeds = sorted((newsroom / "report" / "feeds").iterdir())
    assert [path.stem for path in feeds] == [
        "courts",
        "human-rights",
        "press-freedom",
        "prison-reform",
        "security-latam",
    ]
    for path in feeds:
        assert parsed(path).entries
        root = etree.fromstring(path.read_bytes())
        for node in (root, *root.findall(f"{ATOM}entry")):
            assert [len(node.findall(ATOM + name)) for name in ("id", "title", "updated")] == [1, 1, 1]
            assert node.find(f"{ATOM}author/{ATOM}name") is not None
            assert [link.get("rel") for link in node.findall(f"{ATOM}link")].count("alternate") == 1
        ids = [node.text for node in root.iter(f"{ATOM}id")]
        assert len(ids) == len(set(ids))


def test_the_same_stories_give_the_same_bytes(newsroom: Path) -> None:
    feeds = newsroom / "report" / "feeds"
    before = {path.name: path.read_bytes() for path in feeds.iterdir()}
    write_report(newsroom)
    assert {path.name: path.read_bytes() for path in feeds.iterdir()} == before


def test_an_old_story_comes_back_with_a_new_article(tmp_path: Path) -> None:
    rows = [article("Old", text="Old.", story="s", age=9 * DAY, topics=PRISONS)]
    rows.append(article("Follow-up", text="More.", story="s", age=HOUR, topics=PRISONS))
    rows.append(article("Between", text="Between.", age=2 * DAY, topics=PRISONS))
    assert [entry.title for entry in feed(tmp_path, rows).entries] == ["Old", "Between"]
