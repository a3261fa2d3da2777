"""What a pass over the demo site costs, and what of it is Prefect's.

The baseline is a flow that does nothing, over the server that Prefect starts for it; the same flow over the server that
newsdesk starts tells what of a pass is ours.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from flows.demo import write_config
from tasks.demosite import DemoSite

CONFIG = Path(__file__).resolve().parents[1] / "config"
_EMPTY_FLOW = """
from pathlib import Path
import sys
from flows import environment
if sys.argv[2] == "ours":
    environment.prepare_pass(Path(sys.argv[1]))
else:
    environment.prepare(Path(sys.argv[1]), logging_level="CRITICAL")
from prefect import flow
flow(lambda: None, name="nothing")()
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of wall time and of CPU of a process and those it started and ended."""

    wall: float
    cpu: float


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, DemoSite(port=0, slow_seconds=0) as site:
        data = Path(folder)
        write_config(site, CONFIG, data / "config")
        command = ["newsdesk", "--config", str(data / "config"), "--data", folder]
        first = run([*command, "run", "--force", "--json"])
        second = run([*command, "run", "--force", "--json"])
        nothing = run([sys.executable, "-c", _EMPTY_FLOW, folder, "Prefect's"])
        over_ours = run([sys.executable, "-c", _EMPTY_FLOW, folder, "ours"])
    print("| what | wall s | CPU s |\n| --- | --- | --- |")
    for name, cost in (
        ("a pass from an empty folder", first),
        ("a pass with nothing new", second),
        ("a Prefect flow that does nothing", nothing),
        ("the same over the server of a pass", over_ours),
        ("our part of a pass with nothing new", Cost(second.wall - over_ours.wall, second.cpu - over_ours.cpu)),
    ):
        print(f"| {name} | {cost.wall:.2f} | {cost.cpu:.2f} |")


def run(command: list[str]) -> Cost:
    """Run one of this environment's commands to its end; stops the benchmark where it fails."""
    command = [str(Path(sys.executable).with_name(Path(command[0]).name)), *command[1:]]
    started = time.monotonic()
    with open(os.devnull, "wb") as sink:  # noqa: PTH123
        pid = os.posix_spawn(
            command[0],
            command,
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, sink.fileno(), 1), (os.POSIX_SPAWN_DUP2, sink.fileno(), 2)],
        )
        _, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)}: exit code {os.waitstatus_to_exitcode(status)}")
    return Cost(time.monotonic() - started, usage.ru_utime + usage.ru_stime)


if __name__ == "__main__":
    main()
