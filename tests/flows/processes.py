"""Real `newsdesk` processes for tests, and what they leave behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NEWSDESK = str(Path(sys.executable).with_name("newsdesk"))


def environment(**more: str) -> dict[str, str]:
    """The environment without what the tests have set for Prefect in this process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "NEWSDESK"))}
    return kept | {"HOME": "/nonexistent"} | more


def running(*words: str) -> dict[int, str]:
    """The processes whose command line or environment contains all the words; zombies and this one do not count."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            text = command + (process / "environ").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if command and int(process.name) != os.getpid() and all(word in text for word in words):
            found[int(process.name)] = command
    return found


@contextmanager
def ending(folder: Path) -> Iterator[None]:
    """End every process that still works in `folder` when a test is over, also where the test has failed."""
    try:
        yield
    finally:
        for process in running(str(folder)):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def wait_until(reached: Callable[[], object], seconds: float = 60) -> None:
    """Wait for something that must come; fails after a time in which it always should have."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def wait_for_line(process: subprocess.Popen[str], beginning: str) -> str:
    """The next line on the process's standard error that begins so; fails where the process ends first."""
    assert process.stderr
    for line in process.stderr:
        if line.startswith(beginning):
            return line
    raise AssertionError(f"the process ended ({process.wait()}) without saying {beginning!r}")
