"""The date a page shows its readers: near the heading, in the words of many languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time
from itertools import islice

from lxml.html import HtmlElement

from tasks.derive.clocks import clock_beside_day
from tasks.derive.strings import fold
from tasks.derive.written_dates import DIGITS, find_date

MAX_TEXT = 120
"""Characters of a text that is looked at: a dateline is short, a date in a sentence is part of the story."""
MAX_CANDIDATES = 60
NEAR, FAR = 5, 60
"""Texts after the heading: a date nearer than NEAR is the article's whatever its element is called."""
PROSE = 150
"""Characters of a text that is a paragraph: after the first one no date is near the heading."""
LEVELS_UP = 6
"""Elements around a date whose names are looked at."""
UNLIKELY = -3.0
"""The score below which a date may as well be about something else."""

_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
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
    r"comment(?!s-open|s-closed)|related|recommend|popular|footer|copyright|most-?(?:read|shared|viewed)|tweet",
    re.IGNORECASE,
)
"""Names of what has dates of its own."""
_MARGIN = re.compile(r"sidebar|widget|teaser|archive|calendar|event", re.IGNORECASE)
"""Names of what mostly has, but templates call the box beside the article so, too."""
_ANNIVERSARY = re.compile(
    r"\b(?:founded|established|gegründet|fundad[oa]|fondée?|fondat[oa]|born|geboren|nacid[oa]|nascid[oa]|née?|"
    r"nat[oa])\b",
    re.IGNORECASE,
)
_COMMENTS = re.compile(
    r"(?:\d+ )?(?:(?:reader |readers )?comments?|comentarios?|comentários?|commentaires?|kommentare?|leserkommentare|"
    r"commenti|"
    r"reacties|leave a (?:reply|comment)|discussion)(?: \d+)?"
)
_HEADINGS = frozenset(("h2", "h3", "h4", "h5", "h6", "legend"))
_DATING = frozenset(("time", "meta", "span", "abbr"))
_SKIPPED = frozenset(("script", "style", "noscript", "option", "svg", "title", "head"))


@dataclass(frozen=True, slots=True)
class Shown:
    """A date that readers see.

    `text` is ISO 8601, with the time of day where the page gives it for machines; `clock` the time that is shown beside
    the day.
    """

    text: str
    is_likely: bool
    clock: time | None = None


@dataclass(frozen=True, slots=True)
class _Dated:
    position: int
    element: HtmlElement
    text: str
    weight: float
    found: date
    in_prose: bool
    """Whether a paragraph stands between the heading and it."""


def visible_date(tree: HtmlElement, title: str, language: str | None, earliest: date, latest: date) -> Shown | None:
    """The most likely publication date among those shown, or None where none is shown.

    The date at the end of the page's title is the article's. Dates near the heading, in elements named for it (time,
    class="date") or after "published" count most, "updated" lines least; those of comments, of other articles, of the
    footer and of a foundation do not count.
    `language` is the page's declaration (BCP 47).
    """
    month_first = (language or "en").lower() in ("en", "en-us", "en-ca")
    named = _TITLE_DATE.search((tree.findtext(".//title") or "")[-2 * MAX_TEXT :].strip())
    titled = find_date(named[1], month_first) if named else None
    if titled and earliest <= titled <= latest:
        return Shown(titled.isoformat(), True)
    heading, title_element, dated = _survey(tree, fold(title), month_first)
    titles = [*tree.iter("h1"), *([title_element] if title_element is not None else [])]
    around_title = {ancestor for element in titles for ancestor in element.iterancestors()}
    best: tuple[float, _Dated] | None = None
    for one in dated:
        if not earliest <= one.found <= latest:
            continue
        ahead = FAR if heading is None else one.position - heading
        distance = ahead if ahead >= 0 else -2 * ahead
        is_near = distance <= NEAR and not one.in_prose
        around = "" if is_near else _surroundings(one.element, around_title)
        if is_anniversary(one.text) or _ELSEWHERE.search(around):
            continue
        score = one.weight - min(distance, FAR) / 15 - len(one.text) / 60
        score += 1.5 if _PUBLISHED.search(one.text) else 0.0
        score -= 2.0 if _UPDATED.search(f"{one.text} {one.element.get('class') or ''}") else 0.0
        score -= 1.0 if one.element.tag == "a" else 0.0
        score -= 4.0 if _MARGIN.search(around) else 0.0
        if best is None or score > best[0]:
            best = (score, one)
    if best is None:
        return None
    score, one = best
    if _ISO_TIME.match(one.text):
        return Shown(one.text, score > UNLIKELY)
    clock = None if _UPDATED.search(one.text) else clock_beside_day(one.text)
    return Shown(one.found.isoformat(), score > UNLIKELY, clock)


