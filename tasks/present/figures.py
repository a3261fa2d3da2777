"""The report's figures: how much of what was collected matches each topic, and how that changes from day to day.

Everything is counted three ways, because a text that forty sites copy is forty articles and one text, and texts about
one event are one story. Days are UTC days of publication; what is new is told by the time of collection.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import duckdb

Connection = duckdb.DuckDBPyConnection

TREND_DAYS = 30
RECENT_DAYS = 7
"""The last days of the trend, which are compared with those before."""

NEW_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Tally:
    """One set of articles, counted three ways."""

    articles: int
    texts: int
    stories: int


@dataclass(frozen=True, slots=True)
class Scope:
    """What the report speaks about. The times are None while nothing has been collected."""

    written_at: datetime
    collected_to: datetime | None
    """When the newest article was fetched; `new` means fetched in the 24 hours up to then."""
    newest: datetime | None
    """Publication of the newest article; a date later than `collected_to` counts as that."""
    first_poll_at: datetime | None
    everything: Tally
    everything_new: Tally
    matching_new: Tally
    articles_before: int
    """Articles fetched before the new ones: 0 on the first day, when all is new."""

    @property
    def new_since(self) -> datetime | None:
        """Articles fetched after this moment are new."""
        return self.collected_to - NEW_WITHIN if self.collected_to else None

    @property
    def first_day(self) -> date | None:
        """The first day of the trend."""
        return self.newest.date() - timedelta(days=TREND_DAYS - 1) if self.newest else None


@dataclass(frozen=True, slots=True)
class Day:
    """One topic on one day of publication."""

    day: date
    articles: int
    texts: int
    stories: int
    all_articles: int
    sources_expected: int
    sources_ok: int

    @property
    def share(self) -> float | None:
        """Matching articles among all of the day; None on a day without articles."""
        return self.articles / self.all_articles if self.all_articles else None

    @property
    def coverage(self) -> float:
        """Sources that answered among those that should have, 0 to 1."""
        return min(1.0, self.sources_ok / max(1, self.sources_expected))

    @property
    def collection(self) -> str:
        """`before` collection began, `none`, `part` or `full`: whether a zero is a day without news."""
        if not self.sources_ok:
            return "none" if self.sources_expected else "before"
        return "part" if self.sources_ok < self.sources_expected else "full"


@dataclass(frozen=True, slots=True)
class TopicFigures:
    """An active topic and its numbers. `days` is empty, or has `TREND_DAYS` days in order."""

    topic_id: str
    version: str
    name: str
    query: str
    min_score: float
    since: datetime
    total: Tally
    new: Tally
    month: Tally
    earlier_definition: int
    """Matches that were found with an earlier definition of the topic."""
    days: tuple[Day, ...]

    @property
    def share(self) -> float | None:
        """Share of all articles, over the whole trend."""
        return _share(self.days)

    @property
    def share_recent(self) -> float | None:
        """Share of all articles in the last `RECENT_DAYS` days, where sources answered."""
        return _share([day for day in self.days[-RECENT_DAYS:] if day.sources_ok])

    @property
    def share_before(self) -> float | None:
        """The same in the days of the trend before those: what old entries of feeds tell is not comparable."""
        return _share([day for day in self.days[:-RECENT_DAYS] if day.sources_ok])


def _share(days: Sequence[Day]) -> float | None:
    every = sum(day.all_articles for day in days)
    return sum(day.articles for day in days) / every if every else None


def prepare(connection: Connection) -> None:
    """Make the temporary table `matched`, which the other queries of the report read: the active topics' matches."""
    connection.execute(_MATCHED)


def read_scope(connection: Connection) -> Scope:
    """What the database holds; needs `prepare`."""
    times = connection.execute(_TIMES).fetchone()
    assert times is not None
    written_at, collected_to, newest, first_poll_at = times
    since = collected_to - NEW_WITHIN if collected_to else None
    row = connection.execute(_EVERYTHING, {"since": since}).fetchone()
    matching = connection.execute(_MATCHING_NEW, {"since": since}).fetchone()
    assert row is not None and matching is not None
    return Scope(
        written_at, collected_to, newest, first_poll_at, Tally(*row[:3]), Tally(*row[3:6]), Tally(*matching), row[6]
    )


