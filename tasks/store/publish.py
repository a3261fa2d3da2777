"""Publication: `news.duckdb` is a copy of the state database, put in place by an atomic rename.

Readers that have the old file open keep it; nobody waits for anybody.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tasks.store.state import StoreError, state_path


def published_path(data: Path) -> Path:
    """Where people find the database."""
    return data / "news.duckdb"


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
        # An analyst who opened the file read-write leaves a write-ahead log, which DuckDB would replay into the new one.
        target.with_name(target.name + ".wal").unlink(missing_ok=True)
        part.replace(target)
        _sync_folder(data)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StoreError(
            f"{target}: cannot be published: {error.strerror or error}; the earlier file is as it was"
        ) from error
    return target


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
