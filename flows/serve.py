"""`newsdesk serve`: the deployments of prefect.yaml, scheduled and run by this one process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from prefect import Flow, serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig
from prefect.client.schemas.schedules import CronSchedule
from prefect.deployments.runner import RunnerDeployment

from flows.maintain import maintain
from flows.monitor import monitor

PREFECT_FILE = Path(__file__).resolve().parents[1] / "prefect.yaml"
FLOWS: dict[str, Flow[Any, Any]] = {"flows/monitor.py:monitor": monitor, "flows/maintain.py:maintain": maintain}


def serve_deployments(config: Path, data: Path) -> None:
    """Serve until Ctrl-C, with the Prefect server that PREFECT_API_URL names."""
    serve(*deployments(config, data))


def deployments(config: Path, data: Path) -> list[RunnerDeployment]:
    """The deployments of prefect.yaml with these folders."""
    parameters = {"config": str(config.resolve()), "data": str(data.resolve())}
    found = []
    for entry in yaml.safe_load(PREFECT_FILE.read_text(encoding="utf-8"))["deployments"]:
        limit = entry["concurrency_limit"]
        found.append(
            RunnerDeployment.from_flow(
                FLOWS[entry["entrypoint"]],
                name=entry["name"],
                description=entry["description"],
                schedules=[CronSchedule(cron=item["cron"], timezone=item["timezone"]) for item in entry["schedules"]],
                concurrency_limit=ConcurrencyLimitConfig(**limit),
                parameters={**entry.get("parameters", {}), **parameters},
            )
        )
    return found
