"""The date a page shows its readers: near the heading, in the words of many languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from lxml.html import HtmlElement

from tasks.derive.strings import fold

MAX_TEXT = 120
"""Characters of a text that is looked at: a dateline is short, a date in a sentence is part of the story."""
MAX_CANDIDATES = 60
NEAR, FAR = 5, 60
"""Texts after the heading: a date nearer than NEAR is the article's whatever its element is called."""
UNLIKELY = -3.0
"""The score below which a date may as well be about something else."""

_LOCALES = (
    "en", "de", "fr", "es", "pt", "it", "nl", "pl", "cs", "sk", "tr", "sv", "nb", "da", "fi", "ro", "hu", "el", "ru",
    "uk", "bg", "hr", "sl", "ca", "id", "vi", "lt", "lv", "et",
)  # fmt: skip
_MARK = r"(?:st|nd|rd|th|er|º|ª|\.)?"
_NUMERIC = re.compile(r"(?<![\d.:/-])(\d{1,4})([./-])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?![\d/:-])")
_DAY_FIRST = re.compile(
    rf"(?<!\d)(\d{{1,2}}){_MARK}[\s-]*(?:de\s+|d['’])?([^\W\d_]{{3,12}})\.?,?[\s-]*(?:del?\s+)?((?:19|20)\d\d)(?!\d)"
)
_MONTH_FIRST = re.compile(rf"\b([^\W\d_]{{3,12}})\.?\s+(\d{{1,2}}){_MARK},?\s+((?:19|20)\d\d)(?!\d)")
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_CJK = re.compile(r"((?:19|20)\d\d)\s*[年년.]\s*(\d{1,2})\s*[月월.]\s*(\d{1,2})\s*[日일.]?")
_DIGITS = re.compile(r"\d\d")
_DATELINE = re.compile(r"[^\d.!?]{0,30}\d{1,4}[\s./-].{3,16}?\d\s?[-–—:]\s")
"""What a paragraph begins with where its day is set before its first sentence: "Marlow, 17 March 2026 – "."""
_TITLE_DATE = re.compile(r"[|:·–—]\s*(\d{1,2}[./-]\d{1,2}[./-]\d{4}|\d{4}-\d\d-\d\d)[\s,]*(?:\d?\d[.:]\d\d\D{0,5})?$")
"""The last part of a page's title where that is a date and nothing else."""
_KIND = re.compile(r"date|time|publi|posted|datum|fecha|stand|created|meta|byline|info", re.IGNORECASE)
_UPDATED = re.compile(
    r"updat|modif|aktualisiert|geändert|stand:|actualiz|atualiz|mis à jour|aggiornat|bearbeitet|edited", re.IGNORECASE
)
_PUBLISHED = re.compile(
    r"publi|veröffentlicht|erstellt|posted|erschienen|gepostet|geschrieben|pubblicat|yayın|opublik", re.IGNORECASE
)
_ELSEWHERE = re.compile(
    r"comment(?!s-open|s-closed)|related|sidebar|widget|teaser|recommend|popular|footer|copyright|archive|calendar|"
    r"most-?read|event",
    re.IGNORECASE,
)
_DATING = frozenset(("time", "meta", "span", "abbr"))
_SKIPPED = frozenset(("script", "style", "noscript", "option", "svg", "title", "head"))


@cache
def _months() -> dict[str, int]:
    """Month names, full and short, of many languages (Unicode CLDR, by babel)."""
    from babel.dates import get_month_names

    names: dict[str, int] = {}
    for locale in _LOCALES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, locale).items():
                    if len(name.rstrip(".")) >= 3:
                        names.setdefault(name.casefold().rstrip("."), number)
    return names


def find_date(text: str, month_first: bool) -> date | None:
    """The first date in `text`; in 3/4/2024 the month stands first where `month_first` (American English)."""
    if not _DIGITS.search(text):
        return None
    if match := _CJK.search(text):
        return _date(*match.groups())
    if match := _NUMERIC.search(text):
        first, separator, second, third = match.groups()
        if len(first) == 4:
            return _date(first, second, third)
        swap = separator == "/" and (int(second) > 12 or (month_first and int(first) <= 12))
        year = third if len(third) == 4 else f"20{third}"
        return _date(year, first, second) if swap else _date(year, second, first)
    for pattern, day, month in ((_DAY_FIRST, 1, 2), (_MONTH_FIRST, 2, 1)):
        for match in pattern.finditer(text):
            number = _months().get(match[month].casefold())
            if number:
                return _date(match[3], number, match[day])
    return None


