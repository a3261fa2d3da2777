"""What a backfill stores: pages of WARC files with how far each file is read, and addresses to fetch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tasks.model import Derived, FetchedPage, PageRef
from tasks.store import load
from tasks.store.rows import reading, to_json
from tasks.store.state import Connection, transaction

ASK_AGAIN = timedelta(days=1)
"""A page that failed for good is asked for again by a backfill that names it, but not twice a day."""
MAX_PROBLEMS = 100
"""Lines about damaged places that are kept for one file."""

_CAPTURE = reading({"page_id": "VARCHAR", "url": "VARCHAR", "fetched_at": "TIMESTAMP"})
_ADDRESS = reading({"page_id": "VARCHAR", "url": "VARCHAR", "place": "INTEGER"})


@dataclass(frozen=True, slots=True)
class WarcFile:
    """A WARC file and how far it is read for `choice`, the sites and languages that are kept."""

    warc_file: str
    """As in `pages.warc_file`."""
    choice: str
    size: int
    """In bytes; a file that has another size or time of change than before is read anew."""
    modified_ns: int
    next_offset: int = 0
    records: int = 0
    pages: int = 0
    """Pages that were stored."""
    skipped: Mapping[str, int] = field(default_factory=dict)
    """Records that gave no page, by reason."""
    problems: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to read."""
        return self.next_offset >= self.size

    def advanced(
        self, next_offset: int, records: int, pages: int, skipped: Mapping[str, int], problems: Sequence[str]
    ) -> WarcFile:
        """The same after one more batch."""
        reasons = {**self.skipped}
        for reason, number in skipped.items():
            reasons[reason] = reasons.get(reason, 0) + number
        return replace(
            self,
            next_offset=next_offset,
            records=self.records + records,
            pages=self.pages + pages,
            skipped=reasons,
            problems=(*self.problems, *problems)[:MAX_PROBLEMS],
        )


def known_progress(connection: Connection, file: WarcFile) -> WarcFile:
    """The file with how far an earlier backfill has read it."""
    row = connection.execute(
        """SELECT next_offset, records, pages, skipped, problems FROM pipeline.warc_files
           WHERE (warc_file, choice, size, modified_ns) = ($warc_file, $choice, $size, $modified_ns)""",
        {name: getattr(file, name) for name in ("warc_file", "choice", "size", "modified_ns")},
    ).fetchone()
    if row is None:
        return file
    next_offset, records, pages, skipped, problems = row
    return replace(
        file, next_offset=next_offset, records=records, pages=pages, skipped=skipped, problems=tuple(problems)
    )


def new_captures(connection: Connection, pages: Sequence[FetchedPage]) -> list[FetchedPage]:
    """The pages of which the database has neither this capture nor a later one."""
    load.stage(connection, "captured", _CAPTURE, _captures(pages))
    known = connection.execute(_STORED_CAPTURES).fetchall()
    stored = {row[0] for row in known}
    return [page for page in pages if page.page_id not in stored]


def commit_captures(connection: Connection, derived: Sequence[Derived], file: WarcFile) -> load.Loaded:
    """Commit 2 for pages that no source has shown, and how far their file is read, in one transaction."""
    with transaction(connection):
        load.stage(connection, "captured", _CAPTURE, _captures([item.page for item in derived]))
        connection.execute(_INSERT_CAPTURED)
        loaded = load.store_derived(connection, derived)
        connection.execute(
            """INSERT OR REPLACE INTO pipeline.warc_files BY NAME
               SELECT $warc_file AS warc_file, $choice AS choice, $size AS size, $modified_ns AS modified_ns,
                      $next_offset AS next_offset, $records AS records, $pages AS pages,
                      map($reasons::VARCHAR[], $numbers::BIGINT[]) AS skipped, $problems::VARCHAR[] AS problems""",
            {
                "warc_file": file.warc_file,
                "choice": file.choice,
                "size": file.size,
                "modified_ns": file.modified_ns,
                "next_offset": file.next_offset,
                "records": file.records,
                "pages": file.pages,
                "reasons": list(file.skipped),
                "numbers": list(file.skipped.values()),
                "problems": list(file.problems),
            },
        )
    return loaded


def _captures(pages: Sequence[FetchedPage]) -> str:
    return to_json({"page_id": p.page_id, "url": p.url, "fetched_at": p.fetched_at} for p in pages)


def put_up(connection: Connection, pages: Sequence[PageRef], now: datetime) -> None:
    """Put pages up for fetching that are not known, or that failed for good more than a day ago; others stay."""
    rows = to_json({"page_id": page.page_id, "url": page.url, "place": place} for place, page in enumerate(pages))
    with transaction(connection):
        load.stage(connection, "named", _ADDRESS, rows)
        connection.execute(_INSERT_NAMED, {"now": now})
        connection.execute(_ASK_AGAIN, {"now": now, "before": now - ASK_AGAIN})


def due_pages(connection: Connection, pages: Sequence[PageRef], now: datetime) -> list[PageRef]:
    """Those of these pages that are to be fetched now, each once, in their order."""
    due = {page.page_id: page for page in load.pending_pages(connection, now)}
    return [due[page_id] for page_id in dict.fromkeys(page.page_id for page in pages) if page_id in due]


def site_of(connection: Connection, source_id: str) -> str | None:
    """Scheme and host of most pages that a source has shown; None where it has shown none."""
    row = connection.execute(_SITE, {"source_id": source_id}).fetchone()
    return str(row[0]) if row else None


# Articles first: a feed may lead to its pages through another host.
_SITE = """
    SELECT regexp_extract(coalesce(a.url, p.final_url, p.url), '^https?://[^/?#]+') AS origin
    FROM entries AS e JOIN pages AS p USING (page_id) LEFT JOIN articles AS a USING (article_id)
    WHERE e.source_id = $source_id
    GROUP BY origin ORDER BY count(a.article_id) DESC, count(*) DESC, origin LIMIT 1"""

_STORED_CAPTURES = """
    SELECT page_id FROM captured AS c JOIN pages AS p USING (page_id)
    WHERE p.fetched_at >= c.fetched_at AND (p.warc_file IS NOT NULL OR p.outcome IN ('article', 'duplicate'))"""

# The time of the capture, not of the backfill: which of two addresses has an article then never depends on the run.
_INSERT_CAPTURED = """
    INSERT INTO pages BY NAME
    SELECT page_id, url, 'pending' AS outcome, 0 AS attempts, fetched_at AS first_seen_at FROM captured AS c
    WHERE NOT EXISTS (FROM pages AS p WHERE p.page_id = c.page_id)"""

_INSERT_NAMED = """
    INSERT INTO pages BY NAME
    SELECT page_id, url, 'pending' AS outcome, 0 AS attempts, $now AS first_seen_at FROM named AS n
    WHERE NOT EXISTS (FROM pages AS p WHERE p.page_id = n.page_id)
    QUALIFY row_number() OVER (PARTITION BY page_id ORDER BY place) = 1 ORDER BY place"""

_ASK_AGAIN = """
    UPDATE pages SET next_attempt_at = $now, attempts = 0
    WHERE page_id IN (SELECT page_id FROM named) AND next_attempt_at IS NULL AND fetched_at < $before
      AND outcome NOT IN ('pending', 'article', 'duplicate')"""
