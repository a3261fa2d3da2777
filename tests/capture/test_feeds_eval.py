"""The feed reader on the 2,304 documents of ../shared/eval/feeds: conformance suites, wreckage, real captures."""

from __future__ import annotations

import ast
import gzip
import io
import json
import os
import tarfile
import warnings
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest

from tasks import urls
from tasks.capture import feedtext
from tasks.capture.feeds import NotAFeed, parse_feed
from tasks.capture.feedxml import FEED_ROOTS, find_root, read_xml
from tasks.model import Entry, Feed

EVAL = Path(os.environ.get("NEWSDESK_EVAL", Path(__file__).parents[3] / "shared" / "eval")) / "feeds"
URL = "http://127.0.0.1:8097/feed.xml"  # where feedparser's own tests are served from
NOW = datetime(2026, 1, 1)

pytestmark = pytest.mark.skipif(not EVAL.is_dir(), reason=f"no evaluation data at {EVAL} (set NEWSDESK_EVAL)")


@dataclass(frozen=True)
class Document:
    name: str
    kind: str
    items: int
    body: bytes
    content_type: str | None
    expect: str | None

    def parsed(self) -> Feed | NotAFeed:
        return parse_feed(self.body, url=URL, content_type=self.content_type, now=NOW)

    def as_read(self) -> Feed | None:
        """The feed before entries without an address, which most conformance documents are, are left out."""
        text = feedtext.decode(self.body, self.content_type)
        name, start, end = find_root(text) or ("", 0, 0)
        return read_xml(text[start:end], URL, NOW) if name in FEED_ROOTS else None


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    with tarfile.open(EVAL / "docs.tar.xz") as archive:
        bodies = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
        content = {name: file.read() for name, file in bodies.items() if file}
    lines = gzip.decompress((EVAL / "index.jsonl.gz").read_bytes()).splitlines()
    return [
        Document(
            row["file"],
            row["kind"],
            row["items"],
            content[row["file"]],
            row.get("http_content_type"),
            row.get("feedparser_expect"),
        )
        for row in map(json.loads, lines)
    ]


NOT_FEEDS = {
    "expected-json": {"JSON that is not a JSON Feed": 335},
    "html": {"an HTML page": 3},
    "json": {"broken JSON": 2},
    "jsonfeed": {
        "JSON that is not a JSON Feed": 3
    },  # another reader's expectations, and a file with neither version nor URL
    "opml": {"an OPML list of feeds": 126},
    "other": {"XML that is not a feed": 4, "an HTML page": 1, "gzip data": 2, "text without markup": 1},
    "rdf": {"RDF that is not RSS": 4},  # lists of people and blogs
    "rss-channel": {"XML that is not a feed": 3},  # CDF channels without title or item
    "unknown": {"XML that is not a feed": 1, "empty": 1},
}


def test_what_is_not_a_feed_is_named(documents: list[Document]) -> None:
    found: dict[str, Counter[str]] = {}
    for document in documents:
        feed = document.parsed()
        if isinstance(feed, NotAFeed):
            found.setdefault(document.kind.partition(":")[0], Counter())[feed.reason] += 1
    assert found == NOT_FEEDS


ITEM_DIFFERENCES = {
    "the index counts no items of JSON": 9,
    "the index counts no items of CDF, which feedparser reads": 6,
    "entries with the same id and address are one": 4,
}


def test_every_item_of_the_index_is_an_entry(documents: list[Document]) -> None:
    reasons: Counter[str] = Counter()
    for document in documents:
        feed = document.parsed()
        found = 0 if isinstance(feed, NotAFeed) else len(feed.entries) + feed.skipped
        if found == document.items:
            continue
        read = document.as_read()
        if document.kind in ("jsonfeed", "rss-channel"):
            kind = "JSON" if document.kind == "jsonfeed" else "CDF, which feedparser reads"
            reasons[f"the index counts no items of {kind}"] += 1
        elif read and len(read.entries) == document.items and len({(e.entry_id, e.url) for e in read.entries}) <= found:
            reasons["entries with the same id and address are one"] += 1
        else:
            reasons[document.name] += 1
    assert reasons == ITEM_DIFFERENCES


def cleaned(address: str) -> str:
    try:
        return urls.clean(address)
    except ValueError:
        return ""


AGREEMENT = {
    ("title", "same"): 3051,
    ("title", "Atom's plain text may hold brackets"): 2,
    ("title", "undeclared encoding: stray bytes are read one by one"): 3,
    ("link", "same"): 2827,
    ("link", "origLink, behind a counting redirect"): 207,
    ("link", "feedparser has none"): 12,
    ("link", "an id is no path, other alternates are links"): 10,
}


def link_reason(theirs: Any, ours: Entry) -> str:
    link = cleaned(theirs.get("link") or "")
    if link == ours.url:
        return "same"
    if theirs.get("feedburner_origlink") or theirs.get("pheedo_origlink"):
        return "origLink, behind a counting redirect"
    return "feedparser has none" if not link else "an id is no path, other alternates are links"


