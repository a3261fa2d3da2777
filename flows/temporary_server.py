"""The Prefect server of one pass, for who runs none: on a port of loopback, over Prefect's own database.

Prefect starts such a server too, at a flow's first question to its API, and imports all of the server into the flow's
process for that (2 s of CPU). Started before anything else is looked at, ours comes up on the other core meanwhile. Its
socket listens from the first moment on: early questions wait there, and nobody asks again and again whether it is up.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

STOP_TIMEOUT = 10.0

_ITS_OWN = {
    # As for the server that Prefect would start: no page, only the services that such a server needs, a single app.
    "PREFECT_UI_ENABLED": "0",
    "PREFECT__SERVER_EPHEMERAL": "1",
    "PREFECT__SERVER_FINAL": "1",
}
_UNLESS_SET = {
    # 1 s of CPU at the first start. No pass needs the types of blocks; a server that lasts registers them. The second,
    # because Prefect would note that they are registered all the same.
    "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
    "PREFECT_SERVER_MEMOIZE_BLOCK_AUTO_REGISTRATION": "false",
}


@dataclass(frozen=True, slots=True)
class _Server:
    process: subprocess.Popen[bytes]
    api: str


_started: list[_Server] = []
"""The server of this process, if it has started one."""


def start() -> None:
    """Start the server's process, which imports what it can and waits for `go_ahead`: it has touched no file by then.

    It ends with this process, however that ends.
    """
    if _started:
        return
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "flows.temporary_server", str(listening.fileno())],
            pass_fds=[listening.fileno()],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            start_new_session=True,  # after Ctrl-C the flow still tells it how it ended
        )
        _started.append(_Server(process, f"http://127.0.0.1:{listening.getsockname()[1]}/api"))
    # Prefect's own exit handlers, which send what it still holds, are registered later and so run before.
    atexit.register(_stop, process)


def go_ahead(variables: Mapping[str, str]) -> None:
    """Let a server that was started serve, with the environment as it is now and `variables`; name it to Prefect."""
    for server in _started:
        if os.environ.get("PREFECT_API_URL") == server.api:  # it has been told
            return
        unless_set = {name: value for name, value in (_UNLESS_SET | {**variables}).items() if name not in os.environ}
        assert server.process.stdin
        with suppress(BrokenPipeError):  # it has ended: the flow's first question to it says so
            server.process.stdin.write(json.dumps({**os.environ, **unless_set, **_ITS_OWN}).encode() + b"\n")
            server.process.stdin.flush()
        os.environ["PREFECT_API_URL"] = server.api


def is_ours(api: str | None) -> bool:
    """Whether the API is that of the server that this process has started."""
    return any(server.api == api for server in _started)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Let the server end as if this process had."""
    assert process.stdin
    process.stdin.close()
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main() -> None:
    """The server's process: serves on the socket that it was given, until its standard input ends."""
    import docket  # noqa: F401  # these three: 0.8 s of CPU, and none of them reads Prefect's settings
    import sqlalchemy.ext.asyncio  # noqa: F401
    import uvicorn

    with open(0, "rb", buffering=0, closefd=False) as given:
        variables = given.readline()
    if not variables:
        return
    os.environ.update(json.loads(variables))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    config = uvicorn.Config("prefect.server.api.server:create_app", factory=True, log_level="error", lifespan="on")
    with socket.socket(fileno=int(sys.argv[1])) as listening:
        uvicorn.Server(config).run(sockets=[listening])


def _end_with_parent() -> None:
    """Nothing more is written to standard input: it ends when the parent does, also when that is killed."""
    os.read(0, 1)  # not sys.stdin, whose lock a server that ends by itself would find taken
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
