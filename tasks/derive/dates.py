"""When an article was published: every piece of evidence, ranked, and the one that is believed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from lxml.html import HtmlElement

from tasks.derive import jsonld
from tasks.derive.head import Head

EARLIEST = datetime(1995, 1, 1)  # noqa: DTZ001 - naive UTC throughout
FUTURE = timedelta(days=1)
"""How far after the fetch a date may lie: clocks and zones differ."""

RANK = ("jsonld", "meta", "feed", "url", "text", "fetched")
"""The kinds of evidence, the most believable first."""

_META = (
    "article:published_time", "og:article:published_time", "og:published_time", "datepublished", "article:published",
    "parsely-pub-date", "sailthru.date", "dc.date.issued", "dcterms.created", "dcterms.date", "dc.date", "pubdate",
    "publishdate", "publish-date", "publish_date", "article.published", "cxenseparse:recs:publishtime",
    "date", "citation_publication_date", "datecreated", "rnews:datepublished", "last-modified-date",
)  # fmt: skip
_URL_DATE = re.compile(r"[/\-_.](19[9]\d|20[0-3]\d)[/\-_.]?(0[1-9]|1[0-2])[/\-_.]?(0[1-9]|[12]\d|3[01])(?=[/\-_.?]|$)")
_ISO = re.compile(
    r"^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?(Z)?)?$")


@dataclass(frozen=True, slots=True)
class DateCandidate:
    """One piece of evidence. `value` is naive UTC; `stated` is the day on the publisher's own calendar, ISO 8601."""

    evidence: str
    value: datetime
    stated: str
    chosen: bool = False


def parse_date(text: str) -> tuple[datetime, str] | None:
    """(naive UTC, the day as stated) from a date in ISO 8601 or RFC 2822; without a zone it is read as UTC."""
    match = _ISO.match(text) or _COMPACT.match(text.strip())
    try:
        if match:
            year, month, day, hour, minute, second, zone = (*match.groups(), None)[:7]
            iso = f"{year}-{int(month):02}-{int(day):02}T{int(hour or 0):02}:{minute or '00'}:{second or '00'}"
            value = datetime.fromisoformat(iso + (zone if zone and zone[0] in "+-" else "+00:00"))
        else:
            from email.utils import parsedate_to_datetime

            value = parsedate_to_datetime(text)
            value = value if value.tzinfo else value.replace(tzinfo=UTC)
        return value.astimezone(UTC).replace(tzinfo=None), value.date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def from_url(url: str) -> str | None:
    """The day in an address such as /2024/05/17/, as ISO 8601."""
    match = _URL_DATE.search(url)
    return "-".join(match.groups()) if match else None


def candidates(
    tree: HtmlElement, head: Head, articles: list[jsonld.Node], url: str, feed: datetime | None, fetched_at: datetime
) -> tuple[DateCandidate, ...]:
    """All evidence for the publication date, best first, exactly one of it chosen. Text is searched only in need."""
    stated: list[tuple[str, str]] = []
    stated += [("jsonld", s) for n in articles for k in ("datePublished", "dateCreated") if (s := jsonld.text_of(n.get(k)))]
    stated += [("meta", s) for s in head.all(*_META)]
    found = [DateCandidate(kind, *parsed) for kind, text in stated if (parsed := parse_date(text))]
    if feed:
        found.append(DateCandidate("feed", feed, feed.date().isoformat()))
    if (day := from_url(url)) and (parsed := parse_date(day)):
        found.append(DateCandidate("url", *parsed))
    found = [c for c in found if EARLIEST <= c.value <= fetched_at + FUTURE]
    if not any(c.evidence in ("jsonld", "meta", "feed") for c in found):
        text = _from_text(tree, url, fetched_at)
        parsed = parse_date(text) if text else None
        found += [DateCandidate("text", *parsed)] if parsed else []
    found.append(DateCandidate("fetched", fetched_at, fetched_at.date().isoformat()))
    unique = {(c.evidence, c.value): c for c in reversed(found)}
    ranked = sorted(reversed(unique.values()), key=lambda c: RANK.index(c.evidence))
    return (replace(ranked[0], chosen=True), *ranked[1:])


def _from_text(tree: HtmlElement, url: str, fetched_at: datetime) -> str | None:
    """What htmldate finds in the markup and the visible text. Imported late: it costs 0.1 s and few pages need it."""
    from htmldate import find_date

    latest = (fetched_at + FUTURE).strftime("%Y-%m-%d")
    return find_date(tree, original_date=True, url=url, max_date=latest, outputformat="%Y-%m-%d")