def read_topics(connection: Connection, scope: Scope) -> list[TopicFigures]:
    """The active topics, those with most new stories first; needs `prepare`."""
    window = {"first": scope.first_day, "last": scope.newest.date() if scope.newest else None}
    days: defaultdict[str, list[Day]] = defaultdict(list)
    for topic_id, *day in connection.execute(_DAYS, window).fetchall() if scope.newest else ():
        days[topic_id].append(Day(*day))
    rows = connection.execute(_TOPICS, {"since": scope.new_since, **window}).fetchall()
    return [
        TopicFigures(
            *(topic_id, version, name, query, min_score, since),
            total=Tally(*counts[0:3]),
            new=Tally(*counts[3:6]),
            month=Tally(*counts[6:9]),
            earlier_definition=counts[9],
            days=tuple(days[topic_id]),
        )
        for topic_id, version, name, query, min_score, since, *counts in rows
    ]


_MATCHED = """
    CREATE OR REPLACE TEMP TABLE matched AS
    SELECT m.topic_id, m.topic_version, m.article_id, m.score,
           a.story_id, a.text_id, a.published_at, a.fetched_at, a.original_source IS NOT NULL AS credits_another
    FROM article_topics AS m JOIN articles AS a USING (article_id)
    WHERE m.topic_id IN (SELECT topic_id FROM topics WHERE active)"""

_TIMES = """
    SELECT date_trunc('second', make_timestamp(epoch_us(now()))), max(fetched_at),
           least(max(published_at), max(fetched_at)), (SELECT min(polled_at) FROM polls)
    FROM articles"""

_EVERYTHING = """
    SELECT count(*), count(DISTINCT text_id), count(DISTINCT story_id),
           count(*) FILTER (WHERE fetched_at > $since),
           count(DISTINCT text_id) FILTER (WHERE fetched_at > $since),
           count(DISTINCT story_id) FILTER (WHERE fetched_at > $since),
           count(*) FILTER (WHERE fetched_at <= $since)
    FROM articles"""

_MATCHING_NEW = """
    SELECT count(DISTINCT article_id), count(DISTINCT text_id), count(DISTINCT story_id)
    FROM matched WHERE fetched_at > $since"""

_TOPICS = """
    SELECT t.topic_id, t.topic_version, t.name, t.query, t.min_score, t.since,
           count(m.article_id), count(DISTINCT m.text_id), count(DISTINCT m.story_id),
           count(m.article_id) FILTER (WHERE m.fetched_at > $since),
           count(DISTINCT m.text_id) FILTER (WHERE m.fetched_at > $since),
           count(DISTINCT m.story_id) FILTER (WHERE m.fetched_at > $since) AS stories_new,
           count(m.article_id) FILTER (WHERE m.published_at::DATE BETWEEN $first AND $last) AS articles_month,
           count(DISTINCT m.text_id) FILTER (WHERE m.published_at::DATE BETWEEN $first AND $last),
           count(DISTINCT m.story_id) FILTER (WHERE m.published_at::DATE BETWEEN $first AND $last),
           count(m.article_id) FILTER (WHERE m.topic_version <> t.topic_version)
    FROM topics AS t LEFT JOIN matched AS m USING (topic_id)
    WHERE t.active
    GROUP BY t.topic_id, t.topic_version, t.name, t.query, t.min_score, t.since
    ORDER BY stories_new DESC, articles_month DESC, t.name, t.topic_id"""

# topic_daily has no rows for days before the first article: those are days before collection began.
_DAYS = """
    SELECT t.topic_id, d.day, coalesce(v.articles, 0), coalesce(v.unique_texts, 0), coalesce(v.stories, 0),
           coalesce(v.all_articles, 0), coalesce(v.sources_expected, 0), coalesce(v.sources_ok, 0)
    FROM (SELECT topic_id FROM topics WHERE active) AS t
    CROSS JOIN (SELECT unnest(generate_series($first::DATE, $last::DATE, INTERVAL 1 DAY))::DATE AS day) AS d
    LEFT JOIN (FROM topic_daily WHERE day BETWEEN $first AND $last) AS v USING (topic_id, day)
    ORDER BY t.topic_id, d.day"""
