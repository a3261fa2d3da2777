"""Sitemap documents: sitemap, index, news sitemap, a plain list of addresses; gzipped or not.

Read with lxml: ultimate-sitemap-parser drops the date of an index's children and fetches them itself, one after another
and all of them; trafilatura keeps addresses only. Formats: https://www.sitemaps.org/protocol.html and Google's news
extension, https://www.google.com/schemas/sitemap-news/0.9/.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from tasks.capture import addresses, feedtext
from tasks.capture.decode import BadEncoding, TooLarge, decode
from tasks.capture.feeddates import EARLIEST, from_iso, from_written
from tasks.capture.feedfields import file_url, names, page_url
from tasks.capture.feedxml import find_root
from tasks.model import Entry

MAX_ENTRIES = 50_000
"""How many addresses one sitemap may hold, by the protocol; the rest is not read."""
MAX_LINE = 2_048
"""The longest address by the protocol, in characters."""
_GZIP = b"\x1f\x8b"
_ROOTS = ("urlset", "sitemapindex")


@dataclass(frozen=True, slots=True)
class SitemapLink:
    """A sitemap that an index names. `lastmod` is naive UTC."""

    url: str
    lastmod: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sitemap:
    """A sitemap's pages (`updated_at` is their `lastmod`), or an index's children, or both."""

    entries: tuple[Entry, ...] = ()
    children: tuple[SitemapLink, ...] = ()


@dataclass(frozen=True, slots=True)
class NotASitemap:
    """There is no sitemap to be had; `reason` says why."""

    reason: str


def parse_sitemap(body: bytes, *, url: str, max_bytes: int, since: datetime | None = None) -> Sitemap | NotASitemap:
    """The sitemap in `body`, fetched from `url`; `max_bytes` limits what gzip data may grow to.

    Pages that are dated before `since` (naive UTC) are left out; undated ones, and an index's children, never are.
    Never raises. Document types are cut off, so that no entity expands and nothing is fetched; of broken XML, what can
    be read is read. Addresses of home, tag, author and legal pages and of files are left out, as are invalid ones.
    """
    try:
        body = decode(body, "gzip", max_bytes) if body.startswith(_GZIP) else body
    except TooLarge as error:
        return NotASitemap(f"too large: {error}")
    except BadEncoding as error:
        return NotASitemap(f"damaged gzip data: {error}")
    text = feedtext.decode(body, None)
    root = find_root(text)
    if root and root[0] in _ROOTS:
        return _from_xml(text[root[1] : root[2]], url, since)
    if root or not text.strip() or text.lstrip().startswith("<"):
        return NotASitemap(f"{root[0]} document" if root else "no sitemap in it")
    return _from_lines(text)


def _from_xml(text: str, url: str, since: datetime | None) -> Sitemap:
    document = feedtext.resolve_references(text).encode("utf-8", "replace")
    entries: dict[str, Entry] = {}
    children: dict[str, SitemapLink] = {}
    for record in _records(document):
        if since and _name(record) == "url" and (_changed(record) or since) < since:
            continue  # before its address is cleaned, which is most of the work
        address = page_url([_text(record, "loc")], url)
        if address and _name(record) == "sitemap":
            # Asked for as it is written: an index may tell its children apart by a parameter.
            link = file_url([_text(record, "loc")], url) or address
            children.setdefault(link, SitemapLink(link, _date(_text(record, "lastmod"))))
        elif address and not addresses.is_no_article(address):
            entries.setdefault(address, _entry(record, address))
        if len(entries) + len(children) >= MAX_ENTRIES:
            break
    return Sitemap(tuple(entries.values()), tuple(children.values()))


def _records(document: bytes) -> Iterator[etree._Element]:
    """The `url` and `sitemap` elements, one at a time, so that memory holds one only."""
    walk = etree.iterparse(
        io.BytesIO(document), events=("end",), recover=True, resolve_entities=False, no_network=True, load_dtd=False
    )
    try:
        for _, element in walk:
            if _name(element) in ("url", "sitemap"):
                yield element
                element.clear()
                parent = element.getparent()
                if parent is not None and parent.getparent() is None:
                    del parent[:]
    except etree.XMLSyntaxError:
        return  # beyond what the parser can recover from: what was read stands


def _name(element: etree._Element) -> str:
    """The local name; a prefix that is nowhere declared stays part of the tag."""
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower() if isinstance(element.tag, str) else ""


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next((child for child in element if _name(child) == name), None)


def _text(element: etree._Element | None, name: str) -> str:
    child = _child(element, name) if element is not None else None
    return " ".join("".join(map(str, child.itertext())).split()) if child is not None else ""


def _date(text: str) -> datetime | None:
    """A W3C date (or one of the many others that are found there) as naive UTC."""
    moment = from_iso(text) or from_written(text)
    return moment if moment and moment >= EARLIEST else None


def _changed(record: etree._Element) -> datetime | None:
    """The latest date of a page."""
    dates = (_date(_text(record, "lastmod")), _date(_text(_child(record, "news"), "publication_date")))
    return max((date for date in dates if date), default=None)


def _entry(record: etree._Element, address: str) -> Entry:
    news, image = _child(record, "news"), _child(record, "image")
    keywords = _text(news, "keywords").split(",")
    return Entry(
        entry_id=address,
        url=address,
        title=feedtext.title(_text(news, "title"), markup=False),
        published_at=_date(_text(news, "publication_date")),
        updated_at=_date(_text(record, "lastmod")),
        tags=names(keyword.strip() for keyword in keywords),
        image_url=file_url([_text(image, "loc")], address),
    )


def _from_lines(text: str) -> Sitemap | NotASitemap:
    """A plain-text sitemap: every line an absolute address, nothing else (sitemaps.org, "Text file")."""
    lines = [line.strip() for line in text.splitlines()[: MAX_ENTRIES + 1] if line.strip()]
    found = [page_url([line], "") for line in lines if len(line) <= MAX_LINE and "://" in line[:10]]
    if 10 * len(found) < 9 * len(lines):
        return NotASitemap("text that is not a list of addresses")
    pages = dict.fromkeys(address for address in found[:MAX_ENTRIES] if address)
    return Sitemap(tuple(Entry(page, page) for page in pages if not addresses.is_no_article(page)))
