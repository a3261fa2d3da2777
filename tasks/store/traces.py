"""By what a page may be recognised under another address: its entries' ids, where its redirects ended, its text.

Looking for equal addresses and texts among a million of each reads four columns of long strings, 0.2 s of CPU in each
commit. So they are kept as numbers besides, 64 bits of their MD5 with the page's id: one column to look through, 20 ms.
Pages are only found here; whether they have in common by now what their traces say, `renames` compares.
"""

from __future__ import annotations

from tasks.store.state import Connection


def find(connection: Connection, pages: str) -> None:
    """Make the temporary table `traced`: for each `page_id` of the table `pages` others that may be the same article,
    and `why`: they share an `entry`'s id, the address (`target`), or the `text`, or did so once.

    `held_entries` and `endings` must be there.
    """
    connection.execute(_SOUGHT.format(pages=pages))
    connection.execute(_TRACED)


def note_entries(connection: Connection) -> None:
    """Keep the traces of the entries in the temporary table `new_entries`."""
    connection.execute(_NOTE_ENTRIES)


def note_pages(connection: Connection) -> None:
    """Keep the traces of the pages in `endings`, where they are not kept already; `held_pages` must be as before."""
    connection.execute(_NOTE_TARGETS)


def note_articles(connection: Connection) -> None:
    """Keep the traces of the articles in the temporary table `prepared`, `held_articles` being as before."""
    connection.execute(_NOTE_TEXTS)


_ENTRY = "md5_number_lower(concat_ws(' ', 'entry', source_id, entry_id))"
_TARGET = "md5_number_lower('target ' || final_url)"
_TEXT = "md5_number_lower(concat_ws(' ', 'text', {table}.site, coalesce({table}.page_hash, {table}.content_hash)))"
_PAGE = "CAST('0x' || page_id AS UBIGINT)"

_SOUGHT = f"""
    CREATE OR REPLACE TEMP TABLE sought AS
    SELECT page_id, 'entry' AS why, {_ENTRY} AS trace FROM held_entries SEMI JOIN {{pages}} USING (page_id)
    UNION ALL
    SELECT page_id, 'target', {_TARGET} FROM endings SEMI JOIN {{pages}} USING (page_id)
    UNION ALL
    SELECT page_id, 'text', {_TEXT.format(table="i")} FROM {{pages}} AS i"""

_TRACED = f"""
    CREATE OR REPLACE TEMP TABLE traced AS
    SELECT DISTINCT page_id, format('{{:016x}}', page) AS other_id, why
    FROM pipeline.traces JOIN sought USING (trace) WHERE page <> {_PAGE}"""

_NOTE_ENTRIES = f"INSERT INTO pipeline.traces SELECT {_ENTRY}, {_PAGE} FROM new_entries"

_NOTE_TARGETS = f"""
    INSERT INTO pipeline.traces
    SELECT {_TARGET}, {_PAGE} FROM endings AS e
    WHERE final_url IS NOT NULL
      AND NOT EXISTS (FROM held_pages AS p WHERE p.page_id = e.page_id AND p.final_url = e.final_url)"""

_NOTE_TEXTS = f"""
    INSERT INTO pipeline.traces
    SELECT {_TEXT.format(table="n")}, {_PAGE} FROM prepared AS n JOIN chosen AS c USING (article_id)
    WHERE NOT EXISTS (
        FROM held_articles AS a WHERE a.article_id = n.article_id AND a.site = n.site
            AND coalesce(a.page_hash, a.content_hash) = coalesce(n.page_hash, n.content_hash))"""
