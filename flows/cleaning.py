"""Derive again, from the archive, articles whose text holds what was learned about their site only later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flows.deriving import BATCH, derive_in_order
from flows.passes import Pass
from tasks import steps
from tasks.model import Derived, FetchedPage
from tasks.store import load, replay
from tasks.store.state import Connection


def clean_articles(current: Pass, connection: Connection) -> int:
    """Returns how many articles were derived again; those whose archive file is gone stay as they are."""
    pages = [page for page in replay.pages_to_clean(connection) if (current.data / page.warc_file).is_file()]

    def batches() -> Iterator[tuple[None, Sequence[FetchedPage]]]:
        for start in range(0, len(pages), BATCH):
            yield None, load.with_hints(connection, pages[start : start + BATCH])

    def commit(_: None, derived: list[Derived]) -> None:
        steps.commit_cleaned(connection, steps.opaque(derived))

    if pages:
        derive_in_order(current, connection, batches(), commit)
    return len(pages)
