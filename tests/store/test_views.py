"""What people query: the tables and columns they were promised, and what the views and macros say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from tasks.clock import now
from tasks.model import PollOutcome, Source, Topic
from tasks.store import configured, load, publish, search, state
from tests.store.samples import NOW, Desk, derived, entry, poll, source
from tests.store.samples import desk as open_desk

DAY = timedelta(days=1)
TODAY = NOW.date()
INTERFACE = Path(__file__).resolve().parents[3] / "shared" / "INTERFACE.md"

PROMISED = {
    "sources": "source_id name url kind country language tags enabled",
    "source_health": "source_id status last_poll_at last_success_at next_poll_at consecutive_failures last_http_status "
    "last_error entries_7d articles_7d moved_to",
    "polls": "run_id source_id polled_at outcome http_status entries entries_new bytes duration_ms error",
    "entries": "source_id entry_id url page_id title published_at first_seen_at last_seen_at",
    "pages": "page_id url final_url canonical_url outcome http_status attempts next_attempt_at fetched_at warc_file "
    "warc_offset error",
    "articles": "article_id url source_id site title authors published_at published_from fetched_at updated_at "
    "language text excerpt image_url tags word_count original_source access text_from content_hash story_id revision",
    "article_revisions": "article_id revision title text fetched_at content_hash",
    "topics": "topic_id topic_version name query since active",
    "article_topics": "article_id topic_id topic_version score evidence",
    "stories": "story_id title first_published_at last_published_at articles unique_texts sites origin_article_id",
    "runs": "run_id flow started_at finished_at outcome sources_polled sources_unchanged sources_failed entries_new "
    "pages_fetched pages_failed articles_new articles_updated topic_matches stories_new duration_s",
    "topic_daily": "topic_id day articles unique_texts stories all_articles share sources_expected sources_ok",
    "search": "article_id score title url published_at",
}
TYPES = {
    ("sources", "tags"): "VARCHAR[]",
    ("articles", "authors"): "VARCHAR[]",
    ("articles", "tags"): "VARCHAR[]",
    ("article_topics", "score"): "DOUBLE",
    ("article_topics", "evidence"): (
        'STRUCT(field VARCHAR, term VARCHAR, "start" INTEGER, "end" INTEGER, sentence VARCHAR)[]'
    ),
    ("topic_daily", "day"): "DATE",
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    data = tmp_path_factory.mktemp("data")
    with open_desk(data) as opened:
        opened.publish(derived("a", topics=["prisons"]))
    with duckdb.connect(publish.publish(data), read_only=True) as connection:
        yield connection


def described(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Column names and types."""
    relation = "search('title')" if table == "search" else table
    return {row[0]: row[1] for row in connection.execute(f"DESCRIBE FROM {relation}").fetchall()}


@pytest.mark.parametrize("table", PROMISED)
def test_promised_columns_are_there(published: duckdb.DuckDBPyConnection, table: str) -> None:
    assert set(PROMISED[table].split()) <= set(described(published, table))


@pytest.mark.parametrize(("table", "column"), TYPES)
def test_promised_types(published: duckdb.DuckDBPyConnection, table: str, column: str) -> None:
    found = described(published, table)[column]
    assert found.replace('"', "") == TYPES[table, column].replace('"', "")


@pytest.mark.skipif(not INTERFACE.exists(), reason="INTERFACE.md is not beside this repository")
def test_the_list_above_is_what_the_interface_says() -> None:
    promised = dict(PROMISED)
    for line in INTERFACE.read_text(encoding="utf-8").partition("## Tables")[2].splitlines():
        cells = [cell.strip() for cell in line.split(" | ")]
        name = re.match(r"\| `(\w+)", cells[0])
        if name and name[1] != "table":
            outside_brackets = re.sub(r"\([^)]*\)", "", cells[2])
            words = set(re.findall(r"`(\w+)`", outside_brackets))
            assert words <= set(promised.pop(name[1]).split()), name[1]
    assert promised == {}


MACROS = (
    "search('title')", "related('x')", "topic_share('prisons', '2026-01-01')", "topic_trend('prisons')",
    "coverage('2026-03-12')", "source_days('2026-03-12', '2026-03-12')",
)  # fmt: skip


