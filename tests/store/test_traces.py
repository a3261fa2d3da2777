"""By what a page is recognised under another address: commits keep it as the migration makes it."""

from __future__ import annotations

from tasks.store import state
from tests.store.samples import HOUR, NOW, Desk, derived
from tests.store.test_redirects import led_to

_KNOWN = "SELECT DISTINCT trace, page FROM pipeline.traces ORDER BY ALL"
MADE_OF_STORED = state._migrations()[9][1].partition(";")[2]


def made_again(desk: Desk) -> list[tuple[object, ...]]:
    """The traces that the migration would make."""
    desk.connection.execute("DELETE FROM pipeline.traces")
    desk.connection.execute(MADE_OF_STORED)
    return desk.rows(_KNOWN)


def test_commits_keep_the_traces_that_the_migration_makes(desk: Desk) -> None:
    desk.publish(derived("a", "A text"), derived("b", "Another text"), led_to(derived("c", "A third text"), "c-moved"))
    kept = desk.rows(_KNOWN)
    assert len(kept) == 9  # of each page: entry, target and text
    assert made_again(desk) == kept


def test_a_new_version_adds_the_trace_of_its_text_alone(desk: Desk) -> None:
    desk.publish(derived("a", "A text"))
    before = set(desk.rows(_KNOWN))
    desk.publish(derived("a", "Another text altogether", at=NOW + HOUR))
    after = set(desk.rows(_KNOWN))
    assert before < after
    assert len(after - before) == 1
    assert desk.rows("SELECT count(*) FROM pipeline.traces") == [(4,)]
    assert set(made_again(desk)) < after
