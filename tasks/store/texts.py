"""The stored articles as topics see them, read in chunks: texts of a whole collection never lie in memory at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tasks.model import StoredArticle
from tasks.store.rows import strings, to_json
from tasks.store.state import Connection

_ARTICLES = """
    SELECT a.article_id, a.url, a.site, a.title, a.text, a.language, a.source_id, s.country,
           a.published_at, a.content_hash, a.text_id, a.story_id, a.tags || coalesce(s.tags, []), a.authors
    FROM articles AS a LEFT JOIN sources AS s USING (source_id)
    WHERE $language IS NULL OR a.language = $language OR starts_with(a.language, $language || '-')"""


def count_articles(connection: Connection, language: str | None = None) -> int:
    """How many articles there are (in this language and its regional forms)."""
    row = connection.execute(f"SELECT count(*) FROM ({_ARTICLES})", {"language": language}).fetchone()
    return int(row[0]) if row else 0


def stored_articles(connection: Connection, size: int, language: str | None = None) -> Iterator[list[StoredArticle]]:
    """All articles (in this language and its regional forms), in lists of at most `size`, as they were at the start.

    The connection may be used for other queries meanwhile.
    """
    with connection.cursor() as reading:
        reading.execute(_ARTICLES, {"language": language})
        while rows := reading.fetchmany(size):
            yield [StoredArticle(*map(_value, row)) for row in rows]


def articles_by_id(connection: Connection, ids: Sequence[str]) -> dict[str, StoredArticle]:
    """These articles, by id."""
    query = f"FROM ({_ARTICLES}) WHERE article_id IN ({strings('ids')})"
    rows = connection.execute(query, {"language": None, "ids": to_json(ids)}).fetchall()
    return {row[0]: StoredArticle(*map(_value, row)) for row in rows}


def _value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
