"""Terms in their sentences."""

from __future__ import annotations

import pytest

from tasks.present.highlight import Place, best_quotes, segments

HIGHLIGHTS = [
    ("exact words", "The jail was full.", [("jail*", "jail")], "The [jail] was full."),
    ("capitals", "JAIL or jail", [("jail*", "Jail")], "[JAIL] or [jail]"),
    ("whole words only", "Scarcely a car", [("car", "car")], "Scarcely a [car]"),
    ("longest first", "human rights", [("human", "human"), ('"human rights"', "human rights")], "[human rights]"),
    ("accents", "La cárcel nueva", [("carcel*", "cárcel")], "La [cárcel] nueva"),
    ("no spaces between words", "東京刑務所改革", [("刑務所", "刑務所")], "東京[刑務所]改革"),
    ("characters of patterns", "C++ (v2.0) won", [("c++", "C++"), ("x", "(v2.0)")], "[C++] [(v2.0)] won"),
    ("the term where offsets say nothing", "The prisons are full", [("prison*", None)], "The [prisons] are full"),
    ("a phrase with distance and boost", "human rights law", [('"human rights"~3^2', None)], "[human rights] law"),
    ("a term that is not there", "Nothing here", [("jail*", None)], "Nothing here"),
    ("an empty match", "Nothing here", [("", "")], "Nothing here"),
    ("nothing", "", [("jail*", "jail")], ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "terms", "expected"), [case[1:] for case in HIGHLIGHTS], ids=[case[0] for case in HIGHLIGHTS]
)
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
