"""RSS 0.9x, 1.0 and 2.0 and Atom: from the text of a document to a feed, through feedparser's parsers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import escape
from typing import Any

from tasks.capture import feedparsers, feedtext
from tasks.capture.feeddates import from_struct, from_written, plausible
from tasks.capture.feedfields import MAX_ENTRIES, file_url, language_tag, names, page_url
from tasks.model import Entry, Feed

FEED_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})
MAX_TTL = timedelta(days=365)

_HEAD_CHARS = 65_536  # of a document are searched for its root element
_ROOT = re.compile(
    r"<!--(?:.*?-->|.*)|"
    r"<(?P<tag>(?:[\w.-]+:)?(?P<name>rss|rdf|feed|channel|html|head|body|opml|urlset|sitemapindex))(?=[\s/>])",
    re.IGNORECASE | re.DOTALL,
)
_PERIODS = {"hourly": 1, "daily": 24, "weekly": 7 * 24, "monthly": 30 * 24, "yearly": 365 * 24}  # in hours
_NAME_CHARS = 300
_EMAIL = re.compile(r"\S*@\S*")
_IMAGE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:[?#]|$)", re.IGNORECASE)


def find_root(text: str) -> tuple[str, int, int] | None:
    """The first element that says what a document is: its name without prefix, where it starts, where it ends.

    What stands before it (byte salad, a server's warnings, a document type) and behind it is no part of the feed.
    """
    for found in _ROOT.finditer(text, 0, _HEAD_CHARS):
        if found["name"]:
            closing = text.find(">", text.rfind(f"</{found['tag']}"))
            return found["name"].lower(), found.start(), closing + 1 if closing > found.start() else len(text)
    return None


def read_xml(text: str, url: str, now: datetime) -> Feed | None:
    """The feed in `text`, which begins with its root element and was fetched from `url`; None where it is no feed.

    Entries are not yet settled: `entry_id` is the feed's own id or "", `url` the cleaned address or "".
    """
    parsed = feedparsers.parse(feedtext.resolve_references(text), url)
    about: dict[str, Any] = dict(parsed.feeddata)
    if not (parsed.version or parsed.entries or about.get("title")):
        return None
    atom = parsed.version.startswith("atom")
    return Feed(
        title=feedtext.title(_text(about, "title")),
        entries=tuple(_entry(dict(raw), url, now, atom) for raw in parsed.entries[:MAX_ENTRIES]),
        ttl=_ttl(about),
        language=language_tag(_text(about, "language")),
        site_url=page_url([_text(about, "link")], url) or None,
    )


def _entry(raw: dict[str, Any], base: str, now: datetime, atom: bool) -> Entry:
    published, updated = _dates(raw, now, atom)
    description = _text(raw, "summary")
    return Entry(
        entry_id=_text(raw, "id"),
        url=page_url(_addresses(raw), base) or page_url([_text(raw, "id")], ""),
        title=feedtext.title(_text(raw, "title"), markup=_is_markup(raw, "title", atom)),
        published_at=published,
        updated_at=updated,
        authors=names(_name(_text(author, "name")) for author in _dicts(raw, "authors")),
        summary=feedtext.summary(description, markup=_is_markup(raw, "summary", atom)),
        content_html=_content(raw, description),
        tags=names(feedtext.plain(_text(tag, "label") or _text(tag, "term")) for tag in _dicts(raw, "tags")),
        image_url=file_url(_images(raw), base),
    )


def _text(raw: dict[str, Any], key: str) -> str:
    """A string of feedparser's dictionaries, where an element of the feed's own may stand under any key."""
    value = raw.get(key)
    return value if isinstance(value, str) else ""


def _dicts(raw: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = raw.get(key)
    return [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, dict)]


def _addresses(raw: dict[str, Any]) -> Iterator[str]:
    """Where an entry's article may be, best first: behind a counting redirect, its link, an alternate of any type."""
    yield _text(raw, "feedburner_origlink")
    yield _text(raw, "pheedo_origlink")
    link = _text(raw, "link")
    # feedparser takes a guid for the link where there is none; one without a slash is a number or a name, not a path.
    if "/" in link or link != _text(raw, "id"):
        yield link
    for other in _dicts(raw, "links"):
        if _text(other, "rel") == "alternate":
            yield _text(other, "href")


def _is_markup(raw: dict[str, Any], field: str, atom: bool) -> bool:
    """Whether tags are to be expected. RSS never says; Atom does, but a closing tag in its plain text is a mistake."""
    plain = any(_text(detail, "type") == "text/plain" for detail in _dicts(raw, f"{field}_detail"))
    return not (atom and plain) or "</" in _text(raw, field)


def _dates(raw: dict[str, Any], now: datetime, atom: bool) -> tuple[datetime | None, datetime | None]:
    """When an entry was published and updated. In RSS a lone `dc:date` is the date of publication."""
    published, created, updated = (
        plausible(from_struct(raw.get(f"{key}_parsed")) or from_written(_text(raw, key)), now)
        for key in ("published", "created", "updated")
    )
    return published or created or (None if atom else updated), updated


def _name(text: str) -> str:
    """An author's name without the mailbox that RSS wants beside it."""
    return _EMAIL.sub("", feedtext.plain(text[:_NAME_CHARS])).strip(" <>()")


def _content(raw: dict[str, Any], description: str) -> str | None:
    """The full content as HTML, or the description where that is long and all there is.

    feedparser files second descriptions (`media:description`, `itunes:summary`) under `content` too: what is shorter
    than the description is not the full content.
    """
    content = max((_as_html(part) for part in _dicts(raw, "content")), key=len, default="")
    if content and len(content) >= len(description):
        return content
    return description if len(description) > feedtext.SUMMARY_CHARS else None


def _as_html(part: dict[str, Any]) -> str:
    kind, value = _text(part, "type"), _text(part, "value").strip()
    if kind == "text/plain":
        return escape(value, quote=False)
    return value if "html" in kind or kind.endswith("xml") else ""


def _images(raw: dict[str, Any]) -> Iterator[str]:
    """Addresses of an entry's image: Media RSS (https://www.rssboard.org/media-rss), enclosures, iTunes."""
    enclosures = [link for link in _dicts(raw, "links") if _text(link, "rel") == "enclosure"]
    for media in [*_dicts(raw, "media_content"), *enclosures]:
        address = _text(media, "url") or _text(media, "href")
        kind = _text(media, "medium") or _text(media, "type")
        if kind.startswith("image") or (not kind and _IMAGE_FILE.search(address)):
            yield address
    yield from (_text(thumbnail, "url") for thumbnail in _dicts(raw, "media_thumbnail"))
    yield from (_text(image, "href") for image in _dicts(raw, "image"))


def _ttl(about: dict[str, Any]) -> timedelta | None:
    """RSS `ttl` (minutes), else the period of the module https://web.resource.org/rss/1.0/modules/syndication/."""
    minutes = _positive(_text(about, "ttl"))
    if minutes:
        return min(timedelta(minutes=minutes), MAX_TTL)
    hours = _PERIODS.get(_text(about, "sy_updateperiod").lower())
    return timedelta(hours=hours) / (_positive(_text(about, "sy_updatefrequency")) or 1) if hours else None


def _positive(text: str) -> int:
    """A whole number above 0; 0 where the text is none. At most nine digits are read."""
    digits = text.strip()[:9]
    return int(digits) if digits.isdecimal() else 0
