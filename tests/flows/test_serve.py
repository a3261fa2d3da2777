"""`newsdesk serve`: the deployments of prefect.yaml in one process, with a server of their own."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prefect.client.schemas.objects import ConcurrencyLimitStrategy
from prefect.client.schemas.schedules import CronSchedule

from flows import serve
from tests.flows.newsroom import WebServer, ask, story, write_config
from tests.flows.processes import NEWSDESK, ending, environment, running, wait_until


@pytest.fixture(autouse=True)
def _nothing_is_left(tmp_path: Path) -> Iterator[None]:
    with ending(tmp_path):
        yield


def test_deployments_are_those_of_prefect_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made, nightly = serve.deployments(Path("my-config"), Path("my-data"))
    assert (made.name, made.flow_name) == ("monitor", "monitor")
    assert (nightly.name, nightly.flow_name) == ("maintain", "maintain")
    (schedule,) = made.schedules or []
    assert isinstance(schedule.schedule, CronSchedule)
    assert (schedule.schedule.cron, schedule.schedule.timezone, schedule.active) == ("*/15 * * * *", "UTC", True)
    assert made.concurrency_limit == 1
    assert made.concurrency_options
    assert made.concurrency_options.collision_strategy is ConcurrencyLimitStrategy.CANCEL_NEW
    assert made.parameters == {"config": str(tmp_path / "my-config"), "data": str(tmp_path / "my-data")}


def test_prefect_yaml_deploys_what_it_says() -> None:
    """The same file serves `prefect deploy`: each entry names a flow that is there, with parameters that it takes."""
    for entry in yaml.safe_load(serve.PREFECT_FILE.read_text(encoding="utf-8"))["deployments"]:
        flow = serve.FLOWS[entry["entrypoint"]]
        path, _, name = entry["entrypoint"].partition(":")
        assert (serve.PREFECT_FILE.parent / path).exists() and flow.fn.__name__ == name
        flow.validate_parameters(entry["parameters"])


@pytest.fixture
def port_is_free() -> int:
    """The port of Prefect's server, which the process takes."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", 4200)) == 0:
            pytest.skip("something listens on port 4200")
    return 4200


@pytest.mark.slow
def test_serve_comes_up_works_and_stops_cleanly(web: WebServer, tmp_path: Path, port_is_free: int) -> None:
    web.routes["/news/one"] = story("One")
    web.feed("/feed.xml", [("/news/one", "One")])
    config, data = write_config(tmp_path / "config", [web.source("gazette")]), tmp_path / "data"
    command = [NEWSDESK, "--config", str(config), "--data", str(data), "serve"]
    log = tmp_path / "log"
    with log.open("w") as output, subprocess.Popen(command, env=environment(), stdout=output, stderr=output) as process:
        api = httpx.Client(base_url=f"http://127.0.0.1:{port_is_free}/api", trust_env=False, timeout=10)
        try:
            wait_until(lambda: deployment(api), 120)
            found = deployment(api)
            assert found["parameters"] == {"config": str(config), "data": str(data)}
            assert found["global_concurrency_limit"]["limit"] == 1
            asked = api.post(f"/deployments/{found['id']}/create_flow_run", json={})
            assert asked.status_code == 201, asked.text
            run = f"/flow_runs/{asked.json()['id']}"
            wait_until(lambda: api.get(run).json()["state_type"] in ENDED, 120)
            assert api.get(run).json()["state_type"] == "COMPLETED", log.read_text()
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0, log.read_text()
    assert "Traceback" not in log.read_text()
    wait_until(lambda: not running(str(data)))
    assert ask(data, "SELECT count(*) FROM articles") == [(1,)]


ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def deployment(api: httpx.Client) -> dict[str, Any]:
    """The deployment as the server has it; empty while there is none."""
    try:
        answer = api.get("/deployments/name/monitor/monitor")
    except httpx.HTTPError:
        return {}
    return dict(answer.json()) if answer.status_code == 200 else {}
