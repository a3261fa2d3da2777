"""Feeds: their media types, an entry as every format of feed is made from it, and JSON Feed itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tasks.demosite.model import Publisher

FEED_TYPES = {
    "rss": "application/rss+xml",
    "rss-content": "application/rss+xml",
    "atom": "application/atom+xml",
    "rdf": "application/rdf+xml",
    "json": "application/feed+json",
}


@dataclass(frozen=True)
class FeedEntry:
    """An entry of a feed, be it an article or an oddity.

    `link` is `url` with what the publisher adds in order to count visits from its feed. `modified` is what
    the entry states; `changed` is when the feed changed on its account.
    """

    url: str
    link: str
    number: int
    title: str
    summary: str
    published: datetime
    changed: datetime
    modified: datetime | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    html: str = ""


def json_feed(publisher: Publisher, home: str, entries: Sequence[FeedEntry]) -> dict[str, object]:
    """The entries as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": publisher.name,
        "description": publisher.tagline,
        "home_page_url": home,
        "feed_url": home + publisher.feed.path.removeprefix("/"),
        "language": f"{publisher.language}-{publisher.country}",
        "items": [_item(entry) for entry in entries],
    }


def _item(entry: FeedEntry) -> dict[str, object]:
    item: dict[str, object] = {
        "id": entry.url,
        "url": entry.link,
        "title": entry.title,
        "content_text": entry.summary,
        "date_published": entry.published.isoformat(),
        "authors": [{"name": name} for name in entry.authors],
        "tags": list(entry.tags),
    }
    return item | ({"date_modified": entry.modified.isoformat()} if entry.modified else {})
