"""Articles from elsewhere than the watched feeds: WARC files, a list of addresses, or a source's sitemaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from prefect import flow

from flows import inputs
from flows.fetching import fetch_and_derive
from flows.passes import RUNNER, Pass, run_pass
from flows.warcfill import WarcFill
from tasks import steps
from tasks.capture.sitemaps import NotASitemap
from tasks.clock import now
from tasks.model import Filled, Kind, PageRef, Poll, PollOutcome, RunSummary
from tasks.present.progress import reporter
from tasks.settings import ConfigError
from tasks.store import backfill as store
from tasks.store import pollstates
from tasks.urls import page_id

ENTRIES = 1_000
"""Entries in one commit."""


@dataclass(slots=True)
class Backfilled:
    """What a backfill did."""

    filled: Filled = field(default_factory=Filled)
    summary: RunSummary | None = None


@flow(name="backfill", task_runner=RUNNER, persist_result=False)
def backfill(
    config: str = "config",
    data: str = "data",
    warc: list[str] | None = None,
    urls: str | None = None,
    source: str | None = None,
    since: datetime | None = None,
    site: list[str] | None = None,
    language: list[str] | None = None,
) -> Backfilled:
    """From one of: the WARC files `warc` (patterns), the list of addresses `urls` (a file), or `source` with `since`.

    `site` and `language` choose among the pages of WARC files. Raises ConfigError, state.DataFolderBusy and
    state.StoreError.
    """
    if sum(map(bool, (warc, urls, source))) != 1 or bool(source) != bool(since):
        raise ConfigError("backfill: expected one of --warc GLOB, --urls FILE, and --source ID with --since DATE")
    done = Backfilled()

    def work(current: Pass) -> bool:
        if warc:
            wanted = inputs.choice(site, language)
            return WarcFill(current, wanted, done.filled).run(inputs.warc_files(warc))
        if urls:
            return _from_list(current, Path(urls), done.filled)
        assert source and since
        return _from_sitemaps(current, source, inputs.naive_utc(since), done.filled)

    done.summary = run_pass(config, data, "backfill", work)
    return done


def _from_list(current: Pass, path: Path, done: Filled) -> bool:
    pages, problems = inputs.addresses(path)
    for problem in problems:
        done.problems.append(problem)
        reporter().say(problem)
    store.put_up(current.connection, pages, now())
    return _fetch(current, pages, done)


def _from_sitemaps(current: Pass, source_id: str, since: datetime, done: Filled) -> bool:
    """What the sitemaps list becomes entries of the source, whose polling goes on as it was."""
    source = inputs.configured_source(current.config, source_id)
    state_before = pollstates.poll_states(current.connection, [source])[0]
    places = (source.url,) if Kind.SITEMAP in (source.kind, state_before.kind) else ()
    site = store.site_of(current.connection, source_id) or source.url
    current.counts.sources_polled = 1
    found = steps.list_sitemaps(places, site, since, current.config.settings, current.stop)
    if isinstance(found, NotASitemap):
        current.counts.sources_failed = 1
        done.problems.append(f"{source_id}: no sitemap could be read: {found.reason}")
        reporter().say(done.problems[-1])
        return True
    for start in range(0, len(found), ENTRIES):
        shown = Poll(source_id, now(), PollOutcome.OK, state_before, entries=found[start : start + ENTRIES])
        current.counts.entries_new += steps.commit_entries(current.connection, steps.opaque(shown))
        current.note_counts()
    pages = [PageRef(page_id(entry.url), entry.url) for entry in found]
    return _fetch(current, pages, done) or bool(current.counts.entries_new)


def _fetch(current: Pass, pages: Sequence[PageRef], done: Filled) -> bool:
    due = store.due_pages(current.connection, pages, now())
    known = len({page.page_id for page in pages}) - len(due)
    if known:
        done.skipped["already_known"] = known
    if due:
        fetch_and_derive(current, due)
    return bool(due)
