"""A state database for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store import samples


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[samples.Desk]:
    with samples.desk(tmp_path) as opened:
        yield opened
