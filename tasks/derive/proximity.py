"""Words near each other: Lucene's sloppy phrase over word positions."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

_MAX_FOUND = 1_000


def near(positions: Sequence[Sequence[int]], slop: int) -> list[tuple[int, int]]:
    """Where words stand in a row after moving them by at most `slop` places in all.

    `positions[i]` are the places of the phrase's i-th word, in order. A match gives each of them a place p of its own
    so that the p - i differ by at most `slop`: in their order, words may have `slop` others between them; two
    neighbours that change places cost 2. Gives first place and last place + 1 of the tightest matches that do not
    overlap, in order; of more than a thousand candidates the first ones. Source: Lucene's `PhraseQuery.setSlop`.
    """
    if not all(positions):
        return []
    if len(positions) == 1:
        return [(place, place + 1) for place in positions[0]]
    starts = [[place - number for place in places] for number, places in enumerate(positions)]
    if slop == 0:
        first, *others = starts
        return [(start, start + len(starts)) for start in sorted(set(first).intersection(*others))]
    if len(starts) == 2 and not _are_near(starts[0], starts[1], slop):
        return []
    return _tightest(_candidates(starts, slop))


def _are_near(first: list[int], second: list[int], slop: int) -> bool:
    """Whether any two starts differ by at most `slop`: most pairs of words do not, and that is soon seen."""
    for start in first:
        at = bisect_left(second, start - slop)
        if at < len(second) and second[at] <= start + slop:
            return True
    return False


def _candidates(starts: list[list[int]], slop: int) -> list[tuple[int, int, int]]:
    """Matches as (spread of the p - i, first place, last place + 1): the leftmost for each least p - i."""
    found: list[tuple[int, int, int]] = []
    ordered = sorted(set().union(*starts))
    index = 0
    while index < len(ordered) and len(found) < _MAX_FOUND:
        low = ordered[index]
        chosen, reachable = _choose(starts, low, slop)
        if reachable is None:
            break
        if chosen:
            spread = max(place - number for number, place in enumerate(chosen)) - low
            found.append((spread, min(chosen), max(chosen) + 1))
        index = max(index + 1, bisect_left(ordered, reachable))
    return found


def _choose(starts: list[list[int]], low: int, slop: int) -> tuple[list[int], int | None]:
    """The leftmost places, each used once, with every p - i from `low` to `low + slop`; none where a word has none.

    The second value is the least start worth trying next, None where no later one can succeed. Taking the leftmost for
    one word after the other is exact as long as different words of the phrase cannot be the same word of the text.
    """
    chosen: list[int] = []
    for number, places in enumerate(starts):
        at = bisect_left(places, low)
        if at == len(places):
            return [], None
        if places[at] > low + slop:
            return [], places[at] - slop
        while at < len(places) and places[at] + number in chosen:
            at += 1
        if at == len(places) or places[at] > low + slop:
            return [], low + 1
        chosen.append(places[at] + number)
    return chosen, low + 1


def _tightest(candidates: list[tuple[int, int, int]]) -> list[tuple[int, int]]:
    taken: list[tuple[int, int]] = []
    for _, start, end in sorted(candidates):
        at = bisect_left(taken, (start, end))
        if (at == 0 or taken[at - 1][1] <= start) and (at == len(taken) or end <= taken[at][0]):
            taken.insert(at, (start, end))
    return taken
