"""Texts: which of the articles that wait are copies or light rewrites of a text that is known, or of one another.

A text is represented by its first article for as long as that can be compared (see `stories.KEPT`). Candidates agree in
a band of the MinHash signature (locality-sensitive hashing: Leskovec, Rajaraman and Ullman, "Mining of Massive
Datasets", chapter 3); all hash values together then verify them, and so do names and numbers: a copy keeps them, a
template that is filled in again has others. Nothing is compared beyond `window` days of publication."""

from __future__ import annotations

from datetime import datetime

from tasks.store.state import Connection

LIKENESS = 0.5
"""Estimated Jaccard similarity of the sets of word pairs from which a text counts as a copy."""
CHANGED_DETAILS, CHANGED_SHARE = 1, 0.3
"""A copy may have so many other names and numbers, and so large a share of those of the text that has fewer."""
TEMPLATE, TEMPLATE_SHARE = 0.3, 0.6
"""Two texts at least so similar that share less than that part of their names and numbers are one template."""


def text_id(table: str) -> str:
    """An SQL expression for the id of a text: made of its first article, a row of `table`, and of what that said."""
    return f"left(sha256({table}.article_id || ' ' || {table}.content_hash), 16)"


def find_texts(connection: Connection, window: int, first: datetime, last: datetime) -> None:
    """From the table `joining`, make `texted`: for each `n` its `text_id`, and whether it `leads`: is new as a text.

    Taken in the order of `n`, each article joins the text it is most like, or leads one of its own. An article that is
    known already may join only texts of its own story. `first` and `last` bound the texts to compare with.
    """
    connection.execute(_BANDS)
    connection.execute(_LIKE_KNOWN, {"window": window, "first": first, "last": last})
    connection.execute(_LIKE_OTHERS, {"window": window})
    connection.execute(_OPEN)
    connection.execute("CREATE OR REPLACE TEMP TABLE leaders (n INTEGER)")
    while _has_rows(connection, "undecided"):
        connection.execute(_LEAD)
        connection.execute("DELETE FROM undecided WHERE n IN (FROM leaders)")
        connection.execute(_FOLLOW)
    connection.execute(_TEXTED)


def _has_rows(connection: Connection, table: str) -> bool:
    return connection.execute(f"FROM {table} LIMIT 1").fetchone() is not None


_EQUAL_BYTES = " + ".join(f"CAST(xor(z[1], z[2]) & {255 << shift} = 0 AS UTINYINT)" for shift in (0, 8, 16, 24))
LIKENESS_OF = f"""
    CASE WHEN a.content_hash = b.content_hash THEN 1.0 ELSE
        (list_sum(list_transform(list_zip(a.signature, b.signature), lambda z: {_EQUAL_BYTES}))
         / (4 * len(a.signature)) - 1 / 256) / (1 - 1 / 256) END"""
"""SQL for how like texts `a` and `b` are: the share of equal low bytes, less what chance makes equal."""

# Names and numbers of the text that has fewer, and how many of them the other has too. Texts that were stored before
# these were kept have NULL.
_FEWER = "least(len(a.details), len(b.details))"
_SHARED = "len(list_intersect(a.details, b.details))"
_CHANGED = f"""(a.details IS NOT NULL AND b.details IS NOT NULL
    AND {_FEWER} - {_SHARED} > {CHANGED_DETAILS} + {CHANGED_SHARE} * {_FEWER})"""
_IS_COPY = f"likeness >= {LIKENESS} AND (a.content_hash = b.content_hash OR NOT {_CHANGED})"
IS_TEMPLATE = f"likeness >= {TEMPLATE} AND {_CHANGED} AND {_SHARED} < {TEMPLATE_SHARE} * {_FEWER}"
"""An SQL condition on texts `a` and `b` and their `likeness`: one template, filled in twice."""

_BANDS = """
    CREATE OR REPLACE TEMP TABLE bands AS
    SELECT n, published_at, unnest(signature) AS band, generate_subscripts(signature, 1) AS place FROM joining"""

_LIKE_KNOWN = f"""
    CREATE OR REPLACE TEMP TABLE like_known AS
    WITH texts AS (
        FROM pipeline.texts WHERE published_at BETWEEN $first AND $last
    ), text_bands AS (
        SELECT text_id, published_at, unnest(signature) AS band, generate_subscripts(signature, 1) AS place FROM texts
    ), candidates AS (
        SELECT b.n, t.text_id FROM bands AS b JOIN text_bands AS t ON t.band = b.band AND t.place = b.place
        UNION
        SELECT j.n, t.text_id FROM joining AS j JOIN texts AS t USING (content_hash)
    )
    SELECT a.n, b.text_id, {LIKENESS_OF} AS likeness
    FROM candidates AS c JOIN joining AS a USING (n) JOIN texts AS b USING (text_id)
    WHERE {_IS_COPY} AND (a.is_new OR a.story_id = b.story_id)
      AND abs(epoch(a.published_at) - epoch(b.published_at)) <= 86400 * $window"""

_LIKE_OTHERS = f"""
    CREATE OR REPLACE TEMP TABLE like_others AS
    WITH candidates AS (
        SELECT a.n AS earlier, b.n
        FROM bands AS a JOIN bands AS b ON a.band = b.band AND a.place = b.place AND a.n < b.n
        UNION
        SELECT a.n, b.n FROM joining AS a JOIN joining AS b ON a.content_hash = b.content_hash AND a.n < b.n
    )
    SELECT b.n, a.n AS earlier, {LIKENESS_OF} AS likeness
    FROM candidates AS c JOIN joining AS a ON a.n = c.earlier JOIN joining AS b ON b.n = c.n
    WHERE {_IS_COPY} AND (b.is_new OR a.story_id = b.story_id)
      AND abs(epoch(a.published_at) - epoch(b.published_at)) <= 86400 * $window"""

_OPEN = """
    CREATE OR REPLACE TEMP TABLE undecided AS
    SELECT n FROM joining WHERE n NOT IN (SELECT n FROM like_known)"""

# Whoever is like nobody earlier that may still lead.
_LEAD = """
    INSERT INTO leaders
    SELECT n FROM undecided WHERE n NOT IN (
        SELECT n FROM like_others WHERE earlier IN (FROM undecided) AND n IN (FROM undecided))"""

_FOLLOW = """
    DELETE FROM undecided WHERE n IN (SELECT n FROM like_others WHERE earlier IN (FROM leaders))"""

_TEXTED = f"""
    CREATE OR REPLACE TEMP TABLE texted AS
    WITH own AS (
        SELECT n, {text_id("joining")} AS text_id FROM joining
    ), alike AS (
        SELECT n, text_id, likeness, 0 AS earlier FROM like_known
        UNION ALL
        SELECT o.n, own.text_id, o.likeness, o.earlier FROM like_others AS o JOIN own ON own.n = o.earlier
        WHERE o.earlier IN (FROM leaders)
    )
    SELECT own.n, any_value(own.text_id) AS text_id, true AS leads FROM own JOIN leaders USING (n) GROUP BY own.n
    UNION ALL
    SELECT n, first(text_id ORDER BY likeness DESC, earlier, text_id), false
    FROM alike WHERE n NOT IN (FROM leaders) GROUP BY n"""
