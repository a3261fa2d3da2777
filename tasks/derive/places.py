"""The countries that an article is about, by the names of countries, their cities and their people in title and text.

What counts as about is described in docs/data-model.md under `article_places`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from tasks.derive.automaton import LEAD_CHARACTERS, MAX_FIELD_CHARACTERS
from tasks.derive.gazetteer import OWN_LANGUAGES, Case, Found, Kind, Name, find_names, neighbours
from tasks.model import Place

MIN_MENTIONS = 2
"""Mentions that make an article about a country which is not in its title."""
MIN_SHARE = 0.25
"""Of the mentions of the country that is mentioned most: below, a country is mentioned in passing."""

_NEARBY = 30
"""Characters beside a name that are looked at."""
_WORD_BEFORE = re.compile(r"(\w[\w’'&-]*|\w\.) $")
_ARTICLE = re.compile(r"(?:the|el|la|los|las|o|a|os|as|le|les|il)\s+", re.IGNORECASE)
_WORD_AFTER = re.compile(r" (\w+)")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;…\n|•–—])[\s\"'«“„‘¿¡()\[\]–—-]*$")
_IN_BETWEEN = re.compile(r",? \(?|,")
# Abbreviations of the Associated Press, and of the post.
_STATE_AFTER = re.compile(
    r",? (?:Ala|Ariz|Ark|Calif|Colo|Conn|Del|Fla|Ga|Ill|Ind|Kan|Ky|La|Md|Mass|Mich|Minn|Miss|Mo|Mont|Neb|Nev|Okla|Ore|"
    r"Pa|Tenn|Tex|Va|Vt|Wash|Wis|Wyo|N\.[CDHJMY]|S\.[CD]|R\.I|W\.Va)\.|, (?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|"
    r"K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])\b"
)
_USA = Name(("US",), True, Kind.STATE, Case.CAPITAL, frozenset("*"))

_LINKS = (
    "a and as at but by for from if in near of on or outside since that the then this to when where while with",
    "al como con de del desde el en entre hacia hasta la las los para pero por según si sin sobre un una y",
    "ao aos à às até com da das do dos em na nas no nos o os pela pelo sem um uma",
    "à au aux avec dans depuis des du est et hors le les ou par pour que sur vers",
    "ad alla che col dal dalla dai di e gli i il nel nella per su sul tra fra",
    "north south east west northern southern eastern western central greater downtown",
)
"""Words that begin a sentence, or belong to the place, before a name that stands alone."""
_GENERIC = (
    "academy airport area attorney authorities bay cathedral chamber city college council county court department",
    "district federal governor hospital international judge mayor metropolitan municipal police port prison prosecutor",
    "prosecutors province public region school sheriff state states superior supreme university zoo",
    "after and i in is on the when ciudad polícia policía",
)
"""Words after such a name that leave it a place."""
_LINK_WORDS = frozenset(" ".join(_LINKS).split())
_GENERIC_WORDS = frozenset(" ".join(_GENERIC).split())


@dataclass(frozen=True, slots=True)
class _Mention:
    """A name that counts, and where it begins."""

    start: int
    name: Name


def find_places(title: str, text: str, language: str | None) -> tuple[Place, ...]:
    """The countries that an article is about, the one that is mentioned most first. `language` is BCP 47."""
    language = (language or "en").partition("-")[0].lower()
    body = _mentions(language, text[:MAX_FIELD_CHARACTERS])
    head = _mentions(language, title)
    if _has_capitals(title):
        head = _confirmed(head, body)
    return tuple(_about(_Resolved(head, body)))


def _has_capitals(title: str) -> bool:
    """Whether most words of a title begin with a capital, as in English headlines."""
    words = [word for word in title.split()[1:] if len(word) > 3]
    return sum(word[0].isupper() for word in words) * 2 > len(words)


def _confirmed(head: Sequence[_Mention], body: Sequence[_Mention]) -> list[_Mention]:
    """The mentions of a title in which no case tells a person's name from a place: of those, what the text has too."""
    known = _Resolved([mention for mention in head if not mention.name.stands_alone], body)
    return [
        mention for mention in head if not mention.name.stands_alone or known.country(mention.name) in known.in_text
    ]


