"""Where a page's feed may be: what its link elements say, and where content systems keep it. Nothing is fetched here.

https://www.rssboard.org/rss-autodiscovery, https://www.jsonfeed.org/version/1.1/#discovery-a-name-discovery-a.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from tasks.capture import addresses
from tasks.capture.feedfields import file_url
from tasks.capture.pagetree import base_address

MAX_LINKED = 5
"""How many of a page's own links to feeds are tried."""

_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_VAGUE_TYPES = ("application/json", "application/xml", "text/xml")
_COMMENTS = re.compile(r"comm?ent|kommentar", re.IGNORECASE)
_FEED_WORD = re.compile(r"feed|rss|atom|rdf", re.IGNORECASE)
# By how many sites have their feed there: WordPress and its like, then static generators, Blogger last.
_KNOWN = ("feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed.json", "feeds/posts/default")
_KNOWN_UNDER_SECTION = ("feed", "rss", "rss.xml", "index.xml")


def linked_feeds(tree: HtmlElement, url: str) -> tuple[str, ...]:
    """The feeds that the page at `url` names in its link elements, the best first, at most `MAX_LINKED`.

    Feeds of comments come last; before them those under the page's own path lead, since a section's page may name the
    whole site's feed as well. Addresses are as the page writes them.
    """
    base = base_address(tree, url)
    below = urlsplit(url).path.rstrip("/") + "/"
    ranked: dict[str, tuple[bool, bool]] = {}
    for link in tree.iter("link"):
        address = file_url([link.get("href")], base)
        if address and _names_a_feed(link):
            elsewhere = not (addresses.same_site(address, url) and urlsplit(address).path.startswith(below))
            ranked.setdefault(address, (is_for_comments(f"{link.get('title', '')} {address}"), elsewhere))
    return tuple(sorted(ranked, key=lambda address: ranked[address]))[:MAX_LINKED]


def _names_a_feed(link: HtmlElement) -> bool:
    relations = link.get("rel", "").lower().split()
    kind = link.get("type", "").partition(";")[0].strip().lower()
    if "alternate" not in relations:
        return "feed" in relations
    # JSON and XML can be anything, WordPress names its API so.
    return kind in _TYPES or (kind in _VAGUE_TYPES and bool(_FEED_WORD.search(link.get("href", ""))))


def is_for_comments(text: str) -> bool:
    """Whether a feed's title or address says that it carries comments, in six languages."""
    return bool(_COMMENTS.search(text))


def known_places(url: str) -> tuple[str, ...]:
    """Where the feed of the home page at `url` (or of the section, at another path) is with common content systems."""
    path = urlsplit(url).path.rstrip("/")
    names = _KNOWN_UNDER_SECTION if path else _KNOWN
    return tuple(urljoin(url, f"{path}/{name}") for name in names)
