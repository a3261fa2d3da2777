"""`newsdesk export`: rows that a paper can cite, and a manifest from which somebody else can rebuild them."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from flows.cli import app
from tasks import __version__
from tasks.model import Counts, PollOutcome, Topic
from tasks.store import load, runs, state
from tasks.store.publish import publish
from tests.store.samples import NOW, derived, desk, poll, source

DAY = timedelta(days=1)
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    with desk(folder) as opened:
        connection = opened.connection
        runs.begin(connection, "run-1", "monitor", NOW - 3 * DAY)
        state.sync_sources(connection, [source("gazette", country="EC"), source("silent")], NOW - 3 * DAY)
        state.sync_topics(connection, [Topic("prisons", "v1", "Prisons", "prison", 0.2)], NOW - 3 * DAY)
        for back, outcome in ((3, PollOutcome.OK), (2, PollOutcome.FAILED), (1, PollOutcome.FAILED)):
            load.commit_polls(connection, "run-1", [poll("gazette", at=NOW - back * DAY, outcome=outcome)])
        copies = [derived(name, "One text.", topics=["prisons"], published_at=NOW - 2 * DAY) for name in ("a", "b")]
        odd = [
            derived(f"odd{number}", title=title, authors=(title,), topics=["prisons"], published_at=NOW)
            for number, title in enumerate(FORMULAS)
        ]
        opened.publish(*copies, *odd, derived("elsewhere"))
        runs.finish(connection, "run-1", Counts(), NOW - 3 * DAY, NOW)
    publish(folder)
    return folder


def export(data: Path, *arguments: str) -> tuple[int, str]:
    """Exit code, and what was printed."""
    try:
        result = CliRunner().invoke(app, ["--data", str(data), "export", *arguments], catch_exceptions=False)
    except Exception as error:  # main() prints these in one line
        return 2, str(error)
    return result.exit_code, result.output


def manifest(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.with_name(f"{file.name}.manifest.json").read_text(encoding="utf-8"))
    return content


def test_the_three_formats_hold_the_same_rows(data: Path, tmp_path: Path) -> None:
    hashes = set()
    for kind, reader in (("csv", "read_csv"), ("parquet", "read_parquet"), ("jsonl", "read_json")):
        file = tmp_path / f"prisons.{kind}"
        code, output = export(data, "--topic", "prisons", "--format", kind, "-o", str(file))
        assert code == 0 and "7 articles, 6 unique texts, 6 stories" in output
        rows = duckdb.sql(f"SELECT article_id, story_id, score FROM {reader}('{file}')").fetchall()
        assert len(rows) == 7 and {score for *_, score in rows} == {0.5}
        said = manifest(file)
        assert said["file"]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
        hashes.add(said["file"]["rows_sha256"])
    assert len(hashes) == 1


def test_the_hash_of_the_rows_can_be_recomputed_from_the_file(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "prisons.parquet"
    export(data, "--topic", "prisons", "--format", "parquet", "-o", str(file))
    rows = duckdb.sql(f"SELECT sha256(to_json(r)::VARCHAR) FROM read_parquet('{file}') AS r").fetchall()
    together = "".join(digest for (digest,) in rows)
    assert hashlib.sha256(together.encode()).hexdigest() == manifest(file)["file"]["rows_sha256"]


def test_manifest_says_what_and_whence(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "prisons.csv"
    since, until = (NOW - 3 * DAY).date(), NOW.date() + DAY
    export(data, "--topic", "prisons", "--since", f"{since}", "--until", f"{until}", "-o", str(file))
    said = manifest(file)
    assert said["newsdesk"] == __version__
    assert said["database"]["run_id"] == "run-1"
    assert [(topic["topic_version"], topic["query"], topic["articles"]) for topic in said["topic"]] == [
        ("v1", "prison", 7)
    ]
    assert said["counts"] == {"articles": 7, "unique_texts": 6, "stories": 6, "sites": 1}
    assert said["span"]["since"].startswith(f"{since}")
    gazette, silent = said["sources"]
    assert (gazette["source_id"], gazette["country"], gazette["articles"]) == ("gazette", "EC", 7)
    assert (gazette["days_expected"], gazette["days_answered"]) == (4, 2)
    assert gazette["gaps"] == [{"from": f"{(NOW - 2 * DAY).date()}", "to": f"{(NOW - DAY).date()}"}]
    assert silent["gaps"] == [{"from": f"{since}", "to": f"{NOW.date()}"}]


def test_span_bounds_the_rows(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "early.csv"
    code, output = export(data, "--topic", "prisons", "--until", f"{(NOW - DAY).date()}", "-o", str(file))
    assert code == 0 and "2 articles, 1 unique texts, 1 stories" in output


def test_cells_that_a_spreadsheet_would_run_are_escaped(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "prisons.csv"
    export(data, "--topic", "prisons", "-o", str(file))
    with file.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert sorted(row["title"] for row in rows if row["title"] != "A title") == sorted(f"'{text}" for text in FORMULAS)
    assert not [cell for row in rows for cell in row.values() if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n")]


def test_topic_without_articles_is_an_empty_slice(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "none.jsonl"
    since = datetime(2030, 1, 1).date()
    code, output = export(data, "--topic", "prisons", "--since", f"{since}", "--format", "jsonl", "-o", str(file))
    assert code == 0 and "0 articles" in output
    assert file.read_text() == "" and manifest(file)["counts"]["articles"] == 0


MISTAKES = {
    "unknown topic": (["--topic", "prison"], r"--topic prison: no such topic in .*; expected one of: prisons"),
    "no date": (["--topic", "prisons", "--until", "soon"], "--until soon: expected a date such as 2026-01-31"),
    "no span": (["--topic", "prisons", "--since", "2026-02-01", "--until", "2026-02-01"], "expected a day after"),
}


@pytest.mark.parametrize("name", ["", "-", "/dev/null", "x.csv.manifest.json", "."])
def test_places_that_are_no_file_of_a_slice(data: Path, name: str) -> None:
    code, output = export(data, "--topic", "prisons", "-o", name)
    assert code == 2 and f"-o {Path(name)}: " in output


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes(data: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
    code, output = export(data, *arguments, "-o", str(tmp_path / "x.csv"))
    assert code == 2 and re.search(message, output)
    assert list(tmp_path.iterdir()) == []


def test_place_that_cannot_be_written(data: Path, tmp_path: Path) -> None:
    code, output = export(data, "--topic", "prisons", "-o", str(tmp_path / "missing" / "x.csv"))
    assert code == 2 and "cannot be written" in output
