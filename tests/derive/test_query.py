"""The query language: what is accepted, what is refused and how, and what the matcher finds with it."""

from __future__ import annotations

import pickle
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tasks.derive.query import And, Not, Or, QueryError, Words, parse_query
from tasks.derive.topics import Document, TopicDefinition, TopicMatcher

TABLE = yaml.safe_load((Path(__file__).parents[1] / "data" / "query_cases.yaml").read_text(encoding="utf-8"))
MARK = re.compile("[⟦⟧]")
Place = tuple[str, int, int]


def unmark(field: str, marked: str) -> tuple[str, list[Place]]:
    """The text without its marks, and the places that they mark."""
    text, places, opened = "", [], []
    for part in re.split("([⟦⟧])", marked):
        if part == "⟦":
            opened.append(len(text))
        elif part == "⟧":
            places.append((field, opened.pop(), len(text)))
        else:
            text += part
    assert not opened, marked
    return text, places


def read_case(case: Any) -> tuple[str, Document, set[Place], bool]:
    """Query, document, expected places, and whether a match is expected."""
    if isinstance(case, list):
        case = {"query": case[0], "text": case[1]}
    values: dict[str, Any] = {"title": "", "text": ""}
    places: list[Place] = []
    for field in ("title", "text", "url"):
        values[field], found = unmark(field, case.get(field, ""))
        places += found
    for field in ("tags", "authors"):
        joined, found = unmark(field, ", ".join(case.get(field, ())))
        values[field] = tuple(joined.split(", ")) if joined else ()
        places += found
    for field in ("site", "source", "language", "country"):
        values[field] = case.get(field, "")
    if "published" in case:
        values["published_at"] = datetime.fromisoformat(case["published"])
    if "lead" in case:
        padding = ("so " * case["lead"])[: case["lead"]]
        values["text"] = padding + values["text"]
        places = [(f, a + len(padding), b + len(padding)) if f == "text" else (f, a, b) for f, a, b in places]
    return case["query"], Document(**values), set(places), case.get("match", bool(places))


def cases() -> list[Any]:
    return [
        pytest.param(*read_case(case), id=f"{group['name']}-{number}")
        for group in TABLE["groups"]
        for number, case in enumerate(group["cases"])
    ]


def test_the_table_is_large() -> None:
    assert sum(len(group["cases"]) for group in TABLE["groups"]) >= 200


@pytest.mark.parametrize(("query", "document", "places", "matches"), cases())
def test_query_finds(query: str, document: Document, places: set[Place], matches: bool) -> None:
    found = TopicMatcher([TopicDefinition("topic", "Topic", query)]).match(document)
    assert bool(found) is matches
    evidence = found[0].evidence if found else ()
    shown = [(item.field, item.start, item.end) for item in evidence]
    assert {place for place in shown if place[0] in ("title", "text", "url", "tags", "authors")} == places
    assert len(set(shown)) == len(shown)
    assert evidence or not matches


@pytest.mark.parametrize(("query", "column", "words"), TABLE["errors"])
def test_query_is_refused(query: str, column: int, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(query)
    message = str(caught.value)
    assert words in message
    assert caught.value.position == column
    assert f"column {column}:" in message
    assert "expected" in message


@pytest.mark.parametrize(
    ("query", "position", "place"),
    [
        ("prison\nAND (jail", 12, "line 2, column 5"),
        ("prison AND (jail\n OR x\n", 12, "column 12"),
        ("prison\r\n\r\nAND", 14, "line 3, column 4"),
        ("a\n\n  b^x", 7, "line 3, column 4"),
    ],
)
def test_error_in_a_query_of_several_lines_names_the_line(query: str, position: int, place: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(query)
    assert caught.value.position == position
    assert str(caught.value).startswith(f"{place}: ")
    with pytest.raises(QueryError, match=f"^topic t, {place}: "):
        TopicMatcher([TopicDefinition("t", "T", query)])


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("prison OR " * 10_000 + "jail", "characters"),
        ("a " * 10_000 + "b", "too many terms"),
        ("a* " * 20_000, "characters"),
        ("p" * 100_000, "characters"),
        ("(" * 5_000 + "prison" + ")" * 5_000, "parentheses"),
        ("(prison AND " * 2_000 + "x" + ")" * 2_000, "parentheses"),
        ("NOT " * 5_000 + "prison", "inside one another"),
        ("-" * 5_000 + "prison", "inside one another"),
        ("title:" * 5_000 + "prison", "inside one another"),
        ("prison" + "^2" * 5_000, "inside one another"),
        ("(" * 40_000, "too many parts"),
        ('"' * 40_000, "too many terms"),
        ("\\" * 40_001, "nothing can begin"),
        ('"' + "a " * 20_000 + '"~3', "too many words"),
        ("prison~" + "9" * 10_000, "fuzzy"),
        ('"a b"~' + "9" * 10_000, "whole number"),
        ("prison^" + "9" * 10_000, "number"),
        ("prison^1" + "e" * 10_000, "a boost of"),
        ("country:" + "u*" * 20_000, "no code is like"),
        ("language:" + "é" * 40_000, "no language has"),
        ("published:" + "9" * 10_000, "no date"),
        ("\x00\ud800", "nothing to search for"),
    ],
)
@pytest.mark.timeout(30)
def test_hostile_query_is_refused(query: str, words: str) -> None:
    with pytest.raises(QueryError, match=words) as caught:
        parse_query(query)
    assert len(str(caught.value)) < 400


def test_large_query_within_the_limits_is_read() -> None:
    names = [f"n{number}" for number in range(5_000)]
    matcher = TopicMatcher([TopicDefinition("names", "Names", " OR ".join(names))])
    (match,) = matcher.match(Document("", "Here is n4711 and n5000."))
    assert [item.term for item in match.evidence] == ["n4711"]
    nested = "(a OR " * 49 + "a" + ")" * 49
    assert parse_query(nested)


def words(term: str, *patterns: str, **more: Any) -> Words:
    return Words(more.pop("fields", ("title", "text")), patterns or (term,), more.pop("slop", 0), term, **more)


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("a b OR c", And((words("a"), Or((words("b"), words("c")))))),
        ("a AND (b AND (c AND d))", And((words("a"), words("b"), words("c"), words("d")))),
        ("a OR b -c", And((Or((words("a"), words("b"))), Not(words("c"))))),
        ("NOT NOT a", words("a")),
        ("(title:a^2)^3", words("a^6", "a", fields=("title",))),
        ('"Human  RIGHTS"', words('"Human RIGHTS"', "human", "rights")),
        ('"a b"~3', words('"a b"~3', "a", "b", slop=3)),
        ("Cárcel*", words("Cárcel*", "carcel*")),
        ("监狱*", words("监狱*", "监", "狱")),
    ],
)
def test_tree(query: str, tree: Any) -> None:
    assert parse_query(query) == tree


@given(
    st.lists(
        st.sampled_from([*"ab \"()[]{}*?~^:+-\\/<>=!&|.1'é監", "AND ", " OR ", " NOT ", " TO ", "title:", "published:"])
    )
)
def test_any_text_is_a_query_or_a_query_error(parts: list[str]) -> None:
    query = "".join(parts)
    try:
        parse_query(query)
    except QueryError as error:
        assert 1 <= error.position <= len(query) + 1


def test_error_survives_the_way_from_a_worker_process() -> None:
    with pytest.raises(QueryError) as caught:
        TopicMatcher([TopicDefinition("prison-reform", "Prison reform", "prison AND")])
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert again.position == 11
    assert str(again).startswith("topic prison-reform, column 11:")
