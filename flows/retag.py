"""Detect topics and places again on the stored text, after they or the code changed: no network, no archive."""

from __future__ import annotations

from dataclasses import dataclass, field

from prefect import flow
from prefect.futures import PrefectFuture

from flows.configuration import topic_definitions
from flows.passes import RUNNER, Pass, run_pass
from tasks import steps
from tasks.derive.rematch import Rematched, RematchPool
from tasks.model import RunSummary
from tasks.present.progress import reporter
from tasks.store import matches, places, state, texts

CHUNK = 500
"""Articles in one task."""


@dataclass(frozen=True, slots=True)
class Retagged:
    """What a retag did; `failed` are articles whose topics could not be found and stay as they were, with why."""

    summary: RunSummary
    articles: int
    changes: tuple[matches.TopicChange, ...]
    failed: tuple[Rematched, ...]


@dataclass(slots=True)
class _Found:
    """What has come back from the workers."""

    articles: int = 0
    failed: list[Rematched] = field(default_factory=list)
    changes: list[matches.TopicChange] = field(default_factory=list)


@flow(name="retag", task_runner=RUNNER, persist_result=False)
def retag(config: str = "config", data: str = "data") -> Retagged:
    """Find the topics and places of every stored article again.

    Raises ConfigError, state.DataFolderBusy and state.StoreError.
    """
    found = _Found()

    def work(current: Pass) -> bool:
        _match_all(current, found)
        found.changes = steps.exchange_matches(current.connection)
        current.counts.topic_matches = sum(change.added for change in found.changes)
        return bool(found.articles)

    summary = run_pass(config, data, "retag", work)
    return Retagged(summary, found.articles, tuple(found.changes), tuple(found.failed))


def _match_all(current: Pass, found: _Found) -> None:
    """Read, match in workers and gather, a few chunks at a time: memory does not grow with the collection."""
    connection = current.connection
    reporter().begin("articles", texts.count_articles(connection))
    matches.begin_exchange(connection)
    timeout = current.config.settings.extract.timeout.total_seconds()
    matching: list[PrefectFuture[list[Rematched]]] = []
    with RematchPool(topic_definitions(current.config), current.workers, timeout) as pool:
        for chunk in texts.stored_articles(connection, CHUNK):
            matching.append(steps.match.submit(pool, steps.opaque(chunk)))
            if len(matching) > 2 * current.workers:
                _gather(connection, matching.pop(0).result(), found)
        for future in matching:
            _gather(connection, future.result(), found)


def _gather(connection: state.Connection, chunk: list[Rematched], found: _Found) -> None:
    found.articles += len(chunk)
    found.failed += [item for item in chunk if item.error]
    matches.gather(connection, {item.article_id: item.matches for item in chunk if not item.error})
    places.gather(connection, {item.article_id: item.places for item in chunk if not item.error})
    reporter().advance("articles", len(chunk))
