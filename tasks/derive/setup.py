"""What a worker is given to begin with. Who starts workers needs this, not what works in them: see `make_deriver`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.derive.definitions import TopicDefinition
from tasks.model import Source

if TYPE_CHECKING:
    from tasks.derive.work import Deriver


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that a worker needs besides the pages; made once per pass, sent to each worker once."""

    data: Path
    topics: Sequence[TopicDefinition]
    sources: Mapping[str, Source]


def make_deriver(setup: Setup) -> Deriver:
    """What works in a worker process; trafilatura and its company (0.4 s of CPU) are imported there alone."""
    from tasks.derive.work import Deriver

    return Deriver(setup)


def load_what_derives() -> None:
    """Import and load what `make_deriver` needs, before there is a setup. What fails here fails again when needed."""
    with suppress(Exception):
        from tasks.derive import language, places, work  # noqa: F401

        language.load_model()
        places.find_places("", "", "en")
