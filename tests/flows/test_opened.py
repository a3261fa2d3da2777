"""A pass that opens its state again and again gives what any other gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows import opened
from tasks.store import checks
from tasks.store.publish import published_path
from tests.flows.newsroom import WebServer, ask, one_pass, outcomes, story, write_config


def test_state_is_opened_again_after_every_commit(
    web: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened, "RENEW_AFTER", 1)
    monkeypatch.setattr("flows.fetching.SMALL_CHUNK", 5)
    monkeypatch.setattr("flows.fetching.CHUNK", 5)
    paths = [f"/news/{number}" for number in range(20)]
    web.feed("/feed.xml", [(path, f"Report {path}") for path in paths])
    web.routes |= {path: story(f"Report {path}", about=f"berth {path}") for path in paths}
    config = write_config(tmp_path / "config", [web.source("gazette")])
    done = one_pass(config, tmp_path / "data")
    assert (done.counts.pages_fetched, done.counts.articles_new) == (20, 20)
    assert outcomes(tmp_path / "data") == {"article": 20}
    assert ask(tmp_path / "data", "SELECT outcome, articles_new FROM runs") == [("done", 20)]
    assert checks.problems(published_path(tmp_path / "data")) == []


def test_connection_is_kept_while_little_is_stored(tmp_path: Path) -> None:
    with opened.OpenedState(tmp_path) as state:
        first = state.connection
        state.note_stored(opened.RENEW_AFTER - 1)
        state.begin_step()
        assert state.connection is first
        state.note_stored(1)
        assert state.connection is not first
        first = state.connection
        state.begin_step()
        assert state.connection is not first
