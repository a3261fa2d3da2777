"""Which stories the new texts belong to: average linkage over the cosine of term vectors, as texts arrive.

Two stories, or a new text and a story, are one where the mean similarity of their texts is high enough; the fewer pairs
of texts that mean is taken over, the higher it must be. It must also not fall far behind the similarity inside either
story, which keeps two events of one kind apart, and a story spans no more than a window of days. Two texts that are
one template, filled in twice, count as having nothing in common. Of all pairs that
may be joined, those that are each other's best are joined first, until none is left (reciprocal nearest neighbours:
Murtagh, "A survey of recent advances in hierarchical clustering algorithms", 1983). With whole numbers throughout,
the result depends on the texts alone, not on threads or machines.
"""

from __future__ import annotations

from datetime import datetime

from tasks.store.copies import IS_TEMPLATE, LIKENESS_OF
from tasks.store.state import Connection
from tasks.store.storyvectors import UNIT

LEAST = 0.05
"""Mean cosine from which two stories are joined, were there endless pairs of texts to tell it from."""
UNCERTAINTY = 0.17
"""What is asked for beyond that is so much by the square root of the number of pairs."""
COHESION = 0.8
"""Share of the mean cosine inside either story that the mean cosine between two large ones must reach."""
LENIENCE = 0.5
"""What is taken off that share is so much by the square root of the number of texts in the smaller story."""
LOOKED_UP = 24
"""The heaviest terms of a text, by which others are found that may tell the same story."""
PARTIAL = 0.04
"""The part of the cosine that those terms must give."""
COMMON = 1000
"""A term that more texts of the window have among those is looked up no more."""


def link_stories(connection: Connection, window: int, first: datetime, last: datetime) -> None:
    """Make the table `renamed`: the stories, those of new texts included, that become part of another one.

    New are the texts that lead in `texted` and belong to an article that is new; each is its own story so far.
    """
    bounds = {"first": first, "last": last}
    connection.execute(_FRESH)
    connection.execute(_MET, {**bounds, "window": window})
    connection.execute(_CLUSTERS)
    connection.execute(_CLUSTER_TERMS)
    connection.execute(_SIZES)
    connection.execute(_LINKS)
    connection.execute(_LINKS_BETWEEN_KNOWN)
    connection.execute(_TEMPLATES)
    connection.execute(_TAKE_OFF_TEMPLATES)
    while connection.execute(_CLOSEST, {"window": window}).fetchall()[0][0]:
        for statement in (_MERGE_SIZES, _MERGE_LINKS, _MERGE_MEMBERS):
            connection.execute(statement)
    connection.execute(_RENAMED)


_FRESH = """
    CREATE OR REPLACE TEMP TABLE fresh AS
    SELECT j.n, j.story_id, t.text_id FROM joining AS j JOIN texted AS t USING (n) WHERE leads AND is_new"""

# Pairs of stories, the first of them fresh, in which two texts have heavy terms in common.
_MET = f"""
    CREATE OR REPLACE TEMP TABLE met AS
    WITH wanted AS (
        SELECT f.story_id, t.text_id, t.published_at, unnest(t.terms[:{LOOKED_UP}]) AS term,
               unnest(t.weights[:{LOOKED_UP}]) AS weight
        FROM fresh AS f JOIN pipeline.texts AS t USING (text_id)
    ), posted AS (
        SELECT story_id, text_id, published_at, unnest(terms[:{LOOKED_UP}]) AS term,
               unnest(weights[:{LOOKED_UP}]) AS weight
        FROM pipeline.texts WHERE published_at BETWEEN $first AND $last
    ), found AS (
        FROM posted WHERE term IN (SELECT term FROM wanted) QUALIFY count(*) OVER (PARTITION BY term) <= {COMMON}
    ), partial AS (
        SELECT w.story_id AS a, f.story_id AS b, f.text_id,
               sum(CAST(w.weight AS DOUBLE) * f.weight) AS dot
        FROM wanted AS w JOIN found AS f USING (term)
        WHERE w.story_id <> f.story_id
          AND abs(epoch(w.published_at) - epoch(f.published_at)) <= 86400 * $window
        GROUP BY ALL
    )
    SELECT DISTINCT least(a, b) AS a, greatest(a, b) AS b FROM partial WHERE dot >= {PARTIAL * UNIT * UNIT}"""

