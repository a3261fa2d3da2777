"""Dates as people write them, in figures and in the words of many languages."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

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
_CJK = re.compile(r"((?:19|20)\d\d)\s*[年년.]\s*(\d{1,2})\s*[月월.]\s*(\d{1,2})\s*[日일.]?")
DIGITS = re.compile(r"\d\d")


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
    if not DIGITS.search(text):
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
