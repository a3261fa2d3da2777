"""The monitoring pass: poll what is due, fetch, derive, load, publish, report."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from itertools import repeat

from prefect import flow

from flows.fetching import fetch_and_derive
from flows.passes import RUNNER, Pass, drain, run_pass
from tasks import steps, urls
from tasks.capture import polling
from tasks.clock import now
from tasks.model import HostWait, Poll, PollOutcome, PollState, RunSummary, Source
from tasks.present.progress import reporter
from tasks.store import hosts, load, pollstates

CHUNK = 50
"""Polls in one commit."""
NAMED = 5
"""Sources of one host that are named where they have to wait."""


@flow(name="monitor", task_runner=RUNNER, persist_result=False)
def monitor(
    config: str = "config", data: str = "data", source: list[str] | None = None, force: bool = False
) -> RunSummary:
    """One monitoring pass over the sources that are due; `source` names the only ones to poll, `force` polls them all.

    Raises ConfigError, state.DataFolderBusy and state.StoreError.
    """

    def work(current: Pass) -> bool:
        _poll(current, _due(current, source, force))
        pages = load.pending_pages(current.connection, now())
        if pages:
            fetch_and_derive(current, pages)
        return bool(pages or current.counts.sources_polled)

    return run_pass(config, data, "monitor", work)


def _due(current: Pass, only: list[str] | None, force: bool) -> list[tuple[Source, PollState]]:
    chosen = [source for source in current.config.sources if not only or source.source_id in only]
    pairs = zip(chosen, pollstates.poll_states(current.connection, chosen), strict=True)
    started = current.summary.started_at
    return [(s, p) for s, p in pairs if (force and s.enabled) or polling.is_due(s, p, started)]


def _poll(current: Pass, due: Sequence[tuple[Source, PollState]]) -> None:
    """Poll, committing as results come, so that memory holds one batch and a crash loses none."""
    if not due:
        return
    progress = reporter()
    progress.begin("sources", len(due))
    results: steps.Polled = queue.SimpleQueue()
    polling_task = steps.poll.submit(
        steps.opaque(due),
        steps.opaque(current.config.settings),
        steps.opaque(hosts.known_waits(current.connection, now())),
        steps.opaque(results),
        current.stop,
    )
    polled: set[str] = set()
    for batch in drain(results, repeat(CHUNK)):
        polled.update(poll.source_id for poll in batch)
        current.counts.entries_new += steps.commit_polls(
            current.connection, current.summary.run_id, steps.opaque(batch)
        )
        _count_polls(current, batch)
        current.note_counts()
        progress.advance("sources", len(batch))
    polling_task.result()
    _say_left([pair for pair in due if pair[0].source_id not in polled], hosts.known_waits(current.connection, now()))


def _say_left(left: Sequence[tuple[Source, PollState]], waits: Sequence[HostWait]) -> None:
    """Name the sources that were due and not asked, with what their hosts want."""
    until = {wait.host: f"asks to wait until {wait.until:%Y-%m-%d %H:%M} UTC" for wait in waits}
    by_host: dict[str, list[str]] = {}
    for source, stands in left:
        by_host.setdefault(urls.host(stands.url), []).append(source.source_id)
    for host, sources in by_host.items():
        names = ", ".join(sources[:NAMED]) + (f" and {len(sources) - NAMED} more" if len(sources) > NAMED else "")
        reason = until.get(host, "is left alone for this pass: it asked to wait, or takes too long to answer")
        reporter().say(f"{host} {reason}; not polled: {names}")


def _count_polls(current: Pass, polls: Sequence[Poll]) -> None:
    counts = current.counts
    outcomes = [poll.outcome for poll in polls]
    counts.sources_polled += len(outcomes)
    counts.sources_unchanged += outcomes.count(PollOutcome.UNCHANGED)
    counts.sources_failed += sum(o not in (PollOutcome.OK, PollOutcome.UNCHANGED) for o in outcomes)
