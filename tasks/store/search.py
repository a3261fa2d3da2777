"""The inverted index behind `search(q)`: tables in schema `fts`, built set-wise and only ever added to.

A pass indexes what it brought as a segment of its own, a run of documents whose postings lie sorted by word; segments
are merged by size as in a log-structured merge tree (O'Neil et al., 1996). Stems come from DuckDB's fts extension, out
of its package; they stand in the dictionary, so that searching needs no extension.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import NamedTuple

import duckdb

from tasks.store.state import Connection, transaction

BATCH = 2_048
"""Articles that are indexed in one transaction; of 220 words each, they take 160 MB."""
SMALL, FULL = 8_192, 65_536
"""Documents: passes merge segments smaller than the one, `maintain` merges those smaller than the other."""
MAX_WEIGHT = 15
TITLE_WEIGHT = 5
"""What a word in the title counts, in occurrences in the text; and where counting ends."""
MAX_WORD = 40
"""Characters; what is longer is no word."""

STEMMERS = {
    "ar": "arabic", "eu": "basque", "ca": "catalan", "da": "danish", "nl": "dutch", "en": "english", "fi": "finnish",
    "fr": "french", "de": "german", "el": "greek", "hi": "hindi", "hu": "hungarian", "id": "indonesian", "ga": "irish",
    "it": "italian", "lt": "lithuanian", "ne": "nepali", "no": "norwegian", "nb": "norwegian", "nn": "norwegian",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "es": "spanish", "sv": "swedish",
    "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""Language to the extension's name for its stemmer; in other languages a word is its own stem."""

_logger = logging.getLogger(__name__)


def load_stemmers(connection: Connection) -> bool:
    """Load the fts extension from its package; returns whether that worked. Nothing is ever downloaded."""
    try:
        folder = resources.files("duckdb_extension_fts") / "extensions" / f"v{duckdb.__version__}"
        connection.execute("SET autoinstall_known_extensions = false")
        with resources.as_file(folder / "fts.duckdb_extension") as path:
            quoted = str(path).replace("'", "''")
            connection.execute(f"LOAD '{quoted}'")
    except (ModuleNotFoundError, OSError, duckdb.Error) as error:
        _logger.warning("search: no stemming, as the fts extension cannot be loaded: %s", str(error).partition("\n")[0])
        return False
    return True


class Indexed(NamedTuple):
    """How many articles were indexed, and how many wait for the next call."""

    added: int
    waiting: int


def index(connection: Connection, limit: int | None = None) -> Indexed:
    """Index the articles that are new or changed, newest first.

    At most `limit` articles, `BATCH` in a transaction: where it is cut off, the next call goes on.
    """
    waiting = _find_waiting(connection)
    if not waiting:
        return Indexed(0, 0)
    stemming = load_stemmers(connection)
    if stemming:
        _stem_earlier(connection)
    todo = waiting if limit is None else min(waiting, limit)
    for first in range(0, todo, BATCH):
        with transaction(connection):
            _add_segment(connection, first, min(BATCH, todo - first), stemming)
    return Indexed(todo, waiting - todo)


def _stem_earlier(connection: Connection) -> None:
    """Give words their stems that were indexed without the extension, and note the endings that are not noted yet."""
    stemmed = connection.execute(_STEM_EARLIER).fetchall()[0][0]
    if stemmed or not connection.execute("FROM fts.endings LIMIT 1").fetchall():
        connection.execute(_ADD_ENDINGS, {"after": 0})


def _find_waiting(connection: Connection) -> int:
    """Number the articles that are not indexed as they are now, as temporary table `waiting`."""
    connection.execute(_WAITING)
    row = connection.execute("SELECT count(*) FROM waiting").fetchone()
    return int(row[0]) if row else 0


