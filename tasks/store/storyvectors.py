"""Term vectors of texts: how much each term says about the event, by how rare it is among the texts seen so far.

The weight of a term is that of `tasks.derive.storyterms` times its inverse document frequency (Spärck Jones, "A
statistical interpretation of term specificity", 1972) among the texts of its language. A vector is frozen when its text
arrives: the heaviest terms, with whole numbers as weights, scaled to the length `UNIT`. Whole numbers, because sums of
them do not depend on the order in which threads add them up.
"""

from __future__ import annotations

from tasks.store.state import Connection

UNIT = 10_000
TERMS = 48
"""Terms that a vector keeps."""
PRIOR = 20
"""So many texts count as seen before the first, so that frequencies among few texts do not say too much."""
BUCKETS = 2**18
"""Document frequencies are kept for so many buckets of terms, so that the table does not grow with the vocabulary."""


def add_texts(connection: Connection) -> None:
    """Count the terms of the texts that are new in `texted`, and add these with their vectors to `pipeline.texts`."""
    connection.execute(_COUNTED)
    for statement in (_COUNT_KNOWN_TERMS, _COUNT_NEW_TERMS, _COUNT_KNOWN_LANGUAGES, _COUNT_NEW_LANGUAGES):
        connection.execute(statement)
    connection.execute("DELETE FROM pipeline.texts WHERE text_id IN (SELECT text_id FROM texted WHERE leads)")
    connection.execute(_ADD)


_COUNTED = f"""
    CREATE OR REPLACE TEMP TABLE counted AS
    SELECT CAST(term % {BUCKETS} AS INTEGER) AS bucket, CAST(count(*) AS INTEGER) AS texts
    FROM (SELECT unnest(terms) AS term FROM joining JOIN texted USING (n) WHERE leads AND is_new) GROUP BY bucket"""

_COUNT_KNOWN_TERMS = """
    UPDATE pipeline.term_counts AS t SET texts = t.texts + c.texts FROM counted AS c WHERE t.bucket = c.bucket"""

_COUNT_NEW_TERMS = """
    INSERT INTO pipeline.term_counts
    SELECT bucket, texts FROM counted ANTI JOIN pipeline.term_counts USING (bucket) ORDER BY bucket"""

_LANGUAGES = """
    SELECT coalesce(language, '') AS language, CAST(count(*) AS INTEGER) AS texts
    FROM joining JOIN texted USING (n) WHERE leads AND is_new GROUP BY ALL"""

_COUNT_KNOWN_LANGUAGES = f"""
    UPDATE pipeline.language_counts AS l SET texts = l.texts + c.texts
    FROM ({_LANGUAGES}) AS c WHERE l.language = c.language"""

_COUNT_NEW_LANGUAGES = f"""
    INSERT INTO pipeline.language_counts
    SELECT language, texts FROM ({_LANGUAGES}) AS c
    WHERE language NOT IN (SELECT language FROM pipeline.language_counts)"""

_ADD = f"""
    INSERT INTO pipeline.texts BY NAME
    WITH leaders_now AS (
        SELECT t.text_id, j.* FROM joining AS j JOIN texted AS t USING (n) WHERE leads
    ), spread AS (
        SELECT n, coalesce(language, '') AS language, unnest(terms) AS term, unnest(weights) AS weight FROM leaders_now
    ), weighed AS (
        SELECT n, term,
            coalesce(l.texts, 1) AS seen, least(coalesce(c.texts, 1), seen) AS with_term,
            weight * ln((seen + {PRIOR} + 1) / (with_term + 1)) AS weight
        FROM spread LEFT JOIN pipeline.language_counts AS l USING (language)
        LEFT JOIN pipeline.term_counts AS c ON c.bucket = term % {BUCKETS}
    ), heaviest AS (
        FROM weighed QUALIFY row_number() OVER (PARTITION BY n ORDER BY weight DESC, term) <= {TERMS}
    ), scaled AS (
        SELECT n, term, CAST({UNIT} * weight / sqrt(sum(weight * weight) OVER (PARTITION BY n)) AS USMALLINT) AS weight
        FROM heaviest
    ), vectors AS (
        SELECT n, list(term ORDER BY weight DESC, term) AS terms, list(weight ORDER BY weight DESC, term) AS weights
        FROM scaled GROUP BY n
    )
    SELECT text_id, story_id, content_hash, published_at, signature,
           coalesce(v.terms, []) AS terms, coalesce(v.weights, []) AS weights, details,
           make_timestamp(epoch_us(now())) AS joined_at
    FROM leaders_now LEFT JOIN vectors AS v USING (n) ORDER BY n"""
