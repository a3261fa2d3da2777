"""What hosts have asked for: until when each wants to be left alone, and which pages have to wait for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from tasks.model import HostWait
from tasks.store.rows import reading, to_json
from tasks.store.state import Connection

_WAIT = reading({"host": "VARCHAR", "until": "TIMESTAMP", "http_status": "INTEGER", "noted_at": "TIMESTAMP"})


def known_waits(connection: Connection, now: datetime) -> list[HostWait]:
    """The hosts that must not be asked at `now`."""
    rows = connection.execute(
        "SELECT host, until, http_status, noted_at FROM pipeline.hosts WHERE until > ? ORDER BY host", [now]
    ).fetchall()
    return [HostWait(*row) for row in rows]


def keep_waits(connection: Connection, waits: Sequence[HostWait]) -> None:
    """Keep what hosts have asked for, each host's last wish, and put off their pages."""
    if not waits:
        return
    last = {wait.host: wait for wait in sorted(waits, key=lambda wait: wait.noted_at)}
    connection.execute(
        f"INSERT OR REPLACE INTO pipeline.hosts BY NAME {_WAIT}", {"rows": to_json(map(asdict, last.values()))}
    )
    put_off_pages(connection, min(wait.noted_at for wait in waits))


def put_off_pages(connection: Connection, now: datetime) -> None:
    """Pages that wait for an attempt at a host that wants to be left alone at `now` wait until it may be asked."""
    connection.execute(_PUT_OFF, {"now": now})


# The host as `tasks.urls.host` names it; the addresses in `pages` are clean, or else no host's.
_PUT_OFF = r"""
    UPDATE pages AS p SET next_attempt_at = h.until
    FROM pipeline.hosts AS h
    WHERE h.until > $now AND (p.outcome = 'pending' OR p.next_attempt_at IS NOT NULL)
      AND (p.next_attempt_at IS NULL OR p.next_attempt_at < h.until)
      AND regexp_extract(p.url, '^https?://([^/?#]+?)(?::(?:80|443))?(?:[/?#]|$)', 1) = h.host"""
