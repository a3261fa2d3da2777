"""`article_dates`: every piece of evidence for when an article was published, and which one `articles` believes."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.model import Derived
from tasks.store.rows import reading, to_json
from tasks.store.state import Connection

_DATE = reading({"page_id": "VARCHAR", "evidence": "VARCHAR", "value": "TIMESTAMP", "day": "DATE"})


def replace_dates(connection: Connection, derived: Sequence[Derived]) -> None:
    """Put the dates of the articles in the temporary tables `chosen` and `prepared` in place of those that they had.

    Exactly one date of each article is chosen, the one that it has. Where that is the date of an earlier revision, its
    evidence stays beside that of the newest one.
    """
    rows = [
        {"page_id": item.page.page_id, "evidence": date.evidence, "value": date.value, "day": date.stated}
        for item in derived
        if item.article
        for date in item.dates
    ]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE dated AS {_DATE}", {"rows": to_json(rows)})
    connection.execute(_COMPARE)
    connection.execute(f"DELETE FROM article_dates WHERE article_id IN ({_KNOWN})")
    connection.execute("INSERT INTO article_dates BY NAME FROM compared ORDER BY article_id, chosen DESC, value")


# Most are new, and the table is long.
_KNOWN = "SELECT article_id FROM chosen WHERE owner"

_COMPARE = f"""
    CREATE OR REPLACE TEMP TABLE compared AS
    WITH before AS (
        FROM article_dates WHERE chosen AND article_id IN ({_KNOWN})
    ), believed AS (
        SELECT a.article_id, a.published_from AS evidence, a.published_at AS value,
               coalesce(d.day, CAST(a.published_at AS DATE)) AS day
        FROM prepared AS a LEFT JOIN before AS d
            ON d.article_id = a.article_id AND d.evidence = a.published_from AND d.value = a.published_at
    ), found AS (
        SELECT c.article_id, d.evidence, d.value, d.day FROM dated AS d JOIN chosen AS c USING (page_id)
    )
    SELECT f.*, b.article_id IS NOT NULL AS chosen
    FROM found AS f LEFT JOIN believed AS b USING (article_id, evidence, value)
    UNION ALL
    SELECT b.*, true FROM believed AS b ANTI JOIN found USING (article_id, evidence, value)"""
