"""Conditions on a whole field: publisher, source, language, country and time of publication."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tasks.derive.query_codes import country_code
from tasks.derive.query_tree import Published
from tasks.derive.scans import COLUMN_NUMBERS, PUBLISHED_AT, Places, Scan


@dataclass(frozen=True, slots=True)
class ValueTest:
    """A value that a field must have, which no literal announces."""

    field: str
    pattern: re.Pattern[str]
    term: str
    needs: tuple[frozenset[int], ...] = ()
    cost: float = 1.0

    def matches(self, scan: Scan) -> bool:
        """Equal but for wildcards; a site stands for its subdomains too, a language for its regional forms."""
        value = scan.fields[self.field].original.lower()
        if self.field == "site":
            labels = value.split(".")
            return any(self.pattern.fullmatch(".".join(labels[number:])) for number in range(len(labels)))
        if self.field == "country":  # sources.yaml may have an alias too
            value = (country_code(value) or value).lower()
        if self.field == "language" and self.pattern.fullmatch(value.partition("-")[0]):
            return True
        return self.pattern.fullmatch(value) is not None

    def collect(self, scan: Scan, places: Places) -> None:
        """The whole value."""
        places.setdefault((COLUMN_NUMBERS[self.field], 0, 1), self.term)


@dataclass(frozen=True, slots=True)
class PublishedTest:
    """A time of publication."""

    node: Published
    needs: tuple[frozenset[int], ...] = ()
    cost: float = 1.0

    def matches(self, scan: Scan) -> bool:
        """Within the period; an article without a date never is."""
        moment, since, until = scan.published_at, self.node.since, self.node.until
        return moment is not None and (since is None or since <= moment) and (until is None or moment < until)

    def collect(self, scan: Scan, places: Places) -> None:
        """The whole time."""
        places.setdefault((COLUMN_NUMBERS[PUBLISHED_AT], 0, 1), self.node.term)
