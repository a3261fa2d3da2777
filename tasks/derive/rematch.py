"""Topics and places of articles that are stored already, in a worker process or here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.derive.definitions import Document, TopicDefinition
from tasks.derive.places import find_places
from tasks.derive.pool import ItemPool
from tasks.derive.topics import TopicMatcher
from tasks.model import Place, StoredArticle, TopicMatch


@dataclass(frozen=True, slots=True)
class Rematched:
    """The topics and places of one article; where `error` says why they could not be found, what was known stays."""

    article_id: str
    matches: tuple[TopicMatch, ...] = ()
    places: tuple[Place, ...] = ()
    error: str | None = None


class Rematcher:
    """Matches stored articles, one by one."""

    def __init__(self, topics: Sequence[TopicDefinition]) -> None:
        self._matcher = TopicMatcher(topics)

    def derive(self, article: StoredArticle) -> Rematched:
        """Never raises: an article that brings the code down keeps what it had."""
        try:
            matches = self._matcher.match(stored_document(article))
            return Rematched(article.article_id, matches, find_places(article.title, article.text, article.language))
        except (Exception, MemoryError) as error:
            return Rematched(article.article_id, error=f"{type(error).__name__}: {error}"[:500])


class RematchPool(ItemPool[Sequence[TopicDefinition], StoredArticle, Rematched]):
    """Worker processes that match stored articles. `timeout` is in seconds for each."""

    def __init__(self, topics: Sequence[TopicDefinition], workers: int, timeout: float) -> None:
        super().__init__(topics, workers, timeout, Rematcher, _failed)


def _failed(article: StoredArticle, error: str) -> Rematched:
    return Rematched(article.article_id, error=error)


def stored_document(article: StoredArticle) -> Document:
    """What queries see of a stored article: the same as when it was new."""
    return Document(
        title=article.title,
        text=article.text,
        url=article.url,
        site=article.site,
        source=article.source_id or "",
        language=article.language or "",
        country=article.country or "",
        tags=article.tags,
        authors=article.authors,
        published_at=article.published_at,
    )
