"""Stories: groups of texts on one event, and texts: groups of articles that are copies of one another.

Every commit of articles gives the new ones a text and a story of their own; `settle`, before each publication, finds
out which of them are copies of a text and tell a story that is known or new. It takes those that wait in the order of
their publication, so that the same passes with the same pages give the same ids, in whatever order the pages came in.
"""

from __future__ import annotations

from datetime import timedelta

from tasks.store.copies import find_texts, text_id
from tasks.store.linkage import link_stories
from tasks.store.state import Connection, transaction
from tasks.store.storyvectors import add_texts

WINDOW = timedelta(days=14)
"""Articles that were published further apart are not compared, and a story grows to no longer a span."""
KEPT = timedelta(days=30)
"""How long after its arrival or publication a text can be compared with others; twice the window and a bit."""
BATCH = 500
"""Articles that are joined at a time."""


def assign(connection: Connection) -> None:
    """Give every article in the temporary table `chosen` a text and a story for now, as table `storied`.

    An article that is known, by `held_articles`, keeps its own.
    """
    connection.execute(_ASSIGN)


def await_settling(connection: Connection) -> None:
    """Note the articles in `storied` that are new or have another text, and count their stories.

    `prepared` has them as they are stored by now.
    """
    connection.execute("DELETE FROM pipeline.arrivals WHERE article_id IN (SELECT article_id FROM storied)")
    connection.execute(_ARRIVE)
    connection.execute(_TOUCH_KNOWN)
    _count_again(connection, "prepared")
    connection.execute(_COUNT_NEW)


