"""A worker process of the pool: `python -m tasks.derive.worker HANDLE [early]`, with the pipe to its parent at that
handle; `early` where it is started before there is anything to do."""

from __future__ import annotations

import contextlib
import gc
import math
import os
import resource
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection

from tasks.derive.setup import load_what_derives

MEMORY_LIMIT = 3 * 2**30
"""Address space of a worker in bytes: a page that needs more fails alone instead of taking the machine down."""
CPU_MARGIN = 2.0
"""Seconds of CPU that a page may use beyond the limit that the parent watches, in case there is no parent any more."""


def main(handle: int, is_early: bool = False) -> None:
    """Derive what comes through the pipe, until the parent closes it or is gone."""
    os.nice(5)  # readers of the database come first
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, MEMORY_LIMIT)
    with contextlib.suppress(EOFError, OSError), Connection(handle) as pipe:
        if is_early:
            with _leaving_a_core():
                load_what_derives()
        factory, setup, timeout = pipe.recv()
        try:
            deriver = factory(setup)
        except OSError as error:  # a full disk, for one
            pipe.send(error)
            return
        gc.collect()
        gc.freeze()
        pipe.send("ready")
        while True:
            for page in pipe.recv():
                _limit(resource.RLIMIT_CPU, math.ceil(_cpu_seconds() + timeout + CPU_MARGIN))
                pipe.send(deriver.derive(page))


@contextlib.contextmanager
def _leaving_a_core() -> Iterator[None]:
    """One core is left to whoever is waited for meanwhile: a priority says nothing to processes of another session."""
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if len(cores) < 2:
        yield
        return
    os.sched_setaffinity(0, sorted(cores)[1:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _limit(what: int, value: int) -> None:
    """Set a soft limit, as far as the system knows it and the hard one allows it."""
    with contextlib.suppress(ValueError, OSError):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (value, hard))


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(int(sys.argv[1]), "early" in sys.argv[2:])
