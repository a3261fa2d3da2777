"""The HTML report: one self-contained file that answers what is new, how it changes, and whether to believe it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import duckdb

from tasks import __version__
from tasks.present import charts, collection, feeds, figures, stories
from tasks.present.rendering import make_environment, sql_text, write_atomically

DATED = {
    "jsonld": "dated by its structured data",
    "meta": "dated by its meta tags",
    "feed": "dated by the feed",
    "url": "dated by its address",
    "text": "dated by its text",
    "fetched": "undated: time of fetching",
}
"""`published_from` in words."""

EXAMPLES = (
    (
        "Who published how much on each topic",
        "SELECT topic_id, site, count(*) AS articles, count(DISTINCT story_id) AS stories "
        "FROM article_topics JOIN articles USING (article_id) GROUP BY ALL ORDER BY articles DESC LIMIT 20",
    ),
    (
        "Share of all articles by week, leaving out days without collection",
        "SELECT topic_id, date_trunc('week', day)::DATE AS week, sum(articles) AS articles, "
        "round(100 * sum(articles) / sum(all_articles), 2) AS percent "
        "FROM topic_daily WHERE sources_ok > 0 GROUP BY ALL ORDER BY topic_id, week",
    ),
    (
        "Each sentence that made an article match, with its link",
        "SELECT m.topic_id, e.term, e.sentence, a.url FROM article_topics AS m JOIN articles AS a USING (article_id), "
        "unnest(m.evidence) AS u(e) ORDER BY a.published_at DESC LIMIT 20",
    ),
)
"""Queries worth having, with what they answer."""


def write_report(data: Path) -> Path:
    """Write `report/index.html` and the active topics' feeds from `news.duckdb`; returns the path of the index.

    Each file is replaced whole, and feeds of topics that are no longer active are removed.
    Raises duckdb.IOException where there is no database, and OSError where the report cannot be written.
    """
    with duckdb.connect(data / "news.duckdb", read_only=True) as connection:
        figures.prepare(connection)
        scope = figures.read_scope(connection)
        topics = figures.read_topics(connection, scope)
        told = stories.read_stories(connection, scope)
        shown = _context(scope, topics, told) | {
            "data": data,
            "command": sql_command(data),
            "sources": collection.read_sources(connection),
            "runs": collection.read_runs(connection),
            "endings": collection.read_endings(connection),
        }
    index = data / "report" / "index.html"
    index.parent.mkdir(parents=True, exist_ok=True)
    environment = make_environment()
    feeds.write_feeds(index.parent / "feeds", environment, topics, told)
    write_atomically(index, environment.get_template("report.html.j2").render(shown))
    return index


def sql_command(data: Path) -> str:
    """How to start a query on this data folder; `data` itself is the default."""
    return "newsdesk sql" if data == Path("data") else f"newsdesk --data {shlex.quote(str(data))} sql"


def all_stories_sql(topic_id: str) -> str:
    """The query that lists every story of a topic, newest first."""
    return (
        "SELECT s.title, s.articles, s.unique_texts, s.sites, max(m.score) AS score, s.last_published_at "
        "FROM article_topics AS m JOIN articles AS a USING (article_id) JOIN stories AS s USING (story_id) "
        f"WHERE m.topic_id = {sql_text(topic_id)} GROUP BY ALL ORDER BY s.last_published_at DESC"
    )


def _context(
    scope: figures.Scope, topics: list[figures.TopicFigures], told: dict[str, list[stories.Story]]
) -> dict[str, Any]:
    """What the templates need beside the state of the collection."""
    trends = {topic.topic_id: charts.trend(topic.days) for topic in topics}
    return {
        "version": __version__,
        "scope": scope,
        "topics": topics,
        "trends": trends,
        "gap_days": [day.day for day in topics[0].days if day.collection == "none"] if topics else [],
        "stories": {
            topic_id: [story for story in listed if story.rank <= stories.STORIES_IN_REPORT]
            for topic_id, listed in told.items()
        },
        "conditions": collection.CONDITIONS,
        "dated": DATED,
        "half_life": f"{stories.HALF_LIFE_DAYS} days",
        "examples": EXAMPLES,
        "all_stories_sql": all_stories_sql,
    }