def test_database_beside_another_one(tmp_path: Path) -> None:
    """Tables and views by their full name; table macros where the database is in use."""
    with open_desk(tmp_path) as opened:
        configured.sync_sources(opened.connection, [source()], NOW)
        configured.sync_topics(opened.connection, [Topic("prisons", "v1", "Prisons", "prison", 0)], NOW)
        opened.publish(derived("a", topics=["prisons"]))
        search.index(opened.connection)
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{publish.publish(tmp_path)}' AS news (READ_ONLY)")
        for table in PROMISED.keys() - {"search"}:
            connection.execute(f"FROM news.{table}").fetchall()
        connection.execute("USE news")
        for macro in MACROS:
            connection.execute(f"FROM {macro}").fetchall()
        connection.execute("CREATE TABLE memory.hits AS FROM search('title')")
        connection.execute("USE memory")
        assert connection.execute("SELECT count(*) FROM hits JOIN news.articles USING (article_id)").fetchall() == [
            (1,)
        ]


def test_times_are_timestamps_without_zone(published: duckdb.DuckDBPyConnection) -> None:
    rows = published.execute("SELECT DISTINCT data_type FROM duckdb_columns() WHERE NOT internal").fetchall()
    kinds = {kind for (kind,) in rows if "TIME" in kind or "DATE" in kind}
    assert kinds == {"TIMESTAMP", "DATE"}


def test_days_do_not_depend_on_the_session(tmp_path: Path) -> None:
    with open_desk(tmp_path) as opened:
        configured.sync_topics(opened.connection, [Topic("prisons", "v1", "Prisons", "prison", 0)], NOW)
        opened.publish(derived("a", topics=["prisons"], published_at=datetime(2026, 3, 12, 23, 59)))
    path = publish.publish(tmp_path)
    for zone in ("Pacific/Auckland", "America/Lima"):
        with duckdb.connect(path, read_only=True) as connection:
            connection.execute(f"SET TimeZone = '{zone}'")
            assert connection.execute("SELECT day FROM topic_daily").fetchall() == [(date(2026, 3, 12),)]
            assert connection.execute("SELECT count(*) FROM source_health").fetchall() == [(0,)]


# --- source_health


class Polled(NamedTuple):
    outcome: PollOutcome
    failures: int
    status: str


HEALTH = {
    "ok": Polled(PollOutcome.OK, 0, "ok"),
    "unchanged": Polled(PollOutcome.UNCHANGED, 0, "unchanged"),
    "failed": Polled(PollOutcome.FAILED, 3, "failing"),
    "no feed": Polled(PollOutcome.NOT_A_FEED, 1, "failing"),
    "gone": Polled(PollOutcome.GONE, 1, "gone"),
}


@pytest.mark.parametrize("case", HEALTH.values(), ids=HEALTH)
def test_status_of_a_source(desk: Desk, case: Polled) -> None:
    configured.sync_sources(desk.connection, [source()], NOW)
    stands = {"consecutive_failures": case.failures, "last_error": "why" if case.failures else None}
    load.commit_polls(desk.connection, "run", [poll("gazette", outcome=case.outcome, state=stands)])
    assert desk.rows("SELECT source_id, status, consecutive_failures, last_error, last_poll_at FROM source_health") == [
        ("gazette", case.status, case.failures, stands["last_error"], NOW)
    ]


def test_source_that_was_never_polled(desk: Desk) -> None:
    configured.sync_sources(desk.connection, [source()], NOW)
    row = desk.row("SELECT status, last_poll_at, consecutive_failures, entries_7d, articles_7d FROM source_health")
    assert row == ("never", None, 0, 0, 0)


def test_source_that_has_left_the_configuration_has_no_health(desk: Desk) -> None:
    configured.sync_sources(desk.connection, [source("a"), source("b", enabled=False)], NOW)
    configured.sync_sources(desk.connection, [source("b", enabled=False)], NOW)
    assert desk.rows("SELECT source_id FROM source_health") == [("b",)]


def test_what_a_source_gave_in_seven_days(desk: Desk) -> None:
    configured.sync_sources(desk.connection, [source("gazette"), source("wire")], NOW)
    today = now()
    desk.show("gazette", entry("old"), at=today - 8 * DAY)
    desk.show("gazette", entry("a"), entry("b"), at=today - 6 * DAY)
    desk.show("wire", entry("b"), entry("c"), at=today)
    desk.store(derived("old", at=today - 8 * DAY), derived("a", at=today), derived("b", at=today))
    assert desk.rows("SELECT source_id, entries_7d, articles_7d FROM source_health ORDER BY 1") == [
        ("gazette", 2, 2),
        ("wire", 2, 0),
    ]


