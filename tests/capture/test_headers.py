"""What headers say about time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tasks.capture.headers import MAX_DURATION, fresh_for, http_date, retry_after

NOW = datetime(2026, 3, 10, 12, 0, 0)

RETRY_AFTER: list[tuple[str, timedelta | None]] = [
    ("120", timedelta(minutes=2)),
    (" 120 ", timedelta(minutes=2)),
    ("0", timedelta(0)),
    ("99999999999999999999999999", MAX_DURATION),
    ("9" * 5000, MAX_DURATION),
    ("Tue, 10 Mar 2026 13:00:00 GMT", timedelta(hours=1)),
    ("Tuesday, 10-Mar-26 13:00:00 GMT", timedelta(hours=1)),
    ("Tue Mar 10 13:00:00 2026", timedelta(hours=1)),
    ("Tue, 10 Mar 2026 13:00:00 +0100", timedelta(0)),
    ("Tue, 10 Mar 2026 13:00:00 -0500", timedelta(hours=6)),
    ("Tue, 10 Mar 2026 13:00:00 -0000", timedelta(hours=1)),
    ("Tue, 10 Mar 2020 13:00:00 GMT", timedelta(0)),
    ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_DURATION),
    ("", None),
    ("soon", None),
    ("-5", None),
    ("1.5", None),
    ("²", None),
    ("١٢", None),
    ("Tue, 99 Mar 2026 99:00:00 GMT", None),
    ("Tue, 10 Mar 99999 13:00:00 GMT", None),
    ("Tue, 10 Mar 2026 13:00:00 +9999", None),
    ("Fri, 31 Dec 9999 23:59:59 -1200", None),
    ("\0", None),
]


@pytest.mark.parametrize(("value", "expected"), RETRY_AFTER)
def test_retry_after(value: str, expected: timedelta | None) -> None:
    assert retry_after({"retry-after": value}, NOW) == expected


def test_no_retry_after() -> None:
    assert retry_after({}, NOW) is None


HOUR = timedelta(hours=1)
FRESH: list[tuple[dict[str, str], timedelta | None]] = [
    ({}, None),
    ({"cache-control": "max-age=3600"}, HOUR),
    ({"cache-control": "public, Max-Age=3600, must-revalidate"}, HOUR),
    ({"cache-control": 'max-age="3600"'}, HOUR),
    ({"cache-control": "max-age = 3600"}, HOUR),
    ({"cache-control": "max-age=4000", "age": "400"}, HOUR),
    ({"cache-control": "max-age=3600", "age": "3600"}, None),
    ({"cache-control": "max-age=0"}, None),
    ({"cache-control": "max-age=-1"}, None),
    ({"cache-control": "max-age=later"}, None),
    ({"cache-control": "max-age=" + "9" * 5000}, MAX_DURATION),
    ({"cache-control": "s-maxage=3600"}, None),
    ({"cache-control": "no-cache, max-age=3600"}, None),
    ({"cache-control": "max-age=3600, no-store"}, None),
    ({"cache-control": 'no-cache="set-cookie", max-age=3600'}, None),
    ({"cache-control": "max-age=3600", "expires": "Tue, 10 Mar 2026 12:30:00 GMT"}, HOUR),
    ({"cache-control": "public", "expires": "Tue, 10 Mar 2026 13:00:00 GMT"}, HOUR),
    ({"expires": "Tue, 10 Mar 2026 13:00:00 GMT"}, HOUR),
    # Of a server whose clock is a day behind, the difference counts.
    ({"expires": "Mon, 09 Mar 2026 13:00:00 GMT", "date": "Mon, 09 Mar 2026 12:00:00 GMT"}, HOUR),
    ({"expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, None),
    ({"expires": "0"}, None),
    ({"expires": "Fri, 31 Dec 9999 23:59:59 GMT"}, MAX_DURATION),
    ({"expires": "Tue, 10 Mar 2026 13:00:00 GMT", "date": "yesterday"}, HOUR),
]


@pytest.mark.parametrize(("headers", "expected"), FRESH)
def test_freshness(headers: dict[str, str], expected: timedelta | None) -> None:
    assert fresh_for(headers, NOW) == expected


def test_dates_are_naive_utc() -> None:
    assert http_date("Tue, 10 Mar 2026 13:00:00 +0100") == NOW
