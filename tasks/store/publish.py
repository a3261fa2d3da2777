"""Publication: `news.duckdb` is a copy of the state database, put in place by an atomic rename.

Readers that have the old file open keep it; nobody waits for anybody. A note in `state/` tells that the state has
changed since: a pass that was cut off leaves it, and the next one publishes although it may find nothing new.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path

from tasks.store.state import StoreError, state_path


def published_path(data: Path) -> Path:
    """Where people find the database."""
    return data / "news.duckdb"


def require_state(data: Path) -> None:
    """Raises StoreError where the state database is gone while its published copy is there.

    A pass would begin with nothing, and replace the copy, which is all that is left, with that.
    """
    state, copy = state_path(data), published_path(data)
    if copy.exists() and not state.exists():
        raise StoreError(
            f"{state}: is missing, while {copy} is there; newsdesk doctor says how to go on from that; to begin anew: "
            f"move {copy} away"
        )


def note_change(data: Path) -> bool:
    """Note that the state is about to change; returns whether an earlier change has not been published."""
    note = _note(data)
    unpublished = note.exists()
    note.touch()
    return unpublished


def forget_change(data: Path) -> None:
    """Everything worth publishing is published."""
    _note(data).unlink(missing_ok=True)


def _note(data: Path) -> Path:
    return data / "state" / "unpublished"


def publish(data: Path) -> Path:
    """Replace `news.duckdb` with the state database as it stands; that must be closed.

    Closed, because DuckDB's lock on a file is lost when the same process opens it a second time to copy it.
    Raises StoreError where the copy cannot be written; the old file stays whole.
    """
    target = published_path(data)
    part = target.with_name(".news.duckdb.part")
    try:
        part.unlink(missing_ok=True)
        _copy(state_path(data), part)
        part.chmod(0o444)
        _clear_log(target)
        part.replace(target)
        _sync_folder(data)
    except OSError as error:
        part.unlink(missing_ok=True)
        reason = error.strerror or error
        raise StoreError(f"{target}: cannot be published: {reason}; the earlier file is as it was") from error
    return target


def _clear_log(database: Path) -> None:
    """Take away the write-ahead log beside the file that is about to be replaced, and its place while it is needed.

    Root can open the file read-write in spite of its mode. What such a session has committed lies in a log beside the
    file, and so would what it commits after the file is replaced: DuckDB would replay both into the new file. A link
    that leads nowhere is no log for a reader and no place for a writer: the commit fails instead. It goes with the
    first publication that finds no writer.
    """
    log = database.with_name(database.name + ".wal")
    bar = log.with_name(f".{log.name}.part")
    bar.unlink(missing_ok=True)
    if _has_writer(database):
        with suppress(OSError):  # a file system without links
            bar.symlink_to("read-only/newsdesk-has-replaced-this-database")
            bar.replace(log)
            return
    log.unlink(missing_ok=True)


def _has_writer(database: Path) -> bool:
    """Whether a process has the database open read-write, by DuckDB's lock on the file."""
    if not database.exists():
        return False
    with database.open("rb") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _copy(source: Path, target: Path) -> None:
    """A copy that is on the disk when this returns; where the file system shares blocks (reflink), it costs nothing."""
    with source.open("rb") as reading, target.open("wb") as writing:
        try:
            size = os.fstat(reading.fileno()).st_size
            while size > 0:
                copied = os.copy_file_range(reading.fileno(), writing.fileno(), min(size, 2**30))
                if copied == 0:
                    raise OSError("copy_file_range stopped early")
                size -= copied
        except (AttributeError, OSError):
            reading.seek(0)
            writing.seek(0)
            writing.truncate()
            shutil.copyfileobj(reading, writing, 2**20)
        writing.flush()
        os.fsync(writing.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