# Days ago at which a source that has been watched for six weeks showed an entry each, and what that makes it now.
QUIET = {
    "as usual": (range(1, 43), "ok"),
    "silent for nine days": (range(9, 43), "quiet"),
    "one entry where seven are usual": ([5, *range(9, 43)], "quiet"),
    "two entries where seven are usual": ([4, 5, *range(9, 43)], "ok"),
    "seldom": ([12, 20, 40], "ok"),
    "only its backlog": ([42] * 30, "ok"),
    "watched for a week": (range(8, 10), "ok"),
}


@pytest.mark.parametrize(("days", "status"), QUIET.values(), ids=QUIET)
def test_source_that_gives_much_less_than_usual_is_quiet(desk: Desk, days: Iterable[int], status: str) -> None:
    configured.sync_sources(desk.connection, [source()], NOW)
    for number, ago in sorted(enumerate(days), key=lambda item: -item[1]):
        desk.show("gazette", entry(str(number)), at=now() - ago * DAY)
    desk.show("gazette", at=now())
    assert desk.row("SELECT status FROM source_health") == (status,)


# --- topic_daily


def daily(desk: Desk, columns: str, where: str = "true") -> list[tuple[Any, ...]]:
    return desk.rows(f"SELECT topic_id, day, {columns} FROM topic_daily WHERE {where} ORDER BY ALL")


def topics(desk: Desk, *ids: str) -> None:
    configured.sync_topics(desk.connection, [Topic(name, "v1", name, "query", 0) for name in ids], NOW)


def test_days_without_articles_are_rows_of_zeros(desk: Desk) -> None:
    topics(desk, "police", "prisons")
    desk.publish(
        derived("a", topics=["prisons"], published_at=NOW - 3 * DAY),
        derived("b", published_at=NOW - 3 * DAY),
        derived("c", topics=["prisons", "police"], published_at=NOW),
    )
    counts = daily(desk, "articles, unique_texts, stories, all_articles, share")
    assert counts == [
        ("police", TODAY - 3 * DAY, 0, 0, 0, 2, 0.0),
        ("police", TODAY - 2 * DAY, 0, 0, 0, 0, 0.0),
        ("police", TODAY - 1 * DAY, 0, 0, 0, 0, 0.0),
        ("police", TODAY, 1, 1, 1, 1, 1.0),
        ("prisons", TODAY - 3 * DAY, 1, 1, 1, 2, 0.5),
        ("prisons", TODAY - 2 * DAY, 0, 0, 0, 0, 0.0),
        ("prisons", TODAY - 1 * DAY, 0, 0, 0, 0, 0.0),
        ("prisons", TODAY, 1, 1, 1, 1, 1.0),
    ]


def test_copies_count_three_ways(desk: Desk) -> None:
    topics(desk, "prisons")
    paths = ("a", "b", "c")
    desk.publish(*(derived(path, "One text", topics=["prisons"]) for path in paths), derived("d", topics=["prisons"]))
    desk.store(derived("a", "One text, edited", topics=["prisons"]))
    desk.settle()
    assert daily(desk, "articles, unique_texts, stories") == [("prisons", TODAY, 4, 3, 2)]


def test_topic_that_is_no_longer_watched_has_no_days(desk: Desk) -> None:
    topics(desk, "prisons", "police")
    topics(desk, "police")
    desk.publish(derived("a", topics=["prisons"]))
    assert daily(desk, "articles") == [("police", TODAY, 0)]


def test_who_was_looking(desk: Desk) -> None:
    """Sources are expected from the day they were added until they were removed; one good poll a day is ok."""
    topics(desk, "prisons")

    def sync(at: datetime, *sources: Source) -> None:
        configured.sync_sources(desk.connection, sources, at)

    def polled(at: datetime, **outcomes: PollOutcome) -> None:
        polls = [poll(name, at=at, outcome=outcome) for name, outcome in outcomes.items()]
        load.commit_polls(desk.connection, "run", polls)

    one, two, off = source("one"), source("two"), source("off", enabled=False)
    sync(NOW - 2 * DAY, one, off)
    polled(NOW - 2 * DAY, one=PollOutcome.OK)
    polled(NOW - 2 * DAY + 5 * DAY / 24, one=PollOutcome.UNCHANGED)
    sync(NOW - 1 * DAY, one, two, off)
    polled(NOW - 1 * DAY, one=PollOutcome.FAILED, two=PollOutcome.UNCHANGED)
    polled(NOW, one=PollOutcome.FAILED, two=PollOutcome.NOT_A_FEED)
    desk.publish(derived("a", published_at=NOW - 3 * DAY), derived("b", published_at=NOW))
    assert daily(desk, "sources_expected, sources_ok", f"day < '{TODAY}'") == [
        ("prisons", TODAY - 3 * DAY, 0, 0),
        ("prisons", TODAY - 2 * DAY, 1, 1),
        ("prisons", TODAY - 1 * DAY, 2, 1),
    ]
    polled(NOW, one=PollOutcome.OK, two=PollOutcome.OK)
    sync(NOW, one, off)
    assert daily(desk, "sources_expected, sources_ok", f"day = '{TODAY}'") == [("prisons", TODAY, 1, 1)]


