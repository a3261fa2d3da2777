"""The geometry of the trend charts. The templates draw it as SVG without text, so that it stretches to any width.

Coordinates are those of a view box with `COLUMN` units for each day and 100 units of height, y downwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.present.figures import Day

COLUMN = 10
GAP = 1.5
"""Left free on both sides of a bar."""

HEADROOM = 6
"""Left free above the highest bar."""


@dataclass(frozen=True, slots=True)
class Column:
    """One day: where its column begins, and heights from 0 to 100."""

    day: Day
    x: float
    articles: float
    stories: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Trend:
    """A chart of one topic's days."""

    columns: tuple[Column, ...]
    width: int
    most: Day
    """The day with most articles."""
    most_share: float
    """The largest share of a day, 0 to 1."""
    share_line: str
    """An SVG path: a step for each day, broken at days without any article."""
    share_area: str
    """The same, closed down to the axis."""

    @property
    def days_without_collection(self) -> int:
        """Days on which sources should have answered and none did."""
        return sum(column.day.collection == "none" for column in self.columns)

    @property
    def days_before_collection(self) -> int:
        """Days before the first source was watched."""
        return sum(column.day.collection == "before" for column in self.columns)


def trend(days: Sequence[Day]) -> Trend | None:
    """The chart for the days in order; None for no days."""
    if not days:
        return None
    most = max(days, key=lambda day: day.articles)
    most_share = max(day.share or 0.0 for day in days)
    columns = tuple(
        Column(
            day,
            number * COLUMN,
            _height(day.articles, most.articles),
            _height(day.stories, most.articles),
            100 * day.coverage,
        )
        for number, day in enumerate(days)
    )
    steps = [None if day.share is None else 100 - _height(day.share, most_share) for day in days]
    return Trend(columns, len(days) * COLUMN, most, most_share, _path(steps, closed=False), _path(steps, closed=True))


def _height(value: float, most: float) -> float:
    return round((100 - HEADROOM) * value / most, 2) if most else 0.0


def _path(steps: Sequence[float | None], *, closed: bool) -> str:
    """Horizontal steps at the heights given; a new path after each None."""
    pieces: list[str] = []
    drawing = False
    for number, y in enumerate([*steps, None]):
        x = number * COLUMN
        if y is None:
            pieces += ["V100Z"] if drawing and closed else []
            drawing = False
            continue
        start = f"M{x} 100V{y:g}" if closed else f"M{x} {y:g}"
        pieces.append((f"V{y:g}" if drawing else start) + f"H{x + COLUMN}")
        drawing = True
    return "".join(pieces)
