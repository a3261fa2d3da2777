"""What `newsdesk doctor` examines, and what it says to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from flows import doctor_archive
from flows.cli_shared import Folders
from flows.configuration import load_checked
from tasks.clock import now
from tasks.settings import ConfigError
from tasks.store import checks
from tasks.store.publish import published_path
from tasks.store.state import state_path

MIN_FREE_BYTES = 2_000_000_000
STALE = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `message` says what to do where it is not good."""

    subject: str
    good: bool
    message: str


def examine(where: Folders) -> list[Finding]:
    """Every check in order; one that cannot be made says why."""
    findings: list[Finding] = []
    examinations: tuple[Callable[[Folders], Iterator[Finding]], ...] = (
        _configuration,
        _folder,
        _state,
        _database,
        _archive,
        _schedule,
    )
    for examination in examinations:
        findings.extend(examination(where))
    return findings


def _configuration(where: Folders) -> Iterator[Finding]:
    try:
        config = load_checked(where.config)
    except ConfigError as error:
        yield Finding("configuration", False, str(error))
        return
    enabled = sum(source.enabled for source in config.sources)
    yield Finding("configuration", True, f"{where.config}: {enabled} sources enabled, {len(config.topics)} topics")
    yield from _match(where, {source.source_id for source in config.sources})
    if not config.settings.http.contact:
        yield Finding(
            "contact", True, f"none; set http.contact in {where.config / 'settings.yaml'} so that publishers can write"
        )


def _match(where: Folders, configured: set[str]) -> Iterator[Finding]:
    """Whether configuration and data are of one installation: `--data` alone leaves `--config` as it is."""
    watched = checks.sources_watched(published_path(where.data))
    other = len(watched - configured)
    if not other:
        return
    text = f"{other} of the {len(watched)} sources of {where.data} are not in {where.config}"
    if other < len(watched):
        yield Finding("configuration", True, f"{text}; the next pass takes that over")
    else:
        own = where.data / "config"
        yield Finding(
            "configuration",
            False,
            f"{text}; if that is the configuration of another installation, name its own with --config"
            + (f" {own}" if own.is_dir() else ""),
        )


def _folder(where: Folders) -> Iterator[Finding]:
    folder = where.data
    if not folder.is_dir():
        what = "is not a folder; choose another --data" if folder.exists() else "does not exist; newsdesk run makes it"
        yield Finding("data folder", False, f"{folder} {what}")
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Finding("data folder", False, f"{folder} cannot be written by this user; change its owner or --data")
        return
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free at {folder}"
    enough = free >= MIN_FREE_BYTES
    yield Finding(
        "disk", enough, text if enough else f"{text}; shorten archive.keep or move the folder to a larger disk"
    )


def _state(where: Folders) -> Iterator[Finding]:
    path, copy = state_path(where.data), published_path(where.data)
    damage = checks.damage(path) if path.exists() else None
    if not damage:
        return
    away = f"mv {path} {path}.damaged; rm -f {path}.wal"
    if copy.exists() and not checks.damage(copy):
        what = f"{copy} is a whole copy of it, as it was published last; put that in its place: {away}; "
        what += f"install -m 644 {copy} {path}"
    else:
        what = "restore the data folder from a backup, or begin anew with the articles of the archive: "
        what += f"{away}; newsdesk backfill --warc '{where.data}/archive/*/*/*/*.warc.gz'"
    yield Finding("state", False, f"{path} is damaged ({damage}); {what}")


def _database(where: Folders) -> Iterator[Finding]:
    path = published_path(where.data)
    if not path.exists():
        yield Finding("database", False, f"{path} does not exist; newsdesk run makes it")
        return
    log = path.with_name(path.name + ".wal")
    if log.exists():
        yield Finding(
            "database",
            False,
            f"{log} was left by a program that opened the database read-write; the next pass removes it",
        )
    problems = checks.problems(path)
    for problem in problems:
        yield Finding("database", False, problem)
    if not problems:
        yield Finding("database", True, f"{path} ({path.stat().st_size / 1e6:.1f} MB): ids unique, no orphans")


def _archive(where: Folders) -> Iterator[Finding]:
    path = published_path(where.data)
    if not path.exists():
        return
    report = doctor_archive.inspect(where.data, path)
    problems = doctor_archive.advice(report)
    for problem in problems:
        yield Finding("archive", False, problem)
    if not problems:
        yield Finding("archive", True, doctor_archive.praise(report))


def _schedule(where: Folders) -> Iterator[Finding]:
    path = published_path(where.data)
    if not path.exists():
        return
    last = checks.last_run(path)
    if last is None or now() - last > STALE:
        when = f"the last pass that changed anything began {last:%Y-%m-%d %H:%M} UTC" if last else "no pass has run"
        yield Finding("schedule", False, f"{when}; run newsdesk serve, or newsdesk run from cron")
    else:
        yield Finding("schedule", True, f"the last pass began {last:%Y-%m-%d %H:%M} UTC")
    failing = checks.failing_sources(path)
    if failing:
        shown = ", ".join(failing[:5]) + (" …" if len(failing) > 5 else "")
        yield Finding("sources", True, f"{len(failing)} in trouble ({shown}); see newsdesk sources list")
