"""Whether an exported file still holds the rows that its manifest describes."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import orjson

from tasks.present import rowhash
from tasks.present.export import ExportFormat, manifest_path, sha256_of
from tasks.settings import ConfigError


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found: the rows that the file has, whether they are the manifest's, and whether all its bytes are."""

    rows: int
    same_rows: bool
    same_bytes: bool


def verify_export(file: Path) -> Verified:
    """Compare the file with `FILE.manifest.json` beside it; no database is needed.

    Raises ConfigError where one of them is missing or is no such file.
    """
    kind, sha256, rows_sha256 = _described(manifest_path(file))
    try:
        found, rows = rowhash.of_file(file, kind)
        return Verified(rows, found == rows_sha256, sha256_of(file) == sha256)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    except (duckdb.Error, csv.Error, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read as {kind}: {' '.join(str(error).split())[:200]}") from error


def _described(path: Path) -> tuple[str, str, str]:
    """Format, SHA-256 of the bytes and of the rows."""
    try:
        described: Any = orjson.loads(path.read_bytes())["file"]
        return ExportFormat(described["format"]).value, str(described["sha256"]), str(described["rows_sha256"])
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}; it belongs beside the exported file") from error
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path}: no manifest that newsdesk export has written") from error
