"""Whether anybody may read an article, by what its page declares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tasks.derive.head import Head
from tasks.derive.jsonld import Node

_TIERS = {"free": "free", "locked": "paywalled", "metered": "paywalled"}
"""What `article:content_tier` says. Metered counts as paywalled, for JSON-LD is to declare a metered article as not
accessible for free: https://developers.google.com/search/docs/appearance/structured-data/paywalled-content"""


def declared_access(articles: Iterable[Node], head: Head) -> str:
    """free, paywalled or unknown: by JSON-LD's isAccessibleForFree, of the article or of a part of it, else by meta.

    A part that is not free, such as all but the first paragraph, closes the article, whatever is said of the whole.
    """
    for node in articles:
        whole = _is_free(node.get("isAccessibleForFree"))
        parts = node.get("hasPart")
        of_parts = [_is_free(part.get("isAccessibleForFree")) for part in _listed(parts) if isinstance(part, dict)]
        if whole is False or False in of_parts:
            return "paywalled"
        if whole:
            return "free"
    return _TIERS.get((head.first("article:content_tier") or "").lower(), "unknown")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_free(value: Any) -> bool | None:
    """A boolean, its name in any case, or schema.org's address for it (http://schema.org/False); None if unstated."""
    value = next(iter(_listed(value)), None)
    value = value.get("@value", value.get("@id")) if isinstance(value, dict) else value
    name = "" if value is None else str(value).strip().lower().rpartition("/")[2]
    return name in ("true", "1", "yes") if name else None
