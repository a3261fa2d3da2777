"""`topics list`, `test`, `diff` and `review`: what somebody at the terminal sees, types and finds written."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tasks.derive.fingerprint import content_hash
from tasks.derive.topics import topic_version
from tasks.labels import Label, append_label, read_labels
from tasks.settings import ConfigError
from tests.derive.labelled import REFORM, pieces
from tests.flows.newsroom import ask, write_config
from tests.flows.topicdesk import CONFIGURED, Newsroom, address, collection, fill, newsroom, stored
from tests.store.samples import NOW

__all__ = ["collection", "newsroom"]


def counted(room: Newsroom) -> int:
    return int(ask(room.data, "SELECT count(*) FROM article_topics")[0][0])


# --- list


def test_list_shows_version_matches_and_model(newsroom: Newsroom) -> None:
    shown = newsroom.run("topics", "list").out
    assert all(word in shown for word in ("prison-reform", topic_version(REFORM), str(counted(newsroom)), "(prison*"))


def test_list_tells_matches_of_an_earlier_version(newsroom: Newsroom) -> None:
    assert "retag" not in newsroom.run("topics", "list").out
    newsroom.configure({**CONFIGURED, "min_score": 0.9})
    shown = newsroom.run("topics", "list").out
    assert f"{counted(newsroom)} by an earlier version" in " ".join(shown.split()) and "newsdesk retag" in shown


def test_list_tells_matches_of_a_topic_that_has_left(newsroom: Newsroom) -> None:
    newsroom.configure({"id": "trams", "name": "Trams", "query": "tram*"})
    shown = newsroom.run("topics", "list").out
    assert "still with matches: prison-reform." in shown and "newsdesk retag" in shown


def test_list_shortens_a_long_query(newsroom: Newsroom) -> None:
    newsroom.configure({**CONFIGURED, "query": " OR ".join(f"word{number}" for number in range(500))})
    shown = newsroom.run("topics", "list").out
    assert "word0" in shown and "word40" not in shown and "…" in shown


def test_list_tells_sources_that_nobody_has_configured(newsroom: Newsroom) -> None:
    assert "no source" not in newsroom.run("topics", "list").out
    source = {"id": "bbc-mundo", "name": "BBC Mundo", "url": "https://news.example/feed"}
    query = "prison (source:bbc* OR source:bbc-mondo OR source:BBC-Mundo) -source:ap"
    write_config(newsroom.folder / "config", [source], topics=[{**CONFIGURED, "query": query}])
    said = newsroom.run("topics", "list").out
    assert "prison-reform: no source in sources.yaml has the id ap, bbc-mondo." in said.splitlines()


# --- test


def test_test_counts_three_ways(newsroom: Newsroom) -> None:
    said = newsroom.run("topics", "test", REFORM.query)
    articles, texts = ask(
        newsroom.data,
        "SELECT count(*), count(DISTINCT content_hash) FROM article_topics JOIN articles USING (article_id)",
    )[0]
    assert (said.code, articles) == (0, texts + 1)
    assert f"Of 61 stored articles match: {articles} articles, {texts} unique texts, {texts} stories." in said.out
    rows = [[int(cell) for cell in re.findall(r"│ +(\d+) ", line)] for line in said.out.splitlines() if line[:1] == "│"]
    assert sum(row[0] for row in rows) == rows[-1][3] == articles
    assert sum(row[1] for row in rows) == texts


def test_test_shows_the_best_and_the_doubtful(newsroom: Newsroom) -> None:
    middle = f"{ask(newsroom.data, 'SELECT median(score) FROM article_topics')[0][0]:.2f}"
    said = newsroom.run("topics", "test", REFORM.query, "--min-score", middle, "--limit", "3")
    best, _, doubtful = said.out.partition("Best\n")[2].partition("\n\n")
    scores = [float(found) for found in re.findall(r"^ (\d\.\d\d)  2026", best, re.MULTILINE)]
    assert len(scores) == 3 and scores == sorted(scores, reverse=True) and min(scores) >= float(middle)
    assert f"Nearest to {float(middle):g} " in doubtful and re.search(r"^-0\.\d\d  2026", doubtful, re.MULTILINE)
    assert f"with a score of at least {float(middle):g}" in said.out


def test_test_shows_the_sentence_that_says_most(newsroom: Newsroom) -> None:
    said = newsroom.run("topics", "test", "carousel AND cheese", "--limit", "1")
    assert "Visitors tasted cheese, rode the carousel and went home in the rain." in said.out


def test_test_of_a_query_without_matches(newsroom: Newsroom) -> None:
    said = newsroom.run("topics", "test", "zebra")
    assert (said.code, said.out) == (0, "No article of 61 matches.\n")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("en", "No article of 60 matches."),
        ("es", "No stored article is in the language 'es'"),
        ("e", "No stored article is in the language 'e'"),
    ],
)
def test_test_in_one_language(newsroom: Newsroom, code: str, said: str) -> None:
    assert newsroom.run("topics", "test", "zebra", "--language", code).out.startswith(said)


@pytest.mark.parametrize(
    ("query", "message", "under"),
    [
        ("prison AND (reform* OR", "column 12: ", "("),
        ("headline:prison", "column 1: there is no field 'headline'", "h"),
        ("监狱 OR title:[a TO b]", "column 13: ", "["),
        ("prison\n  AND /reg/", "line 2, column 7: ", "/"),
    ],
)
def test_test_points_at_a_mistake(newsroom: Newsroom, query: str, message: str, under: str) -> None:
    said = newsroom.run("topics", "test", query)
    assert (said.code, said.out) == (2, "")
    first, shown, caret = said.err.splitlines()
    assert first.startswith(f"newsdesk: {message}")
    wide = len(re.findall(r"[\u4e00-\u9fff]", shown))
    assert shown[caret.index("^") - wide] == under


def test_test_shows_the_part_of_a_long_query_with_the_mistake(newsroom: Newsroom) -> None:
    said = newsroom.run("topics", "test", "prison OR " * 500 + "headline:x OR " + "jail OR " * 300 + "cell")
    _, shown, caret = said.err.splitlines()
    assert len(shown) < 140 and shown[caret.index("^") :].startswith("headline:x")


def test_test_takes_an_article_without_a_date_by_the_time_of_its_fetch(newsroom: Newsroom) -> None:
    fill(newsroom.folder / "undated", [stored(pieces(1)[0], published_at=NOW, published_from="fetched")])
    for query, said in ((f"published:{NOW:%Y-%m-%d}", "1 articles"), (f"published:<{NOW:%Y-%m-%d}", "No article")):
        assert said in newsroom.run("--data", "undated", "topics", "test", query).out


# --- diff


def test_diff_of_what_is_stored_is_nothing(newsroom: Newsroom) -> None:
    said = newsroom.run("topics", "diff")
    assert (said.code, said.out) == (0, "prison-reform  no difference\n")


def test_diff_shows_what_a_change_adds_and_drops_and_changes_nothing(newsroom: Newsroom) -> None:
    before = ask(newsroom.data, "FROM article_topics ORDER BY ALL")
    newsroom.configure({**CONFIGURED, "query": "carousel OR oversight"})
    said = newsroom.run("topics", "diff", "--limit", "2")
    new = int(newsroom.run("topics", "test", "carousel OR oversight").out.split(": ")[1].split()[0])
    header, *lines, last = said.out.splitlines()
    found = re.fullmatch(r"prison-reform  (\d+) added, (\d+) dropped, (\d+) stay  \(version (\w+) to \w+\)", header)
    assert found and found[4] == topic_version(REFORM)
    added, dropped, kept = map(int, found.groups()[:3])
    assert (added + kept, dropped + kept) == (new, len(before))
    assert [line[:4] for line in lines] == ["  + "] * 3 + ["  - "] * 3
    assert lines[2] == f"  + and {added - 2} more" and re.match(r"  \+ 0\.\d\d  2026-03-12  \S.* \(news", lines[0])
    assert last == "Nothing has been changed; newsdesk retag does it."
    assert ask(newsroom.data, "FROM article_topics ORDER BY ALL") == before


def test_diff_of_new_and_removed_topics(newsroom: Newsroom) -> None:
    newsroom.configure({"id": "fairs", "name": "Fairs", "query": "carousel"})
    said = newsroom.run("topics", "diff", "--limit", "0").out
    assert re.search(r"^fairs  \d+ added, 0 dropped, 0 stay  \(new, version \w{12}\)$", said, re.MULTILINE)
    gone = f"prison-reform  0 added, {counted(newsroom)} dropped, 0 stay  (no longer configured)"
    assert gone in said.splitlines()


# --- review


def keys(said: str) -> list[str]:
    """The grades that somebody would type who knows the answers: the address of a piece tells them."""
    return re.findall(r"^https://(?:news|copy)\.example/(\d)/\d+$", said, re.MULTILINE)


def typed(room: Newsroom, *arguments: str) -> str:
    """Every right answer for the sample that `review` with these arguments shows."""
    return "".join(keys(room.run("topics", "review", "prison-reform", *arguments, stdin="s" * 500).out))


def written(room: Newsroom) -> list[dict[str, Any]]:
    return [json.loads(line) for line in room.labels.read_text(encoding="utf-8").splitlines()]


def test_review_writes_each_grade_at_once(newsroom: Newsroom) -> None:
    said = newsroom.run("topics", "review", "prison-reform", "--sample", "10", stdin="2 1\n0")
    assert said.code == 0 and "3 labels written to config/labels/prison-reform.jsonl" in said.out
    labels = written(newsroom)
    assert [label["grade"] for label in labels] == [2, 1, 0]
    stored = dict(ask(newsroom.data, "SELECT url, content_hash FROM articles"))
    assert all(label["content_hash"] == stored[label["url"]] for label in labels)
    assert {label["how"] for label in labels} <= {"random", "chosen"}


def test_review_shows_title_site_date_lead_and_evidence(newsroom: Newsroom) -> None:
    said = newsroom.run("topics", "review", "prison-reform", "--sample", "4", stdin="q").out
    assert "1 of 4" in said and "news.example · 2026-03-12 · en" in said and "This is piece" in said
    assert "0." not in said.partition("No model")[0].partition("2 about it")[0], "no score that would sway the grade"


def test_review_goes_back_skips_and_shows_the_whole_text(newsroom: Newsroom) -> None:
    said = newsroom.run("topics", "review", "prison-reform", "--sample", "10", stdin="b2b0stx1q")
    labels = written(newsroom)
    assert [label["grade"] for label in labels] == [2, 0, 1]
    assert labels[0]["url"] == labels[1]["url"] != labels[2]["url"]
    assert [label.grade for label in read_labels(newsroom.labels)] == [0, 1]
    assert len(re.findall("This is piece", said.out)) == 8, "seven times an article, and one whole text"


def test_review_does_not_ask_again_for_what_has_a_label(newsroom: Newsroom) -> None:
    for _ in range(8):
        newsroom.run("topics", "review", "prison-reform", "--sample", "20", stdin="0" * 20)
    said = newsroom.run("topics", "review", "prison-reform", "--sample", "20", stdin="2")
    assert "Every text has a label already." in said.out
    assert len(read_labels(newsroom.labels)) == len({label["content_hash"] for label in written(newsroom)}) == 60


def test_half_of_the_labels_are_random(newsroom: Newsroom) -> None:
    newsroom.run("topics", "review", "prison-reform", "--sample", "20", stdin="0" * 20)
    assert Counter(label["how"] for label in written(newsroom)) == {"random": 10, "chosen": 10}


def test_seeds_draw_other_articles(newsroom: Newsroom) -> None:
    first, again, other = (
        newsroom.run("topics", "review", "prison-reform", "--sample", "20", "--seed", seed, stdin="s" * 20).out
        for seed in ("1", "1", "2")
    )
    assert first == again != other


def test_a_few_labels_give_figures_and_no_model(newsroom: Newsroom) -> None:
    answers = typed(newsroom, "--sample", "20")
    said = newsroom.run("topics", "review", "prison-reform", "--sample", "20", stdin=answers).out
    assert re.search(r"the query alone +│ 0\.\d\d \(0\.\d\d to [01]\.\d\d\)", said)
    assert "with the model" not in said and "No model yet: that takes 40 labels" in said
    assert not newsroom.model.exists()


def test_enough_labels_give_a_model_that_decides_better(newsroom: Newsroom) -> None:
    for _ in range(3):
        answers = typed(newsroom, "--sample", "30")
        said = newsroom.run("topics", "review", "prison-reform", "--sample", "30", stdin=answers).out
    assert "prison-reform: 60 labels" in said and "with the model" in said
    assert "the model is in config/models/prison-reform.json." in said
    kept = json.loads(newsroom.model.read_text(encoding="utf-8"))
    assert (kept["about"], kept["not_about"], kept["trained_for"]) == (18, 36, topic_version(REFORM))
    before = newsroom.model.read_bytes()
    again = newsroom.run("topics", "review", "prison-reform", "--report").out
    assert again.splitlines()[-1] == said.splitlines()[-1] and newsroom.model.read_bytes() == before
    assert "54 labels" in newsroom.run("topics", "list").out
    diff = newsroom.run("topics", "diff").out
    found = re.match(r"prison-reform  0 added, (\d+) dropped, (\d+) stay  \(version", diff)
    assert found and int(found[1]) >= 10 and 19 <= int(found[2]) <= 25, (
        "what is about it stays, what only mentions it may"
    )


def test_report_alone_asks_nothing(newsroom: Newsroom) -> None:
    for piece in pieces(6):
        give(newsroom, piece.number, piece.grade)
    said = newsroom.run("topics", "review", "prison-reform", "--report", stdin="2222")
    assert "prison-reform: 6 labels (6 random): 2 about it, 0 touch it, 4 not at all" in said.out
    assert len(written(newsroom)) == 6


def give(room: Newsroom, number: int, grade: int, **changes: Any) -> None:
    """A label of the piece with this number."""
    piece = pieces(60)[number]
    given = {
        "url": address(piece),
        "content_hash": content_hash(piece.text),
        "grade": grade,
        "date": "2026-03-12",
        "how": "random",
    }
    append_label(room.labels, Label(**{**given, **changes}))


def test_labels_of_texts_that_are_not_here_are_counted_apart(newsroom: Newsroom) -> None:
    give(newsroom, 0, 2)
    give(newsroom, 1, 0, content_hash="0" * 32, url="https://elsewhere.example/")
    said = newsroom.run("topics", "review", "prison-reform", "--report").out
    assert "1 label (1 random): 1 about it" in said and "1 more are of texts that are not stored here" in said


def test_labels_that_follow_nothing_give_no_model(newsroom: Newsroom) -> None:
    for number in range(60):
        give(newsroom, number, 2 if number * 7 % 5 < 2 else 0)
    said = newsroom.run("topics", "review", "prison-reform", "--report").out
    assert ("the model is not kept" in said) != newsroom.model.exists()


# --- mistakes


@pytest.mark.parametrize("command", ["test prison", "diff", "review prison-reform"])
def test_without_a_database_it_says_how_to_make_one(newsroom: Newsroom, command: str) -> None:
    said = newsroom.run("--data", "elsewhere", "topics", *command.split())
    assert (
        said.code == 1 and said.err == "newsdesk: elsewhere/news.duckdb: no database yet; make it with: newsdesk run\n"
    )


def test_review_of_an_unknown_topic(newsroom: Newsroom) -> None:
    said = newsroom.run("topics", "review", "prison-refrom")
    assert (
        said.code == 2 and "no topic 'prison-refrom' in config/topics.yaml; expected one of: prison-reform" in said.err
    )


GOOD: dict[str, Any] = {
    "url": "https://a.example/",
    "content_hash": "0" * 32,
    "grade": 2,
    "date": "2026-03-12",
    "how": "random",
}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", ":2: the line: Invalid JSON"),
        ("[]", ":2: the line: expected an object"),
        ({**GOOD, "grade": 3}, ":2: grade: expected 0, 1 or 2"),
        ({**GOOD, "grade": "2"}, ":2: grade: expected 0, 1 or 2"),
        ({**GOOD, "how": "guess"}, ":2: how: expected 'random' or 'chosen'"),
        ({**GOOD, "date": "yesterday"}, ":2: date: expected a day or a time in UTC"),
        ({**GOOD, "content_hash": "xyz"}, ":2: content_hash: expected 32 hexadecimal digits"),
        ({**GOOD, "weight": 0}, ":2: weight: expected greater than 0"),
        ({**GOOD, "colour": "red"}, ":2: colour: unknown key"),
        ({"url": "https://a.example/"}, ":2: content_hash: missing"),
    ],
)
def test_a_wrong_label_is_named_with_file_and_line(newsroom: Newsroom, line: Any, message: str) -> None:
    text = line if isinstance(line, str) else json.dumps(line)
    newsroom.labels.parent.mkdir(parents=True)
    newsroom.labels.write_text(f"{json.dumps(GOOD)}\n{text}\n", encoding="utf-8")
    said = newsroom.run("topics", "review", "prison-reform", "--report")
    assert said.code == 2 and said.err.startswith(f"newsdesk: config/labels/prison-reform.jsonl{message}")
    assert len(said.err.splitlines()) == 1


def test_a_wrong_model_is_named_and_stops_every_command(newsroom: Newsroom) -> None:
    newsroom.model.parent.mkdir()
    newsroom.model.write_text('{"intercept": "x"}', encoding="utf-8")
    said = newsroom.run("topics", "diff")
    assert said.code == 2 and said.err.startswith("newsdesk: config/models/prison-reform.json: expected an object with")


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("query: prison AND (jail", "query: column 12: "),
        ("query: >\n      prison\n        OR jail AND (x\n      y", "query: line 7 of the file, column 21: "),
        ("query: |-  # a list\n      prison\n\n      AND (x", "query: line 8 of the file, column 11: "),
        ("query: prison AND\n      (jail", "query: line 6 of the file, column 7: "),
        ("query: 'prison AND\n      (jail'", "query: line 6 of the file, column 7: "),
        ("queries:\n      en: prison\n      es: >\n        preso AND", "queries.es: line 8 of the file, column 18: "),
        # Where quotes have escapes in them, the line where the query begins.
        ('query: "\\u0070rison AND\n      (jail"', "query: line 5 of the file, column 12: "),
    ],
)
def test_a_mistake_in_a_query_is_placed_in_the_file(newsroom: Newsroom, query: str, place: str) -> None:
    file = newsroom.folder / "config" / "topics.yaml"
    file.write_text(f"# Ours.\ntopics:\n  - id: reform\n    name: Reform\n    {query}\n", encoding="utf-8")
    said = newsroom.run("topics", "list")
    assert said.code == 2 and said.err.startswith(f"newsdesk: config/topics.yaml: topics[0] (reform).{place}")


# --- the file of labels


@pytest.mark.parametrize(
    ("lines", "grades"),
    [
        ([("2026-03-12", 2), ("2026-03-13", 0)], [0]),
        ([("2026-03-13", 2), ("2026-03-12", 0)], [2]),
        ([("2026-03-12", 2), ("2026-03-12", 0)], [0]),
        ([("2026-03-12T08:00:00Z", 2), ("2026-03-12", 0)], [2]),
    ],
)
def test_the_newest_label_of_a_text_counts(tmp_path: Path, lines: list[tuple[str, int]], grades: list[int]) -> None:
    path = tmp_path / "labels" / "topic.jsonl"
    for date, grade in lines:
        append_label(path, Label(**{**GOOD, "date": date, "grade": grade}))
    assert [label.grade for label in read_labels(path)] == grades
    assert len(path.read_text(encoding="utf-8").splitlines()) == len(lines)


def test_a_line_that_was_cut_off_does_not_take_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "topic.jsonl"
    path.write_text(json.dumps(GOOD), encoding="utf-8")
    append_label(path, Label(**{**GOOD, "url": "https://b.example/\u2028ü"}))
    assert [label.url for label in read_labels(path)] == ["https://a.example/", "https://b.example/\u2028ü"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "labels").write_text("a file", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"labels/topic\.jsonl: cannot be written"):
        append_label(tmp_path / "labels" / "topic.jsonl", Label(**GOOD))