def title_reason(theirs: Any, ours: Entry) -> str:
    written = theirs.get("title") or ""
    if feedtext.title(written) == ours.title:
        return "same"
    return (
        "Atom's plain text may hold brackets"
        if "<" in written
        else "undeclared encoding: stray bytes are read one by one"
    )


def test_agreement_with_feedparser_on_all_entries(documents: list[Document]) -> None:
    reasons: Counter[tuple[str, str]] = Counter()
    for document in documents:
        headers = {"content-location": URL, "content-type": document.content_type or "application/xml"}
        with warnings.catch_warnings(action="ignore"):
            theirs = feedparser.parse(
                io.BytesIO(document.body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
            )
        read = document.as_read() if theirs.entries else None
        ours = read.entries if read else ()
        assert len(ours) == len(theirs.entries), document.name
        for entry, other in zip(ours, theirs.entries, strict=True):
            reasons["title", title_reason(other, entry)] += 1
            reasons["link", link_reason(other, entry)] += 1
    assert reasons == AGREEMENT


EXPECTED = {
    "content": "content_html",
    "link": "url",
    "id": "entry_id",
    "guid": "entry_id",
    "title": "title",
    "summary": "summary",
    "description": "summary",
    "author": "authors",
    "published_parsed": "published_at",
    "updated_parsed": "updated_at",
}
"""feedparser's name of an entry's field, and ours."""
FEED_EXPECTED = {"title": "title", "language": "language", "link": "site_url"}

DIFFERENCES: dict[str, list[str]] = {
    "content_html is left as the publisher wrote it: nothing is removed": ["sanitize/"],
    "the base is the address the feed was fetched from, not Content-Location": [
        "http_channel_link_base_content_location",
        "http_entry_id_base_content_location",
        "http_item_link_base_content_location",
        "headers_content_location-relative",
    ],
    "content_html is left as the publisher wrote it: relative addresses stay": ["base/"],
    "no entity of the document's own is expanded": ["entity_in_doctype"],
    "Atom's plain text may hold brackets": ["entry_title_text_plain_brackets", "entry_content_text_plain_brackets"],
    "as in HTML, an unclosed comment or declaration swallows what follows": [
        "xml_malicious_comment",
        "xml_declaration_unexpected_character",
        "item_description_not_a_doctype",
    ],
    "a language tag is written as BCP 47 has it, and comes from the document alone": [
        "lang/channel_language",
        "http_content_language",
    ],
    "content of type application/octet-stream is no text": ["entry_content_base64"],
    "host names are lower case, queries canonical": ["item_image_link_conflict", "query_variable_feed"],
    "bytes that are not UTF-8 are read as Windows-1252 one by one": ["bozo_linenoise"],
    "HTML 5 has other angle brackets for these entities than HTML 4": ["entities/lang", "entities/rang"],
    "CDF channels without title or item are no feeds": ["channel_href_map_link", "channel_lastmod_parsed"],
}


def field_of(document: Document, feed: Feed | None, path: list[Any]) -> tuple[str, Any] | None:
    """The name and value of our field for feedparser's; None where we have no such field."""
    match path:
        case ["feed", name] if name in FEED_EXPECTED:
            return name, getattr(feed, FEED_EXPECTED[name], None)
        case ["entries", int(index), name, *rest] if name in EXPECTED and rest in ([], [0, "value"]):
            entries = feed.entries if feed else ()
            return name, getattr(entries[index], EXPECTED[name]) if index < len(entries) else document.name
    return None


def path_of(node: ast.expr) -> list[Any]:
    """`entries[0]['title']` as ["entries", 0, "title"]; [] for any other expression."""
    match node:
        case ast.Name(name):
            return [name]
        case ast.Subscript(value, ast.Constant(key)):
            return [*path_of(value), key]
        case ast.Attribute(value, name):
            return [*path_of(value), name]
    return []


def normalized(name: str, value: Any) -> Any:
    """feedparser's expectation in our terms."""
    match name, value:
        case (("title" | "summary" | "description"), str()):
            return feedtext.summary(value)
        case (("author"), str()):
            return (value.partition(" (")[0],)
        case (("published_parsed" | "updated_parsed"), tuple()):
            return datetime(*value[:6])
    return value


def comparisons(document: Document) -> list[tuple[list[Any], Any]]:
    tree = ast.walk(ast.parse(document.expect or "None", mode="eval"))
    equal = [node for node in tree if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq)]
    wanted = []
    for node in equal:
        try:
            wanted.append((path_of(node.left), ast.literal_eval(node.comparators[0])))
        except ValueError:  # compared with an expression
            continue
    return wanted


def test_feedparsers_own_expectations(documents: list[Document]) -> None:
    compared, unexplained, used = 0, [], Counter[str]()
    for document in documents:
        feed = document.as_read()
        for path, value in comparisons(document):
            found = field_of(document, feed, path)
            if found is None:
                continue
            compared += 1
            if found[1] != normalized(found[0], value):
                reason = next(
                    (why for why, names in DIFFERENCES.items() if any(n in document.name for n in names)), None
                )
                used[reason or ""] += 1
                if reason is None:
                    unexplained.append((document.name, path, value, found[1]))
    assert unexplained == []
    assert set(used) == set(DIFFERENCES)
    assert compared > 600 and used.total() < 70
