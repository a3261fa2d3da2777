"""`publish.parquet`: articles, matches and places once more as Parquet files, one folder for each month of publication.

Readable as one table: `read_parquet('data/parquet/articles/*/*.parquet', hive_partitioning = true)`. Each file says in
its metadata which rows it holds, by a hash over them: a month in which nothing changed is not written again.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from tasks.store.publish import published_path
from tasks.store.state import StoreError

_MONTHS = "SELECT article_id, strftime(published_at, '%Y-%m') AS month FROM articles"
_ROWS = {
    "articles": "SELECT a.*, strftime(a.published_at, '%Y-%m') AS month FROM articles AS a",
    **{
        table: f"SELECT t.*, month FROM {table} AS t JOIN ({_MONTHS}) USING (article_id)"
        for table in ("article_topics", "article_places")
    },
}
# Not over the texts themselves, which take seconds at a million articles: their hashes stand for them.
_HASHED = {
    "articles": "*COLUMNS(* EXCLUDE (text, excerpt, month))",
    "article_topics": "article_id, topic_id, topic_version, score",
    "article_places": "*COLUMNS(* EXCLUDE (month))",
}


def parquet_path(data: Path) -> Path:
    """The folder of the Parquet files."""
    return data / "parquet"


def write_parquet(data: Path) -> int:
    """Bring the Parquet files up to date with `news.duckdb`; returns how many were written.

    A file is replaced whole; that of a month without rows is removed. Raises StoreError where one cannot be written.
    """
    with duckdb.connect(published_path(data), read_only=True) as connection:
        try:
            return sum(_write_table(connection, parquet_path(data) / table, table) for table in _ROWS)
        except (OSError, duckdb.IOException) as error:
            reason = " ".join(str(error).split())
            raise StoreError(f"{parquet_path(data)}: cannot be written: {reason}; news.duckdb is as it was") from error


def _write_table(connection: duckdb.DuckDBPyConnection, folder: Path, table: str) -> int:
    wanted = dict(connection.execute(_fingerprints(table)).fetchall())
    present = {file: _fingerprint_of(connection, file) for file in folder.glob("month=*/*.parquet")}
    written = 0
    for month, fingerprint in wanted.items():
        file = folder / f"month={month}" / f"{table}.parquet"
        if present.pop(file, None) != fingerprint:
            _write_month(connection, table, month, fingerprint, file)
            written += 1
    for file in present:
        file.unlink()
        file.parent.rmdir()
    return written


def _fingerprints(table: str) -> str:
    """A hash over each month's rows, whatever their order."""
    return f"""
        SELECT month, concat(count(*), '-', sum(hash({_HASHED[table]})))
        FROM ({_ROWS[table]}) GROUP BY month"""


def _fingerprint_of(connection: duckdb.DuckDBPyConnection, file: Path) -> str | None:
    query = "SELECT decode(value) FROM parquet_kv_metadata(?) WHERE decode(key) = 'newsdesk'"
    try:
        row = connection.execute(query, [str(file)]).fetchone()
    except duckdb.Error:  # cut off, or not ours: it is written again
        return None
    return row[0] if row else None


def _write_month(connection: duckdb.DuckDBPyConnection, table: str, month: str, fingerprint: str, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    rows = f"SELECT * EXCLUDE (month) FROM ({_ROWS[table]}) WHERE month = '{month}' ORDER BY article_id"
    target = str(part).replace("'", "''")
    try:
        connection.execute(
            f"COPY ({rows}) TO '{target}' (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{newsdesk: '{fingerprint}'}})"
        )
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