_CLUSTERS = """
    CREATE OR REPLACE TEMP TABLE members AS
    SELECT CAST(row_number() OVER (ORDER BY story_id) AS INTEGER) AS c, story_id
    FROM (SELECT a AS story_id FROM met UNION SELECT b FROM met)"""

_CLUSTER_TERMS = """
    CREATE OR REPLACE TEMP TABLE cluster_terms AS
    SELECT c, term, sum(CAST(weight AS DOUBLE)) AS weight
    FROM (SELECT m.c, unnest(t.terms) AS term, unnest(t.weights) AS weight
          FROM pipeline.texts AS t JOIN members AS m USING (story_id))
    GROUP BY c, term"""

# `inside` is the sum of the cosines over the ordered pairs of different texts.
_SIZES = f"""
    CREATE OR REPLACE TEMP TABLE sizes AS
    SELECT m.c, CAST(count(*) AS DOUBLE) AS size, min(t.published_at) AS first, max(t.published_at) AS last,
           any_value(w.square) - count(*) * {float(UNIT * UNIT)} AS inside
    FROM members AS m JOIN pipeline.texts AS t USING (story_id)
    JOIN (SELECT c, sum(weight * weight) AS square FROM cluster_terms GROUP BY c) AS w USING (c)
    GROUP BY m.c"""

# Materialised, because joining on the term first would pair all stories that have one in common.
_DOT = """
    WITH sides AS MATERIALIZED (
        SELECT p.a, p.b, x.term, x.weight FROM pairs AS p JOIN cluster_terms AS x ON x.c = p.a
    )
    SELECT s.a, s.b, sum(s.weight * y.weight) AS dot
    FROM sides AS s JOIN cluster_terms AS y ON y.c = s.b AND y.term = s.term
    GROUP BY s.a, s.b"""

_LINKS = f"""
    CREATE OR REPLACE TEMP TABLE links AS
    WITH pairs AS (
        SELECT x.c AS a, y.c AS b
        FROM met JOIN members AS x ON x.story_id = met.a JOIN members AS y ON y.story_id = met.b
    ), dots AS ({_DOT})
    SELECT d.* FROM dots AS d JOIN sizes AS x ON x.c = d.a JOIN sizes AS y ON y.c = d.b
    WHERE d.dot >= {LEAST * UNIT * UNIT} * x.size * y.size"""

# Two known stories may turn out to be one where a new text is close to both.
_LINKS_BETWEEN_KNOWN = f"""
    INSERT INTO links
    WITH known AS (
        SELECT c FROM members WHERE story_id NOT IN (SELECT story_id FROM fresh)
    ), sided AS (
        SELECT a AS new, b AS old FROM links WHERE b IN (FROM known)
        UNION ALL
        SELECT b, a FROM links WHERE a IN (FROM known)
    ), pairs AS (
        SELECT DISTINCT x.old AS a, y.old AS b FROM sided AS x JOIN sided AS y ON x.new = y.new AND x.old < y.old
    )
    FROM ({_DOT})"""

