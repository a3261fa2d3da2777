"""Publication times in a query: `published:2024-05`, `published:[2024-01-01 TO *]`, `published:>=2024`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from tasks.derive.query_tree import QueryError, shorten

_EXPECTED = "a UTC date such as 2024, 2024-05, 2024-05-31 or 2024-05-31T18:30, or * for an open end"
_DATE = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"([T ](?P<hour>\d\d)(:(?P<minute>\d\d)(:(?P<second>\d\d))?)?)?)?)?Z?"
)


def parse_period(text: str, column: int) -> tuple[datetime | None, datetime | None]:
    """The period that a date of some precision means: its first moment, and the first moment after it.

    `*` gives (None, None). Raises QueryError.
    """
    if text == "*":
        return None, None
    found = _DATE.fullmatch(text)
    try:
        if not found:
            raise ValueError(text)
        parts = {name: int(value) for name, value in found.groupdict().items() if value is not None}
        start = datetime.min.replace(**parts)  # type: ignore[arg-type]
        return start, _next(start, list(parts)[-1])
    except (ValueError, OverflowError) as error:
        raise QueryError(f"{shorten(text)} is no date", column, _EXPECTED) from error


def _next(start: datetime, precision: str) -> datetime:
    if precision == "year":
        return start.replace(year=start.year + 1)
    if precision == "month":
        return (start + timedelta(days=31)).replace(day=1)
    return start + timedelta(**{precision + "s": 1})


def parse_range(
    low: str, high: str, include_low: bool, include_high: bool, column: int
) -> tuple[datetime | None, datetime | None]:
    """The time from (inclusive) and until (exclusive) of a range. Raises QueryError."""
    low_start, low_end = parse_period(low, column)
    high_start, high_end = parse_period(high, column)
    since = low_start if include_low else low_end
    until = high_end if include_high else high_start
    if since is not None and until is not None and since >= until:
        raise QueryError(f"the range from {shorten(low)} to {shorten(high)} is empty", column, "the earlier date first")
    return since, until
