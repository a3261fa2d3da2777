"""What the store forgets when the archive's old files go: only where they were; articles and outcomes stay."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.store.state import Connection, transaction


def forget_archive_files(connection: Connection, files: Sequence[str]) -> None:
    """Pages no longer refer to these files. Call it before they are deleted: a crash between leaves files, not gaps."""
    with transaction(connection):
        connection.execute(
            """UPDATE pages SET warc_file = NULL, warc_offset = NULL
               WHERE warc_file IN (SELECT unnest($files::VARCHAR[]))""",
            {"files": list(files)},
        )
