"""Where on a page a link stands: in its main part, in a teaser, or in the furniture around them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from enum import IntEnum
from functools import cached_property

from lxml.html import HtmlElement


class Region(IntEnum):
    """Kinds of places, the worse ones last."""

    TEASER = 0
    """In an `article` element, or in one whose class says that it is an item of a list of articles."""
    MAIN = 1
    PLAIN = 2
    ASIDE = 3
    FURNITURE = 4
    """Header, footer, share bar, tag list, byline, advertisement, form: what every page of a site has."""
    NAVIGATION = 5


_ROLES = {
    "navigation": Region.NAVIGATION,
    "menu": Region.NAVIGATION,
    "menubar": Region.NAVIGATION,
    "banner": Region.FURNITURE,
    "contentinfo": Region.FURNITURE,
    "search": Region.FURNITURE,
    "dialog": Region.FURNITURE,
    "complementary": Region.ASIDE,
}
_TEASER = re.compile(
    r"\b(?:hentry|h-entry|type-post|teaser|story|storycard|news-?item|article|article-?card|card|post-?card|entry|"
    r"views-row|list-?item|media-object|post)\b",
    re.IGNORECASE,
)
_NAVIGATION = frozenset({
    "nav", "navbar", "navigation", "navi", "menu", "menus", "submenu", "megamenu", "mainmenu", "menubar",
    "breadcrumb", "breadcrumbs", "pagination", "pager", "paging", "paginator", "pagenavi", "offcanvas", "drawer",
    "skiplinks", "hamburger", "toc"
})  # fmt: skip
_FURNITURE = frozenset({
    "footer", "masthead", "topbar", "toolbar", "colophon", "copyright", "cookie", "cookies", "consent", "gdpr",
    "login", "signin", "account", "subscribe", "subscription", "newsletter", "share", "sharing", "sharebar",
    "social", "socials", "follow", "search", "tagcloud", "taglist", "byline", "bylines", "avatar", "comments",
    "respond", "disqus", "ad", "ads", "adv", "advert", "advertisement", "advertising", "adsense", "sponsor",
    "sponsored", "sponsors", "publicidad", "publicidade", "publicite", "werbung", "anzeige", "banner", "popup",
    "modal", "language", "languages", "donate", "donation"
})  # fmt: skip
_LABELS = re.compile(r"(?:(?:post|entry|article|item|field|meta|card)[-_]+)*(?:tags?|authors?|categor(?:y|ies)|topics?)"
                     r"(?:[-_](?:links?|list|name|names|box|meta))?", re.IGNORECASE)  # fmt: skip
_ASIDE = frozenset({
    "sidebar", "aside", "widget", "related", "recommended", "recommendations"
})  # fmt: skip
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_CONTAINERS = frozenset({"article", "main", "section", "li", "td"})


class Regions:
    """The regions of one page. `likely` are the links whose addresses look like an article's.

    An element that holds more than half of those is no furniture whatever its class says: "no-sidebar" or
    "has-sticky-nav" stand on wrappers of whole pages, and some servers wrap the page in a form.
    """

    def __init__(self, likely: Iterable[HtmlElement]) -> None:
        self._holds: Counter[HtmlElement] = Counter()
        self._likely = 0
        for link in likely:
            self._likely += 1
            self._holds.update(link.iterancestors())
        self._known: dict[HtmlElement, Region] = {}

    def of(self, link: HtmlElement) -> Region:
        """The region of a link: the worst that it or an ancestor stands for, else the most specific."""
        path = [link, *link.iterancestors()]
        start = next((number for number, element in enumerate(path) if element in self._known), len(path))
        region = self._known[path[start]] if start < len(path) else Region.PLAIN
        for element in reversed(path[:start]):
            region = _inside(region, self._own(element))
            self._known[element] = region
        return region

    def _own(self, element: HtmlElement) -> Region:
        if element.tag in ("body", "html"):
            return Region.PLAIN
        if element.tag == "nav":
            return Region.NAVIGATION
        named = _Named(element)
        if element.tag == "article" or named.is_teaser:
            return Region.TEASER
        wraps_page = 2 * self._holds[element] > self._likely
        region = Region.PLAIN if wraps_page else named.region
        if region is Region.PLAIN and (element.tag == "main" or named.is_main):
            return Region.MAIN
        return region


def _inside(outer: Region, own: Region) -> Region:
    """The region of what is in an element, by the element's surroundings and its own."""
    if max(outer, own) >= Region.ASIDE:
        return max(outer, own)
    return min(outer, own)


class _Named:
    """What an element's tag, role, classes and id say."""

    def __init__(self, element: HtmlElement) -> None:
        self._element = element
        self._names = f"{element.get('class', '')} {element.get('id', '')}".split()

    @cached_property
    def is_teaser(self) -> bool:
        """Whether it is an item of a list of articles; WordPress puts "tag-prisons author-ann" on such elements."""
        return self._element.tag in ("li", "div", "section", "tr") and any(_TEASER.fullmatch(n) for n in self._names)

    @property
    def is_main(self) -> bool:
        return self._element.get("role") == "main" or any(n in ("content", "main", "primary") for n in self._names)

    @property
    def region(self) -> Region:
        element = self._element
        role = _ROLES.get(element.get("role", ""), Region.PLAIN)
        if role is not Region.PLAIN:
            return role
        if element.tag in ("footer", "header"):
            # Those of an article or a section carry its headline or its tags, not the site's.
            enclosed = any(ancestor.tag in _CONTAINERS for ancestor in element.iterancestors())
            return Region.PLAIN if enclosed else Region.FURNITURE
        if element.tag in ("form", "dialog"):
            return Region.FURNITURE
        return max(self._by_class, Region.ASIDE if element.tag == "aside" else Region.PLAIN)

    @property
    def _by_class(self) -> Region:
        words = {word.lower() for name in self._names for word in _WORDS.findall(name)}
        if words & _NAVIGATION:
            return Region.NAVIGATION
        if words & _FURNITURE or any(_LABELS.fullmatch(name) for name in self._names):
            return Region.FURNITURE
        return Region.ASIDE if words & _ASIDE else Region.PLAIN
