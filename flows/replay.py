"""Derive again from the archive with today's code and topics: no network, every id stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from prefect import flow

from flows.configuration import topic_versions
from flows.deriving import by_readability, derive_in_order
from flows.inputs import naive_utc
from flows.passes import BATCH, RUNNER, Pass, run_pass
from tasks import steps, urls
from tasks.derive.version import code_version
from tasks.model import Changes, Derived, FetchedPage, RunSummary
from tasks.present.progress import reporter
from tasks.store import load
from tasks.store import replay as store


@dataclass(slots=True)
class Replayed:
    """What a replay did."""

    changes: Changes = field(default_factory=Changes)
    summary: RunSummary | None = None


@flow(name="replay", task_runner=RUNNER, persist_result=False)
def replay(config: str = "config", data: str = "data", since: datetime | None = None) -> Replayed:
    """Derive every archived page again, or those fetched `since` then.

    Raises ConfigError, state.DataFolderBusy and state.StoreError.
    """
    done = Replayed()

    def work(current: Pass) -> bool:
        return _Replay(current, naive_utc(since) if since else None, done.changes).run()

    done.summary = run_pass(config, data, "replay", work)
    return done


class _Replay:
    """Goes on where an earlier replay with the same code, topics and `since` was cut off."""

    def __init__(self, current: Pass, since: datetime | None, changes: Changes) -> None:
        versions = sorted(topic.version for topic in topic_versions(current.config))
        self._current = current
        self._since = since
        self._changes = changes
        self._task = urls.make_id(f"{since} {code_version()} {versions}")
        self._files: dict[str, bool] = {}
        """Whether an archive file is there."""

    def run(self) -> bool:
        """Returns whether there was anything to do."""
        begin = store.known_position(self._current.connection, self._task)
        total = store.count_archived(self._current.connection, self._since, begin)
        if total:
            if begin != store.Position():
                reporter().say(f"an earlier replay was cut off: {total} pages are left")
            reporter().begin("archived pages", total)
            derive_in_order(self._current, self._read(begin), self._commit)
        store.forget_positions(self._current.connection)
        return bool(total)

    def _read(self, after: store.Position) -> Iterator[tuple[store.Position, Sequence[FetchedPage]]]:
        while True:
            pages, after = store.archived_pages(self._current.connection, self._since, after, BATCH)
            if not pages:
                return
            there = [page for page in pages if self._is_there(page.warc_file)]
            self._changes.unreadable += len(pages) - len(there)
            reporter().advance("archived pages", len(pages) - len(there))
            yield after, load.with_hints(self._current.connection, there)

    def _is_there(self, warc_file: str) -> bool:
        if warc_file not in self._files:
            self._files[warc_file] = (self._current.data / warc_file).is_file()
            if not self._files[warc_file]:
                reporter().say(f"{warc_file}: this archive file is missing; its pages stay as they are")
        return self._files[warc_file]

    def _commit(self, position: store.Position, derived: list[Derived]) -> None:
        whole, damaged = by_readability(derived)
        loaded, changes = steps.commit_replayed(self._current.connection, steps.opaque(whole), self._task, position)
        self._current.count(len(whole), loaded)
        self._changes.add(changes)
        for item in damaged:
            self._leave(item)
        reporter().advance("archived pages", len(derived))

    def _leave(self, item: Derived) -> None:
        """Count a page whose record cannot be read; what is wrong is said once for each file."""
        file = item.page.warc_file
        if file not in self._changes.damaged:
            reporter().say(f"{item.error}; its page stays as it is, and others whose records there cannot be read")
        self._changes.damaged[file] = self._changes.damaged.get(file, 0) + 1
