"""Topics tried on the stored articles, before anything changes: `topics test` and `topics diff`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.cells import cell_len

from flows.configuration import topic_definitions, topic_versions
from tasks.derive.query import QueryError
from tasks.derive.rematch import stored_document
from tasks.derive.topics import TopicDefinition, TopicMatcher
from tasks.model import Evidence, StoredArticle, TopicMatch
from tasks.present.highlight import Place, Quote, best_quotes
from tasks.present.progress import reporter
from tasks.present.topics import Difference, Moved, TopicHit
from tasks.settings import Config, ConfigError
from tasks.store.published import reading
from tasks.store.state import Connection
from tasks.store.texts import count_articles, stored_articles

_CHUNK = 500
_MARGIN = 60
"""Characters of a query that an error shows before and after its place."""


def matcher_for(query: str) -> TopicMatcher:
    """The matcher of a query that somebody tries; raises ConfigError that shows the place of a mistake."""
    try:
        return TopicMatcher([TopicDefinition("query", "Query", query)])
    except QueryError as error:
        raise ConfigError(f"{error.at(error.place)}\n{pointed(query, error.position)}") from error


def pointed(query: str, column: int) -> str:
    """The part of a query around a column (1-based), and a caret below it."""
    line = "".join(" " if character in "\r\n\t" else character for character in query)
    begin, end = max(0, column - 1 - _MARGIN), column - 1 + _MARGIN
    before, after = line[begin : column - 1], line[column - 1 : end]
    left, right = "… " if begin else "", " …" if end < len(line) else ""
    return f"  {left}{before}{after}{right}\n  {' ' * cell_len(left + before)}^"


def try_query(path: Path, query: str, language: str | None) -> tuple[int, list[TopicHit]]:
    """How many articles of the published database were looked at, and those that the query matches."""
    matcher = matcher_for(query)
    with reading(path) as connection:
        hits = [
            _hit(article, match)
            for article in each_article(connection, language)
            for match in matcher.match(stored_document(article))
        ]
        return count_articles(connection, language), hits


def each_article(connection: Connection, language: str | None = None) -> Iterator[StoredArticle]:
    """The stored articles, with progress shown."""
    progress = reporter()
    progress.begin("articles", count_articles(connection, language))
    for chunk in stored_articles(connection, _CHUNK, language):
        yield from chunk
        progress.advance("articles", len(chunk))


def _hit(article: StoredArticle, match: TopicMatch) -> TopicHit:
    return TopicHit(
        article.title,
        article.site,
        article.published_at,
        article.url,
        article.text_id,
        article.story_id,
        match.score,
        best_quote(article, match),
    )


def best_quote(article: StoredArticle, match: TopicMatch) -> Quote | None:
    """The sentence of the text that says most; None where only the title or a condition matched."""
    return next(iter(best_quotes(places(article, match.evidence), 1)), None)


def places(article: StoredArticle, evidence: Iterable[Evidence]) -> list[Place]:
    """The evidence as present shows it."""
    fields = {"title": article.title, "text": article.text}
    return [
        Place(item.field, item.term, fields.get(item.field, "")[item.start : item.end], item.sentence)
        for item in evidence
    ]


def differences(path: Path, config: Config) -> list[Difference]:
    """What the configured topics would change in the stored matches, by topic; a topic that has left drops them all."""
    versions = {topic.topic_id: topic.version for topic in topic_versions(config)}
    matcher = TopicMatcher(topic_definitions(config))
    with reading(path) as connection:
        stored = _stored_matches(connection)
        old_versions = dict(connection.execute("SELECT topic_id, topic_version FROM topics WHERE active").fetchall())
        changes = {topic_id: _Change() for topic_id in sorted({*versions, *stored_topics(stored)})}
        for article in each_article(connection):
            new = {match.topic_id: match.score for match in matcher.match(stored_document(article))}
            old = stored.get(article.article_id, {})
            for topic_id in new.keys() | old.keys():
                changes[topic_id].note(article, new.get(topic_id), old.get(topic_id))
    return [
        change.difference(topic_id, _versions(old_versions.get(topic_id), versions.get(topic_id)))
        for topic_id, change in changes.items()
    ]


def _stored_matches(connection: Connection) -> dict[str, dict[str, float]]:
    """Article to topic to score."""
    found: dict[str, dict[str, float]] = {}
    for article_id, topic_id, score in connection.execute(
        "SELECT article_id, topic_id, score FROM article_topics"
    ).fetchall():
        found.setdefault(article_id, {})[topic_id] = score
    return found


def stored_topics(stored: dict[str, dict[str, float]]) -> set[str]:
    """The topics that have matches."""
    return {topic_id for topics in stored.values() for topic_id in topics}


def _versions(old: str | None, new: str | None) -> str:
    if new is None:
        return "  (no longer configured)"
    if old is None:
        return f"  (new, version {new})"
    return "" if old == new else f"  (version {old} to {new})"


class _Change:
    """The articles that one topic adds, drops and keeps."""

    def __init__(self) -> None:
        self._added: list[Moved] = []
        self._dropped: list[Moved] = []
        self._kept = 0

    def note(self, article: StoredArticle, new: float | None, old: float | None) -> None:
        """One article that has the topic before, after, or both."""
        if new is not None and old is not None:
            self._kept += 1
        elif new is not None:
            self._added.append(Moved(article.title, article.site, article.published_at, new))
        elif old is not None:
            self._dropped.append(Moved(article.title, article.site, article.published_at, old))

    def difference(self, topic_id: str, versions: str) -> Difference:
        """The outcome, best first."""
        return Difference(topic_id, versions, _best_first(self._added), _best_first(self._dropped), self._kept)


def _best_first(moved: Sequence[Moved]) -> list[Moved]:
    return sorted(moved, key=lambda item: (-item.score, item.published_at, item.title))
