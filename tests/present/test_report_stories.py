"""The stories of a topic in the report, and the queries that lead further."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import duckdb

from tasks.present.report import sql_command
from tests.present.newsroom import DAY, HOUR, Newsroom, article
from tests.present.reading import find, report, words


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
            article(
                f"Copy {n}",
                site=f"c{n % 12:02}.example",
                text=text,
                story="s",
                topics=prisons,
                original_source="ledger.example",
            )
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
        room.source("newsloop")
        kept = {"source_id": "newsloop", "original_source": "wire.example", "published_from": "fetched"}
        room.articles([article("Taken over", topics={"prisons": 0.5}) | kept])

    facts = find(report(tmp_path, fill), "//article/p[@class='facts']")
    assert facts.startswith("ledger.example via Newsloop 20 Nov 2025, 13:02 UTC")
    assert "undated: time of fetching" in facts and "credits wire.example" in facts


def test_an_article_without_evidence_in_words_shows_its_excerpt(tmp_path: Path) -> None:
    def fill(room: Newsroom) -> None:
        room.topic("bbc", query="source:bbc")
        row = article("By its source", text="It opens so.", topics={"bbc": 1.0})
        row["matches"][0]["evidence"] = [
            {"field": "source", "term": "source:bbc", "start": 0, "end": 3, "sentence": "bbc"}
        ]
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
    assert not re.search(r"[$`\\]", command), f"not safe to paste into a shell: {command}"
    *start, query = shlex.split(command)
    assert start == ["newsdesk", "--data", str(data), "sql"]
    with duckdb.connect(data / "news.duckdb", read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_the_example_queries_run(newsroom: Path, page: Any) -> None:
    commands = [words(pre) for pre in page.xpath("//section[@id='query']//pre")]
    assert len(commands) == 3
    for command in commands:
        assert run_command(newsroom, command)


def test_the_default_folder_needs_no_option() -> None:
    assert sql_command(Path("data")) == "newsdesk sql"
    assert sql_command(Path("my data")) == "newsdesk --data 'my data' sql"
