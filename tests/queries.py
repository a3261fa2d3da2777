"""docs/queries.md as data: each question with its query and its answer on the demo site."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

PAGE = Path(__file__).resolve().parents[1] / "docs" / "queries.md"
ROWS = 5
"""Rows of an answer that the page shows."""
_QUESTION = re.compile(
    r"(?<=^### )(?P<question>[^\n]+)\n(?P<before>[^#]*?)```sql\n(?P<query>.*?)```\n(?P<answer>(?:\|[^\n]*\n)*)",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Question:
    """One of the page's questions; the answer is the Markdown table under its query, empty where there is none."""

    question: str
    query: str
    answer: str


def questions() -> list[Question]:
    """All questions of the page, in order."""
    found = _QUESTION.finditer(PAGE.read_text(encoding="utf-8"))
    return [Question(match["question"], match["query"], match["answer"]) for match in found]


def answer(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """The first rows that the query gives, as a Markdown table."""
    result = connection.execute(query)
    names = [column[0] for column in result.description]
    rows = [names, ["---"] * len(names), *([_cell(value) for value in row] for row in result.fetchmany(ROWS))]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    return "" if value is None else " ".join(str(value).split()).replace("|", "\\|")


def write_answers(connection: duckdb.DuckDBPyConnection) -> None:
    """Put this database's answers on the page."""

    def with_answer(match: re.Match[str]) -> str:
        return (
            f"{match['question']}\n{match['before']}```sql\n{match['query']}```\n{answer(connection, match['query'])}"
        )

    PAGE.write_text(_QUESTION.sub(with_answer, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
