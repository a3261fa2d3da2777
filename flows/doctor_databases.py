"""What `newsdesk doctor` says of the two databases: the state and its published copy, each of which can mend the other.

The commands that it prints are meant to be run as they stand; a test does that for every pair of conditions.
"""

from __future__ import annotations

import glob
import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flows.cli_shared import Folders
from flows.doctor_finding import Finding
from tasks.store import checks, condition
from tasks.store.condition import Condition, Standing
from tasks.store.publish import published_path
from tasks.store.state import StoreError, state_path

_ARCHIVED = "archive/*/*/*/*.warc.gz"
_NEWER = "install the newer version again"
_FORBIDDEN = "not looked at, this user may not read it; ask as the user that newsdesk runs as"


@dataclass(frozen=True, slots=True)
class Databases:
    """The state and its published copy as they are now; looking at them takes seconds for each gigabyte."""

    where: Folders
    state: Condition
    copy: Condition

    @property
    def askable(self) -> Path | None:
        """The database that further checks can ask: the published one, else the state; None where neither can tell.

        One of this version comes before others, which may lack what is asked for.
        """
        intact = [found for found in (self.copy, self.state) if found.is_intact]
        return min(intact, key=lambda found: found.standing is not Standing.WHOLE).path if intact else None

    @property
    def has_nothing(self) -> bool:
        """Whether no pass has run yet."""
        return self.state.standing is self.copy.standing is Standing.MISSING


def look(where: Folders) -> Databases:
    """Read both."""
    return Databases(where, condition.examine(state_path(where.data)), condition.examine(published_path(where.data)))


def state_findings(found: Databases) -> Iterator[Finding]:
    """What is to be said of the state; nothing where there is nothing yet."""
    state = found.state
    match state.standing:
        case Standing.WHOLE | Standing.EARLIER:
            yield Finding("state", True, f"{_sized(state.path)}: every block can be read")
        case Standing.IN_USE:
            yield Finding("state", True, f"{state.path}: not looked at, a pass is at work on it ({state.reason})")
        case Standing.FORBIDDEN:
            yield Finding("state", False, f"{state.path}: {_FORBIDDEN} ({state.reason})")
        case Standing.NEWER:
            yield Finding("state", False, f"{state.path} was made by a newer newsdesk ({state.reason}); {_NEWER}")
        case Standing.DAMAGED:
            yield _state_to_mend(found, f"{state.path} is damaged ({state.reason})")
        case Standing.MISSING:
            if found.copy.standing is not Standing.MISSING or _has_archive(found.where):
                yield _state_to_mend(found, f"{state.path} is missing")


def _state_to_mend(found: Databases, problem: str) -> Finding:
    state, copy = found.state.path, found.copy
    if copy.standing in (Standing.IN_USE, Standing.FORBIDDEN):
        what = f"{copy.path} is a copy of it that cannot be looked at ({copy.reason})"
        return Finding("state", False, f"{problem}; {what}: change that, and ask newsdesk doctor again")
    cleared = [*_aside(found.state), f"rm -f {_quoted(state)}.wal"]
    if copy.is_intact:
        what = f"{copy.path} is a whole copy of it, as it was published last; put that in its place"
        made = [f"mkdir -p {_quoted(state.parent)}", f"install -m 644 {_quoted(copy.path)} {_quoted(state)}"]
        return Finding("state", False, f"{problem}; {what}", " && ".join([*cleared, *made]))
    cleared += _aside(copy)
    if _has_archive(found.where):
        what = "begin anew with the articles of the archive, without what only feeds have said of them"
        pattern = f"{glob.escape(str(found.where.data))}/{_ARCHIVED}"
        begin = _newsdesk(found.where, f"backfill --warc {shlex.quote(pattern)}")
    else:
        what = "begin anew, for there is no archive either"
        begin = _newsdesk(found.where, "run")
    return Finding(
        "state", False, f"{problem}; restore the data folder from a backup, or {what}", " && ".join([*cleared, begin])
    )


