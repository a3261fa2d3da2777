"""The names and numbers of a text: the same whatever its dress, others when a template is filled in again."""

from __future__ import annotations

import pytest

from tasks.derive.details import MAX_DETAILS, details

SAME = {
    "case": ("It struck Tolby at night.", "It struck TOLBY at night."),
    "accents": ("It struck Łódź and Córdoba.", "It struck Lodz and Cordoba."),
    "separators": ("It sold 10,000 for 1.5 millions.", "It sold 10.000 for 1,5 millions."),
    "what begins a sentence": ("Rain falls. Tonight it clears.", "Snow falls. Then it clears."),
    "other words": ("The mayor of Quern resigned.", "The treasurer of Quern laughed."),
    "often or once": ("In Quern, they met in Quern.", "In Quern, they met."),
}
OTHER = {
    "name": ("It struck Tolby.", "It struck Quern."),
    "number": ("It sold 12.", "It sold 14."),
    "number within other letters": ("規模は4.8と推定", "規模は5.3と推定"),
    "Arabic digits": ("قتل ١٢ شخصا", "قتل ١٤ شخصا"),
}


@pytest.mark.parametrize("case", SAME)
def test_same_details(case: str) -> None:
    one, other = SAME[case]
    assert details(one) == details(other)


@pytest.mark.parametrize("case", OTHER)
def test_other_details(case: str) -> None:
    one, other = OTHER[case]
    assert details(one) and not set(details(one)) & set(details(other))


def test_number_counts_twice() -> None:
    assert (len(details("It struck Tolby.")), len(details("It sold 12."))) == (1, 2)


def test_long_texts_keep_a_sample_that_copies_share() -> None:
    text = "There were " + " ".join(f"Name{number}x" for number in range(1000))
    kept = details(text)
    assert len(kept) == MAX_DETAILS and list(kept) == sorted(kept) and max(kept) < 2**16
    assert len(set(kept) & set(details(text + " Another"))) >= MAX_DETAILS - 1


@pytest.mark.parametrize("text", ["", "\n", "no names here", "…!?", "\ud800", "." * 100_000])
def test_text_without_details(text: str) -> None:
    assert details(text) == ()
