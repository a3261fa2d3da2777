"""What articles mean, as vectors: those near in meaning are found although they share no word.

The vectors are WordLlama's (256 dimensions, averaged embeddings of tokens; its model is in its package), kept as whole
numbers from -127 to 127: a quarter of the size, and the cosines differ in the third digit only.
"""

from __future__ import annotations

from collections.abc import Sequence

from tasks.store import embedding
from tasks.store.rows import reading, to_json
from tasks.store.state import Connection, transaction

BATCH = 512
"""Articles in one transaction."""
CHARACTERS = 2000
"""Of a text, as many at its beginning are looked at: news tells first what matters, and time grows with the length."""
INSTALL = "pip install 'newsdesk[semantic]'"


def available() -> bool:
    """Whether the extra `semantic` is installed."""
    return embedding.available()


def add_vectors(connection: Connection, limit: int | None = None) -> int:
    """Add the vectors of articles that are new or changed, newest first; returns how many were added.

    At most `limit` articles; none where the extra `semantic` is not installed.
    """
    if not available():
        return 0
    connection.execute(_WAITING)
    waiting = connection.execute("SELECT count(*) FROM unembedded").fetchall()[0][0]
    todo = int(waiting) if limit is None else min(int(waiting), limit)
    for first in range(0, todo, BATCH):
        _add_batch(connection, first, min(first + BATCH, todo))
    return todo


def _add_batch(connection: Connection, first: int, last: int) -> None:
    rows = connection.execute(_TEXTS, {"first": first, "last": last, "characters": CHARACTERS}).fetchall()
    vectors = embed([text for _, _, text in rows])
    records = [
        {"article_id": article_id, "content_hash": content_hash, "vector": vector}
        for (article_id, content_hash, _), vector in zip(rows, vectors, strict=True)
    ]
    with transaction(connection):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE embedded AS {_ROWS}", {"rows": to_json(records)})
        connection.execute("DELETE FROM article_vectors WHERE article_id IN (SELECT article_id FROM embedded)")
        connection.execute("INSERT INTO article_vectors FROM embedded")


def embed(texts: Sequence[str]) -> list[list[int]]:
    """The vector of each text, its largest component ±127; all zeros where there is nothing to go by.

    Raises ModuleNotFoundError where the extra `semantic` is not installed.
    """
    import numpy as np

    found = embedding.model().means(texts)
    largest = np.abs(found).max(axis=1, keepdims=True, initial=0.0)
    scaled = np.divide(127 * found, largest, out=np.zeros_like(found), where=largest > 0)
    whole: list[list[int]] = np.rint(scaled).astype(int).tolist()
    return whole


# Texts are fetched by where they lie: a join on article_id would read all texts there are.
_WAITING = """
    CREATE OR REPLACE TEMP TABLE unembedded AS
    SELECT articles.rowid AS row, row_number() OVER (ORDER BY published_at DESC, article_id) - 1 AS place
    FROM articles ANTI JOIN article_vectors USING (article_id, content_hash)"""

_TEXTS = """
    SELECT article_id, content_hash, trim(concat(title, chr(10), left(text, $characters)), concat(' ', chr(10)))
    FROM articles JOIN (SELECT * FROM unembedded WHERE place >= $first AND place < $last) AS u ON articles.rowid = u.row
    ORDER BY place"""

_ROWS = reading({"article_id": "VARCHAR", "content_hash": "VARCHAR", "vector": ["TINYINT"]})
