"""Month partitions beside the database."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tasks.store.parquet import parquet_path, write_parquet
from tasks.store.publish import publish
from tasks.store.state import StoreError
from tests.store.samples import HOUR, NOW, derived, desk

MARCH, APRIL = datetime(2026, 3, 31, 23, 59), datetime(2026, 4, 1)


def read(data: Path, table: str) -> list[tuple[Any, ...]]:
    query = f"FROM read_parquet('{parquet_path(data)}/{table}/*/*.parquet', hive_partitioning = true) ORDER BY 1"
    with duckdb.connect() as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with desk(tmp_path) as opened:
        opened.publish(derived("a", published_at=MARCH, topics=["prisons"]), derived("b", published_at=APRIL))
    publish(tmp_path)
    return tmp_path


def test_what_is_in_the_database_is_in_the_files(data: Path) -> None:
    assert write_parquet(data) == 3
    files = sorted(
        str(path.relative_to(parquet_path(data))) for path in parquet_path(data).rglob("*") if path.is_file()
    )
    assert files == [
        "article_topics/month=2026-03/article_topics.parquet",
        "articles/month=2026-03/articles.parquet",
        "articles/month=2026-04/articles.parquet",
    ]
    with duckdb.connect(data / "news.duckdb", read_only=True) as connection:
        articles = connection.execute("SELECT *, strftime(published_at, '%Y-%m') FROM articles ORDER BY 1").fetchall()
        matches = connection.execute("SELECT *, '2026-03' FROM article_topics").fetchall()
    assert read(data, "articles") == articles
    assert read(data, "article_topics") == matches


def test_only_months_that_changed_are_written_again(data: Path) -> None:
    write_parquet(data)
    assert write_parquet(data) == 0
    with desk(data) as opened:
        opened.store(derived("b", "Edited.", at=NOW + HOUR, published_at=APRIL))
    publish(data)
    assert write_parquet(data) == 1
    assert sum("Edited." in row for row in read(data, "articles")) == 1


def test_month_that_has_no_rows_any_more(data: Path) -> None:
    write_parquet(data)
    with desk(data) as opened:
        opened.rows("DELETE FROM article_topics")
    publish(data)
    write_parquet(data)
    assert not list((parquet_path(data) / "article_topics").iterdir())


def test_file_that_was_cut_off_is_written_again(data: Path) -> None:
    write_parquet(data)
    file = next(parquet_path(data).rglob("articles.parquet"))
    file.write_bytes(file.read_bytes()[:100])
    assert write_parquet(data) == 1
    assert len(read(data, "articles")) == 2


def test_folder_that_cannot_be_written(data: Path) -> None:
    parquet_path(data).write_text("a file where the folder belongs")
    with pytest.raises(StoreError, match=r"parquet: cannot be written: .*news\.duckdb is as it was"):
        write_parquet(data)
