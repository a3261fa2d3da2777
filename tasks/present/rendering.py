"""Templates, and how values are written in them: everything escaped, times in UTC, links only to the web."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")


def make_environment() -> Environment:
    """The templates of this room, all escaping what they are given; an unknown name is an error."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_finalize,
    )
    environment.filters |= {
        "web_link": web_link,
        "language_tag": language_tag,
        "number": number,
        "percent": percent,
        "points": points,
        "day": day,
        "moment": moment,
        "stamp": stamp,
        "rfc3339": rfc3339,
        "sql_text": sql_text,
    }
    return environment


def write_atomically(path: Path, text: str) -> None:
    """Write a whole file, or leave the old one: readers never see half of it."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(path)


def web_link(url: str | None) -> str | None:
    """The address where it is absolute http or https, else None: anything else is not for clicking."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def language_tag(language: str | None) -> str | None:
    """The language where it is a BCP 47 tag, else None."""
    return language if language and _LANGUAGE.fullmatch(language) else None


def number(value: int) -> str:
    """12345 as 12,345."""
    return f"{value:,}"


def percent(value: float | None) -> str:
    """0.123 as 12%, 0.0312 as 3.1%, 0.0045 as 0.45%; a dash for None."""
    if value is None:
        return "–"
    hundred = 100 * value
    digits = 0 if hundred >= 9.95 or not hundred else 1 if hundred >= 0.95 else 2
    return f"{hundred:.{digits}f}%"


def points(value: float) -> str:
    """A difference of shares in percentage points, with its sign: +0.4."""
    text = f"{100 * value:+.1f}"
    return "±0" if text in ("+0.0", "-0.0") else text.replace("-", "−")


def day(value: date) -> str:
    """23 Nov 2025."""
    return f"{value.day} {value:%b %Y}"


def moment(value: datetime | None) -> str:
    """23 Nov 2025, 21:12 UTC; the day alone for midnight sharp, which is a date without a time; a dash for None."""
    if value is None:
        return "–"
    return day(value) if value.time() == time() else f"{day(value)}, {value:%H:%M} UTC"


def stamp(value: datetime | None) -> str:
    """23 Nov 2025, 21:12 for tables; a dash for None."""
    return f"{day(value)}, {value:%H:%M}" if value else "–"


def rfc3339(value: datetime) -> str:
    """A time in UTC as Atom has it (RFC 3339)."""
    return f"{value.replace(microsecond=0, tzinfo=None).isoformat()}Z"


def sql_text(value: str) -> str:
    """A text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def _finalize(value: Any) -> Any:
    """Characters that XML forbids, and control characters that no text needs, are left out."""
    return _NOT_IN_XML.sub("", value) if type(value) is str else value
