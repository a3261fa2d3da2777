"""What the tests of capture share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.capture.loopback import Loopback


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    """Somewhere to start servers."""
    with Loopback() as running:
        yield running
