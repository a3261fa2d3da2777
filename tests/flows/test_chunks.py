"""Chunks of pages: every page in one, small ones at both ends."""

from __future__ import annotations

from itertools import islice

import pytest

from flows.fetching import CHUNK, SMALL_CHUNK, chunk_sizes


@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("pages", [1, 25, 60, 500, 2_000, 20_000])
def test_workers_begin_and_end_with_small_chunks(pages: int, workers: int) -> None:
    sizes = list(islice(chunk_sizes(pages, workers), pages // SMALL_CHUNK + workers + 1))
    needed = next(number for number in range(len(sizes) + 1) if sum(sizes[:number]) >= pages)
    assert sizes[:workers] == [SMALL_CHUNK] * workers
    assert set(sizes[max(0, needed - workers) :]) == {SMALL_CHUNK}
    assert max(sizes) <= CHUNK


def test_chunks_between_are_large() -> None:
    sizes = list(islice(chunk_sizes(20_000, 2), 150))
    assert set(sizes[2:]) == {CHUNK}
