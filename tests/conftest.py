"""What tests of several rooms share."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import environment

# Prefect reads its settings when it is imported, which test modules do before any fixture: nothing of the user's own
# Prefect is touched, and nothing calls home.
_HOME = tempfile.TemporaryDirectory(prefix="newsdesk-tests-")
environment.prepare(Path(_HOME.name), logging_level="CRITICAL")
os.environ["XDG_CACHE_HOME"] = str(Path(_HOME.name, "cache"))

# A shell that starts the tests in the background has them ignore Ctrl-C, and with them every program that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

EVAL = Path(os.environ.get("NEWSDESK_EVAL", Path(__file__).resolve().parents[2] / "shared" / "eval"))


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[str]:
    """Prefect's own test harness, once: a temporary server with a database of its own. Gives the address of its API."""
    from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    # Without heartbeats, whose thread makes every flow run wait up to a second for its end.
    quick = temporary_settings(updates={PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})
    with prefect_test_harness(server_startup_timeout=120), quick:
        yield str(PREFECT_API_URL.value())


@pytest.fixture(scope="session")
def eval_folder() -> Path:
    """The evaluation data, which is not part of the repository."""
    if not EVAL.is_dir():
        pytest.skip(f"no evaluation data at {EVAL}; set NEWSDESK_EVAL")
    return EVAL
