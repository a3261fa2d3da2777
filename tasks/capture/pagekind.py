"""Whether a page is a single article or a list of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from lxml.html import HtmlElement

from tasks.capture import addresses
from tasks.capture.pagetree import meta
from tasks.model import Entry

LISTING_LINKS = 5
"""A page with fewer article links is no listing."""
ENOUGH = 3

_PARAGRAPH_CHARS = 80
_BODY_CHARS = 600
_SCHEMA_CHARS = 500_000
_BODY_PARAGRAPHS = 3
_ARTICLE_TYPE = re.compile(
    r'"@type"\s*:\s*(?:\[[^\]]{0,200})?"(?:\w*NewsArticle|Article|BlogPosting|Report|LiveBlogPosting|ScholarlyArticle)"'
)
_LIST_TYPE = re.compile(r'"@type"\s*:\s*(?:\[[^\]]{0,200})?"(?:CollectionPage|ItemList|Blog|SearchResultsPage)"')


def is_article(tree: HtmlElement, url: str, links: Sequence[Entry]) -> bool:
    """Whether the page fetched from `url` is one article; `links` are its article links (`listing.article_links`).

    By what it declares (Open Graph, schema.org), by its address, by its markup (one `article` under the page's only
    `h1`), and by whether it has a body: several long paragraphs side by side, more of them than there are links to
    articles among them.
    """
    if addresses.is_no_article(url):
        return False
    address = addresses.article_points(url)
    points = (address >= 3) + (address >= 5)
    points += 2 if (meta(tree, "og:type") or "").lower().endswith("article") else 0
    points += 2 if meta(tree, "article:published_time", "datepublished", "pubdate", "citation_title") else 0
    points += _schema_points(tree)
    points += 2 if _has_body(tree) else 0
    points += 3 if _is_marked_up(tree) else 0
    points -= 1 if len(links) >= 4 * LISTING_LINKS else 0
    return points >= ENOUGH


def _schema_points(tree: HtmlElement) -> int:
    """One article described is an article's page; a list, or many articles, is a listing's."""
    scripts = (script.text or "" for script in tree.iter("script") if "ld+json" in script.get("type", ""))
    text = " ".join(scripts)[:_SCHEMA_CHARS]
    articles = len(_ARTICLE_TYPE.findall(text))
    if _LIST_TYPE.search(text) or articles > 3:
        return 0 if articles == 1 else -1
    return 2 if articles else 0


def _is_marked_up(tree: HtmlElement) -> bool:
    """Whether the page's only `h1`, which is no link, stands in an `article` with long paragraphs (HTML, 4.3.2)."""
    headings = list(tree.iter("h1"))
    if len(headings) != 1 or headings[0].find(".//a[@href]") is not None:
        return False
    article = next(headings[0].iterancestors("article"), None)
    if article is None or article.find(".//article") is not None:
        return False
    long = sum(_length(paragraph) >= _PARAGRAPH_CHARS for paragraph in article.iter("p"))
    return long >= 2 and long > _headed_links(article)


def _has_body(tree: HtmlElement) -> bool:
    """Whether one element directly holds several long paragraphs; the summaries of a list stand each in its own."""
    chars: Counter[HtmlElement] = Counter()
    paragraphs: Counter[HtmlElement] = Counter()
    for paragraph in tree.iter("p"):
        parent = paragraph.getparent()
        length = _length(paragraph)
        if parent is not None and length >= _PARAGRAPH_CHARS:
            chars[parent] += length
            paragraphs[parent] += 1
    return any(
        chars[parent] >= _BODY_CHARS and count >= _BODY_PARAGRAPHS and count > _headed_links(parent)
        for parent, count in paragraphs.items()
    )


def _length(paragraph: HtmlElement) -> int:
    """Characters that are not in links."""
    return len(" ".join("".join(paragraph.itertext()).split())) - _linked_chars(paragraph)


def _linked_chars(element: HtmlElement) -> int:
    return sum(len("".join(link.itertext())) for link in element.iter("a"))


def _headed_links(element: HtmlElement) -> int:
    """Headings right in the element that are links: those of a flat list of articles, each with its summary."""
    return sum(1 for child in element.iterchildren("h2", "h3", "h4") if child.find(".//a[@href]") is not None)
