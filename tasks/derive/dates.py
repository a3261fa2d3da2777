"""When an article was published: every piece of evidence, ranked, and the one that is believed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime

from lxml.html import HtmlElement

from tasks.derive import jsonld
from tasks.derive.guessed_dates import guess_date
from tasks.derive.head import Head
from tasks.derive.visible_dates import visible_date
from tasks.model import DateCandidate

EARLIEST = datetime(1995, 1, 1)
FUTURE = timedelta(days=1)
"""How far after the fetch a date may lie: clocks and zones differ."""

RANK = ("jsonld", "meta", "feed", "url", "text", "fetched")
"""The kinds of evidence, the most believable first."""

LONG_BEFORE = timedelta(days=2 * 365)
"""How much older than twice the usual age on its site a page must look for a date that nobody declares to be wrong."""
AGREE = timedelta(days=2)
"""How near to each other the address and the shown date are when one confirms the other."""

_CENTRAL_EUROPE = frozenset(("de", "it", "pl", "nl", "da", "nb", "no", "sv", "cs", "sk", "hu", "sl", "hr"))
"""Languages that are spoken where the clock shows Central European Time, and hardly elsewhere."""
_DECLARED = ("jsonld", "meta", "feed")
_GUESSED = ("url", "text")
_META = (
    "article:published_time", "og:article:published_time", "og:published_time", "article:published", "published_time",
    "article:published_date", "article:post_date", "og:article:published", "og:publish_date", "og:datepublished",
    "datepublished", "date_published", "publisheddate", "published_date", "published-date", "parsely-pub-date",
    "sailthru.date", "pubdate", "og:pubdate", "bt:pubdate", "rbpubdate", "publishdate", "publish-date", "publish_date",
    "publication_date", "article.published", "cxenseparse:recs:publishtime", "rnews:datepublished", "dc.date.issued",
    "dcterms.issued", "dc.issued", "dc.date.publication", "citation_publication_date", "citation_online_date",
    "citation_date", "dateposted",
)  # fmt: skip
_META_ANY = (
    "dcterms.created", "dc.date.created", "dc.created", "dc:created", "dcterms.date", "dc.date", "dc:date", "date",
    "datecreated", "date_created", "article.created", "release_date",
)  # fmt: skip
"""Dates of any event in the life of a page (so Dublin Core defines `date`), such as its printing or its first draft:
where readers are shown another day beside the heading, that is the day of publication."""
_META_CHANGED = (
    "article:modified_time", "og:article:modified_time", "og:modified_time", "og:updated_time", "article:modified",
    "modified_time", "datemodified", "dateupdate", "dcterms.modified", "dc.date.modified", "dc.modified", "lastmod",
    "last-modified", "lastmodified", "modified",
)  # fmt: skip
_URL_DATE = re.compile(r"[/\-_.](19[9]\d|20[0-3]\d)[/\-_.]?(0[1-9]|1[0-2])[/\-_.]?(0[1-9]|[12]\d|3[01])(?=[/\-_.?]|$)")
_ISO = re.compile(
    r"^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?(Z)?)?$")
_GMT_NAME = re.compile(r"GMT(?=[+-]\d{4})|\s*\([^)]*\)\s*$")
"""JavaScript's "Tue Feb 20 2018 01:00:00 GMT+0100 (CET)" as RFC 2822 has it."""


def parse_date(text: str) -> tuple[datetime, str] | None:
    """(naive UTC, the day as stated) from ISO 8601, RFC 2822 or JavaScript; without a zone it is read as UTC."""
    match = _ISO.match(text) or _COMPACT.match(text.strip())
    try:
        if match:
            year, month, day, hour, minute, second, zone = match.groups()
            iso = f"{year}-{int(month):02}-{int(day):02}T{int(hour or 0):02}:{minute or '00'}:{second or '00'}"
            value = datetime.fromisoformat(iso + (zone if zone and zone[0] in "+-" else "+00:00"))
        else:
            value = parsedate_to_datetime(_GMT_NAME.sub("", text))
            value = value if value.tzinfo else value.replace(tzinfo=UTC)
        return value.astimezone(UTC).replace(tzinfo=None), value.date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def from_url(url: str) -> str | None:
    """The day in an address such as /2024/05/17/, as ISO 8601."""
    match = _URL_DATE.search(url)
    return "-".join(match.groups()) if match else None