def _survey(tree: HtmlElement, title: str, month_first: bool) -> tuple[int | None, HtmlElement | None, list[_Dated]]:
    """(the position of the heading, the element that says the title, every short text with a date).

    The heading is the first element that says the title, else the first h1. Positions count texts.
    """
    heading: int | None = None
    title_element: HtmlElement | None = None
    first_h1: int | None = None
    dated: list[_Dated] = []
    position, in_prose = 0, False
    first_word = title.partition(" ")[0]
    for element in tree.iter("*"):
        if element.tag in _SKIPPED:
            continue
        if first_h1 is None and element.tag == "h1":
            first_h1, in_prose = position, False
        if (heading or first_h1) is not None and opens_comments(element):
            break
        stated = _machine_readable(element) if element.tag in _DATING else None
        for text, home in ((stated, element), (element.text, element), (element.tail, None)):
            if not text or text.isspace():
                continue
            position += 1
            in_prose = in_prose or len(text) > PROSE
            may_be_title = heading is None and title and abs(len(text) - len(title)) < 60
            if may_be_title and first_word in text.casefold() and fold(text) == title:
                heading, title_element, in_prose = position, element, False
            if not DIGITS.search(text[:MAX_TEXT]) or len(text := _dateline(text.strip())) > MAX_TEXT:
                continue
            found = find_date(text, month_first)
            if found:
                dated.append(_Dated(position, element, text, _weight(home), found, in_prose))
    return heading if heading is not None else first_h1, title_element, dated[:MAX_CANDIDATES]


def _dateline(text: str) -> str:
    """The dateline of a long text that begins with one, else the text."""
    if len(text) <= MAX_TEXT:
        return text
    begins = _DATELINE.match(text)
    return begins[0] if begins else text


def _machine_readable(element: HtmlElement) -> str | None:
    """What the element says for machines; a date that is hidden from readers counts only as datePublished."""
    is_published = (element.get("itemprop") or "").startswith("datePublished")
    return element.get("datetime") or (element.get("content") if is_published else None)


def _weight(element: HtmlElement | None) -> float:
    """How much an element is made for dates."""
    if element is None:
        return 0.5
    if element.tag == "time" or (element.get("itemprop") or "").startswith("datePublished"):
        return 4.0 if _machine_readable(element) else 3.0
    parent = element.getparent()
    names = [element.get("class"), element.get("id"), parent.get("class") if parent is not None else None]
    return 2.0 if element.tag != "a" and _KIND.search(" ".join(filter(None, names))) else 0.0


def _surroundings(element: HtmlElement, around_title: set[HtmlElement]) -> str:
    """The names of what surrounds an element, up to what holds the page's heading as well."""
    names: list[str] = []
    for level in islice((element, *element.iterancestors()), LEVELS_UP):
        if level in around_title or level.tag in ("body", "main", "article"):
            break
        margin = "footer" if level.tag in ("footer", "nav", "aside") else ""
        names.append(f"{margin} {level.get('class') or ''} {level.get('id') or ''}")
    return " ".join(names)


def is_elsewhere_named(element: HtmlElement) -> bool:
    """Whether an element is named for comments, other articles or the margin."""
    return bool(_ELSEWHERE.search(f"{element.get('class') or ''} {element.get('id') or ''}"))


def is_anniversary(text: str) -> bool:
    """Whether a short text dates a foundation ("founded 1 January 2019"), not the page."""
    return len(text) <= MAX_TEXT and bool(_ANNIVERSARY.search(text))


def opens_comments(element: HtmlElement) -> bool:
    """Whether an element is the heading of the readers' comments: what follows has dates of its own."""
    return element.tag in _HEADINGS and bool(_COMMENTS.fullmatch(fold((element.text_content() or "")[:MAX_TEXT])))
