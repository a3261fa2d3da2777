"""Fields that every feed format has, made uniform: addresses, names, languages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from tasks import urls

MAX_ENTRIES = 10_000
"""How many entries of one document are read."""
MAX_NAMES = 50
"""How many authors or tags of one entry are kept."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")


def page_url(candidates: Iterable[str | None], base: str) -> str:
    """The first candidate that is an http or https address once resolved against `base`, cleaned; "" if none is."""
    for candidate in candidates:
        if candidate and candidate.strip():
            try:
                return urls.clean(urljoin(base, candidate.strip()))
            except ValueError:
                continue
    return ""


def file_url(candidates: Iterable[str | None], base: str) -> str | None:
    """As `page_url`, but left as it is: an image's address may be signed, so that any change breaks it."""
    for candidate in candidates:
        try:
            address = urljoin(base, (candidate or "").strip())
            if candidate and urlsplit(address).scheme in ("http", "https") and urlsplit(address).hostname:
                return address
        except ValueError:
            continue
    return None


def names(values: Iterable[str]) -> tuple[str, ...]:
    """The values in order, without empty ones and repetitions, at most `MAX_NAMES`."""
    return tuple(dict.fromkeys(value for value in values if value))[:MAX_NAMES]


def language_tag(text: str | None) -> str | None:
    """A BCP 47 tag as it is written ("pt-BR"); None where the text is none."""
    tag = (text or "").strip().replace("_", "-")
    if not _LANGUAGE.fullmatch(tag):
        return None
    primary, *rest = tag.split("-")
    return "-".join([primary.lower(), *(part.upper() if len(part) == 2 else part for part in rest)])
