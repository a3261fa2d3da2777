"""The documentation cannot drift: its tables are the database's, its queries run, its commands exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from flows.cli import app
from tasks.store.publish import publish
from tasks.store.state import open_state
from tests.datamodel import sections, statements

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A published database with no rows."""
    data = tmp_path_factory.mktemp("data")
    with open_state(data):
        pass
    with duckdb.connect(publish(data), read_only=True) as connection:
        yield connection


def test_every_table_and_column_is_documented(database: duckdb.DuckDBPyConnection) -> None:
    rows = database.execute(
        """SELECT table_name, list(column_name ORDER BY ordinal_position) FROM information_schema.columns
           WHERE table_schema = 'main' AND table_name <> 'schema_migrations' GROUP BY ALL"""
    ).fetchall()
    actual = {table: sorted(columns) for table, columns in rows}
    written = sections()
    for section in written:
        if section.kind == "MACRO TABLE":
            described = database.execute(f"DESCRIBE FROM {section.example}").fetchall()
            actual[section.name] = sorted(row[0] for row in described)
    assert {section.name: sorted(section.columns) for section in written} == actual
    macros = database.execute(
        "SELECT function_name FROM duckdb_functions() WHERE NOT internal AND schema_name = 'main'"
    )
    assert {name for (name,) in macros.fetchall()} <= actual.keys()


def test_the_database_says_what_the_documentation_says(database: duckdb.DuckDBPyConnection) -> None:
    """`make comments` writes what `COMMENT ON` says from docs/data-model.md."""
    written = (ROOT / "tasks" / "store" / "comments.sql").read_text(encoding="utf-8")
    assert written == statements(), "make comments"
    silent = database.execute(
        """SELECT table_name, column_name FROM duckdb_columns()
           WHERE schema_name = 'main' AND NOT internal AND table_name <> 'schema_migrations' AND comment IS NULL
           UNION ALL
           SELECT table_name, NULL FROM duckdb_tables()
           WHERE schema_name = 'main' AND table_name <> 'schema_migrations' AND comment IS NULL"""
    ).fetchall()
    assert silent == []


def queries() -> list[object]:
    """Every fenced SQL block of the documentation, and every query given to `newsdesk sql "…"`."""
    found: list[object] = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        blocks = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
        blocks += re.findall(r'newsdesk (?:--data \S+ )?sql "([^"…]+)"', text)
        found += [pytest.param(block, id=f"{page.name}-{number}") for number, block in enumerate(blocks)]
    return found


@pytest.mark.parametrize("query", queries())
def test_every_query_runs(database: duckdb.DuckDBPyConnection, query: str) -> None:
    database.execute(query).fetchall()


def commands() -> dict[str, str]:
    """`sources list` and its like to their help, for every command that there is."""
    found = {}
    root = get_command(app)
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        for sub, inner in getattr(command, "commands", {}).items():
            found[f"{name} {sub}"] = inner.help or ""
        if not hasattr(command, "commands"):
            found[name] = (command.help or "") + (command.epilog or "")
    return found


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_is_in_the_readme_and_has_an_example(name: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"`{name}" in readme
    assert f"newsdesk {name}" in commands()[name] or f"{name}" in commands()[name].partition("Example:")[2]
    result = CliRunner().invoke(app, [*name.split(), "--help"])
    assert result.exit_code == 0
    assert "Example:" in result.output


def test_every_command_of_the_documentation_exists() -> None:
    known = commands()
    groups = {name.split()[0] for name in known if " " in name}
    for page in PAGES:
        for match in re.finditer(r"newsdesk (?:--\w+ \S+ )*([a-z]+)(?: ([a-z]+))?", page.read_text(encoding="utf-8")):
            first, second = match.groups()
            if first in groups and second:
                assert f"{first} {second}" in known, f"{page.name}: {match[0]}"
            elif f"newsdesk {first}" in match[0] and "`" not in match[0] and first in ("run", "serve", "sql", "demo"):
                assert first in known, f"{page.name}: {match[0]}"
