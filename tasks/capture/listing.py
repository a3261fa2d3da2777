"""The article links of a listing page: a home page, a section, a blog, a table of press releases.

Each target gets points for its address, its link text and where its links stand; links of one structure are then judged
together, since an odd one among many articles is an article, and a long one among many menu items is a menu item.
Repeated records are found by their tag paths (Miao et al. 2009, "Extracting data records from the web using tag path
clustering"); the points are ours and hold for no site in particular.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from lxml.html import HtmlElement

from tasks import urls
from tasks.capture import addresses, feedtext
from tasks.capture.feedfields import page_url
from tasks.capture.linktext import HEADED, best_title, in_heading, link_texts, text_points
from tasks.capture.pagetree import base_address, parse_page
from tasks.capture.regions import Region, Regions
from tasks.capture.teasers import Teasers
from tasks.model import Entry

MAX_LINKS = 5_000
"""How many links of a page are looked at."""
ENOUGH = 6
"""Points that make a target an article: a telling address with a sentence for a link text, or a heading with either."""
LENIENCE = 4
"""How many points fewer are enough where most links of a structure are articles: some titles are one word."""
STRICTNESS = 2
"""How many points more a target needs where most links of its structure are clearly none."""
GROUP = 3
"""How many links of one structure make a group."""

RECURRING = 3
"""A target with more links of one text than this is a section, not an article."""

NOTHING = -100

_REGION_POINTS = {
    Region.TEASER: 2,
    Region.MAIN: 1,
    Region.PLAIN: 0,
    Region.ASIDE: -1,
    Region.FURNITURE: -6,
    Region.NAVIGATION: -8,
}
_OTHER_RELATIONS = frozenset({"tag", "author", "category", "next", "prev", "sponsored", "ugc", "search", "license"})
_DIGITS = re.compile(r"\d+")


def parse_listing(body: bytes, *, url: str, content_type: str | None) -> tuple[Entry, ...]:
    """The articles that the page fetched from `url` links to, in the page's order; empty where there are none.

    Links to other sites are left out. `title` is the heading or link text, `published_at` the `datetime` of a `time`
    element in the same teaser (naive UTC). Never raises.
    """
    tree = parse_page(body, content_type)
    return article_links(tree, url) if tree is not None else ()


def article_links(tree: HtmlElement, url: str) -> tuple[Entry, ...]:
    """As `parse_listing`, of a page that is already parsed."""
    links = list(_links(tree, url))
    targets = _targets(links)
    groups: dict[tuple[str, ...], list[_Target]] = defaultdict(list)
    for target in targets.values():
        groups[target.structure].append(target)
    accepted = {id(target) for group in groups.values() for target in _accepted(group)}
    return tuple(
        Entry(entry_id=target.url, url=target.url, title=target.title, published_at=target.published_at)
        for target in targets.values()
        if id(target) in accepted
    )


@dataclass(frozen=True, slots=True)
class _Link:
    element: HtmlElement
    url: str
    identity: str
    address: int
    """Points of the address."""


@dataclass(slots=True)
class _Target:
    """Everything a page shows of one address. `points` is its best link's, plus what holds for all of them."""

    url: str
    points: int = NOTHING
    title: str | None = None
    title_rank: int = 0
    published_at: datetime | None = None
    structure: tuple[str, ...] = ()
    regions: set[Region] = field(default_factory=set)
    texts: Counter[str] = field(default_factory=Counter)


def _links(tree: HtmlElement, url: str) -> Iterator[_Link]:
    """The links that may be articles by their address: pages of the same site, but not this one."""
    base, own = base_address(tree, url), urls.identity(url)
    for number, element in enumerate(tree.iter("a")):
        href = element.get("href", "").strip()
        relations = set(element.get("rel", "").lower().split())
        if number >= MAX_LINKS or not href or href.startswith("#") or relations & _OTHER_RELATIONS:
            continue
        target = page_url([href], base)
        if target and addresses.same_site(target, url) and not addresses.is_no_article(target):
            identity = urls.identity(target)
            if identity != own:
                yield _Link(element, target, identity, addresses.article_points(target))


def _targets(links: list[_Link]) -> dict[str, _Target]:
    """The targets by their identity, with points for everything but their group."""
    uses = Counter(link.identity for link in links)
    texts = {link.element: link_texts(link.element) for link in links}
    may_be = {link.element: link.identity for link in links if _may_be(link, texts[link.element], uses[link.identity])}
    regions = Regions(link.element for link in links if link.address >= 2)
    teasers = Teasers(may_be)
    targets: dict[str, _Target] = {}
    for link in links:
        target = targets.setdefault(link.identity, _Target(link.url))
        region = regions.of(link.element)
        target.regions.add(region)
        target.texts.update(texts[link.element][:1])
        if link.element in may_be:
            _weigh(target, link, region, texts[link.element], teasers)
    for target in targets.values():
        target.points += _overall(target)
    return targets


def _may_be(link: _Link, texts: list[str], uses: int) -> bool:
    """Whether a link counts when pages are divided into teasers; the section that each teaser names does not."""
    if link.address >= 2 or any(text_points(text) >= 2 for text in texts):
        return True
    return uses <= RECURRING and (in_heading(link.element) or _is_bookmark(link.element))


def _weigh(target: _Target, link: _Link, region: Region, texts: list[str], teasers: Teasers) -> None:
    """Take over what this link says of its target where it says more than the links before it."""
    teaser = teasers.about(link.element)
    title = best_title(link.element, texts, teaser.heading)
    points = link.address + (text_points(title.text) if title else -2) + _REGION_POINTS[region]
    points += 2 if teaser.published_at else 0
    points += 2 if _is_bookmark(link.element) else 0
    points += (2 if title and title.rank >= HEADED else 0) + (1 if in_heading(link.element) else 0)
    if title and title.rank > target.title_rank:
        target.title, target.title_rank = feedtext.title(title.text, markup=False), title.rank
    target.published_at = target.published_at or teaser.published_at
    if points > target.points:
        target.points, target.structure = points, _structure(link.element)


def _is_bookmark(element: HtmlElement) -> bool:
    """Whether the link says that it is an entry's permanent address (HTML, 4.6.7.5)."""
    return "bookmark" in element.get("rel", "").lower().split()


def _structure(element: HtmlElement) -> tuple[str, ...]:
    """The tag path of a link with the first class of each element, four levels up: the same for repeated records."""
    path = [element, *(ancestor for _, ancestor in zip(range(4), element.iterancestors(), strict=False))]
    return tuple(f"{node.tag}.{_DIGITS.sub('', next(iter(node.get('class', '').split()), ''))}" for node in path)


def _overall(target: _Target) -> int:
    """Points that depend on all links of a target: what the menu names is a section, and so is what recurs."""
    points = -3 if Region.NAVIGATION in target.regions else 0
    recurring = max(target.texts.values(), default=0)
    return points - (3 if recurring > RECURRING else 0)


def _accepted(group: list[_Target]) -> Iterable[_Target]:
    """The articles among the targets of one structure."""
    usual = median(target.points for target in group)
    enough = ENOUGH
    if len(group) >= GROUP:
        enough += -LENIENCE if usual >= ENOUGH else STRICTNESS if usual < ENOUGH - STRICTNESS else 0
    return (target for target in group if target.points >= enough)
