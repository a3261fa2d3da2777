"""A flow in a process of its own that is killed at one of its commits."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.flows.processes import environment

_PROGRAM = """
import os, signal, sys
from pathlib import Path
from flows import environment
environment.prepare(Path(sys.argv[2]), logging_level="CRITICAL")
from tasks import steps
name, commits, moment = sys.argv[3], int(sys.argv[4]), sys.argv[5]
commit = getattr(steps, name)
def dying(*arguments):
    global commits
    commits -= 1
    if moment == "before" and commits == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    done = commit(*arguments)
    if moment == "after" and commits == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return done
setattr(steps, name, dying)
"""
BACKFILL = """
from flows import warcfill
from flows.backfill import backfill
warcfill.BATCH = 5
backfill(sys.argv[1], sys.argv[2], sys.argv[6:])
"""
REPLAY = """
from flows import replay
replay.BATCH = 4
replay.replay(sys.argv[1], sys.argv[2])
"""


def run_and_die(
    flow: str, commit: str, config: Path, data: Path, api: str, moment: str, commits: int, *arguments: object
) -> int:
    """Run `flow` (BACKFILL or REPLAY) and kill it `before` or `after` its so manieth call of the step `commit`.

    `api` is the address of Prefect's server. Returns how the process ended.
    """
    words = [str(config), str(data), commit, str(commits), moment, *map(str, arguments)]
    command = [sys.executable, "-c", _PROGRAM + flow, *words]
    return subprocess.run(command, env=environment(PREFECT_API_URL=api), check=False, timeout=120).returncode