def test_past_days_stay_when_a_source_is_disabled(desk: Desk) -> None:
    """What was expected on a day is what was enabled then, whatever the configuration says now."""
    topics(desk, "prisons")
    desk.publish(derived("a", published_at=NOW - 5 * DAY), derived("b", published_at=NOW))
    one, two, off = source("one"), source("two"), source("two", enabled=False)
    configured.sync_sources(desk.connection, [one, two], NOW - 5 * DAY)
    load.commit_polls(desk.connection, "run", [poll("two", at=NOW - 4 * DAY)])
    before = daily(desk, "sources_expected, sources_ok", f"day <= '{TODAY - 4 * DAY}'")
    assert [row[2:] for row in before] == [(2, 0), (2, 1)]
    configured.sync_sources(desk.connection, [one, off], NOW - 3 * DAY)
    configured.sync_sources(desk.connection, [one, off], NOW - 2 * DAY)
    configured.sync_sources(desk.connection, [one, two], NOW - 1 * DAY)
    configured.sync_sources(desk.connection, [two], NOW)
    days = daily(desk, "sources_expected, sources_ok")
    assert days[:2] == before
    assert [row[2] for row in days[2:]] == [1, 1, 2, 1]
    assert desk.rows("SELECT source_id, watched_from, watched_until FROM source_watches ORDER BY ALL") == [
        ("one", NOW - 5 * DAY, NOW),
        ("two", NOW - 5 * DAY, NOW - 3 * DAY),
        ("two", NOW - 1 * DAY, None),
    ]
    looked = [desk.rows(f"SELECT source_id FROM coverage('{TODAY - ago * DAY}') ORDER BY 1") for ago in (4, 3, 0)]
    assert looked == [[("one",), ("two",)], [("one",)], [("two",)]]


def test_sources_of_an_earlier_version_keep_what_is_known_of_their_past(tmp_path: Path) -> None:
    known = state._migrations()
    path = state.state_path(tmp_path)
    path.parent.mkdir()
    with pytest.MonkeyPatch.context() as patch, duckdb.connect(path) as connection:
        patch.setattr(state, "_migrations", lambda: {n: each for n, each in known.items() if n < 8})
        patch.setattr(state, "_DEFINITIONS", ())
        state.migrate(connection, path)
        for name, enabled, removed in (("on", True, None), ("off", False, None), ("gone", False, NOW)):
            connection.execute(
                """INSERT INTO sources BY NAME SELECT ? AS source_id, 'A' AS name, 'u' AS url, [] AS tags,
                   ? AS enabled, ?::TIMESTAMP AS added_at, ?::TIMESTAMP AS removed_at""",
                [name, enabled, NOW - 9 * DAY, removed],
            )
        connection.execute(
            """INSERT INTO polls BY NAME SELECT 'run' AS run_id, 'off' AS source_id,
               ?::TIMESTAMP - to_days(n::INTEGER) AS polled_at,
               'ok' AS outcome, 0 AS entries, 0 AS entries_new, 0 AS bytes, 0 AS duration_ms
               FROM range(5, 8) AS r(n)""",
            [NOW],
        )
    with open_desk(tmp_path) as opened:
        assert opened.rows("FROM source_watches ORDER BY ALL") == [
            ("gone", NOW - 9 * DAY, NOW),
            ("off", NOW - 7 * DAY, NOW - 4 * DAY),
            ("on", NOW - 9 * DAY, None),
        ]


def test_no_articles_no_days(desk: Desk) -> None:
    topics(desk, "prisons")
    assert daily(desk, "articles") == []
