"""The published database as the commands open it: read-only, and with damage told in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from tasks.store.state import Connection, StoreError


@contextmanager
def reading(path: Path, *, other_files: bool = False) -> Iterator[Connection]:
    """The published database at `path`, read-only; queries reach other files only with `other_files`.

    Raises StoreError, also for what its caller's queries meet: where the file is missing, cannot be read to its end, or
    was published by an earlier version, which lacks a table or macro of this one's.
    """
    access = "true" if other_files else "false"
    with (
        damage_told(path),
        duckdb.connect(path, read_only=True, config={"enable_external_access": access}) as connection,
    ):
        yield connection


@contextmanager
def damage_told(path: Path) -> Iterator[None]:
    """Raises StoreError for what `reading` does, where the database is opened by somebody else."""
    try:
        yield
    except duckdb.CatalogException as error:
        raise StoreError(f"{path}: published by an earlier newsdesk; newsdesk maintain brings it up to date") from error
    except duckdb.Error as error:
        reason = " ".join(str(error).split())[:200]
        raise StoreError(f"{path}: cannot be read: {reason}; newsdesk doctor says what to do") from error
