"""One newsroom for all tests that only look."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lxml import html

from tasks.present.report import write_report
from tests.present.realistic import realistic


@pytest.fixture(scope="session")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("newsroom")
    realistic(data, background=600)
    write_report(data)
    return data


@pytest.fixture(scope="session")
def page(newsroom: Path) -> Any:
    return html.fromstring((newsroom / "report" / "index.html").read_text(encoding="utf-8"))
