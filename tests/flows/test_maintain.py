"""Housekeeping: the archive keeps what its setting says, and what it no longer has is no longer referred to."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from flows.maintain import maintain
from tasks.clock import now
from tasks.store import checks, publish, state
from tests.store.samples import derived, desk


def archived(data: Path, day: datetime) -> str:
    """A file of the archive for that day."""
    name = f"archive/{day:%Y/%m/%d}/pass.warc.gz"
    (data / name).parent.mkdir(parents=True)
    (data / name).write_bytes(b"")
    return name


def test_archive_files_past_keep_go_and_their_articles_stay(tmp_path: Path) -> None:
    config, data = tmp_path / "config", tmp_path / "data"
    config.mkdir()
    (config / "sources.yaml").write_text("sources: []")
    (config / "topics.yaml").write_text("topics: []")
    (config / "settings.yaml").write_text("archive: {keep: 30d}")
    old, kept = archived(data, now() - timedelta(days=32)), archived(data, now() - timedelta(days=29))
    with desk(data) as opened:
        opened.publish(derived("old"), derived("kept"))
        for name in (old, kept):
            path = "%/old" if name == old else "%/kept"
            opened.connection.execute("UPDATE pages SET warc_file = ? WHERE url LIKE ?", [name, path])

    maintain(str(config), str(data))

    assert not (data / old).exists() and (data / kept).exists()
    assert not (data / old).parent.exists()
    with duckdb.connect(publish.published_path(data), read_only=True) as connection:
        rows = connection.execute("SELECT warc_file FROM pages ORDER BY warc_file NULLS FIRST").fetchall()
        assert rows == [(None,), (kept,)]
        assert connection.execute("SELECT count(*) FROM articles").fetchall() == [(2,)]
    assert checks.problems(publish.published_path(data)) == []
    assert state.state_path(data).exists()