def settle(connection: Connection) -> int:
    """Join all articles that wait to texts and stories; returns how many stories are new.

    To be called once before each publication: what it has joined stays. A story that grows keeps its id; one that turns
    out to be the same as an earlier one becomes part of that, and leaves a row in `story_redirects`. Each `BATCH` is a
    transaction of its own: where it is cut off, the rest waits for the next call.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE begun (story_id VARCHAR)")
    while connection.execute(_NEXT).fetchall()[0][0]:
        with transaction(connection):
            _join(connection)
    connection.execute(_FORGET)
    row = connection.execute("SELECT count(*) FROM begun JOIN stories USING (story_id)").fetchone()
    return int(row[0]) if row else 0


def _join(connection: Connection) -> None:
    """Join the articles in the temporary table `joining`."""
    bounds = connection.execute("SELECT min(published_at), max(published_at) FROM joining").fetchall()[0]
    first, last = bounds[0] - WINDOW, bounds[1] + WINDOW
    find_texts(connection, WINDOW.days, first, last)
    add_texts(connection)
    link_stories(connection, WINDOW.days, first, last)
    connection.execute(_RENAME_TEXTS)
    connection.execute(_SETTLED)
    connection.execute(_TOUCH)
    connection.execute("DELETE FROM pipeline.arrivals WHERE article_id IN (SELECT article_id FROM joining)")
    for statement in (_WRITE_ARTICLES, _MOVE_ARTICLES, _RENAME_ARRIVALS, _SHORTEN_REDIRECTS, _REDIRECT, _NOTE_BEGUN):
        connection.execute(statement)
    _count_again(connection, "joining")


def _count_again(connection: Connection, changed: str) -> None:
    """Make the rows of the stories in `touched` anew, from their articles; those in `changed` are not as before."""
    if connection.execute("FROM touched LIMIT 1").fetchone():
        bounds = connection.execute(_BOUNDS.format(changed=changed)).fetchall()[0]
        connection.execute("DELETE FROM stories WHERE story_id IN (FROM touched)")
        connection.execute(_COUNT, {"first": bounds[0], "last": bounds[1]})


_ASSIGN = f"""
    CREATE OR REPLACE TEMP TABLE storied AS
    SELECT c.*, coalesce(a.story_id, c.article_id) AS story_id,
           coalesce(a.text_id, {text_id("c")}) AS text_id,
           a.article_id IS NULL OR coalesce(w.is_new, false) AS is_new,
           a.content_hash IS DISTINCT FROM c.content_hash OR w.article_id IS NOT NULL AS is_waiting
    FROM chosen AS c
    LEFT JOIN held_articles AS a ON a.article_id = c.article_id
    LEFT JOIN pipeline.arrivals AS w ON w.article_id = c.article_id"""

_ARRIVE = """
    INSERT INTO pipeline.arrivals BY NAME
    SELECT article_id, s.is_new, a.published_at, a.language, a.content_hash, a.story_id,
           coalesce(s.signature, []) AS signature, coalesce(s.terms, []) AS terms, coalesce(s.weights, []) AS weights,
           coalesce(s.details, []) AS details
    FROM storied AS s JOIN prepared AS a USING (article_id) WHERE s.is_waiting"""

# An article that is new has a story of its own for now, which nothing else can belong to: of those only one row each is
# to be made, without looking for them among all.
_TOUCH_KNOWN = """
    CREATE OR REPLACE TEMP TABLE touched AS
    SELECT DISTINCT story_id FROM storied SEMI JOIN held_articles USING (article_id)"""

_COUNT_NEW = """
    INSERT INTO stories BY NAME
    SELECT story_id, title, published_at AS first_published_at, published_at AS last_published_at, 1 AS articles,
           1 AS unique_texts, 1 AS sites, article_id AS origin_article_id
    FROM prepared ANTI JOIN held_articles USING (article_id) ORDER BY story_id"""

# Articles that are known come first: their stories stand.
_NEXT = f"""
    CREATE OR REPLACE TEMP TABLE joining AS
    SELECT CAST(row_number() OVER (ORDER BY is_new, published_at, article_id) AS INTEGER) AS n, *
    FROM (FROM pipeline.arrivals ORDER BY is_new, published_at, article_id LIMIT {BATCH})"""

_RENAME_TEXTS = """
    UPDATE pipeline.texts AS t SET story_id = r.into_id FROM renamed AS r WHERE t.story_id = r.story_id"""

_RENAME_ARRIVALS = """
    UPDATE pipeline.arrivals AS w SET story_id = r.into_id FROM renamed AS r WHERE w.story_id = r.story_id"""

_SETTLED = """
    CREATE OR REPLACE TEMP TABLE settled AS
    SELECT j.article_id, j.is_new, j.story_id AS was, t.text_id, t.story_id
    FROM joining AS j JOIN texted USING (n) JOIN pipeline.texts AS t ON t.text_id = texted.text_id"""

_TOUCH = """
    CREATE OR REPLACE TEMP TABLE touched AS
    SELECT story_id FROM settled UNION SELECT was FROM settled
    UNION SELECT story_id FROM renamed UNION SELECT into_id FROM renamed"""

_WRITE_ARTICLES = """
    UPDATE articles AS a SET text_id = s.text_id, story_id = s.story_id
    FROM settled AS s WHERE a.article_id = s.article_id AND (a.text_id, a.story_id) <> (s.text_id, s.story_id)"""

_MOVE_ARTICLES = """
    UPDATE articles AS a SET story_id = r.into_id FROM renamed AS r WHERE r.was_known AND a.story_id = r.story_id"""

_SHORTEN_REDIRECTS = """
    UPDATE story_redirects AS d SET merged_into = r.into_id FROM renamed AS r WHERE d.merged_into = r.story_id"""

# Nobody has seen the stories that began since the last publication.
_REDIRECT = """
    INSERT INTO story_redirects
    SELECT story_id, into_id, make_timestamp(epoch_us(now())) FROM renamed
    WHERE was_known AND story_id NOT IN (FROM begun) ORDER BY story_id"""

_NOTE_BEGUN = """
    INSERT INTO begun SELECT DISTINCT story_id FROM settled WHERE is_new AND story_id NOT IN (FROM begun)
        AND story_id IN (SELECT was FROM settled WHERE is_new)"""

_FORGET = f"""
    DELETE FROM pipeline.texts
    WHERE greatest(joined_at, published_at) < make_timestamp(epoch_us(now())) - INTERVAL {KEPT.days} DAY"""

# Articles lie in the order of their arrival: with these bounds, few of them are looked at.
_BOUNDS = """
    SELECT min(first_published_at), max(last_published_at) FROM (
        SELECT first_published_at, last_published_at FROM stories WHERE story_id IN (FROM touched)
        UNION ALL SELECT published_at, published_at FROM {changed})"""

# The origin is the earliest article of a site that another article of the story credits, else the earliest article that
# credits nobody else. A credit names a host or the domain above it.
_COUNT = """
    INSERT INTO stories BY NAME
    WITH told AS (
        SELECT story_id, article_id, text_id, title, site, published_at, original_source
        FROM articles WHERE story_id IN (FROM touched) AND published_at BETWEEN $first AND $last
    ), credited AS (
        SELECT DISTINCT t.article_id
        FROM told AS t JOIN told AS c ON c.story_id = t.story_id AND c.original_source IS NOT NULL
        WHERE t.site = c.original_source OR ends_with(t.site, '.' || c.original_source)
           OR ends_with(c.original_source, '.' || t.site)
    ), ranked AS (
        SELECT t.*, row_number() OVER (
            PARTITION BY story_id
            ORDER BY c.article_id IS NULL, original_source IS NOT NULL, published_at, t.article_id) AS place
        FROM told AS t LEFT JOIN credited AS c ON c.article_id = t.article_id
    )
    SELECT story_id,
           min_by(title, place) AS title,
           min(published_at) AS first_published_at,
           max(published_at) AS last_published_at,
           count(*) AS articles,
           count(DISTINCT text_id) AS unique_texts,
           count(DISTINCT site) AS sites,
           min_by(article_id, place) AS origin_article_id
    FROM ranked GROUP BY story_id"""
