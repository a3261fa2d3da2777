"""`newsdesk export`: rows that a paper can cite, and a manifest from which somebody else can rebuild them."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from flows.cli import app
from tasks import __version__
from tasks.model import Counts, PollOutcome, Topic
from tasks.settings import ConfigError
from tasks.store import configured, load, runs
from tasks.store.publish import publish
from tests.store.samples import NOW, derived, desk, poll, source

DAY = timedelta(days=1)
ROOT = Path(__file__).resolve().parents[2]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    with desk(folder) as opened:
        connection = opened.connection
        runs.begin(connection, "run-1", "monitor", NOW - 3 * DAY)
        configured.sync_sources(connection, [source("gazette", country="EC"), source("silent")], NOW - 3 * DAY)
        configured.sync_topics(connection, [Topic("prisons", "v1", "Prisons", "prison", 0.2)], NOW - 3 * DAY)
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


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_the_hash_of_the_rows_is_recomputed_from_the_file(data: Path, tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"prisons.{kind}"
    export(data, "--topic", "prisons", "--format", kind, "-o", str(file))
    assert export(Path("nowhere"), "--verify", str(file)) == (
        0,
        f"{file}: 7 rows, those that {file}.manifest.json describes\n",
    )


def documented(language: str) -> list[str]:
    """The programs in docs/export.md."""
    text = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_hash_of_the_rows_is_recomputed_as_the_documentation_says(data: Path, tmp_path: Path) -> None:
    """With the standard library for CSV, with DuckDB for the others; `sha256sum` for the bytes."""
    for kind in ("csv", "parquet", "jsonl"):
        export(data, "--topic", "prisons", "--format", kind, "-o", str(tmp_path / f"prison-reform.{kind}"))
    (program,) = documented("python")
    said = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    expected = manifest(tmp_path / "prison-reform.csv")["file"]["rows_sha256"]
    assert said.stdout.split() == [expected]
    (query,) = documented("text")
    for reader in (
        "SELECT to_json(r) FROM 'prison-reform.parquet' AS r",
        "FROM read_json_objects('prison-reform.jsonl')",
    ):
        assert reader in query.replace("--", "")
        source = reader.replace("prison-reform", f"{tmp_path}/prison-reform")
        answer = duckdb.sql(re.sub(r"SELECT to_json\(r\) FROM 'prison.*? AS r.*\n", f"{source}\n", query)).fetchall()
        assert answer == [(expected,)]


def test_a_file_that_was_changed_is_told(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "prisons.csv"
    export(data, "--topic", "prisons", "-o", str(file))
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b"\n", b"\r\n", 1))
    code, output = export(data, "--verify", str(file))
    assert code == 0 and "those that" in output and "written anew" in output
    file.write_bytes(whole.replace(b"A title", b"A tithe", 1))
    code, output = export(data, "--verify", str(file))
    assert code == 1 and "are NOT those" in output
    file.unlink()
    assert export(data, "--verify", str(file)) == (2, f"{file}: cannot be read: No such file or directory")


def test_an_empty_slice_can_be_verified(data: Path, tmp_path: Path) -> None:
    for kind in ("csv", "parquet", "jsonl"):
        file = tmp_path / f"none.{kind}"
        export(data, "--topic", "prisons", "--since", "2030-01-01", "--format", kind, "-o", str(file))
        assert export(data, "--verify", str(file))[0] == 0


NOT_VERIFIABLE = {
    "no manifest": (None, "cannot be read: No such file or directory; it belongs beside the exported file"),
    "no JSON": (b"x", "no manifest that newsdesk export has written"),
    "another manifest": (b"{}", "no manifest that newsdesk export has written"),
    "another format": (b'{"file": {"format": "xlsx"}}', "no manifest that newsdesk export has written"),
    "not that format": (
        b'{"file": {"format": "parquet", "sha256": "", "rows_sha256": ""}}',
        "x.csv: cannot be read as parquet: ",
    ),
}


@pytest.mark.parametrize(("described", "message"), NOT_VERIFIABLE.values(), ids=NOT_VERIFIABLE)
def test_what_cannot_be_verified(data: Path, tmp_path: Path, described: bytes | None, message: str) -> None:
    (tmp_path / "x.csv").write_text("a\n1\n")
    if described is not None:
        (tmp_path / "x.csv.manifest.json").write_bytes(described)
    code, output = export(data, "--verify", str(tmp_path / "x.csv"))
    assert code == 2 and message in output and "\n" not in output


def test_usage_of_export(data: Path) -> None:
    assert export(data)[1] == "export: expected --topic ID and -o FILE, or --verify FILE"
    assert (
        export(data, "--verify", "x.csv", "--topic", "prisons")[1] == "export: --verify FILE goes with no other option"
    )


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


@pytest.mark.parametrize("name", ["news.duckdb", "state/newsdesk.duckdb", "archive/2026/rows.csv", "config"])
def test_the_programs_own_files_are_not_overwritten(data: Path, tmp_path: Path, name: str) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "topics.yaml").write_text("topics: []\n", encoding="utf-8")
    target = config / "topics.yaml" if name == "config" else data / name
    before = target.read_bytes() if target.exists() else None
    arguments = ["--config", str(config), "--data", str(data), "export", "--topic", "prisons", "-o", str(target)]
    with pytest.raises(ConfigError, match="one of newsdesk's own files"):
        CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert (target.read_bytes() if target.exists() else None) == before


def test_what_is_beside_the_configuration_is_no_file_of_the_programs(data: Path, tmp_path: Path) -> None:
    (tmp_path / "topics.yaml").write_text("topics: []\n", encoding="utf-8")
    arguments = ["--config", str(tmp_path), "--data", str(data), "export", "--topic", "prisons"]
    file = tmp_path / "prisons.csv"
    assert CliRunner().invoke(app, [*arguments, "-o", str(file)], catch_exceptions=False).exit_code == 0
    assert file.exists()
