"""The command line: exit codes, one line on stderr for every expected mistake, never a traceback."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
import yaml

from tasks.model import Counts
from tasks.store.state import locked, state_path
from tests.flows.commands import Newsdesk, Said, one_line
from tests.flows.newsroom import Answer, WebServer, ask, one_pass, story, web_server, write_config


def prepare(folder: Path, web: WebServer) -> Path:
    """A good configuration: one source with two entries, one of which is an article."""
    web.feed("/feed.xml", [("/news/riot", "Riot at the prison"), ("/news/gone", "Gone")])
    web.routes["/news/riot"] = story("Riot at the prison", about="the prison")
    return write_config(folder / "config", [web.source("gazette")])


@pytest.fixture
def config(tmp_path: Path, web: WebServer) -> Path:
    return prepare(tmp_path, web)


# --- configuration


def rewrite(name: str, content: str | bytes | dict[str, object] | None) -> Callable[[Path], None]:
    """A change to a configuration folder: a file's text, bytes or YAML, or that it is not there."""

    def change(config: Path) -> None:
        path = config / f"{name}.yaml"
        path.unlink(missing_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif content is not None:
            path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")

    return change


def sources(*rows: dict[str, object]) -> Callable[[Path], None]:
    good = {"id": "a", "name": "A", "url": "https://a.example/feed"}
    return rewrite("sources", {"sources": [good | row for row in rows]})


def topic(**fields: object) -> Callable[[Path], None]:
    return rewrite("topics", {"topics": [{"id": "t", "name": "T", **fields}]})


def settings(**fields: object) -> Callable[[Path], None]:
    return rewrite("settings", fields)


MISTAKES: dict[str, tuple[Callable[[Path], None], str]] = {
    "no sources": (rewrite("sources", None), "config/sources.yaml: missing; see config/sources.yaml"),
    "no topics": (rewrite("topics", None), "config/topics.yaml: missing"),
    "empty sources": (rewrite("sources", ""), "config/sources.yaml: "),
    "a list of sources only": (rewrite("sources", "- id: a\n"), "config/sources.yaml: "),
    "broken YAML": (rewrite("sources", "sources:\n  - id: [a\n    name: b"), "config/sources.yaml:3:9: not valid YAML"),
    "tab in YAML": (rewrite("topics", "topics:\n\t- id: a\n"), "config/topics.yaml:2:1: not valid YAML"),
    "YAML that would run code": (
        rewrite("settings", "http: !!python/object/apply:os.system ['true']"),
        "config/settings.yaml:1:7: not valid YAML",
    ),
    "not text": (rewrite("settings", b"http: \xff\xfe"), "config/settings.yaml: not UTF-8 text (byte 6)"),
    "unknown key of a source": (
        sources({"colour": "red"}),
        "config/sources.yaml: sources[0] (a).colour: unknown key; did you mean country?",
    ),
    "misspelt key of a topic": (
        topic(qurey="a"),
        "config/topics.yaml: topics[0] (t).qurey: unknown key; did you mean query?",
    ),
    "unknown key of the settings": (
        settings(http={"proxy": "x"}),
        "config/settings.yaml: http.proxy: unknown key; expected one of user_agent, contact",
    ),
    "unknown section": (settings(htp={}), "config/settings.yaml: htp: unknown key; did you mean http?"),
    "same id twice": (
        sources({}, {"id": "b"}, {}),
        "config/sources.yaml: sources[2].id: 'a' is used twice (first at sources[0])",
    ),
    "no slug": (sources({"id": "A b"}), "sources[0] (A b).id: expected a slug"),
    "no address": (
        sources({"url": "ftp://a.example"}),
        "sources[0] (a).url: expected an absolute http or https address",
    ),
    "no interval": (sources({"interval": "soon"}), "sources[0] (a).interval: expected a duration such as 30s, 15m"),
    "no kind": (sources({"kind": "blog"}), "sources[0] (a).kind: expected "),
    "no country": (sources({"country": "Peru"}), "sources[0] (a).country: expected two capital letters"),
    "no network": (
        settings(http={"allow_private_hosts": ["here"]}),
        "settings.yaml: http.allow_private_hosts[0]: expected",
    ),
    "no size": (settings(http={"max_bytes": "much"}), "http.max_bytes: expected a size such as 500KB or 10MB"),
    "no workers": (settings(extract={"workers": 0}), "config/settings.yaml: extract.workers"),
    "intervals in disorder": (settings(polling={"min_interval": "2h"}), "polling: expected min_interval <= "),
    "no query": (topic(), "config/topics.yaml: topics[0] (t).query: expected a query"),
    "score above 1": (topic(query="a", min_score=2), "topics[0] (t).min_score: expected "),
    "query without its end": (topic(query="(prison AND reform"), "config/topics.yaml: topics[0] (t).query: "),
    "query with an unknown field": (topic(query="colour:red"), "config/topics.yaml: topics[0] (t).query: "),
    "query of a language": (topic(queries={"es": "cárcel AND"}), "config/topics.yaml: topics[0] (t).queries.es: "),
}


@pytest.mark.parametrize(("change", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_mistake_in_the_configuration(
    newsdesk: Newsdesk, config: Path, change: Callable[[Path], None], expected: str
) -> None:
    change(config)
    said = newsdesk("run")
    assert said.code == 2
    assert expected in one_line(said)


def test_place_in_a_query_is_shown(newsdesk: Newsdesk, config: Path) -> None:
    topic(query='prison AND (reform OR "two words)')(config)
    assert "topics[0] (t).query: column 23: the quote is never closed" in one_line(newsdesk("run"))


@pytest.mark.parametrize("command", ["run", "serve", "demo", "sources list", "sources check", "topics list"])
def test_every_command_checks_the_configuration(newsdesk: Newsdesk, command: str) -> None:
    said = newsdesk("--config", "nowhere", *command.split())
    assert said.code == 2
    assert one_line(said) == "nowhere: no such folder; expected a folder with sources.yaml and topics.yaml"


USAGE = {
    "no such command": ["fly"],
    "no such option": ["run", "--fast"],
    "no such format": ["sql", "SELECT 1", "--format", "xml"],
    "no value": ["run", "--source"],
}


@pytest.mark.parametrize("arguments", USAGE.values(), ids=USAGE)
def test_bad_usage(newsdesk: Newsdesk, config: Path, arguments: list[str]) -> None:
    said = newsdesk(*arguments)
    assert said.code == 2 and said.out == "" and "\nError: " in f"\n{said.err}"


def test_unknown_source(newsdesk: Newsdesk, config: Path) -> None:
    for command in (["run", "--source", "other"], ["sources", "check", "other"]):
        said = newsdesk(*command)
        assert said.code == 2
        assert "other" in one_line(said) and "config/sources.yaml" in said.err


def test_folders_from_the_environment(newsdesk: Newsdesk, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.rename("settings-of-mine")
    monkeypatch.setenv("NEWSDESK_CONFIG", "settings-of-mine")
    assert "gazette" in newsdesk("sources", "list").out


# --- the data folder


def a_file(path: Path) -> Path:
    path.write_text("not a folder")
    return path


UNWRITABLE: dict[str, Callable[[Path], Path]] = {
    "a file in its place": lambda path: a_file(path / "data"),
    "a file above it": lambda path: a_file(path / "file") / "data",
    "a file system that takes none": lambda path: Path("/proc/newsdesk-test"),
}


@pytest.mark.parametrize("place", UNWRITABLE.values(), ids=UNWRITABLE)
@pytest.mark.parametrize("command", ["run", "serve", "demo"])
def test_folder_that_cannot_be_written(
    newsdesk: Newsdesk, config: Path, tmp_path: Path, command: str, place: Callable[[Path], Path]
) -> None:
    data = place(tmp_path)
    said = newsdesk("--data", str(data), command)
    assert said.code == 1
    assert str(data) in one_line(said) and "cannot be written" in said.err


@pytest.mark.parametrize("part", ["state", "archive", "report"])
def test_part_of_the_folder_that_cannot_be_written(newsdesk: Newsdesk, config: Path, tmp_path: Path, part: str) -> None:
    (tmp_path / "data").mkdir()
    a_file(tmp_path / "data" / part)
    said = newsdesk("run")
    assert said.code == 1
    assert f"data/{part}" in said.err.splitlines()[-1] and said.err.splitlines()[-1].startswith("newsdesk: ")
    (tmp_path / "data" / part).unlink()
    assert newsdesk("run", "--force").code == 0
    assert ask(tmp_path / "data", "SELECT count(*) FROM articles") == [(1,)]


def test_damaged_state(newsdesk: Newsdesk, config: Path, tmp_path: Path) -> None:
    state_path(tmp_path / "data").parent.mkdir(parents=True)
    state_path(tmp_path / "data").write_text("no database")
    said = newsdesk("run")
    assert (said.code, len(said.err.splitlines())) == (1, 1)
    assert "newsdesk.duckdb: cannot be opened" in one_line(said)


def test_second_pass_at_the_same_time(newsdesk: Newsdesk, config: Path, tmp_path: Path) -> None:
    with locked(tmp_path / "data"):
        said = newsdesk("run")
    assert said.code == 3
    assert one_line(said) == f"data: another pass (process {os.getpid()}) holds this data folder"


def test_prefect_server_that_is_not_there(config: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PREFECT_API_URL": "http://127.0.0.1:9/api"}
    command = [str(Path(sys.executable).with_name("newsdesk")), "run"]
    said = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == (
        "newsdesk: Prefect: Failed to reach API at http://127.0.0.1:9/api/; "
        "start that server, or unset PREFECT_API_URL\n"
    )


@pytest.mark.parametrize("command", ["sql", "report", "search"])
def test_no_database_yet(newsdesk: Newsdesk, config: Path, command: str) -> None:
    said = newsdesk(command, *(["SELECT 1"] if command == "sql" else []))
    if "No such command" in said.err:
        pytest.skip(f"{command} has not come yet")
    assert said.code == 1
    assert one_line(said) == "data/news.duckdb: no database yet; make it with: newsdesk run"


@pytest.mark.parametrize("command", ["replay", "maintain", "retag"])
def test_mistyped_data_folder_is_told_and_not_created(newsdesk: Newsdesk, config: Path, command: str) -> None:
    Path("empty").mkdir()
    for name in ("dtaa", "empty"):
        said = newsdesk("--data", name, command)
        assert said.code == 2
        assert one_line(said) == f"{name}: there is no newsdesk data here; check --data, or begin with: newsdesk run"
    assert not Path("dtaa").exists() and not list(Path("empty").iterdir())


# --- a pass


def test_run_as_json(newsdesk: Newsdesk, config: Path) -> None:
    said = newsdesk("run", "--json")
    assert said.code == 0
    (line,) = said.out.splitlines()
    told = json.loads(line)
    assert list(told) == ["run_id", *asdict(Counts()), "duration_s"]
    assert told.pop("run_id") and told.pop("duration_s") > 0
    assert told == {
        "sources_polled": 1,
        "sources_unchanged": 0,
        "sources_failed": 0,
        "entries_new": 2,
        "pages_fetched": 1,
        "pages_failed": 1,
        "articles_new": 1,
        "articles_updated": 0,
        "topic_matches": 1,
        "stories_new": 1,
    }
    assert "sources: 1" in said.err and "pages: done" in said.err


def test_run_tells_what_it_found(newsdesk: Newsdesk, config: Path, web: WebServer) -> None:
    web.routes["/bad.xml"] = Answer(b"nonsense", 500)
    write_config(config, [web.source("gazette"), web.source("broken", "/bad.xml")])
    said = newsdesk("run")
    assert said.code == 0, "a failed source does not fail the pass"
    assert "Prisons" in said.out and "broken" in said.out and "HTTP 500" in said.out
    assert "report/index.html" in said.out and "data/news.duckdb" in said.out
    idle = newsdesk("run")
    assert idle.code == 0 and "--force" in idle.out


def test_only_the_named_source_is_polled(newsdesk: Newsdesk, config: Path, web: WebServer) -> None:
    web.feed("/other.xml", [])
    write_config(config, [web.source("gazette"), web.source("other", "/other.xml")])
    assert json.loads(newsdesk("run", "--source", "other", "--json").out)["sources_polled"] == 1
    assert web.asked == ["/other.xml"]


# --- looking at what is stored


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Configuration and data after one pass."""
    folder = tmp_path_factory.mktemp("library")
    with web_server() as web:
        one_pass(prepare(folder, web), folder / "data")
    return folder


@pytest.fixture
def data(library: Path, tmp_path: Path) -> Path:
    """The test's own folders after a pass; the site is no longer up."""
    shutil.copytree(library, tmp_path, dirs_exist_ok=True)
    return tmp_path / "data"


def test_sql_in_every_format(newsdesk: Newsdesk, data: Path) -> None:
    query = "SELECT title, 1.5 AS n, NULL AS nothing, ['a|b', 'c'] AS list FROM articles"
    assert "Riot at the prison" in newsdesk("sql", query).out
    rows = list(csv.reader(io.StringIO(newsdesk("sql", query, "--format", "csv").out)))
    assert rows == [["title", "n", "nothing", "list"], ["Riot at the prison", "1.5", "", '["a|b","c"]']]
    (record,) = json.loads(newsdesk("sql", query, "--format", "json").out)
    assert (record["title"], record["nothing"], record["list"]) == ("Riot at the prison", None, ["a|b", "c"])
    lines = newsdesk("sql", query, "--format", "markdown").out.splitlines()
    assert lines[1] == "| --- | --- | --- | --- |" and r"a\|b" in lines[2]


TYPES = {
    "a sum": ("(SELECT sum(n) FROM range(3) AS r(n))", "3", 3),
    "HUGEINT": ("170141183460469231731687303715884105727", None, 170141183460469231731687303715884105727),
    "DECIMAL": ("12345678901234567.25::DECIMAL(38, 2)", "12345678901234567.25", 12345678901234567.25),
    "INTERVAL": ("INTERVAL 1 MONTH", "1 month", "1 month"),
    "TIME": ("TIME '10:30:00'", "10:30:00", "10:30:00"),
    "TIMESTAMP": ("TIMESTAMP '2026-03-12 08:00:00'", "2026-03-12 08:00:00", "2026-03-12T08:00:00"),
    "DATE": ("DATE '2026-03-12'", "2026-03-12", "2026-03-12"),
    "BLOB": (r"'\xAA\x00a'::BLOB", r"\xAA\x00a", r"\xAA\x00a"),
    "UUID": ("'bf261260-e023-4df3-8d3c-5733ff494ee3'::UUID", None, "bf261260-e023-4df3-8d3c-5733ff494ee3"),
    "STRUCT": ("{'a': 1, 'b': [NULL]}", '{"a":1,"b":[null]}', {"a": 1, "b": [None]}),
    "MAP": ("MAP {1: 'x'}", '{"1":"x"}', {"1": "x"}),
    "NaN": ("'nan'::DOUBLE", "nan", None),
    "Infinity": ("'-inf'::DOUBLE", "-inf", None),
    "NaN inside": ("{'NaN': 'nan'::DOUBLE, 's': 'a NaN \"NaN\"'}", None, {"NaN": None, "s": 'a NaN "NaN"'}),
    "BOOLEAN": ("true", "true", True),
    "NULL": ("NULL", "", None),
}


@pytest.mark.parametrize(("expression", "text", "value"), TYPES.values(), ids=TYPES)
def test_sql_of_every_type(newsdesk: Newsdesk, data: Path, expression: str, text: str | None, value: object) -> None:
    said = newsdesk("sql", f"SELECT {expression}", "--format", "json")
    assert (said.code, said.err) == (0, "")
    (record,) = json.loads(said.out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert list(record.values()) == [value]
    for form in ("table", "csv", "markdown"):
        said = newsdesk("sql", f"SELECT {expression} AS it", "--format", form)
        assert said.code == 0 and (text or "").replace('"', '""' if form == "csv" else '"') in said.out


def test_sql_keeps_columns_of_one_name(newsdesk: Newsdesk, data: Path) -> None:
    query = "SELECT 1 AS a, 2 AS a, 3 AS a_1"
    assert json.loads(newsdesk("sql", query, "--format", "json").out) == [{"a": 1, "a_1": 2, "a_1_1": 3}]
    assert newsdesk("sql", query, "--format", "csv").out == "a,a,a_1\n1,2,3\n"


def test_sql_as_csv_holds_nothing_that_a_spreadsheet_runs(newsdesk: Newsdesk, data: Path) -> None:
    query = "SELECT unnest(['=1+1', '@SUM(A1)', chr(39) || '=1', 'plain', chr(39) || 'quoted']) AS title, -1 AS n"
    rows = list(csv.reader(io.StringIO(newsdesk("sql", query, "--format", "csv").out)))
    assert [row[0] for row in rows[1:]] == ["'=1+1", "'@SUM(A1)", "''=1", "plain", "'quoted"]
    assert {row[1] for row in rows[1:]} == {"-1"}, "numbers are numbers"
    assert json.loads(newsdesk("sql", query, "--format", "json").out)[0]["title"] == "=1+1", "JSON is exact"


def test_sql_of_statements_without_rows(newsdesk: Newsdesk, data: Path) -> None:
    for query in ("/* nothing */", "SET threads = 1"):
        assert newsdesk("sql", query, "--format", "json") == Said(0, "", "")
    assert newsdesk("sql", "SELECT 1 AS n WHERE false", "--format", "json").out == "[]\n"
    assert newsdesk("sql", "DESCRIBE articles", "--format", "json").code == 0


def cut_short(path: Path) -> None:
    path.chmod(0o644)
    os.truncate(path, path.stat().st_size // 2)


def emptied(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(b"")


def overwritten(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:8192] + os.urandom(path.stat().st_size - 8192))


READERS = {
    "sql": ("sql", "SELECT text FROM articles"),
    "search": ("search", "prison"),
    "export": ("export", "--topic", "prisons", "-o", "x.csv"),
    "sources list": ("sources", "list"),
    "topics list": ("topics", "list"),
    "topics test": ("topics", "test", "prison"),
    "topics diff": ("topics", "diff"),
    "report": ("report",),
}


@pytest.mark.parametrize("harm", [cut_short, emptied, overwritten])
@pytest.mark.parametrize("command", READERS.values(), ids=READERS)
def test_damaged_database_is_told_in_one_line(
    newsdesk: Newsdesk, data: Path, command: tuple[str, ...], harm: Callable[[Path], None]
) -> None:
    harm(data / "news.duckdb")
    said = newsdesk(*command)
    assert said.code == 1
    assert "data/news.duckdb: cannot be read: " in one_line(said) and "newsdesk doctor" in said.err
    assert not Path("x.csv").exists()


def test_sql_from_stdin(newsdesk: Newsdesk, data: Path) -> None:
    said = newsdesk("sql", "--format", "csv", stdin="SELECT count(*) AS n\nFROM pages")
    assert said == Said(0, "n\n2\n", "")


@pytest.mark.parametrize("query", ["SELEC 1", "SELECT nothing FROM articles", "DROP TABLE articles", "ATTACH 'x.db'"])
def test_sql_that_cannot_be_run(newsdesk: Newsdesk, data: Path, query: str) -> None:
    said = newsdesk("sql", query)
    assert said.code == 2 and said.out == "" and said.err.startswith("newsdesk: ")
    assert ask(data, "SELECT count(*) FROM articles") == [(1,)]


def test_lists(newsdesk: Newsdesk, data: Path) -> None:
    assert {"gazette", "ok"} <= set(newsdesk("sources", "list").out.split())
    assert {"prisons", "nothing", "xylophone"} <= set(newsdesk("topics", "list").out.split())


def test_check_of_a_source(newsdesk: Newsdesk, config: Path, web: WebServer) -> None:
    said = newsdesk("sources", "check", "gazette")
    assert said.code == 0 and "2 entries" in said.out and "Riot at the prison" in said.out
    web.routes["/feed.xml"] = Answer(b"nonsense", 503)
    said = newsdesk("sources", "check")
    assert said.code == 1 and "gazette" in said.out and "503" in said.out
    assert not Path("data").exists()


def test_report_again(newsdesk: Newsdesk, data: Path) -> None:
    index = data / "report" / "index.html"
    index.unlink()
    assert newsdesk("report").code == 0
    assert index.exists()


@pytest.mark.parametrize("part", ["", "feeds", "index.html", "feeds/prisons.xml"])
def test_report_that_cannot_be_written(newsdesk: Newsdesk, data: Path, part: str) -> None:
    """Something else is in its place: as root is, the tests may write everywhere."""
    place = data / "report" / part
    shutil.rmtree(data / "report")
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.suffix:
        place.mkdir()
    else:
        a_file(place)
    said = newsdesk("report")
    assert said.code == 1
    assert f"data/report/{part}".rstrip("/") in one_line(said).replace("/.", "/") and "cannot be written (" in said.err


def test_doctor(newsdesk: Newsdesk, data: Path) -> None:
    assert newsdesk("doctor").code == 0
    rewrite("topics", "topics: {")(data.parent / "config")
    for path in data.rglob("*.warc.gz"):
        path.unlink()
    said = newsdesk("doctor")
    assert said.code == 1
    problems = [line for line in said.out.splitlines() if line.startswith("PROBLEM")]
    assert len(problems) == 2 and "topics.yaml" in problems[0] and "archive" in problems[1]


def test_version_and_help(newsdesk: Newsdesk) -> None:
    assert newsdesk("--version").out.startswith("newsdesk ")
    for command in ("run", "demo", "serve", "sql", "report", "doctor", "sources list", "sources check", "topics list"):
        said = newsdesk(*command.split(), "--help")
        assert said.code == 0 and f"newsdesk {command}" in said.out.partition("Example: ")[2] + said.out, command
        assert "Example: newsdesk " in said.out, command
