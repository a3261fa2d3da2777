"""What was captured once can be derived again: replay, retag and backfill give what the live pass gave."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from flows.backfill import backfill
from flows.monitor import monitor
from flows.replay import replay
from flows.retag import retag
from tasks.demosite import DemoSite
from tasks.store import checks, publish
from tests.flows.newsroom import write_config

SHIPPED = Path(__file__).resolve().parents[2] / "config"


def stored(data: Path) -> tuple[set[tuple[object, ...]], ...]:
    """The articles, the matches and the places of a data folder, which must be sound."""
    path = publish.published_path(data)
    assert checks.problems(path) == []
    with duckdb.connect(path, read_only=True) as connection:
        articles = connection.execute("SELECT article_id, title, content_hash, revision FROM articles").fetchall()
        matches = connection.execute("SELECT article_id, topic_id, topic_version, score FROM article_topics").fetchall()
        places = connection.execute("FROM article_places").fetchall()
    return set(articles), set(matches), set(places)


def test_replay_retag_and_backfill_give_what_the_live_pass_gave(tmp_path: Path, site: DemoSite) -> None:
    config, data = tmp_path / "config", tmp_path / "data"
    write_config(config, site.sources())
    shutil.copy(SHIPPED / "topics.yaml", config)
    monitor(str(config), str(data), None, True)
    live = stored(data)
    assert len(live[0]) > 60 and live[1] and live[2]

    replay(str(config), str(data))
    assert stored(data) == live
    retag(str(config), str(data))
    assert stored(data) == live

    files = [str(path) for path in sorted((data / "archive").rglob("*.warc.gz"))]
    elsewhere = tmp_path / "elsewhere"
    backfill(str(config), str(elsewhere), warc=files)
    assert {row[0] for row in stored(elsewhere)[0]} == {row[0] for row in live[0]}
