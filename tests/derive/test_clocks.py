"""Times of day beside a day, as pages show them to their readers."""

from __future__ import annotations

import pytest

from tasks.derive.clocks import clock_beside_day
from tests.derive.pages import article_page, derive, derived

SHOWN = [
    ("Published: 12 November 2026, 14:05", "14:05"),
    ("12 November 2026 14:05 GMT", "14:05"),
    ("November 12, 2026 at 2:05 pm", "14:05"),
    ("Nov 12, 2026 | 12:05 a.m.", "00:05"),
    ("12.11.2026, 14:05 Uhr", "14:05"),
    ("12. November 2026 um 14.05 Uhr", "14:05"),
    ("Publié le 12 novembre 2026 à 14h05", "14:05"),
    ("12/11/2026 às 14h05", "14:05"),
    ("12 de noviembre de 2026 a las 14:05", "14:05"),
    ("12 novembre 2026 alle ore 14:05", "14:05"),
    ("14:05, 12 November 2026", "14:05"),
    ("14:05 | 12/11/2026", "14:05"),
    ("2026-11-12 14:05:33", "14:05"),
    ("12 November 2026", None),
    ("12.11.2026", None),
    ("12 November 2026 (14:05 to 15:10)", None),
    ("12 November 2026, last changed at 14:05", None),
    ("12 November 2026, 14:05 and 16:20", None),
    ("12 November 2026, 3:1", None),
    ("12 November 2026, 25:10", None),
    ("12 November 2026, 14:05:06:07", None),
    ("On 12 November 2026 the 14:05 train was late", None),
]


@pytest.mark.parametrize(("text", "clock"), SHOWN)
def test_the_clock_beside_the_day(text: str, clock: str | None) -> None:
    found = clock_beside_day(text)
    assert (f"{found:%H:%M}" if found else None) == clock


@pytest.mark.parametrize(
    ("line", "published"),
    [
        ("Published: 17 March 2026, 14:05", "2026-03-17T14:05:00"),
        ("17 March 2026", "2026-03-17T00:00:00"),
        ("Updated 17 March 2026, 14:05", "2026-03-17T00:00:00"),
    ],
)
def test_the_time_that_readers_see_is_kept(line: str, published: str) -> None:
    article = derived(article_page(before=f"<p class='date'>{line}</p>").replace("/2026/03/", "/"))
    assert (article.published_at.isoformat(), article.published_from) == (published, "text")


def test_a_time_near_midnight_does_not_move_the_publishers_day() -> None:
    page = article_page(before="<p class='date'>17. März 2026, 22:00 Uhr</p>").replace("lang='en'", "lang='de'")
    chosen = derive(page, url="https://www.marlow-post.example/fenwick").dates[0]
    assert (chosen.value.isoformat(), chosen.stated) == ("2026-03-17T22:00:00", "2026-03-17")
