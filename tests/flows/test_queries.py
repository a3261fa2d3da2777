"""Every question of docs/queries.md has the answer that stands under it, on the demo site after its two editions.

`make answers` writes the answers anew, to be read before they are believed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tasks.demosite import DemoSite
from tasks.store.publish import published_path
from tests.flows.newsroom import one_pass, write_config
from tests.queries import Question, answer, questions, write_answers

SHIPPED = Path(__file__).resolve().parents[2] / "config"
QUESTIONS = questions()


@pytest.fixture(scope="module")
def demo(site: DemoSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The demo's database, with the shipped topics."""
    folder = tmp_path_factory.mktemp("demo")
    config, data = write_config(folder / "config", site.sources()), folder / "data"
    (config / "topics.yaml").write_text((SHIPPED / "topics.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    for edition in (1, 2):
        site.edition = edition
        one_pass(config, data)
    with duckdb.connect(published_path(data), read_only=True) as connection:
        if os.environ.get("NEWSDESK_WRITE_ANSWERS"):
            write_answers(connection)
        yield connection


def test_there_are_enough_questions() -> None:
    assert len(QUESTIONS) >= 25


@pytest.mark.parametrize("asked", QUESTIONS, ids=[each.question for each in QUESTIONS])
def test_answer(demo: duckdb.DuckDBPyConnection, asked: Question) -> None:
    found = answer(demo, asked.query)
    if not os.environ.get("NEWSDESK_WRITE_ANSWERS"):
        assert found == asked.answer, "make answers"
