"""The pipeline's clock."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The time as newsdesk keeps it: naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)
