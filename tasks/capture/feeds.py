"""Feed documents, whatever their format and however broken: from bytes to a `Feed`, or to what they are instead."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from tasks.capture import feedtext
from tasks.capture.feedxml import FEED_ROOTS, find_root, read_xml
from tasks.capture.jsonfeed import read_json
from tasks.model import Entry, Feed

_MAX_ID_CHARS = 2_000
_BINARY = {b"\x1f\x8b": "gzip data", b"PK\x03\x04": "a ZIP archive", b"%PDF": "a PDF document"}
_ROOTS = {
    "html": "an HTML page",
    "head": "an HTML page",
    "body": "an HTML page",
    "opml": "an OPML list of feeds",
    "urlset": "a sitemap",
    "sitemapindex": "a sitemap index",
    "rdf": "RDF that is not RSS",
}


@dataclass(frozen=True, slots=True)
class NotAFeed:
    """The body is no feed; `reason` says what it looks like instead."""

    reason: str


def parse_feed(body: bytes, *, url: str, content_type: str | None, now: datetime) -> Feed | NotAFeed:
    """The feed in `body`, fetched from `url`: RSS 0.9x, 1.0 or 2.0, Atom, or JSON Feed; or what it is instead.

    Never raises, whatever the bytes are; work and memory are bounded (`feedparsers.MAX_ENTRIES`, `MAX_ELEMENTS`); no
    entity is expanded and nothing is fetched. Of a broken or truncated document, what can be read is read.
    `content_type` is the HTTP header, for its charset; `now` is naive UTC.

    Entries stand in the feed's order. `entry_id` is the feed's own id where no other entry has the same, else the URL;
    relative links are resolved against `xml:base`, then `url`; entries without an http or https address are left out
    and counted in `skipped`; dates before 1990 or more than 2 days after `now` are None.
    """
    for magic, reason in _BINARY.items():
        if body.startswith(magic):
            return NotAFeed(reason)
    text = feedtext.decode(body, content_type)
    start = text.lstrip()[:1]
    if not start:
        return NotAFeed("empty")
    feed = _from_json(text, url, now) if start in "{[" else _from_xml(text, url, now)
    return _settled(feed) if isinstance(feed, Feed) else feed


def _from_json(text: str, url: str, now: datetime) -> Feed | NotAFeed:
    try:
        return read_json(text, url, now) or NotAFeed("JSON that is not a JSON Feed")
    except ValueError:
        return NotAFeed("broken JSON")


def _from_xml(text: str, url: str, now: datetime) -> Feed | NotAFeed:
    root = find_root(text)
    if root is None:
        return NotAFeed(_looks_like(text))
    name, start, end = root
    feed = read_xml(text[start:end], url, now) if name in FEED_ROOTS else None
    return feed or NotAFeed(_ROOTS.get(name, "XML that is not a feed"))


def _looks_like(text: str) -> str:
    head = text[:1000].lstrip().lower()
    if "<!doctype html" in head:
        return "an HTML page"
    return "XML that is not a feed" if head.startswith("<") else "text without markup"


def _settled(feed: Feed) -> Feed:
    """The feed with each entry once, under an id of its own, and without entries that lead nowhere."""
    usable = [entry for entry in feed.entries if entry.url]
    once: dict[tuple[str, str], Entry] = {}
    for entry in usable:
        once.setdefault((entry.entry_id, entry.url), entry)
    uses = Counter(entry_id for entry_id, _ in once)
    entries: dict[str, Entry] = {}
    for (own, url), entry in once.items():
        entry_id = own if own and uses[own] == 1 and len(own) <= _MAX_ID_CHARS else url
        entries.setdefault(entry_id, replace(entry, entry_id=entry_id))
    return replace(feed, entries=tuple(entries.values()), skipped=len(feed.entries) - len(usable))


def warm_up(now: datetime) -> None:
    """Let feedparser fill the tables of its classes, which it does on first use, before several threads use them."""
    parse_feed(
        b'<rss version="2.0"><channel><item><title>A</title></item></channel></rss>', url="", content_type=None, now=now
    )
