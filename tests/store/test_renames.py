"""One article under several addresses, where no canonical address says so, stays one."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tasks import urls
from tasks.model import Derived
from tests.store.samples import HOUR, NOW, Desk, address, derived, entry
from tests.store.test_redirects import led_to

LATER = NOW + HOUR
TEXT = "The inspectors found three men in a cell that was built for one, and no doctor in the whole of the prison"
EDITED = TEXT.replace("three", "four")
QUAKE = "An earthquake of magnitude 4.1 shook Alba in the night, said the institute, and no damage was reported in Alba"
OTHER = "A judge in the coastal province has ordered that officers wear cameras whenever they search somebody's home"


class Page(NamedTuple):
    """An entry, and what its page becomes."""

    path: str
    text: str = TEXT
    title: str = "Cells"
    entry_id: str = "guid-1"
    to: str | None = None
    shown: str = "Cells"
    days: int = 0

    def derived(self, **fields: Any) -> Derived:
        page = derived(
            self.path,
            self.text,
            canonical=self.to,
            title=self.title,
            published_at=NOW + self.days * 24 * HOUR,
            **fields,
        )
        return led_to(page, self.to) if self.to else page


# What is shown first, what later, and whether that is the same article.
CASES = {
    "a new slug under the feed's id": (Page("a/cells"), Page("a/cells-vallmera"), True),
    "a new slug, and an edit": (Page("a/cells"), Page("a/cells-vallmera", EDITED, "Too full"), True),
    "an id that a feed gives to another article": (Page("a/cells"), Page("a/police", OTHER, "Cameras"), False),
    "the next report under one id": (
        Page("quakes/1", QUAKE, "Earthquake"),
        Page("quakes/2", QUAKE.replace("4.1", "5.3").replace("Alba", "Brena"), "Earthquake"),
        False,
    ),
    "the next day's report under one id": (Page("report/1"), Page("report/2", EDITED, days=1), False),
    "the same under one id, with the day of the change": (Page("a/cells"), Page("a/cells-2", days=3), True),
    "a teaser under one headline, on another day": (Page("a?id=1"), Page("a?id=2", entry_id="2", days=7), False),
    "the same text elsewhere under another id": (Page("a/cells"), Page("b/police", entry_id="guid-2"), False),
    "a parameter that says where one came from": (Page("a/cells"), Page("a/cells?src=home", entry_id="2"), True),
    "a first page by its number": (Page("a/cells"), Page("a/cells?page=1", entry_id="2"), True),
    "doubled slashes": (Page("a/cells"), Page("a//cells", entry_id="2"), True),
    "a second page": (Page("a/cells"), Page("a/cells?page=2", OTHER, entry_id="2"), False),
    "articles told apart by a number": (Page("a?id=1"), Page("a?id=2", OTHER, "Cameras", entry_id="2"), False),
    "the same words under two headlines": (Page("a?id=1"), Page("a?id=2", title="Cameras", entry_id="2"), False),
    "a paywall's words under one headline": (
        Page("a?id=1", title="The Gazette"), Page("a?id=2", title="The Gazette", entry_id="2", shown="Cameras"), False,
    ),
    "the address to which the known one leads": (
        Page("go/1", to="a/cells"), Page("a/cells", EDITED, entry_id="2"), True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("commits", ["together", "one by one"])
def test_which_pages_are_one_article(desk: Desk, case: tuple[Page, Page, bool], commits: str) -> None:
    first, second, same = case
    desk.show("gazette", entry(first.path, first.entry_id, title=first.shown))
    if commits == "one by one":
        desk.store(first.derived())
    desk.show("gazette", entry(second.path, second.entry_id, title=second.shown), at=LATER)
    desk.store(*([first.derived()] if commits == "together" else []), second.derived(at=LATER))
    desk.settle()
    known = urls.page_id(address(first.to or first.path))
    assert desk.rows("SELECT count(*), count(*) FILTER (article_id = ?) FROM articles".replace("?", f"'{known}'")) == [
        (1 if same else 2, 1)
    ]
    assert sorted(desk.outcomes().values()) == ["article", "duplicate" if same else "article"]
    assert desk.rows("SELECT count(DISTINCT article_id) FROM pages") == [(1 if same else 2,)]


def test_the_known_address_is_asked_for_the_edit_that_came_with_a_new_one(desk: Desk) -> None:
    desk.publish(Page("a/cells").derived())
    desk.show("gazette", entry("a/cells", "guid-1"))
    desk.show("gazette", entry("a/cells-vallmera", "guid-1"), at=LATER)
    desk.store(Page("a/cells-vallmera", EDITED).derived(at=LATER))
    assert desk.due(LATER) == ["a/cells"]
    desk.store(led_to(derived("a/cells", EDITED, title="Cells", at=LATER), "a/cells-vallmera"))
    assert desk.row("SELECT article_id, url, revision, text FROM articles") == (
        (urls.page_id(address("a/cells")), address("a/cells"), 2, EDITED)
    )
    assert desk.due(LATER + HOUR) == []


def test_a_third_address_leads_to_the_first(desk: Desk) -> None:
    """In one commit, in any order of the pages."""
    paths = ["a/cells", "a/cells?src=home", "a//cells?src=feed"]
    for number, path in enumerate(paths):
        desk.show("gazette", entry(path, str(number)), at=NOW + number * HOUR)
    desk.store(*(Page(path).derived() for path in reversed(paths)))
    assert desk.outcomes() == {paths[0]: "article", paths[1]: "duplicate", paths[2]: "duplicate"}


@pytest.mark.parametrize("parameter", "abcdefgh")
def test_a_variant_of_a_new_slug_leads_to_the_old_one(desk: Desk, parameter: str) -> None:
    """Whichever of the two comes first by its id."""
    desk.show("gazette", entry("a/cells", "1"))
    desk.store(Page("a/cells").derived())
    variant = f"b/cells-vallmera?{parameter}=1"
    desk.show("gazette", entry("b/cells-vallmera", "1"), entry(variant, "2"), at=LATER)
    desk.store(Page("b/cells-vallmera").derived(), Page(variant).derived())
    assert sorted(desk.outcomes().values()) == ["article", "duplicate", "duplicate"]


def test_duplicates_stay_so_when_they_are_read_again(desk: Desk) -> None:
    desk.show("gazette", entry("a/cells", "1"), entry("b/cells-vallmera", "1"))
    pages = Page("a/cells").derived(), Page("b/cells-vallmera", EDITED).derived()
    for _ in range(2):
        for page in pages:
            desk.store(page)
        assert desk.outcomes() == {"a/cells": "article", "b/cells-vallmera": "duplicate"}
