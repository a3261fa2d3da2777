"""The demo site, and Prefect's test server for every test here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tasks.demosite import DemoSite
from tests.flows.commands import Newsdesk, newsdesk_in
from tests.flows.newsroom import WebServer, web_server

TODAY = date(2026, 3, 12)


@pytest.fixture(scope="session", autouse=True)
def _with_prefect(prefect_server: str) -> None:
    """Flows in this process find the harness's server."""


@pytest.fixture(scope="module")
def site() -> Iterator[DemoSite]:
    with DemoSite(today=TODAY, port=0, slow_seconds=0.05) as running:
        yield running


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as running:
        yield running


@pytest.fixture
def newsdesk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Newsdesk:
    """The command, with the folders `config` and `data` of the test."""
    return newsdesk_in(tmp_path, monkeypatch, capfd)
