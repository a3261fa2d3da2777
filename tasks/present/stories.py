"""The stories of each topic, copies folded: one article speaks for each, with the sentences that matched.

The one that speaks is the story's origin where that matches the topic, else the best match that credits nobody else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tasks.present.figures import Connection, Scope
from tasks.present.highlight import Place, Quote, Segment, best_quotes, segments

STORIES_IN_REPORT = 20
STORIES_IN_FEED = 50
HALF_LIFE_DAYS = 3
"""The report ranks by score, which counts half for each so many days before the newest article."""

SITES_NAMED = 8


@dataclass(frozen=True, slots=True)
class Site:
    """A site that tells a story, with the address of its first article."""

    site: str
    url: str
    articles: int


@dataclass(frozen=True, slots=True)
class Story:
    """A story in a topic, by the article that speaks for it. `articles`, `texts`, `sites` count the whole story."""

    topic_id: str
    story_id: str
    rank: int
    """Place in the report, from 1."""
    recency: int
    """Place by publication of its newest matching article, from 1."""
    is_new: bool
    """It has a matching article that was fetched in the last 24 hours."""
    articles: int
    texts: int
    sites: int
    article_id: str
    url: str
    site: str
    source: str | None
    """Name of the source that showed it first."""
    title: str
    authors: list[str]
    published_at: datetime
    published_from: str
    updated_at: datetime
    revision: int
    language: str | None
    excerpt: str
    original_source: str | None
    access: str
    score: float
    headline: tuple[Segment, ...]
    """The title, with its hits apart."""
    quotes: tuple[Quote, ...]
    elsewhere: tuple[str, ...]
    """`field: term` for matches outside title and text."""
    others: tuple[Site, ...]
    """The first `SITES_NAMED` of the other sites."""

    @property
    def copies(self) -> int:
        """Articles with a text that an earlier article of the story has."""
        return self.articles - self.texts


def read_stories(connection: Connection, scope: Scope) -> dict[str, list[Story]]:
    """By topic, every story that the report or the topic's feed shows; needs `figures.prepare`."""
    limits = {"in_report": STORIES_IN_REPORT, "in_feed": STORIES_IN_FEED, "half_life": HALF_LIFE_DAYS}
    moments = {"newest": scope.newest, "since": scope.new_since}
    cursor = connection.execute(_STORIES, {**limits, **moments})
    names = [column[0] for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    sites = _read_sites(connection, sorted({row["story_id"] for row in rows if row["sites"] > 1}))
    stories: defaultdict[str, list[Story]] = defaultdict(list)
    for row in rows:
        stories[row["topic_id"]].append(_story(row, sites[row["story_id"]]))
    return dict(stories)


def _story(row: dict[str, Any], sites: Iterable[Site]) -> Story:
    places = [Place(**place) for place in row.pop("places")]
    return Story(
        **row,
        headline=segments(row["title"], [place for place in places if place.field == "title"]),
        quotes=best_quotes(places),
        elsewhere=_elsewhere(places),
        others=tuple(site for site in sites if site.site != row["site"])[:SITES_NAMED],
    )


def _elsewhere(places: Iterable[Place]) -> tuple[str, ...]:
    named = (f"{place.field}: {place.term}" for place in places if place.field not in ("title", "text"))
    return tuple(dict.fromkeys(named))


def _read_sites(connection: Connection, story_ids: list[str]) -> defaultdict[str, list[Site]]:
    sites: defaultdict[str, list[Site]] = defaultdict(list)
    parameters = {"stories": story_ids, "named": SITES_NAMED + 1}
    for story_id, *site in connection.execute(_SITES, parameters).fetchall():
        sites[story_id].append(Site(*site))
    return sites


# Text and title are needed only for the words that matched, and only of the articles that are shown.
_STORIES = """
    WITH told AS (
        SELECT m.topic_id, m.story_id,
               first({'article_id': m.article_id, 'score': m.score} ORDER BY
                     m.article_id = coalesce(s.origin_article_id, '') DESC, m.credits_another, m.score DESC,
                     m.published_at, m.article_id) AS speaker,
               max(m.published_at) AS newest, max(m.fetched_at) AS last_fetched_at,
               coalesce(any_value(s.articles), count(*)) AS articles,
               coalesce(any_value(s.unique_texts), count(DISTINCT m.text_id)) AS texts,
               coalesce(any_value(s.sites), 1) AS sites
        FROM matched AS m LEFT JOIN stories AS s USING (story_id)
        GROUP BY m.topic_id, m.story_id
    ), ranked AS (
        SELECT *,
               row_number() OVER (PARTITION BY topic_id ORDER BY
                   speaker.score * 0.5 ** (greatest(0, epoch($newest::TIMESTAMP - newest)) / 86400 / $half_life) DESC,
                   newest DESC, story_id) AS rank,
               row_number() OVER (PARTITION BY topic_id ORDER BY newest DESC, last_fetched_at DESC, story_id) AS recency
        FROM told
    ), shown AS (
        FROM ranked WHERE rank <= $in_report OR recency <= $in_feed
    )
    SELECT r.topic_id, r.story_id, r.rank, r.recency, r.last_fetched_at > $since AS is_new,
           r.articles, r.texts, r.sites, a.article_id, a.url, a.site, f.name AS source, a.title, a.authors,
           a.published_at, a.published_from, a.updated_at, a.revision, a.language, a.excerpt,
           a.original_source, a.access, r.speaker.score AS score,
           list_transform(m.evidence, lambda e: {
               'field': e.field,
               'term': e.term,
               'matched': substr(CASE e.field WHEN 'title' THEN a.title WHEN 'text' THEN a.text END,
                                 e.start + 1, e."end" - e.start),
               'sentence': e.sentence}) AS places
    FROM shown AS r
    JOIN articles AS a ON a.article_id = r.speaker.article_id
    JOIN article_topics AS m ON m.article_id = a.article_id AND m.topic_id = r.topic_id
    LEFT JOIN sources AS f ON f.source_id = a.source_id
    ORDER BY r.topic_id, r.rank"""

_SITES = """
    SELECT story_id, site, first(url ORDER BY published_at, article_id), count(*)
    FROM articles WHERE story_id IN (SELECT unnest($stories::VARCHAR[]))
    GROUP BY story_id, site
    QUALIFY row_number() OVER (PARTITION BY story_id ORDER BY min(published_at), site) <= $named
    ORDER BY story_id, min(published_at), site"""
