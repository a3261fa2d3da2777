"""What the report says about sources, passes and pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tasks.model import Outcome
from tasks.present.collection import OUTCOMES, SOURCES_LISTED
from tests.present.newsroom import DAY, HOUR, NOW, Newsroom
from tests.present.reading import find, report, words

CONDITIONS: list[tuple[dict[str, Any] | None, str]] = [
    ({"last_outcome": "ok"}, "fine"),
    ({"last_outcome": "unchanged"}, "fine"),
    (None, "never polled"),
    ({"last_outcome": "gone", "consecutive_failures": 1, "last_error": "http_error: 410"}, "gone"),
    ({"last_outcome": "failed", "consecutive_failures": 3, "last_error": "timeout: 30 s"}, "failing"),
    ({"last_outcome": "ok", "seen": 9 * DAY}, "quiet"),
    ({"last_outcome": "ok", "moved_to": "https://new.example/feed"}, "moved"),
]


@pytest.mark.parametrize(("state", "condition"), CONDITIONS)
def test_the_condition_of_a_source(tmp_path: Path, state: dict[str, Any] | None, condition: str) -> None:
    def fill(room: Newsroom) -> None:
        kept = dict(state or {})
        room.entry("ledger", NOW - kept.pop("seen", HOUR))
        room.source("ledger", added=30 * DAY, **kept)

    tree = report(tmp_path, fill)
    if condition == "fine":
        assert "None: all 1 enabled sources answer" in find(tree, "//section[@id='sources']")
        return
    row = find(tree, "//section[@id='sources']//tbody/tr")
    assert row.startswith(f"Ledger ledger {condition}")
    assert str((state or {}).get("last_error", "")) in row
    assert condition in find(tree, "//aside//ol/li")


def test_disabled_and_removed_sources_need_no_attention(tmp_path: Path) -> None:
    def fill(room: Newsroom) -> None:
        room.source("off", enabled=False)
        room.source("removed")
        room.connection.execute("UPDATE sources SET removed_at = now() WHERE source_id = 'removed'")

    assert find(report(tmp_path, fill), "//section[@id='sources']/p") == "No source is enabled."


def test_many_failing_sources_are_bounded(tmp_path: Path) -> None:
    def fill(room: Newsroom) -> None:
        for number in range(SOURCES_LISTED + 20):
            room.source(f"s{number}", last_outcome="failed", consecutive_failures=number + 1)

    tree = report(tmp_path, fill)
    rows = tree.xpath("//section[@id='sources']//tbody/tr")
    assert len(rows) == SOURCES_LISTED
    assert words(rows[0]).startswith("S119")
    assert "120 of 120 enabled sources; the first 100 are listed" in find(tree, "//section[@id='sources']/p")


def test_outcomes_add_up_and_each_has_a_meaning(page: Any) -> None:
    rows = page.xpath("//table[@class='data outcomes']/tbody/tr")
    counts = [int(words(row.xpath("td")[0]).replace(",", "")) for row in rows]
    assert find(page, "//table[@class='data outcomes']/tfoot//td[1]") == f"{sum(counts):,}"
    assert "Every URL ends in exactly one named outcome: 3,437 URLs in all." in words(page)
    assert set(OUTCOMES) == set(Outcome)


def test_the_last_passes(page: Any) -> None:
    rows = [words(row) for row in page.xpath("//section[@id='collection']//div[2]//tbody/tr")]
    assert len(rows) == 12
    assert rows[0] == "20 Nov 2025, 14:02 monitor done 44 3 31 29 0 27 0 18.4"