def _about(resolved: _Resolved) -> Iterator[Place]:
    totals = resolved.in_title + resolved.in_text
    most = max(totals.values(), default=0)
    for country, mentions in sorted(totals.items(), key=lambda item: (-item[1], item[0])):
        in_title = country in resolved.in_title
        is_often = mentions >= MIN_MENTIONS or country in resolved.in_lead
        if in_title or (is_often and mentions >= MIN_SHARE * most):
            yield Place(country, mentions, in_title)


class _Resolved:
    """The countries that mentions mean: what one leaves open the others decide."""

    def __init__(self, head: Sequence[_Mention], body: Sequence[_Mention]) -> None:
        self._sure = Counter(
            mention.name.countries[0]
            for mention in (*head, *body)
            if mention.name.is_clear and len(mention.name.countries) == 1
        )
        self.in_title = Counter(country for mention in head if (country := self.country(mention.name)))
        self.in_text: Counter[str] = Counter()
        self.in_lead: set[str] = set()
        for mention in body:
            country = self.country(mention.name)
            if country:
                self.in_text[country] += 1
                if mention.start < LEAD_CHARACTERS:
                    self.in_lead.add(country)

    def country(self, name: Name) -> str | None:
        """The candidate that is mentioned most otherwise; else the first, or one beside a country that is mentioned."""
        likeliest = max(name.countries, key=lambda country: self._sure[country])
        if self._sure[likeliest]:
            return likeliest
        if name.is_clear:
            return name.countries[0]
        around = neighbours()
        return next(
            (country for country in name.countries if around.get(country, frozenset()) & self._sure.keys()), None
        )


def _mentions(language: str, text: str) -> list[_Mention]:
    """The names in a text that count as places."""
    shouts = text.isupper()
    languages = {"*", language} if language in OWN_LANGUAGES else {"*", language, "en"}
    found = [
        (place, name)
        for place in find_names(text, language)
        if (name := _as_written(languages, text, place, shouts)) is not None and name.countries
    ]
    mentions = []
    for (place, name), after in zip_longest(found, found[1:]):
        if "en" in languages and name.kind is not Kind.WORD and _STATE_AFTER.match(text, place.end):
            mentions.append(_Mention(place.start, _USA))
        elif not (after and _lies_in(text, place, name, *after)) and not _is_part(text, place, name):
            mentions.append(_Mention(place.start, name))
    return mentions


def _as_written(languages: set[str], text: str, place: Found, shouts: bool) -> Name | None:
    """What a name means as it is written here."""
    written = text[place.start : place.end]
    for name in place.names:
        if languages.isdisjoint(name.languages):
            continue
        if name.case is Case.CAPITALS:
            fits = written.isupper() and not (shouts and len(written) < 3)
        elif name.case is Case.CAPITAL:
            # "La réunion" is a meeting.
            article = _ARTICLE.match(written)
            fits = not written[article.end() if article else 0].islower()
        elif name.kind is Kind.WORD and "fr" not in languages and written[0].isupper():
            # Spagnolo, Russo: inside a sentence that is a surname.
            fits = shouts or _SENTENCE_START.search(text, max(0, place.start - _NEARBY), place.start) is not None
        else:
            fits = True
        if fits:
            return name
    return None


def _lies_in(text: str, place: Found, name: Name, after: Found, larger: Name) -> bool:
    """Whether a place is only the nearer address of the next one: `Quito, Ecuador`, `Lebanon, Ohio`."""
    if larger.kind is Kind.STATE:
        is_larger = name.kind is not Kind.WORD
    else:
        is_larger = name.kind is Kind.CITY and larger.kind in (Kind.NAME, Kind.GIVEN)
    return is_larger and _IN_BETWEEN.fullmatch(text, place.end, after.start) is not None


def _is_part(text: str, place: Found, name: Name) -> bool:
    """Whether a name is part of another one: Michael Jordan, Paris Hilton."""
    if not name.stands_alone:
        return False
    before = _WORD_BEFORE.search(text, max(0, place.start - _NEARBY), place.start)
    if before and before[1][0].isupper() and before[1].lower() not in _LINK_WORDS:
        return True
    after = _WORD_AFTER.match(text, place.end)
    return after is not None and after[1][0].isupper() and after[1].lower() not in _GENERIC_WORDS