def _date(year: str | int, month: str | int, day: str | int) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class _Dated:
    position: int
    element: HtmlElement
    text: str
    weight: float
    found: date


def visible_date(
    tree: HtmlElement, title: str, language: str | None, earliest: date, latest: date
) -> tuple[str, bool] | None:
    """(the most likely publication date among those shown, whether it is likely at all), or None where none is shown.

    The date is ISO 8601, with the time of day where the page gives it for machines.

    The date at the end of the page's title is the article's. Dates near the heading, in elements named for it (time,
    class="date") or after "published" count most; those in comments, lists of other articles and "updated" lines least.
    `language` is the page's declaration (BCP 47).
    """
    month_first = (language or "en").lower() in ("en", "en-us", "en-ca")
    named = _TITLE_DATE.search((tree.findtext(".//title") or "")[-2 * MAX_TEXT :].strip())
    titled = find_date(named[1], month_first) if named else None
    if titled and earliest <= titled <= latest:
        return titled.isoformat(), True
    heading, title_element, dated = _survey(tree, fold(title), month_first)
    titles = [*tree.iter("h1"), *([title_element] if title_element is not None else [])]
    around_title = {ancestor for element in titles for ancestor in element.iterancestors()}
    best: tuple[float, _Dated] | None = None
    for one in dated:
        if not earliest <= one.found <= latest:
            continue
        ahead = FAR if heading is None else one.position - heading
        distance = ahead if ahead >= 0 else -2 * ahead
        score = one.weight - min(distance, FAR) / 15 - len(one.text) / 60
        score += 1.5 if _PUBLISHED.search(one.text) else 0.0
        score -= 2.0 if _UPDATED.search(f"{one.text} {one.element.get('class') or ''}") else 0.0
        score -= 1.0 if one.element.tag == "a" else 0.0
        score -= 4.0 if distance > NEAR and _is_elsewhere(one.element, around_title) else 0.0
        if best is None or score > best[0]:
            best = (score, one)
    if best is None:
        return None
    score, one = best
    return one.text if _ISO_TIME.match(one.text) else one.found.isoformat(), score > UNLIKELY


def _survey(tree: HtmlElement, title: str, month_first: bool) -> tuple[int | None, HtmlElement | None, list[_Dated]]:
    """(the position of the heading, the element that says the title, every short text with a date).

    The heading is the first element that says the title, else the first h1. Positions count texts.
    """
    heading: int | None = None
    title_element: HtmlElement | None = None
    first_h1: int | None = None
    dated: list[_Dated] = []
    position = 0
    for element in tree.iter("*"):
        if element.tag in _SKIPPED:
            continue
        if first_h1 is None and element.tag == "h1":
            first_h1 = position
        stated = _machine_readable(element) if element.tag in _DATING else None
        for text, home in ((stated, element), (element.text, element), (element.tail, None)):
            if not text or text.isspace():
                continue
            position += 1
            if heading is None and title and abs(len(text) - len(title)) < 60 and fold(text) == title:
                heading, title_element = position, element
            if not _DIGITS.search(text[:MAX_TEXT]) or len(text := _dateline(text.strip())) > MAX_TEXT:
                continue
            found = find_date(text, month_first)
            if found:
                dated.append(_Dated(position, element, text, _weight(home), found))
    return heading if heading is not None else first_h1, title_element, dated[:MAX_CANDIDATES]


def _dateline(text: str) -> str:
    """The dateline of a long text that begins with one, else the text."""
    if len(text) <= MAX_TEXT:
        return text
    begins = _DATELINE.match(text)
    return begins[0] if begins else text


def _machine_readable(element: HtmlElement) -> str | None:
    return element.get("datetime") or (element.get("content") if element.get("itemprop") else None)


def _weight(element: HtmlElement | None) -> float:
    """How much an element is made for dates."""
    if element is None:
        return 0.5
    if element.tag == "time" or (element.get("itemprop") or "").startswith("datePublished"):
        return 4.0 if _machine_readable(element) else 3.0
    parent = element.getparent()
    names = [element.get("class"), element.get("id"), parent.get("class") if parent is not None else None]
    return 2.0 if element.tag != "a" and _KIND.search(" ".join(filter(None, names))) else 0.0


def _is_elsewhere(element: HtmlElement, around_title: set[HtmlElement]) -> bool:
    level = element
    for _ in range(6):
        if level is None or level in around_title or level.tag in ("body", "main", "article"):
            return False
        name = f"{level.get('class') or ''} {level.get('id') or ''}"
        if level.tag in ("footer", "nav", "aside") or _ELSEWHERE.search(name):
            return True
        level = level.getparent()
    return False
