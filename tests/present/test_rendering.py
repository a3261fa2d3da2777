"""How values are written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tasks.present.rendering import moment, percent, points, web_link
from tests.present.newsroom import NOW

LINKS = [
    ("https://a.example/x", True),
    ("http://127.0.0.1:8080/", True),
    ("javascript:alert(1)", False),
    ("JAVASCRIPT:alert(1)//http://", False),
    ("data:text/html,x", False),
    ("//a.example/x", False),
    ("https:///x", False),
    ("http://[broken", False),
    ("", False),
    (None, False),
]


@pytest.mark.parametrize(("url", "good"), LINKS)
def test_links_lead_only_to_the_web(url: str | None, good: bool) -> None:
    assert web_link(url) == (url if good else None)


PERCENTS = [
    (None, "–"),
    (0.0, "0%"),
    (0.0004, "0.04%"),
    (0.0312, "3.1%"),
    (0.0999, "10%"),
    (0.257, "26%"),
    (1.0, "100%"),
]


@pytest.mark.parametrize(("share", "text"), PERCENTS)
def test_percent(share: float | None, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(("difference", "text"), [(0.004, "+0.4"), (-0.02, "−2.0"), (0.0, "±0"), (-0.0001, "±0")])
def test_points(difference: float, text: str) -> None:
    assert points(difference) == text


def test_a_date_without_a_time_stays_one() -> None:
    assert moment(NOW) == "20 Nov 2025, 14:02 UTC"
    assert moment(NOW - timedelta(hours=14, minutes=2)) == "20 Nov 2025"
    assert moment(None) == "–"
