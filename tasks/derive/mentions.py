"""Names in a text that may count as places: as they are written, and with the state they lie in."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import zip_longest

from tasks.derive.gazetteer import Case, Found, Kind, Name, find_names
from tasks.derive.name_context import Part, is_first_name, is_part, is_surname, is_thing

_ARTICLE = re.compile(r"(?:the|el|la|los|las|o|a|os|as|le|les|il)\s+", re.IGNORECASE)
_IN_BETWEEN = re.compile(r",? \(?|,")
# Abbreviations of the Associated Press and the Canadian Press, and of the post. Those of the post are words in a text
# of capitals only.
_PRESS = re.compile(
    r",? (?:Ala|Ariz|Ark|Calif|Colo|Conn|Del|Fla|Ga|Ill|Ind|Kan|Ky|La|Md|Mass|Mich|Minn|Miss|Mo|Mont|Neb|Nev|Okla|Ore|"
    r"Pa|Tenn|Tex|Va|Vt|Wash|Wis|Wyo|N\.[CDHJMY]|S\.[CD]|R\.I|W\.Va)\.(?P<US>)|"
    r", (?:Alta|Man|Ont|Que|Sask|Nfld|B\.C|N\.[BLS]|P\.E\.I)\.(?P<CA>)|, (?:Qld|Tas|Vic)\b(?P<AU>)"
)
_POST = re.compile(
    r", (?:(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|"
    r"W[AIVY])\b(?P<US>)|(?:AB|BC|MB|N[BLS]|ON|PEI?|QC|SK)\b(?P<CA>)|(?:NSW|QLD|TAS|VIC)\b(?P<AU>))"
)
_STATES = {code: Name((code,), True, Kind.STATE, Case.CAPITAL, frozenset("*")) for code in ("US", "CA", "AU")}


@dataclass(frozen=True, slots=True)
class Mention:
    """A name that may count as a place, and where it begins."""

    start: int
    name: Name
    written: str
    """The name as it stands in the text, its case folded."""
    is_located: bool = False
    """It is a place of this name in the state that `name` is: Palestine, Texas."""
    is_weak: bool = False
    """It may be a person or a thing (Russo, turkey): it counts only where the country is mentioned otherwise."""
    is_beside: bool = False
    """Likewise, for the capitalised word after it alone: Mali Thompson."""


def mentions(language: str, text: str, article: str) -> list[Mention]:
    """The names in a text, which is a part of the article, that may count as places. `language` is ISO 639-1."""
    part = Part(text, language, article)
    languages, shouts = part.languages, part.shouts
    found = [
        (place, name)
        for place in find_names(text, language)
        if (name := _as_written(part, languages, shouts, place)) is not None and name.countries
    ]
    kept: list[Mention] = []
    is_done = False
    for (place, name), after in zip_longest(found, found[1:]):
        if is_done:  # it is the state that the place before it lies in
            is_done = False
            continue
        written = text[place.start : place.end].casefold()
        lies_in = after is not None and _lies_in(text, place, name, *after)
        state = _state_after(text, shouts, place, name) if "en" in languages else None
        if lies_in and after and after[1].kind is Kind.STATE:
            state, is_done = replace(after[1], is_clear=True), True
        if state:
            kept.append(Mention(place.start, state, written, is_located=True))
        elif not lies_in and not is_part(part, place, name):
            is_weak = is_surname(part, place, name) or is_thing(part, place, name)
            is_beside = not shouts and is_first_name(part, place, name, after[0] if after else None)
            kept.append(Mention(place.start, name, written, is_weak=is_weak, is_beside=is_beside))
    return kept


def _as_written(part: Part, languages: frozenset[str], shouts: bool, place: Found) -> Name | None:
    """What a name means as it is written here."""
    written = part.text[place.start : place.end]
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
            fits = shouts or part.begins_sentence(place)
        else:
            fits = True
        if fits:
            return name
    return None


def _lies_in(text: str, place: Found, name: Name, after: Found, larger: Name) -> bool:
    """Whether a place is only the nearer address of the next one: `Quito, Ecuador`, `Lebanon, Ohio`, `Ohio, USA`."""
    if larger.kind is Kind.STATE:
        is_larger = name.kind is not Kind.WORD
    else:
        is_nearer = name.kind is Kind.CITY or (name.kind is Kind.STATE and name.countries == larger.countries)
        is_larger = is_nearer and larger.kind in (Kind.NAME, Kind.GIVEN)
    return is_larger and _IN_BETWEEN.fullmatch(text, place.end, after.start) is not None


def _state_after(text: str, shouts: bool, place: Found, name: Name) -> Name | None:
    """The state whose abbreviation stands after a place: `Lebanon, Pa.`, `London, ON`."""
    if name.kind is Kind.WORD:
        return None
    if not text.startswith((",", " "), place.end):
        return None
    found = _PRESS.match(text, place.end) or (None if shouts else _POST.match(text, place.end))
    return _STATES[str(found.lastgroup)] if found else None