# For pairs of stories that may be joined, the sum of the cosines of those pairs of their texts that are one template.
_TEMPLATES = f"""
    CREATE OR REPLACE TEMP TABLE templates AS
    WITH told AS (
        SELECT m.c, t.* FROM pipeline.texts AS t JOIN members AS m USING (story_id)
        WHERE m.c IN (SELECT a FROM links UNION SELECT b FROM links)
    ), bands AS MATERIALIZED (
        SELECT c, text_id, unnest(signature) AS band, generate_subscripts(signature, 1) AS place FROM told
    ), sides AS MATERIALIZED (
        SELECT l.a, l.b, x.text_id, x.band, x.place FROM links AS l JOIN bands AS x ON x.c = l.a
    ), alike AS (
        SELECT DISTINCT s.a, s.b, s.text_id AS one, y.text_id AS other
        FROM sides AS s JOIN bands AS y ON y.c = s.b AND y.band = s.band AND y.place = s.place
    ), pairs AS (
        SELECT p.a, p.b, row_number() OVER () AS pair, {LIKENESS_OF} AS likeness,
               a.terms, a.weights, b.terms AS other_terms, b.weights AS other_weights
        FROM alike AS p JOIN told AS a ON a.text_id = p.one JOIN told AS b ON b.text_id = p.other WHERE {IS_TEMPLATE}
    ), sided AS (
        SELECT a, b, pair, unnest(terms) AS term, unnest(weights) AS weight FROM pairs
        UNION ALL
        SELECT a, b, pair, unnest(other_terms), unnest(other_weights) FROM pairs
    )
    SELECT a, b, sum(dot) AS dot  -- of the terms that both texts have
    FROM (SELECT a, b, CAST(product(weight) AS DOUBLE) AS dot FROM sided GROUP BY a, b, pair, term HAVING count(*) = 2)
    GROUP BY a, b"""

_TAKE_OFF_TEMPLATES = """
    UPDATE links AS l SET dot = l.dot - t.dot FROM templates AS t WHERE l.a = t.a AND l.b = t.b"""

# Counts the pairs that are joined in this round.
_CLOSEST = f"""
    CREATE OR REPLACE TEMP TABLE closest AS
    WITH scored AS (
        SELECT l.a, l.b, l.dot / {float(UNIT * UNIT)} / (x.size * y.size) AS score,
               {COHESION} - {LENIENCE} / sqrt(least(x.size, y.size)) AS share
        FROM links AS l JOIN sizes AS x ON x.c = l.a JOIN sizes AS y ON y.c = l.b
        WHERE score >= {LEAST} + {UNCERTAINTY} / sqrt(x.size * y.size)
          AND l.dot >= share * y.size * x.inside / greatest(1, x.size - 1)
          AND l.dot >= share * x.size * y.inside / greatest(1, y.size - 1)
          AND epoch(greatest(x.last, y.last)) - epoch(least(x.first, y.first)) <= 86400 * $window
    ), sided AS (
        SELECT a AS c, a, b, score FROM scored UNION ALL SELECT b, a, b, score FROM scored
    ), best AS (
        FROM sided QUALIFY row_number() OVER (PARTITION BY c ORDER BY score DESC, a, b) = 1
    )
    SELECT a, b FROM best GROUP BY a, b HAVING count(*) = 2"""

_MERGE_SIZES = """
    CREATE OR REPLACE TEMP TABLE sizes AS
    SELECT coalesce(m.a, s.c) AS c, sum(s.size) AS size, min(s.first) AS first, max(s.last) AS last,
           sum(s.inside) + coalesce(2 * any_value(l.dot), 0) AS inside
    FROM sizes AS s LEFT JOIN closest AS m ON m.b = s.c LEFT JOIN links AS l ON l.a = m.a AND l.b = m.b
    GROUP BY ALL"""

_MERGE_LINKS = """
    CREATE OR REPLACE TEMP TABLE links AS
    WITH moved AS (
        SELECT coalesce(x.a, l.a) AS a, coalesce(y.a, l.b) AS b, l.dot
        FROM links AS l LEFT JOIN closest AS x ON x.b = l.a LEFT JOIN closest AS y ON y.b = l.b
    )
    SELECT least(a, b) AS a, greatest(a, b) AS b, sum(dot) AS dot FROM moved WHERE a <> b GROUP BY ALL"""

_MERGE_MEMBERS = "UPDATE members SET c = closest.a FROM closest WHERE members.c = closest.b"

# The story that began first keeps its id; among new ones that of the earliest article.
_RENAMED = """
    CREATE OR REPLACE TEMP TABLE renamed AS
    SELECT m.story_id, f.n IS NULL AS was_known,
           first_value(m.story_id) OVER (
               PARTITION BY m.c ORDER BY f.n NULLS FIRST, s.first_published_at, m.story_id) AS into_id
    FROM members AS m LEFT JOIN fresh AS f USING (story_id) LEFT JOIN stories AS s USING (story_id)
    QUALIFY into_id <> m.story_id"""
