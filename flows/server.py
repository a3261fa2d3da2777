"""A Prefect server of our own for `newsdesk serve`: Prefect's temporary one has no scheduler.

Prefect reads its settings when it is imported: use this before anything imports it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tasks.store.state import StoreError

SERVER = "http://127.0.0.1:4200/api"
START_TIMEOUT = 120.0


@contextmanager
def running() -> Iterator[None]:
    """The server that PREFECT_API_URL names; where it names none, one on loopback that ends with the context.

    Raises StoreError where it does not start.
    """
    if os.environ.get("PREFECT_API_URL"):
        yield
        return
    os.environ["PREFECT_API_URL"] = SERVER
    if _healthy():  # left by an earlier `newsdesk serve` that was killed, or started by the user
        yield
        return
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", "4200"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_TIMEOUT
        while not _healthy():
            if process.poll() is not None or time.monotonic() > deadline:
                raise StoreError(
                    "Prefect's server did not start on 127.0.0.1:4200; run `prefect server start` to see why, "
                    "or set PREFECT_API_URL to one that runs"
                )
            time.sleep(0.5)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _healthy() -> bool:
    try:
        return httpx.get(f"{SERVER}/health", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
