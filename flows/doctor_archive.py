"""What `newsdesk doctor` says of the archive: whether its files are there, and their records can be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.derive.records import RecordError, read_record
from tasks.store import checks

SAMPLE = 200
"""Pages whose records are read: the newest, and as many at random."""


@dataclass(frozen=True, slots=True)
class ArchiveReport:
    """What was found. `files` are those that pages refer to."""

    files: int
    missing: tuple[str, ...]
    elsewhere: int
    """Files outside the data folder, which a backfill has read where they lie."""
    looked_at: int
    """Pages of files that are there."""
    unreadable: tuple[str, ...]
    """A line for each page whose record is not there or damaged."""


def inspect(data: Path, database: Path) -> ArchiveReport:
    """Look whether every file is there, and read the records of a sample of pages."""
    files = checks.archive_files(database)
    missing = [name for name in files if not (data / name).is_file()]
    pages = [page for page in checks.archived_sample(database, SAMPLE) if page.warc_file not in missing]
    problems = [problem for page in pages if (problem := _problem(data, page))]
    elsewhere = sum(Path(name).is_absolute() for name in files)
    return ArchiveReport(len(files), tuple(missing), elsewhere, len(pages), tuple(problems))


def _problem(data: Path, page: checks.ArchivedPage) -> str | None:
    """Why a page cannot be derived again from its record; None where it can."""
    try:
        read_record(data, page.warc_file, page.warc_offset, page.addresses)
    except RecordError as error:
        return " ".join(str(error).split())[:300]
    return None


def advice(report: ArchiveReport) -> Sequence[str]:
    """What is wrong and what to do, a line each; empty where nothing is."""
    lines = []
    if report.missing:
        lines.append(
            f"{len(report.missing)} files are missing, e.g. {report.missing[0]}; restore them from a backup: "
            "their articles stay, but cannot be derived again"
        )
    if report.unreadable:
        lines.append(
            f"{len(report.unreadable)} of {report.looked_at} pages looked at have no readable record, e.g. "
            f"{report.unreadable[0]}; restore the file from a backup: its articles stay, but cannot be derived again"
        )
    return lines


def praise(report: ArchiveReport) -> str:
    """What was looked at, where nothing is wrong."""
    text = f"all {report.files} files that pages refer to are there, {report.looked_at} pages read again from them"
    return text + (f"; {report.elsewhere} of the files lie outside the data folder" if report.elsewhere else "")
