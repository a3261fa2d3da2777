"""Derive again, from the archive, articles whose text holds what was learned about their site only later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flows.deriving import by_readability, derive_in_order
from flows.passes import BATCH, Pass
from tasks import steps
from tasks.model import Derived, FetchedPage
from tasks.present.progress import reporter
from tasks.store import load, replay


def clean_articles(current: Pass) -> int:
    """Returns how many articles were derived again; those whose archive file is gone or damaged stay as they are."""
    pages = [page for page in replay.pages_to_clean(current.connection) if (current.data / page.warc_file).is_file()]

    def batches() -> Iterator[tuple[None, Sequence[FetchedPage]]]:
        for start in range(0, len(pages), BATCH):
            yield None, load.with_hints(current.connection, pages[start : start + BATCH])

    cleaned = 0

    def commit(_: None, derived: list[Derived]) -> None:
        nonlocal cleaned
        whole, damaged = by_readability(derived)
        steps.commit_cleaned(current.connection, steps.opaque(whole))
        cleaned += len(whole)
        if damaged:
            reporter().say(
                f"{len(damaged)} articles stay as they are, their records cannot be read: {damaged[0].error}"
            )

    if pages:
        derive_in_order(current, batches(), commit)
    return cleaned
