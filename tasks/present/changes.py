"""What a backfill and a replay say at their end."""

from __future__ import annotations

from collections.abc import Mapping

from tasks.model import Changes, Filled, RunSummary

MAX_FILES = 5
"""Damaged archive files that are named."""


def of_backfill(filled: Filled, summary: RunSummary) -> list[str]:
    """The summary of a backfill, line by line."""
    counts = summary.counts
    lines = []
    if filled.files_done or filled.files_known or filled.files_broken or filled.records:
        known = f" ({filled.files_known} more had been read before)" if filled.files_known else ""
        broken = f", {filled.files_broken} broken" if filled.files_broken else ""
        lines.append(f"{filled.records} records read, {filled.files_done} WARC files to their end{known}{broken}")
    if filled.skipped:
        lines.append(f"passed over: {_listed(filled.skipped)}")
    if filled.problems:
        lines.append(f"{len(filled.problems)} problems; the first: {filled.problems[0]}")
    entries = f"{counts.entries_new} new entries, " if counts.sources_polled else ""
    lines.append(
        f"{entries}{counts.pages_fetched} pages derived ({counts.pages_failed} could not be fetched), "
        f"{counts.articles_new} new articles ({counts.articles_updated} updated), "
        f"{counts.topic_matches} topic matches, {counts.stories_new} new stories in {summary.duration_s:.1f} s"
    )
    return lines


def of_replay(changes: Changes, summary: RunSummary) -> list[str]:
    """The summary of a replay, line by line."""
    left = f", {changes.unreadable} left because their archive file is missing" if changes.unreadable else ""
    if changes.damaged:
        left += f", {sum(changes.damaged.values())} left because their archive record is damaged"
    outcomes = f": {_listed(changes.outcomes)}" if changes.outcomes else ""
    lines = [
        f"{summary.counts.pages_fetched} archived pages derived again in {summary.duration_s:.1f} s{left}{outcomes}",
        f"articles: {changes.articles_changed} changed ({changes.revisions} with a new revision), "
        f"{changes.articles_new} new, {changes.articles_gone} gone",
    ]
    if changes.articles_gone:
        lines.append("  an article that is gone by today's code is kept; pages.error says why")
    if changes.damaged:
        files = _listed(changes.damaged, " in ", MAX_FILES)
        lines.append(f"  damaged records, or of another page: {files}; restore from a backup, then replay again")
    if changes.fields:
        lines.append(f"fields that changed: {_listed(changes.fields)}")
    lines.append(f"topic matches: {changes.matches_gained} gained, {changes.matches_lost} lost")
    return lines


def _listed(numbers: Mapping[str, int], between: str = " ", most: int = 1_000) -> str:
    """The largest first; of those beyond `most` only how many there are."""
    ranked = sorted(
        ((name, number) for name, number in numbers.items() if number), key=lambda item: (-item[1], item[0])
    )
    more = [f"{len(ranked) - most} more"] if len(ranked) > most else []
    return ", ".join([*(f"{number}{between}{name}" for name, number in ranked[:most]), *more])