def _add_segment(connection: Connection, first: int, size: int, stemming: bool) -> None:
    connection.execute(_CHOOSE, {"first": first, "last": first + size})
    connection.execute(_SPLIT)
    connection.execute(_FIND_WORDS)
    (after,) = connection.execute("SELECT coalesce(max(word_id), 0) FROM fts.words").fetchall()[0]
    connection.execute(_ADD_WORDS.format(stem=_STEM if stemming else "NULL", longest=MAX_WORD), {"after": after})
    connection.execute(_ADD_ENDINGS, {"after": after})
    connection.execute(_ADD_POSTINGS)
    connection.execute("DELETE FROM fts.documents WHERE article_id IN (SELECT article_id FROM indexing)")
    connection.execute(_ADD_DOCUMENTS)
    connection.execute("INSERT INTO fts.segments SELECT min(doc), max(doc) FROM indexing")
    for table in ("indexing", "pieces", "found"):
        connection.execute(f"DROP TABLE {table}")


def merge_small(connection: Connection) -> None:
    """Merge what passes have left, once it is `SMALL` documents: quick enough for a pass."""
    for group in _groups(_segments(connection), SMALL):
        if _documents(group) >= SMALL:
            _merge(connection, group)


def merge_all(connection: Connection) -> int:
    """Merge all segments into ones of `FULL` documents, and sort the dictionary; returns how many were merged.

    A full segment is never written again.
    """
    groups = [group for group in _groups(_segments(connection), FULL) if len(group) > 1]
    for group in groups:
        _merge(connection, group)
        connection.execute("CHECKPOINT")  # until then, what was merged lies in memory: half a gigabyte
    if groups:
        _sort_words(connection)
    return sum(map(len, groups))


def _sort_words(connection: Connection) -> None:
    """Sort the dictionary, so that looking a word up reads little of it: at 1 million words 24 ms instead of 55."""
    with transaction(connection):
        connection.execute("CREATE OR REPLACE TEMP TABLE dictionary AS FROM fts.words")
        connection.execute("DELETE FROM fts.words")
        connection.execute("INSERT INTO fts.words FROM dictionary ORDER BY folded, language, word")
        connection.execute("DROP TABLE dictionary")


Segment = tuple[int, int]
"""First and last document."""


def _segments(connection: Connection) -> list[Segment]:
    return connection.execute("SELECT first_doc, last_doc FROM fts.segments ORDER BY first_doc").fetchall()


def _documents(group: Sequence[Segment]) -> int:
    return sum(last - first + 1 for first, last in group)


def _groups(segments: Sequence[Segment], size: int) -> Iterator[list[Segment]]:
    """The segments smaller than `size` in groups of neighbours, each closed as soon as it has that many documents."""
    group: list[Segment] = []
    for segment in segments:
        small = _documents([segment]) < size
        if small:
            group.append(segment)
        if group and (not small or _documents(group) >= size):
            yield group
            group = []
    if group:
        yield group


def _merge(connection: Connection, group: Sequence[Segment]) -> None:
    """Sort the postings of neighbouring segments together, without those of documents that are no more."""
    span = {"first": group[0][0], "last": group[-1][1]}
    with transaction(connection):
        connection.execute(_MERGED, span)
        connection.execute("DELETE FROM fts.postings WHERE doc BETWEEN $first AND $last", span)
        connection.execute("INSERT INTO fts.postings FROM merged ORDER BY word_id, doc")
        connection.execute("DELETE FROM fts.segments WHERE first_doc BETWEEN $first AND $last", span)
        connection.execute("INSERT INTO fts.segments VALUES ($first, $last)", span)
        connection.execute("DROP TABLE merged")


_WAITING = """
    CREATE OR REPLACE TEMP TABLE waiting AS
    SELECT article_id, articles.rowid AS row, row_number() OVER (ORDER BY published_at DESC, article_id) - 1 AS place
    FROM articles ANTI JOIN fts.documents USING (article_id, revision, content_hash)"""

# Documents are numbered on from the highest number that any posting may have.
_CHOOSE = """
    CREATE OR REPLACE TEMP TABLE indexing AS
    SELECT CAST((SELECT coalesce(max(last_doc), 0) FROM fts.segments) + 1 + place - $first AS UINTEGER) AS doc,
           articles.article_id, revision, content_hash, coalesce(language, '') AS language, w.row
    FROM (SELECT * FROM waiting WHERE place >= $first AND place < $last) AS w JOIN articles ON articles.rowid = w.row"""

