"""The time of day that a page shows beside its day: "17 March 2026, 14:05", "14h05 | 17/03/2026"."""

from __future__ import annotations

import re
from datetime import time

_CLOCK = re.compile(
    r"(?<![\d:.+-])([01]?\d|2[0-3])(?::|(?: ?h ?)(?=\d\d\b)|\.(?=\d\d uhr))([0-5]\d)(?::[0-5]\d)?(?![\d:])"
    r"(?:\s?([ap])\.?\s?m\b\.?)?",
    re.IGNORECASE,
)
_BETWEEN = r"(?:[\s,|·•@/–—-]|\b(?:at|um|a las?|às|à|alle|ore|kl|le|on|uhr)\b\.?){1,8}"
_BEHIND = re.compile(rf"\d\d(?:[일日]|\.)?{_BETWEEN}$", re.IGNORECASE)
_BEFORE = re.compile(rf"(?:\s?(?:uhr|UTC|GMT))?{_BETWEEN}(?:\d|[^\W\d_]{{3,12}}\.? \d)", re.IGNORECASE)


def clock_beside_day(text: str) -> time | None:
    """The time of day in a short text with a date, where it is the only one there and stands right beside the day.

    Its zone is the publisher's, which readers are seldom told; as any time without a zone it is read as UTC.
    """
    found = list(_CLOCK.finditer(text))
    if len(found) != 1 or not (_BEHIND.search(text[: found[0].start()]) or _BEFORE.match(text, found[0].end())):
        return None
    hour, minute, half = int(found[0][1]), int(found[0][2]), (found[0][3] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, minute)
