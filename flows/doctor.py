"""What `newsdesk doctor` examines, and what it says to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from flows import doctor_archive, doctor_databases
from flows.cli_shared import Folders
from flows.configuration import load_checked
from flows.doctor_databases import Databases
from flows.doctor_finding import Finding
from tasks.clock import now
from tasks.settings import ConfigError
from tasks.store import checks
from tasks.store.state import StoreError

MIN_FREE_BYTES = 2_000_000_000
STALE = timedelta(hours=2)


def examine(where: Folders) -> list[Finding]:
    """Every check in order; one that cannot be made says why."""
    databases = doctor_databases.look(where)
    return [
        *_configuration(where, databases.askable),
        *_folder(where),
        *doctor_databases.state_findings(databases),
        *doctor_databases.database_findings(databases),
        *_asking(databases, "archive", _archive),
        *_asking(databases, "schedule", _schedule),
    ]


def _configuration(where: Folders, database: Path | None) -> Iterator[Finding]:
    try:
        config = load_checked(where.config)
    except ConfigError as error:
        yield Finding("configuration", False, str(error))
        return
    enabled = sum(source.enabled for source in config.sources)
    yield Finding("configuration", True, f"{where.config}: {enabled} sources enabled, {len(config.topics)} topics")
    if database:
        with suppress(StoreError):  # told by the checks of the database
            yield from _match(where, database, {source.source_id for source in config.sources})
    if not config.settings.http.contact:
        yield Finding(
            "contact", True, f"none; set http.contact in {where.config / 'settings.yaml'} so that publishers can write"
        )


def _match(where: Folders, database: Path, configured: set[str]) -> Iterator[Finding]:
    """Whether configuration and data are of one installation: `--data` alone leaves `--config` as it is."""
    watched = checks.sources_watched(database)
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


def _asking(databases: Databases, subject: str, check: Callable[[Path, Path], Iterator[Finding]]) -> Iterator[Finding]:
    """A check that asks the published database, or the state where that cannot be read; it claims nothing without."""
    if databases.askable:
        try:
            yield from check(databases.where.data, databases.askable)
        except StoreError as error:  # of another version, and without what is asked for
            yield Finding(subject, False, f"not looked at: {error}")
    elif not databases.has_nothing:
        yield Finding(subject, False, "not looked at, for neither database can be asked; see above, and ask again")


def _archive(data: Path, database: Path) -> Iterator[Finding]:
    report = doctor_archive.inspect(data, database)
    problems = doctor_archive.advice(report)
    for problem in problems:
        yield Finding("archive", False, problem)
    if not problems:
        yield Finding("archive", True, doctor_archive.praise(report))


def _schedule(_: Path, database: Path) -> Iterator[Finding]:
    last = checks.last_run(database)
    if last is None or now() - last > STALE:
        when = f"the last pass that changed anything began {last:%Y-%m-%d %H:%M} UTC" if last else "no pass has run"
        yield Finding("schedule", False, f"{when}; run newsdesk serve, or newsdesk run from cron")
    else:
        yield Finding("schedule", True, f"the last pass began {last:%Y-%m-%d %H:%M} UTC")
    failing = checks.failing_sources(database)
    if failing:
        shown = ", ".join(failing[:5]) + (" …" if len(failing) > 5 else "")
        yield Finding("sources", True, f"{len(failing)} in trouble ({shown}); see newsdesk sources list")
