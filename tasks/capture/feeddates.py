"""The dates of feed entries: naive UTC, plausible, in the languages that publishers write them in."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from unicodedata import combining, normalize

EARLIEST = datetime(1990, 1, 1)
"""No feed entry is older than the web: an earlier date is a default value or a mistake."""
AHEAD = timedelta(days=2)
"""How far in the future a date may lie: time zones and fast clocks, not announcements."""

_MONTHS = (
    "jan|janv|ene|gen",
    "feb|fev|fevr",
    "mar|mars|marz|marc",
    "apr|abr|avr",
    "may|mai|mag",
    "jun|juin|giu",
    "jul|juil|lug",
    "aug|ago|aou|aout",
    "sep|sept|set",
    "oct|okt|out|ott",
    "nov",
    "dec|dic|dez",
)  # English, Spanish, Portuguese, French, Italian and German, without accents
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split("|")}
_WRITTEN = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})(?:er|º|\.)?[\s-]+(?:de\s+)?(?P<month>[a-z]{3,12})\.?,?[\s-]+(?:de\s+)?(?P<year>\d{4})(?!\d)"
    r"(?:\D{1,4}(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2}))?)?"
    r"\s*(?:(?:gmt|utc)?\s*(?P<sign>[+-])(?P<offset_hour>\d{1,2}):?(?P<offset_minute>\d{2})?)?"
)


def plausible(moment: datetime | None, now: datetime) -> datetime | None:
    """`moment` (naive UTC), or None where it lies before `EARLIEST` or more than `AHEAD` after `now`."""
    return moment if moment and EARLIEST <= moment <= now + AHEAD else None


def from_struct(parsed: object) -> datetime | None:
    """feedparser's UTC time tuple as naive UTC; None where it is none."""
    try:
        return datetime(*parsed[:6]) if isinstance(parsed, tuple) else None
    except (ValueError, OverflowError):
        return None


def from_iso(text: str) -> datetime | None:
    """An RFC 3339 date, as JSON Feed has them, as naive UTC; no offset means UTC. None where it is none."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None


def from_written(text: str) -> datetime | None:
    """A date such as RSS has them, with the month's name in another language than English, as naive UTC; None if none.

    RFC 822 knows English names only, and feedparser reads no others, but content systems set to Portuguese, Spanish or
    French write theirs ("Seg, 24 Set 2018 19:42:40 -0300"), as well as offsets it does not know ("GMT+9").
    """
    found = _WRITTEN.search("".join(c for c in normalize("NFKD", text[:100].lower()) if not combining(c)))
    month = found and (_MONTH.get(found["month"][:4]) or _MONTH.get(found["month"][:3]))
    if not found or not month:
        return None
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    offset = timedelta(hours=int(found["offset_hour"] or 0), minutes=int(found["offset_minute"] or 0))
    try:
        moment = datetime(int(found["year"]), month, int(found["day"]), hour, minute, second)
        return moment + offset if found["sign"] == "-" else moment - offset
    except (ValueError, OverflowError):
        return None