def database_findings(found: Databases) -> Iterator[Finding]:
    """What is to be said of the published copy."""
    copy = found.copy
    match copy.standing:
        case Standing.WHOLE:
            yield from _whole_copy(copy.path)
        case Standing.MISSING:
            yield _copy_not_there(found)
        case Standing.EARLIER:
            yield _copy_to_mend(found, f"{copy.path} was published by an earlier newsdesk ({copy.reason})")
        case Standing.NEWER:
            problem = f"{copy.path} was published by a newer newsdesk ({copy.reason})"
            if found.state.standing is Standing.WHOLE:
                yield _copy_to_mend(found, f"{problem}, unlike the state; {_NEWER}, or publish this one's")
            else:
                yield Finding("database", False, f"{problem}; {_NEWER}")
        case Standing.IN_USE:
            yield Finding(
                "database",
                False,
                f"{copy.path}: not looked at, another program has it open read-write ({copy.reason}); what that writes "
                "is lost with the next publication",
            )
        case Standing.FORBIDDEN:
            yield Finding("database", False, f"{copy.path}: {_FORBIDDEN} ({copy.reason})")
        case Standing.DAMAGED:
            yield _copy_to_mend(found, f"{copy.path} is damaged ({copy.reason})")


def _copy_not_there(found: Databases) -> Finding:
    problem = f"{found.copy.path} does not exist"
    if found.has_nothing and not _has_archive(found.where):
        return Finding("database", False, f"{problem}; newsdesk run makes it")
    return _copy_to_mend(found, problem)


def _whole_copy(path: Path) -> Iterator[Finding]:
    log = path.with_name(path.name + ".wal")
    if log.exists():
        yield Finding(
            "database",
            False,
            f"{log} was left by a program that opened the database read-write; the next publication removes it",
        )
    try:
        problems = checks.problems(path)
    except StoreError as error:  # replaced or removed just now
        problems = [str(error)]
    for problem in problems:
        yield Finding("database", False, problem)
    if not problems:
        yield Finding("database", True, f"{_sized(path)}: every block can be read, ids unique, no orphans")


def _copy_to_mend(found: Databases, problem: str) -> Finding:
    """A pass publishes where nothing is published, be there news or not: what is in the way goes first."""
    match found.state.standing:
        case Standing.DAMAGED | Standing.MISSING:
            return Finding("database", False, f"{problem}; mend the state first, as said above")
        case Standing.NEWER:
            return Finding("database", False, f"{problem}, and the state was made by a newer newsdesk; {_NEWER}")
    commands = [*_aside(found.copy), _newsdesk(found.where, "run")]
    later = ", once the pass that is at work has ended" if found.state.standing is Standing.IN_USE else ""
    return Finding("database", False, f"{problem}; publish it again from the state{later}", " && ".join(commands))


def _aside(found: Condition) -> list[str]:
    """The command that moves a file away, to a name that nothing has."""
    if found.standing is Standing.MISSING:
        return []
    name = f"{found.path}.damaged"
    number = 1
    while Path(name).exists():
        number += 1
        name = f"{found.path}.damaged-{number}"
    return [f"mv {_quoted(found.path)} {shlex.quote(name)}"]


def _has_archive(where: Folders) -> bool:
    return any(where.data.glob(_ARCHIVED))


def _newsdesk(where: Folders, command: str) -> str:
    """The command with the folders that were given, unless they are what newsdesk takes by itself."""
    given = (("--config", where.config, "config"), ("--data", where.data, "data"))
    options = [
        f"{option} {_quoted(folder)} "
        for option, folder, default in given
        if folder != Path(default) or f"NEWSDESK_{default.upper()}" in os.environ
    ]
    return f"newsdesk {''.join(options)}{command}"


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


def _sized(path: Path) -> str:
    return f"{path} ({path.stat().st_size / 1e6:.1f} MB)"
