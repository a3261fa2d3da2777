"""How the collecting itself goes: sources that need attention, the last passes, and how every page ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tasks.model import Outcome
from tasks.present.figures import Connection

SOURCES_LISTED = 100
RUNS_LISTED = 12
QUIET_DAYS = 7

CONDITIONS = {
    "gone": "The publisher says it is gone for good",
    "failing": "The last poll failed",
    "never": "Never polled yet",
    "quiet": f"Answers, but showed nothing new in the {QUIET_DAYS} days up to its last good poll",
    "moved": "Answers from another address, which sources.yaml does not have",
}
"""What can be wrong with a source, worst first."""

OUTCOMES = {
    Outcome.PENDING: "not fetched yet",
    Outcome.ARTICLE: "an article",
    Outcome.DUPLICATE: "another address of an article",
    Outcome.HTTP_ERROR: "the server answered with an error",
    Outcome.TIMEOUT: "no full answer in time",
    Outcome.TOO_LARGE: "larger than http.max_bytes",
    Outcome.ROBOTS: "robots.txt asks not to fetch it",
    Outcome.NOT_HTML: "not a web page (a document, a picture, a video)",
    Outcome.TOO_SHORT: "too little text to be an article",
    Outcome.BLOCKED_HOST: "not a public address",
    Outcome.BAD_URL: "not a usable address",
    Outcome.CONNECT_ERROR: "no connection, or it broke off",
    Outcome.TOO_MANY_REDIRECTS: "redirected too often",
    Outcome.REDIRECTED_AWAY: "redirected to a front page, a login or the like",
    Outcome.EXTRACT_FAILED: "the page could not be read",
    Outcome.ARCHIVE_DAMAGED: "its record in the archive is damaged",
    Outcome.GAVE_UP: "tried again and again, without success",
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A source that needs attention; `condition` is a key of `CONDITIONS`."""

    source_id: str
    name: str
    url: str
    condition: str
    consecutive_failures: int
    http_status: int | None
    last_error: str | None
    last_poll_at: datetime | None
    last_success_at: datetime | None
    next_poll_at: datetime | None
    last_new_at: datetime | None
    """When it last showed an entry that was new."""
    moved_to: str | None


@dataclass(frozen=True, slots=True)
class Sources:
    """The enabled sources: how many are in each condition (`fine` among them), and those that need attention."""

    conditions: dict[str, int]
    disabled: int
    trouble: tuple[Trouble, ...]
    """At most `SOURCES_LISTED`, worst first."""

    @property
    def enabled(self) -> int:
        """Sources that are to be polled."""
        return sum(self.conditions.values())

    @property
    def fine(self) -> int:
        """Sources that answer and show new entries."""
        return self.conditions.get("fine", 0)

    @property
    def troubled(self) -> int:
        """Sources that need attention, listed or not."""
        return self.enabled - self.fine


@dataclass(frozen=True, slots=True)
class Run:
    """A pass, as the `runs` table has it."""

    run_id: str
    flow: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    sources_polled: int
    sources_unchanged: int
    sources_failed: int
    entries_new: int
    pages_fetched: int
    pages_failed: int
    articles_new: int
    articles_updated: int
    topic_matches: int
    stories_new: int
    duration_s: float | None


@dataclass(frozen=True, slots=True)
class Ending:
    """An outcome of pages: how many ended so, and how many of them will be asked for again."""

    outcome: str
    pages: int
    due_again: int

    @property
    def meaning(self) -> str:
        """The outcome in words."""
        return OUTCOMES[Outcome(self.outcome)] if self.outcome in OUTCOMES else ""


def read_sources(connection: Connection) -> Sources:
    """The health of the enabled sources."""
    order = list(CONDITIONS)
    counts = connection.execute(
        _CLASSIFIED + "SELECT condition, count(*) FROM classified GROUP BY condition"
    ).fetchall()
    trouble = connection.execute(_CLASSIFIED + _TROUBLE, {"order": order, "limit": SOURCES_LISTED}).fetchall()
    disabled = connection.execute("SELECT count(*) FROM sources WHERE removed_at IS NULL AND NOT enabled").fetchone()
    return Sources(dict(counts), disabled[0] if disabled else 0, tuple(Trouble(*row) for row in trouble))


def read_runs(connection: Connection) -> list[Run]:
    """The last passes, newest first."""
    return [Run(*row) for row in connection.execute(_RUNS, [RUNS_LISTED]).fetchall()]


def read_endings(connection: Connection) -> list[Ending]:
    """How many pages ended in each outcome, most first."""
    return [Ending(*row) for row in connection.execute(_ENDINGS).fetchall()]


_CLASSIFIED = f"""
    WITH classified AS (
        SELECT s.source_id, s.name, s.url,
               CASE WHEN h.status IN ('gone', 'failing', 'never') THEN h.status
                    WHEN coalesce(e.last_new_at, s.added_at) <= h.last_success_at - INTERVAL {QUIET_DAYS} DAY
                        THEN 'quiet'
                    WHEN h.moved_to <> s.url THEN 'moved'
                    ELSE 'fine' END AS condition,
               h.consecutive_failures, h.last_http_status, h.last_error, h.last_poll_at, h.last_success_at,
               h.next_poll_at, e.last_new_at, h.moved_to
        FROM sources AS s JOIN source_health AS h USING (source_id)
        LEFT JOIN (SELECT source_id, max(first_seen_at) AS last_new_at FROM entries GROUP BY source_id) AS e
            USING (source_id)
        WHERE s.enabled
    )"""

_TROUBLE = """
    FROM classified WHERE condition <> 'fine'
    ORDER BY list_position($order, condition), consecutive_failures DESC, last_success_at, source_id LIMIT $limit"""

_RUNS = """
    SELECT run_id, flow, started_at, finished_at, outcome, sources_polled, sources_unchanged, sources_failed,
           entries_new, pages_fetched, pages_failed, articles_new, articles_updated, topic_matches, stories_new,
           duration_s
    FROM runs ORDER BY started_at DESC LIMIT ?"""

_ENDINGS = """
    SELECT outcome, count(*) AS pages,
           count(*) FILTER (WHERE outcome <> 'article' AND (outcome = 'pending' OR next_attempt_at IS NOT NULL))
    FROM pages GROUP BY outcome ORDER BY pages DESC, outcome"""