def candidates(
    tree: HtmlElement,
    head: Head,
    articles: list[jsonld.Node],
    title: str,
    url: str,
    feed: datetime | None,
    fetched_at: datetime,
    usual_age: timedelta | None = None,
    changed: datetime | None = None,
) -> tuple[DateCandidate, ...]:
    """All evidence for the publication date, best first, exactly one of it chosen.

    `feed` and `changed` (naive UTC) are what the feed's entry says of publication and of its last change, which counts
    where there is nothing else: Atom must give `updated` and may leave out `published` (RFC 4287, 4.1.2), while a page
    that is changed may be of any age, so that its own time of change is no evidence. `usual_age` is how old most
    pages of the site are at most when they are fetched, None where that is not known or means nothing.

    The page's text is searched only where nothing is declared, or where the declared time is so near to midnight UTC
    that the publisher's day may be another.
    """
    own = jsonld.of_page(articles, (url, head.canonical, head.first("og:url")), title)
    found = _declared(head, own) or ([] if feed else _declared(head, articles))
    vague = [c for c in _parsed(("meta", text) for text in head.all(*_META_ANY)) if c not in found]
    found += vague
    if feed:
        found.append(DateCandidate("feed", feed, feed.date().isoformat()))
    if (day := from_url(url)) and (parsed := parse_date(day)):
        found.append(DateCandidate("url", *parsed))
    found = [c for c in found if EARLIEST <= c.value <= fetched_at + FUTURE]
    declared = [c for c in found if c.evidence in _DECLARED and c not in vague]
    clock = None
    if not declared or _day_unsure(declared[0]):
        shown, clock = _shown(tree, title, head.language, url, fetched_at, search=not (found or changed))
        found += shown
    if changed and not found and EARLIEST <= changed <= fetched_at + FUTURE:
        found.append(DateCandidate("feed", changed, changed.date().isoformat()))
    found.append(DateCandidate("fetched", fetched_at, fetched_at.date().isoformat()))
    unique: dict[tuple[str, datetime], DateCandidate] = {}
    for candidate in found:
        unique.setdefault((candidate.evidence, candidate.value), candidate)
    doubted = _outdated(found, fetched_at, usual_age)
    doubted += _contradicted(vague, [c for c in found if c not in doubted])
    ranked = sorted(unique.values(), key=lambda c: (c in doubted, RANK.index(c.evidence)))
    chosen = replace(ranked[0], chosen=True, stated=_local_day(ranked[0], found, head.language or ""))
    # Last, because the day alone is the publisher's; its clock may be an hour or more from UTC, as which it is read.
    if clock and chosen.evidence == "text" and (at := datetime.combine(chosen.value, clock)) <= fetched_at + FUTURE:
        chosen = replace(chosen, value=at)
    return (chosen, *ranked[1:])


def _outdated(found: list[DateCandidate], fetched_at: datetime, usual_age: timedelta | None) -> list[DateCandidate]:
    """The guessed dates long before the site's other pages that no guess of the other kind confirms.

    An old date that the page or its feed declares is an old article's; one in an address or near the heading may be
    anything: a number, the site's foundation, the event that the article is about.
    """
    if usual_age is None:
        return []
    oldest = fetched_at - 2 * usual_age - LONG_BEFORE
    old = [c for c in found if c.evidence in _GUESSED and c.value < oldest]
    return [c for c in old if not any(o.evidence != c.evidence and abs(o.value - c.value) <= AGREE for o in old)]


def _contradicted(vague: list[DateCandidate], found: list[DateCandidate]) -> list[DateCandidate]:
    """The days of any event, without a time, where readers are shown another day and nothing confirms the declared."""
    confirmed = {c.stated for c in found if c not in vague}
    is_shown = any(c.evidence == "text" for c in found)
    return [c for c in vague if is_shown and c.value.time() == time() and c.stated not in confirmed]


def _declared(head: Head, articles: list[jsonld.Node]) -> list[DateCandidate]:
    keys = ("datePublished", "dateCreated")
    stated = [("jsonld", text) for node in articles for key in keys if (text := jsonld.text_of(node.get(key)))]
    return _parsed([*stated, *(("meta", text) for text in head.all(*_META))])


def _parsed(stated: Iterable[tuple[str, str]]) -> list[DateCandidate]:
    return [DateCandidate(evidence, *parsed) for evidence, text in stated if (parsed := parse_date(text))]


def _shown(
    tree: HtmlElement, title: str, language: str | None, url: str, fetched_at: datetime, search: bool
) -> tuple[list[DateCandidate], time | None]:
    """The date that readers see near the heading, and its time of day; with `search` also an unlikely one."""
    latest = (fetched_at + FUTURE).date()
    shown = visible_date(tree, title, language, EARLIEST.date(), latest)
    text = shown.text if shown and shown.is_likely else None
    if text is None and search:
        text = guess_date(tree, url, latest) or (shown.text if shown else None)
    parsed = parse_date(text) if text else None
    if not parsed or not EARLIEST <= parsed[0] <= fetched_at + FUTURE:
        return [], None
    return [DateCandidate("text", *parsed)], shown.clock if shown and text == shown.text else None


def _day_unsure(candidate: DateCandidate) -> bool:
    """Whether a time stated in UTC may fall on another day where the publisher is."""
    at = candidate.value
    in_utc = candidate.stated == at.date().isoformat() and (at.hour, at.minute, at.second) != (0, 0, 0)
    return in_utc and (at.hour >= 22 or at.hour < 7)


def _local_day(chosen: DateCandidate, found: list[DateCandidate], language: str) -> str:
    """The publisher's day: as the chosen evidence states it, unless other evidence of the same time is nearer to it.

    A time in UTC is corrected by a neighbouring day that is stated with a zone, in the address or to the readers; and
    22:00 or 23:00 sharp is a midnight in Europe, from a system that only knows days: in `language` (BCP 47) of Central
    Europe even where readers are shown the day before, for then that day is UTC's too.
    """
    if not _day_unsure(chosen):
        return chosen.stated
    at, day = chosen.value, date.fromisoformat(chosen.stated)
    next_day = (day + timedelta(days=1)).isoformat()
    is_summer = 4 <= at.month <= 10
    if language.lower()[:2] in _CENTRAL_EUROPE and at.time() == (time(22) if is_summer else time(23)):
        return next_day
    local = [c for c in found if c.value.time() == time() or c.stated != c.value.date().isoformat()]
    if any(other.stated == chosen.stated for other in local):
        return chosen.stated
    for other in local:
        if abs((date.fromisoformat(other.stated) - day).days) == 1:
            return other.stated
    return next_day if at.time() in (time(22), time(23)) else chosen.stated
