"""What a signature and the terms of an article tell: copies are alike, whatever their dress; other texts are not."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from tasks.derive.minhash import HASHES, HASHES_IN_BAND, signature
from tasks.derive.storyterms import MAX_TERMS, story_terms

TEXT = (
    "The harbour board of Port Ellery voted on Tuesday to close the outer basin for six weeks, because sand that the "
    "winter storms left has made it too shallow for the ferries. A dredger will work there day and night. Fishermen "
    "who berth in the basin are to be paid for the days they lose, the board's chair said, but nobody could tell how "
    "much. The ferries to the islands will leave from the fish market until then, an hour later than they do now."
)
OTHER_TEXT = (
    "Ferries to the islands will have to leave from the fish market for six weeks. The reason is sand: the outer basin "
    "of Port Ellery has become so shallow that captains refuse to enter it at low water. Work begins on Monday, and "
    "the harbour board, which met yesterday, has promised to pay the fishermen. They doubt it. Last time, one of them "
    "remembers, the money came two years later, and half of it was gone in fees."
)


def likeness(a: str, b: str) -> float:
    """The share of equal bytes in two signatures."""
    pairs = [(x >> shift & 255, y >> shift & 255) for x, y in zip(signature(a), signature(b), strict=True)
             for shift in (0, 8, 16, 24)]  # fmt: skip
    return sum(x == y for x, y in pairs) / len(pairs)


def changed(text: str, share: float) -> str:
    """The text with this share of its words replaced, at places that do not vary."""
    words = text.split()
    for place in random.Random(1).sample(range(len(words)), round(share * len(words))):
        words[place] = f"other{place}"
    return " ".join(words)


SAME: dict[str, Callable[[str], str]] = {
    "case": str.upper,
    "quotes and dashes": lambda text: text.replace("'", "’").replace(",", " –"),
    "line breaks": lambda text: text.replace(". ", ".\n\n"),
    "accents": lambda text: text.replace("e", "é"),
}


@pytest.mark.parametrize("change", SAME)
def test_dress_does_not_matter(change: str) -> None:
    assert signature(SAME[change](TEXT)) == signature(TEXT)


# Share of changed words, and what two texts of this length may then be estimated at.
COPIES = [(0.0, 1.0, 1.0), (0.05, 0.70, 0.97), (0.10, 0.58, 0.85), (0.15, 0.50, 0.75), (0.60, 0.0, 0.30)]


@pytest.mark.parametrize(("share", "least", "most"), COPIES)
def test_likeness_falls_with_the_words_changed(share: float, least: float, most: float) -> None:
    assert least <= likeness(TEXT, changed(TEXT, share)) <= most


def test_another_text_on_the_same_event_is_not_alike() -> None:
    assert likeness(TEXT, OTHER_TEXT) < 0.2


def test_scripts_without_spaces_are_compared_too() -> None:
    text = "港の理事会は火曜日、外港を六週間閉鎖することを決めた。冬の嵐が残した砂で浅くなりすぎたからだ。"
    assert likeness(text, text.replace("火曜日", "水曜日")) > 0.5
    assert likeness(text, "知事は処刑を百二十日延期した。薬の品質に疑いがあるという報告書を受けてのことだ。") < 0.1


@pytest.mark.parametrize("text", ["", " \n", "…!?", "\ud800"])
def test_text_without_words_has_no_signature(text: str) -> None:
    assert signature(text) == ()


def test_one_word_has_a_signature() -> None:
    assert len(signature("Word")) == HASHES // HASHES_IN_BAND


def test_signature_is_the_same_everywhere() -> None:
    """Stored signatures are compared with new ones: another version of the library must not change them."""
    assert signature("The same words on every machine")[:3] == (3033504082, 2143019816, 920002843)


# --- terms


def weights(title: str, text: str, language: str | None = "en") -> dict[int, float]:
    return dict(zip(*story_terms(title, text, language), strict=True))


def weight(word: str, title: str, text: str) -> float:
    """The weight of a word in an article; the term is found as the only one of a text with that word alone."""
    (term,) = weights("", word)
    return weights(title, text)[term]


def test_names_numbers_and_the_headline_weigh_more() -> None:
    text = "The board met in Ellery on 12 March and the board agreed that dredging costs 6.1 millions."
    plain = weight("costs", "", text)
    assert plain == 1.0
    for word in ("Ellery", "12", "6.1"):
        assert weight(word, "", text) == 1.5 * plain
    assert weight("dredging", "Dredging begins", text) == 1.75 * plain
    assert weight("board", "", text) > 1.5 * plain


def test_terms_come_heaviest_first_and_are_not_endless() -> None:
    text = " ".join(f"word{number}" * (1 + number % 3) for number in range(500))
    terms, found = story_terms("", text, "en")
    assert len(terms) == len(found) == len(set(terms)) == MAX_TERMS
    assert list(found) == sorted(found, reverse=True)


def test_terms_of_two_languages_are_never_the_same() -> None:
    assert weights("", TEXT, "en").keys().isdisjoint(weights("", TEXT, "es"))
    assert weights("", TEXT, None).keys().isdisjoint(weights("", TEXT, "en"))


SAME_TERM = [("Cárcel", "carcel"), ("STRASSE", "straße"), ("Łódź", "lodz")]


@pytest.mark.parametrize(("one", "other"), SAME_TERM)
def test_terms_are_folded(one: str, other: str) -> None:
    assert weights("", one).keys() == weights("", other).keys() != set()


def test_scripts_without_spaces_have_pairs_of_characters() -> None:
    one, other = weights("東京で地震", "東京で大きな地震がありました", "ja"), weights("", "地震が東京を襲った", "ja")
    assert len(one.keys() & other.keys()) >= 2


@pytest.mark.parametrize("text", ["", "a b c", "…"])
def test_text_without_words_has_no_terms(text: str) -> None:
    assert story_terms("", text, None) == ((), ())
