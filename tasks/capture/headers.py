"""What an answer's headers say about time: when to come back, and how long it stays fresh. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MAX_DURATION = timedelta(days=365)
"""RFC 9111 (1.2.2) has recipients cut larger numbers down; a year is what it once gave as the sensible maximum."""

_MAX_AGE = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?([0-9]+)", re.IGNORECASE)
_NEVER_FRESH = re.compile(r"(?:^|,)\s*no-(?:cache|store)\s*(?:$|[,=])", re.IGNORECASE)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """The Retry-After header (RFC 9110, 10.2.3) as a duration from `now` (naive UTC), at most a year.

    None where there is none, or where it is neither a number of seconds nor a date.
    """
    value = headers.get("retry-after", "").strip()
    seconds = _seconds(value)
    if seconds is not None:
        return seconds
    date = http_date(value)
    return min(max(date - now, timedelta(0)), MAX_DURATION) if date else None


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long the answer stays fresh after `now` by Cache-Control, else by Expires (RFC 9111, 4.2.1 and 4.2.3).

    None where the headers do not say, or say that it is never fresh.
    """
    control = headers.get("cache-control", "")
    if _NEVER_FRESH.search(control):
        return None
    max_age = _MAX_AGE.search(control)
    if max_age:
        lifetime = _seconds(max_age[1])
    else:
        expires, sent = http_date(headers.get("expires", "")), http_date(headers.get("date", ""))
        lifetime = expires - (sent or now) if expires else None
    age = _seconds(headers.get("age", "").strip()) or timedelta(0)
    return min(lifetime - age, MAX_DURATION) if lifetime and lifetime > age else None


def http_date(value: str) -> datetime | None:
    """A date in a header as naive UTC, whatever its time zone; None where it is none."""
    try:
        date = parsedate_to_datetime(value) if value else None
        # A date without a time zone ("-0000") comes back naive: HTTP's dates are in GMT.
        return date.astimezone(UTC).replace(tzinfo=None) if date and date.tzinfo else date
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _seconds(value: str) -> timedelta | None:
    """A whole number of seconds, at most a year."""
    if not re.fullmatch(r"[0-9]+", value):
        return None
    return MAX_DURATION if len(value) > 9 else min(timedelta(seconds=int(value)), MAX_DURATION)
