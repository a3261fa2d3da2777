"""What stands around a name in a text, and whether that makes it a person or a thing instead of a place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from tasks.derive.gazetteer import OWN_LANGUAGES, Case, Found, Kind, Name

_NEARBY = 30
"""Characters beside a name that are looked at."""
_WORD_BEFORE = re.compile(r"(\w[\w’'&-]*|\w\.) $")
_WORD_AFTER = re.compile(r" (\w+)")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;…\n|•–—])[\s\"'«“„‘¿¡()\[\]–—-]*$")

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
    "academy airport area army attorney authorities bay cathedral chamber city college council county court department",
    "district embassy federal foreign government governor hospital international judge mayor metropolitan military",
    "municipal national parliament police port president prime prison prosecutor prosecutors province public region",
    "school sheriff state states superior supreme university zoo",
    "after and i in is on the when ciudad polícia policía",
    "monday tuesday wednesday thursday friday saturday sunday today january february march april june july august",
    "september october november december",
)
"""Words after such a name that leave it a place."""
_INSIDE = frozenset(("across", "in", "inside", "into", "outside", "throughout", "within"))
"""Words before the name of a country that leave it a place."""
_LINK_WORDS = frozenset(" ".join(_LINKS).split())
_GENERIC_WORDS = frozenset(" ".join(_GENERIC).split())


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an article, in a language; `article` is the whole."""

    text: str
    language: str
    article: str

    @property
    def languages(self) -> frozenset[str]:
        """The languages whose names it may have."""
        own = {"*", self.language}
        return frozenset(own if self.language in OWN_LANGUAGES else own | {"en"})

    @property
    def shouts(self) -> bool:
        """Whether it is in capitals only."""
        return self.text.isupper()

    def begins_sentence(self, place: Found) -> bool:
        """Whether a name is the first word of a sentence, as far as can be seen."""
        return _SENTENCE_START.search(self.text, max(0, place.start - _NEARBY), place.start) is not None

    def before(self, place: Found) -> str:
        """The word before a name; empty where something else stands there."""
        found = _WORD_BEFORE.search(self.text, max(0, place.start - _NEARBY), place.start)
        return found[1] if found else ""

    def after(self, place: Found) -> str:
        """The word after a name; empty where something else stands there."""
        found = _WORD_AFTER.match(self.text, place.end)
        return found[1] if found else ""


def is_part(part: Part, place: Found, name: Name) -> bool:
    """Whether a name is part of another one: Michael Jordan, Paris Hilton."""
    if not name.stands_alone:
        return False
    before, after = part.before(place), part.after(place)
    if before[:1].isupper() and before.lower() not in _LINK_WORDS:
        return True
    return after[:1].isupper() and after.lower() not in _GENERIC_WORDS


def is_surname(part: Part, place: Found, name: Name) -> bool:
    """Whether a word for people may be a surname: `Russo`, `Greco` at the beginning of a sentence; not in the plural.

    French writes words for people with a capital, and so does English.
    """
    if name.kind is not Kind.WORD or name.case is not Case.LOWER or part.language == "fr":
        return False
    written = part.text[place.start : place.end]
    return written[0].isupper() and not written.isupper() and not written.endswith(("s", "i"))


def is_thing(part: Part, place: Found, name: Name) -> bool:
    """Whether a country's name may be a common noun: at the beginning of a sentence, and elsewhere in small letters."""
    if name.kind not in (Kind.NAME, Kind.GIVEN):
        return False
    small = part.text[place.start : place.end].lower()
    if small not in part.article or not small.isalpha() or not part.begins_sentence(place):
        return False
    is_people = any(each.case is Case.LOWER for each in place.names)
    return not is_people and _small(small).search(part.article) is not None


@lru_cache(maxsize=1_000)
def _small(word: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(word)}s?\b")


def is_first_name(part: Part, place: Found, name: Name, after: Found | None) -> bool:
    """Whether a country's name may be a person's: `Mali Thompson` in English; not `in Mali`, `Mali Police`."""
    if part.language != "en" or name.kind is not Kind.NAME or name.case is not Case.CAPITAL:
        return False
    word = part.after(place)
    if not word[:1].isupper() or word.isupper() or word.lower() in _GENERIC_WORDS:
        return False
    is_next_a_place = after is not None and after.start == place.end + 1
    is_one_word = part.text[place.start : place.end].isalpha()
    return is_one_word and not is_next_a_place and part.before(place).lower() not in _INSIDE
