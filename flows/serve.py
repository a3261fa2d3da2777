"""`newsdesk serve`: the deployments of prefect.yaml, scheduled and run by this one process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml
from prefect import Flow, serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig
from prefect.client.schemas.schedules import CronSchedule
from prefect.deployments.runner import RunnerDeployment

from flows.monitor import monitor
from tasks.store.state import StoreError

PREFECT_FILE = Path(__file__).resolve().parents[1] / "prefect.yaml"
SERVER = "http://127.0.0.1:4200/api"
FLOWS: dict[str, Flow[Any, Any]] = {"flows/monitor.py:monitor": monitor}


def serve_deployments(config: Path, data: Path) -> None:
    """Serve until Ctrl-C, with the Prefect server of PREFECT_API_URL, else with one of our own on loopback."""
    with _server():
        serve(*deployments(config, data))


def deployments(config: Path, data: Path) -> list[RunnerDeployment]:
    """The deployments of prefect.yaml with these folders."""
    parameters = {"config": str(config.resolve()), "data": str(data.resolve())}
    found = []
    for entry in yaml.safe_load(PREFECT_FILE.read_text(encoding="utf-8"))["deployments"]:
        limit = entry["concurrency_limit"]
        found.append(
            FLOWS[entry["entrypoint"]].to_deployment(
                name=entry["name"],
                description=entry["description"],
                schedules=[CronSchedule(cron=item["cron"], timezone=item["timezone"]) for item in entry["schedules"]],
                concurrency_limit=ConcurrencyLimitConfig(**limit),
                parameters={**entry.get("parameters", {}), **parameters},
            )
        )
    return found


@contextmanager
def _server() -> Iterator[None]:
    """A scheduler is needed: Prefect's temporary server has none."""
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
        deadline = time.monotonic() + 120
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
