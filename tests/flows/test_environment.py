"""What Prefect is told by us, and what by the user."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from prefect.context import SettingsContext, get_settings_context
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    Settings,
    get_current_settings,
    temporary_settings,
)

from flows import environment, temporary_server
from tasks.store.state import StoreError
from tests.flows.commands import Newsdesk, one_line
from tests.flows.newsroom import write_config


@pytest.mark.parametrize(
    ("settings", "seconds"),
    [
        ({PREFECT_API_URL: None}, None),
        ({PREFECT_API_URL: "http://127.0.0.1:4200/api"}, 180),
        ({PREFECT_API_URL: None, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: 60}, 60),
    ],
    ids=["a temporary server", "a server of the user's", "the user's own setting"],
)
def test_a_heartbeat_only_where_somebody_may_hear_it(
    settings: dict[object, object], seconds: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(temporary_server, "start", lambda: None)
    as_installed = SettingsContext(profile=get_settings_context().profile, settings=Settings())  # the harness sets some
    with as_installed, temporary_settings(updates=settings), environment.needing_prefect(tmp_path):
        assert get_current_settings().flows.heartbeat_frequency == seconds


FULL = SimpleNamespace(free=1_000_000)


def test_a_full_disk_is_told_in_one_line_before_anything_begins(
    newsdesk: Newsdesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_config(tmp_path / "config", [])
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: FULL)
    said = newsdesk("run")
    assert said.code == 1
    assert one_line(said).startswith("data: the disk is full (1.0 MB free); make room")


def test_a_disk_that_fills_up_is_told_whatever_prefect_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="database or disk is full"), environment.needing_prefect(tmp_path):
        raise ValueError("database or disk is full")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: FULL)
    with pytest.raises(StoreError, match="the disk is full"), environment.needing_prefect(tmp_path):
        raise ValueError("database or disk is full")
