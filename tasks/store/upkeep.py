"""What keeps the store in order: the search index after each pass and at night, and what the archive's old files leave.

Of an archive file that goes, the store forgets only where pages were in it; articles and outcomes stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tasks.store import search, search_vectors
from tasks.store.rows import strings, to_json
from tasks.store.state import Connection, transaction

INDEXED_PER_PASS = 8 * search.BATCH
"""Articles."""


def update_search(connection: Connection) -> search.Indexed:
    """Index what a pass brought; of what an earlier version has left, only so much that the pass does not wait long."""
    with connection.cursor() as beside, ThreadPoolExecutor(1) as other:
        vectors = other.submit(search_vectors.add_vectors, beside, INDEXED_PER_PASS)
        indexed = search.index(connection, INDEXED_PER_PASS)
        search.merge_small(connection)
        vectors.result()
    return indexed


def complete_search(connection: Connection) -> bool:
    """Index all that waits and merge the index into few segments; returns whether there was anything to do."""
    indexed = search.index(connection)
    merged = search.merge_all(connection)
    vectors = search_vectors.add_vectors(connection)
    return indexed.added + merged + vectors > 0


def forget_archive_files(connection: Connection, files: Sequence[str]) -> None:
    """Pages no longer refer to these files. Call it before they are deleted: a crash between leaves files, not gaps."""
    with transaction(connection):
        connection.execute(
            f"""UPDATE pages SET warc_file = NULL, warc_offset = NULL
               WHERE warc_file IN ({strings("files")})""",
            {"files": to_json(files)},
        )
