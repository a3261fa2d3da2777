"""Paragraphs that pages of one site share: how they are recognised, and how they leave a text.

Which paragraphs these are is learned by the store, from the blocks of the site's earlier pages. What a page's own
blocks are never depends on what is known about its site: so the same pages always teach the same.

Telling content from what repeats over the pages of a site goes back to Lin and Ho, "Discovering informative content
blocks from Web documents" (KDD 2002).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from tasks.derive.strings import fold

SHORTEST, LONGEST = 8, 700
"""Characters of a folded paragraph that can be a block: a longer one is an article's own, whoever repeats it."""
MOST_BLOCKS = 60
"""Blocks of one page: half of them from its beginning, half from its end."""
LEAST_LEFT = 0.3
"""The share of a text, in characters, that must be left: where less is, what repeats is the article."""


def block_id(paragraph: str) -> int | None:
    """A 64-bit number for the words of a paragraph that can be a block, else None."""
    if len(paragraph) > 2 * LONGEST:
        return None
    folded = fold(paragraph)
    if not SHORTEST <= len(folded) <= LONGEST:
        return None
    return int.from_bytes(hashlib.blake2b(folded.encode("utf-8", "replace"), digest_size=8).digest(), "big")


def block_ids(paragraphs: Sequence[str], title: str) -> list[int | None]:
    """The block of each paragraph, None where it is none; the page's title is none."""
    own = block_id(title)
    return [None if found == own else found for found in map(block_id, paragraphs)]


def blocks_of_page(ids: Sequence[int | None]) -> tuple[int, ...]:
    """The blocks of a page, each once, in the order of the text."""
    found = tuple(dict.fromkeys(block for block in ids if block is not None))
    return found if len(found) <= MOST_BLOCKS else found[: MOST_BLOCKS // 2] + found[-MOST_BLOCKS // 2 :]


def without_shared(paragraphs: Sequence[str], ids: Sequence[int | None], shared: frozenset[int]) -> list[str]:
    """The paragraphs that the site's pages do not share; all of them where too little would be left."""
    kept = [text for text, block in zip(paragraphs, ids, strict=True) if block not in shared]
    return kept if sum(map(len, kept)) >= LEAST_LEFT * sum(map(len, paragraphs)) else list(paragraphs)
