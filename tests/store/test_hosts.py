"""A host that asked to be left alone: what is kept of that, and what has to wait."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tasks.model import HostWait, Kind, Outcome, RobotsFile
from tasks.store import hosts, load, pollstates
from tests.store.samples import HOUR, NOW, Desk, entry, failed, poll, source
from tests.store.samples import desk as opened

MINUTE = timedelta(minutes=1)
HOST = "news.example"


def wait(host: str = HOST, until: timedelta = 2 * HOUR, at: timedelta = timedelta(0)) -> HostWait:
    return HostWait(host, NOW + until, 429, NOW + at)


def keep(desk: Desk, *waits: HostWait) -> None:
    load.commit_failures(desk.connection, [failed("x", Outcome.HTTP_ERROR, waits=waits)])


def test_a_wish_is_kept_from_one_pass_to_the_next(tmp_path: Path) -> None:
    with opened(tmp_path) as desk:
        keep(desk, wait())
    with opened(tmp_path) as desk:
        assert hosts.known_waits(desk.connection, NOW) == [wait()]
        assert hosts.known_waits(desk.connection, NOW + 2 * HOUR) == []


WISHES = {
    "the last one counts": ([wait(until=3 * HOUR), wait(until=2 * HOUR, at=MINUTE)], [2 * HOUR]),
    "in whatever order": ([wait(until=2 * HOUR, at=MINUTE), wait(until=3 * HOUR)], [2 * HOUR]),
    "each host's own": ([wait("a.example"), wait("b.example", until=HOUR)], [2 * HOUR, HOUR]),
}


@pytest.mark.parametrize(("waits", "expected"), WISHES.values(), ids=WISHES)
def test_of_several_wishes(desk: Desk, waits: list[HostWait], expected: list[timedelta]) -> None:
    keep(desk, *waits)
    assert [wait.until - NOW for wait in hosts.known_waits(desk.connection, NOW)] == expected


ADDRESSES = {
    "https://news.example/a": True,
    "http://news.example:443/b": True,
    "https://news.example?a": True,
    "https://news.example:8443/c": False,
    "https://www.news.example/w": False,
    "https://other.example/?u=https://news.example/": False,
}


def test_pages_of_the_host_wait_and_no_others(desk: Desk) -> None:
    desk.show("gazette", *(entry(url) for url in ADDRESSES))
    keep(desk, wait())
    due = {page.url for page in load.pending_pages(desk.connection, NOW + HOUR)}
    assert due == {url for url, waits in ADDRESSES.items() if not waits}
    assert len(load.pending_pages(desk.connection, NOW + 2 * HOUR)) == len(ADDRESSES)
    assert desk.row("SELECT outcome, next_attempt_at, attempts FROM pages WHERE url = 'https://news.example/a'") == (
        ("pending", NOW + 2 * HOUR, 0)
    )


def test_what_waits_anyway(desk: Desk) -> None:
    """A later attempt stays as late as it was, an earlier one is put off, a final outcome stays final."""
    desk.show("gazette", entry("early"), entry("late"), entry("gone"))
    load.commit_failures(
        desk.connection,
        [
            failed("early", Outcome.TIMEOUT, next_attempt_at=NOW + HOUR),
            failed("late", Outcome.TIMEOUT, next_attempt_at=NOW + 5 * HOUR),
            failed("gone", Outcome.HTTP_ERROR, http_status=404, waits=(wait(),)),
        ],
    )
    assert desk.rows("SELECT next_attempt_at - TIMESTAMP '2026-03-12 12:00:00' FROM pages ORDER BY url") == [
        (2 * HOUR,),
        (None,),
        (5 * HOUR,),
    ]


def test_pages_that_show_up_while_the_host_waits(desk: Desk) -> None:
    keep(desk, wait())
    desk.show("gazette", entry("a"), at=NOW + HOUR)
    hosts.put_off_pages(desk.connection, NOW + HOUR)
    assert (desk.due(NOW + HOUR), desk.due(NOW + 2 * HOUR)) == ([], ["a"])


def test_a_wish_that_is_over_puts_nothing_off(desk: Desk) -> None:
    keep(desk, wait(until=MINUTE))
    desk.show("gazette", entry("a"), at=NOW + HOUR)
    hosts.put_off_pages(desk.connection, NOW + HOUR)
    assert desk.due(NOW + HOUR) == ["a"]


def test_sources_of_the_host_are_not_due_before(desk: Desk) -> None:
    sources = [source("gazette"), source("wire"), source("new")]
    late = poll("wire", state={"next_poll_at": NOW + 9 * HOUR})
    asked = poll("gazette", waits=(wait("gazette.example"), wait("wire.example"), wait("new.example")))
    load.commit_polls(desk.connection, "run", [late, asked])
    assert [one.next_poll_at for one in pollstates.poll_states(desk.connection, sources)] == [
        NOW + 2 * HOUR,
        NOW + 9 * HOUR,
        NOW + 2 * HOUR,
    ]


def test_robots_files_come_with_the_sources_that_need_them(desk: Desk) -> None:
    file = RobotsFile("https://gazette.example", "User-agent: *", NOW, NOW + 24 * HOUR)
    load.commit_polls(desk.connection, "run", [poll("gazette", robots=(file,))])
    kinds = [None, Kind.PAGE, Kind.SITEMAP, Kind.FEED, Kind.ARTICLE]
    found = [pollstates.poll_states(desk.connection, [source("gazette", kind=kind)])[0].robots for kind in kinds]
    assert found == [(file,)] * 3 + [()] * 2
    assert pollstates.poll_states(desk.connection, [source("wire", kind=Kind.PAGE)])[0].robots == ()
