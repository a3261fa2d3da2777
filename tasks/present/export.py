"""A citable slice: the articles of one topic in one file, and a manifest from which somebody else can rebuild it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import duckdb
import orjson

from tasks.present import rowhash
from tasks.present.cells import RUN_BY_SPREADSHEETS
from tasks.present.manifest import manifest
from tasks.settings import ConfigError


class ExportFormat(StrEnum):
    """How the rows are written."""

    CSV = "csv"
    PARQUET = "parquet"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Slice:
    """The articles of a topic, published from `since` on and before `until`, in UTC."""

    topic_id: str
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the two files, and the counts three ways."""

    file: Path
    manifest: Path
    articles: int
    unique_texts: int
    stories: int


def write_export(connection: duckdb.DuckDBPyConnection, wanted: Slice, output: ExportFormat, file: Path) -> Exported:
    """Write the rows to `file` and what describes them to `FILE.manifest.json`; both are replaced whole.

    `connection` is to the published database. Raises ConfigError where there is no such topic, or where the files
    cannot be written.
    """
    _require_place(file)
    _require_topic(connection, wanted.topic_id)
    connection.execute(_SLICE, {"topic": wanted.topic_id, "since": wanted.since, "until": wanted.until})
    content = manifest(connection, wanted.topic_id, wanted.since, wanted.until)
    rows_sha256, _ = rowhash.of_relation(connection, "SELECT to_json(e) FROM exported AS e")
    part = file.with_name(f".{file.name}.part")
    description = manifest_path(file)
    try:
        _write_rows(connection, output, part)
        content["file"] = {
            "name": file.name,
            "format": output.value,
            "bytes": part.stat().st_size,
            "sha256": sha256_of(part),
            "rows_sha256": rows_sha256,
        }
        description.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
        part.replace(file)
    except (OSError, duckdb.IOException) as error:
        raise ConfigError(f"{file}: cannot be written: {' '.join(str(error).split())}") from error
    finally:
        part.unlink(missing_ok=True)
    counts = content["counts"]
    return Exported(file, description, counts["articles"], counts["unique_texts"], counts["stories"])


def manifest_path(file: Path) -> Path:
    """Where the manifest of an exported file lies."""
    return file.with_name(f"{file.name}.manifest.json")


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _require_place(file: Path) -> None:
    if not file.name or file.name == "-" or file.name.endswith(".manifest.json"):
        raise ConfigError(f"-o {file}: expected the name of a file, not ending in .manifest.json")
    if file.exists() and not file.is_file():
        raise ConfigError(f"-o {file}: is there already and is no file")


def _require_topic(connection: duckdb.DuckDBPyConnection, topic_id: str) -> None:
    known = [name for (name,) in connection.execute("SELECT DISTINCT topic_id FROM topics ORDER BY 1").fetchall()]
    if topic_id not in known:
        raise ConfigError(f"--topic {topic_id}: no such topic in the database; expected one of: {', '.join(known)}")


def _write_rows(connection: duckdb.DuckDBPyConnection, output: ExportFormat, part: Path) -> None:
    target = str(part).replace("'", "''")
    if output is ExportFormat.PARQUET:
        connection.execute(f"COPY (FROM exported) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
    elif output is ExportFormat.JSONL:
        connection.execute(f"COPY (FROM exported) TO '{target}' (FORMAT json)")
    else:
        connection.execute(f"COPY ({_for_spreadsheets(connection)}) TO '{target}' (FORMAT csv, HEADER)")


def _for_spreadsheets(connection: duckdb.DuckDBPyConnection) -> str:
    """The rows with every cell as `rowhash` has it, and an apostrophe before what a spreadsheet would run."""
    columns = []
    for name, kind, *_ in connection.execute("DESCRIBE exported").fetchall():
        cell = f"(to_json({name}) ->> '$')"
        if kind == "VARCHAR":
            runs = f"regexp_matches({name}, $${RUN_BY_SPREADSHEETS}$$)"
            cell = f"CASE WHEN {runs} THEN chr(39) || {name} ELSE {name} END"
        columns.append(f"{cell} AS {name}")
    return f"SELECT {', '.join(columns)} FROM exported"


_SLICE = """
    CREATE OR REPLACE TEMP TABLE exported AS
    SELECT
        a.article_id, a.url, a.site, a.source_id, a.title, a.authors, a.published_at, a.published_from, a.fetched_at,
        a.updated_at, a.language, a.word_count, a.original_source, a.access, a.text_from, a.revision, a.content_hash,
        a.text_id, a.story_id, t.topic_id, t.topic_version, t.score, t.evidence,
        (SELECT coalesce(list(p.country ORDER BY p.mentions DESC, p.country), [])
         FROM article_places AS p WHERE p.article_id = a.article_id) AS countries,
        a.text
    FROM article_topics AS t JOIN articles AS a USING (article_id)
    WHERE t.topic_id = $topic
        AND ($since::TIMESTAMP IS NULL OR a.published_at >= $since)
        AND ($until::TIMESTAMP IS NULL OR a.published_at < $until)
    ORDER BY a.published_at, a.article_id"""
