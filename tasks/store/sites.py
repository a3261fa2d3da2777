"""What is learned about a site from its pages: the paragraphs that they share, and how old they usually are.

A pass reads the profiles that earlier passes left and makes them anew at its end (`learn`): so what it derives does not
depend on the order of its pages, nor on where it is cut off. Articles that were derived before their site was known
wait for `flows.maintain`, or a replay, to be derived again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from tasks import urls
from tasks.model import Derived, SiteProfile
from tasks.store.rows import reading, strings, to_json
from tasks.store.state import Connection, transaction

WINDOW = 200
"""Articles of a site that are looked at, the newest."""
LEAST = 4
"""Articles on which a paragraph stands before it is the site's. Copies of one text count once, and so do articles with
one title. Stories do not: articles that share much of what a site adds can pass for one story."""
SHARE = 0.05
"""The share of the site's articles that is needed besides: the box about an author who writes one in twenty is learned,
background that is repeated in a short series is not, once the site is known a little."""
MOST = 400
"""Paragraphs that are remembered of a site; the oldest are forgotten."""
DATED = 20
"""Articles with a date from which on the usual age is known."""
USUAL = 0.95
"""The share of a site's articles that are not older than its usual age."""

_SITE_PAGE = reading({"page_id": "VARCHAR", "site": "VARCHAR", "published_at": "TIMESTAMP", "blocks": ["UBIGINT"]})


def profiles(connection: Connection, sites: Collection[str]) -> dict[str, SiteProfile]:
    """What is known of these sites; those of which nothing is known are left out."""
    rows = connection.execute(
        f"SELECT site, usual_age_days, blocks FROM pipeline.site_profiles WHERE site IN ({strings('sites')})",
        {"sites": to_json(sites)},
    ).fetchall()
    return {
        site: SiteProfile(frozenset(blocks), timedelta(days=days) if days is not None else None)
        for site, days, blocks in rows
    }


def note_pages(connection: Connection, derived: Sequence[Derived]) -> None:
    """Note what the articles in the temporary tables `chosen` and `prepared` tell about their sites."""
    rows = [
        {
            "page_id": item.page.page_id,
            "site": urls.site(item.page.final_url),
            "published_at": next((date.value for date in item.dates if date.evidence != "fetched"), None),
            "blocks": item.blocks,
        }
        for item in derived
        if item.article
    ]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE noted AS {_SITE_PAGE}", {"rows": to_json(rows)})
    connection.execute(
        "DELETE FROM pipeline.site_pages WHERE article_id IN (SELECT article_id FROM chosen WHERE owner)"
    )
    connection.execute(_NOTE)
    connection.execute(_FORGET)


def learn(connection: Connection) -> int:
    """Make the profiles of the sites anew that have new pages; returns how many paragraphs are newly known.

    To be called once at the end of a pass, when it is settled which articles are copies of one text. What is known once
    stays known, so that a replay of pages that are long gone finds it too.
    """
    with transaction(connection):
        connection.execute(_FRESH)
        if not connection.execute("FROM fresh LIMIT 1").fetchall():
            return 0
        connection.execute(_COUNT_BLOCKS)
        connection.execute(_COUNT_AGES)
        connection.execute(_PROFILE)
        connection.execute("DELETE FROM pipeline.site_profiles WHERE site IN (SELECT site FROM profiled)")
        connection.execute("INSERT INTO pipeline.site_profiles BY NAME SELECT * EXCLUDE (added) FROM profiled")
        connection.execute(_MARK)
        connection.execute("UPDATE pipeline.site_pages SET is_counted = true WHERE NOT is_counted")
        row = connection.execute("SELECT coalesce(sum(len(added)), 0) FROM profiled").fetchone()
    return int(row[0]) if row else 0


_NOTE = """
    INSERT INTO pipeline.site_pages BY NAME
    SELECT n.site, c.article_id, a.fetched_at AS seen_at,
           greatest(0, date_diff('day', n.published_at, a.fetched_at)) AS age_days,
           n.blocks, false AS is_counted, false AS awaits_cleaning
    FROM noted AS n JOIN chosen AS c USING (page_id) JOIN prepared AS a USING (article_id)
    ORDER BY n.site, c.article_id"""

_FORGET = f"""
    DELETE FROM pipeline.site_pages WHERE article_id IN (
        SELECT article_id FROM pipeline.site_pages WHERE site IN (SELECT site FROM noted)
        QUALIFY row_number() OVER (PARTITION BY site ORDER BY seen_at DESC, article_id) > {WINDOW})"""

_FRESH = """
    CREATE OR REPLACE TEMP TABLE fresh AS SELECT DISTINCT site FROM pipeline.site_pages WHERE NOT is_counted"""

_DIFFERENT = "least(count(DISTINCT text_id), count(DISTINCT lower(title)))"
_COUNT_BLOCKS = f"""
    CREATE OR REPLACE TEMP TABLE shared AS
    WITH shown AS (
        SELECT p.site, p.blocks, a.text_id, a.title
        FROM pipeline.site_pages AS p JOIN articles AS a USING (article_id) WHERE p.site IN (FROM fresh)
    ), sizes AS (
        SELECT site, {_DIFFERENT} AS articles FROM shown GROUP BY site
    ), counts AS (
        SELECT site, block, {_DIFFERENT} AS articles
        FROM (SELECT site, text_id, title, unnest(blocks) AS block FROM shown)
        GROUP BY site, block HAVING count(*) >= {LEAST}
    )
    SELECT site, list(block ORDER BY c.articles DESC, block) AS blocks
    FROM counts AS c JOIN sizes AS s USING (site)
    WHERE c.articles >= greatest({LEAST}, {SHARE} * s.articles) GROUP BY site"""

_COUNT_AGES = f"""
    CREATE OR REPLACE TEMP TABLE aged AS
    SELECT site, CASE WHEN count(age_days) >= {DATED} THEN quantile_disc(age_days, {USUAL}) END AS usual_age_days
    FROM pipeline.site_pages WHERE site IN (FROM fresh) GROUP BY site"""

# Only what is new or has changed.
_PROFILE = f"""
    CREATE OR REPLACE TEMP TABLE profiled AS
    SELECT site, g.usual_age_days,
           list_filter(coalesce(s.blocks, []), lambda b: NOT list_contains(coalesce(p.blocks, []), b)) AS added,
           list_slice(list_concat(added, coalesce(p.blocks, [])), 1, {MOST}) AS blocks
    FROM aged AS g LEFT JOIN shared AS s USING (site) LEFT JOIN pipeline.site_profiles AS p USING (site)
    WHERE len(added) > 0 OR g.usual_age_days IS DISTINCT FROM p.usual_age_days"""

_MARK = """
    UPDATE pipeline.site_pages AS p SET awaits_cleaning = true
    FROM profiled AS f WHERE p.site = f.site AND list_has_any(p.blocks, f.added)"""
