"""A document as compiled queries see it, and how they say where they found something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tasks.derive.automaton import FieldScan
from tasks.derive.query_tree import VALUE_FIELDS

PUBLISHED_AT = "published_at"

WHOLE_COLUMNS = (*VALUE_FIELDS, PUBLISHED_AT)
"""Columns that a condition looks at as a whole."""

COLUMNS = ("title", "text", "url", "tags", "authors", *WHOLE_COLUMNS)
"""The columns that evidence speaks of, in its order."""

COLUMN_NUMBERS = {name: number for number, name in enumerate(COLUMNS)} | {"lead": COLUMNS.index("text")}

Place = tuple[int, int, int]
"""Number of the column, first word, and the word after the last one."""

Places = dict[Place, str]
"""The term that was found at each place: the first one of the query, where there are several."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A document that was scanned for the terms of all topics."""

    fields: Mapping[str, FieldScan]
    present: frozenset[int]
    """The literals in title and text."""
    anywhere: frozenset[int]
    """The literals in all fields."""
    published_at: datetime | None


class Test(Protocol):
    """A compiled node of a query."""

    @property
    def needs(self) -> tuple[frozenset[int], ...]:
        """Sets of literals: every match contains at least one of each. The rarest set first; none where none is."""

    @property
    def cost(self) -> float:
        """A rough estimate of the share of articles that contain one of the first set; 1 where there is none."""

    def matches(self, scan: Scan) -> bool:
        """Whether the document matches."""

    def collect(self, scan: Scan, places: Places) -> None:
        """Add where; to be asked only of a test that matches."""