# What lies between spaces, with the documents it stands in: a million pieces of 2,000 texts are 160,000 different ones,
# and only in these words are looked for. Texts are fetched by where they lie: a join on article_id would read all texts
# there are.
_SPLIT = f"""
    CREATE OR REPLACE TEMP TABLE pieces AS
    SELECT language, piece, weight, list(doc) AS docs
    FROM (
        SELECT doc, i.language, 1 AS weight, unnest(string_split(replace(lower(text), chr(10), ' '), ' ')) AS piece
        FROM indexing AS i JOIN articles ON articles.rowid = i.row
        UNION ALL
        SELECT doc, i.language, {TITLE_WEIGHT}, unnest(string_split(lower(title), ' '))
        FROM indexing AS i JOIN articles ON articles.rowid = i.row
    )
    WHERE piece <> '' GROUP BY ALL"""

_FIND_WORDS = """
    CREATE OR REPLACE TEMP TABLE found AS
    SELECT language, weight, docs,
           unnest(CASE WHEN regexp_full_match(piece, '[a-z]+') THEN [piece] ELSE fts.tokens(piece) END) AS word
    FROM pieces"""

_STEMMER = f"coalesce(map({list(STEMMERS)}, {list(STEMMERS.values())})[left(language, 2)], 'none')"
# Stemmers leave prisão and prisões apart, détenu and détenus.
_SINGULAR = """CASE left(language, 2)
    WHEN 'pt' THEN regexp_replace(word, 'ões$', 'ão')
    WHEN 'fr' THEN regexp_replace(word, '(...)us$', '\\1u')
    ELSE word END"""
_STEM = f"fts.fold(stem({_SINGULAR}, {_STEMMER}))"

# Frequent words get low numbers: their postings lie side by side.
_ADD_WORDS = """
    INSERT INTO fts.words BY NAME
    SELECT $after + row_number() OVER (ORDER BY times DESC, language, word) AS word_id,
           language, word, fts.fold(word) AS folded, {stem} AS stem
    FROM (
        SELECT language, word, sum(len(docs)) AS times
        FROM found ANTI JOIN fts.words USING (language, word) WHERE length(word) <= {longest} GROUP BY ALL
    )"""

_STEM_EARLIER = f"UPDATE fts.words SET stem = {_STEM} WHERE stem IS NULL"

# An ending is what a word has after the letters with which its stem begins too.
_ADD_ENDINGS = """
    INSERT INTO fts.endings BY NAME
    SELECT DISTINCT language, substr(folded, n + 1) AS ending, substr(stem, n + 1) AS becomes
    FROM (
        SELECT language, folded, stem, CASE WHEN starts_with(folded, stem) THEN length(stem) ELSE
                   list_max(list_filter(range(length(stem) + 1), lambda i: left(folded, i) = left(stem, i))) END AS n
        FROM fts.words WHERE word_id > $after AND stem <> folded
    )
    WHERE n >= 2 AND (language, ending, becomes) NOT IN (SELECT (language, ending, becomes) FROM fts.endings)"""

_ADD_POSTINGS = f"""
    INSERT INTO fts.postings BY NAME
    SELECT word_id, doc, CAST(least({MAX_WEIGHT}, sum(weight)) AS UTINYINT) AS weight
    FROM (SELECT word_id, weight, unnest(docs) AS doc FROM found JOIN fts.words USING (language, word))
    GROUP BY ALL ORDER BY word_id, doc"""

_ADD_DOCUMENTS = """
    INSERT INTO fts.documents BY NAME
    SELECT doc, article_id, revision, content_hash, CAST(least(65535, coalesce(words, 0)) AS USMALLINT) AS length
    FROM indexing
    LEFT JOIN (SELECT doc, count(*) AS words FROM (SELECT unnest(docs) AS doc FROM found) GROUP BY doc) USING (doc)
    ORDER BY doc"""

_MERGED = """
    CREATE OR REPLACE TEMP TABLE merged AS
    FROM fts.postings WHERE doc BETWEEN $first AND $last AND doc IN (SELECT doc FROM fts.documents)"""
