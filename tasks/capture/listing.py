"""The article links of a listing page: a home page, a section, a blog, a table of press releases.

Each target gets points for its address, its link text and where its links stand; links of one structure are then judged
together, since an odd one among many articles is an article, and a long one among many menu items is a menu item.
The features are those of the literature on block-based page segmentation and hub pages (Kohlschütter et al. 2010, text
and link density; Wu et al. 2012, tag paths of repeated records); the weights are ours and hold for no site in particular.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from lxml.html import HtmlElement

from tasks import urls
from tasks.capture import addresses, feedtext
from tasks.capture.feedfields import page_url
from tasks.capture.linktext import link_texts, text_points
from tasks.capture.pagetree import base_address, parse_page
from tasks.capture.regions import Region, Regions
from tasks.capture.teasers import HEADINGS, Teasers, heading
from tasks.model import Entry

MAX_LINKS = 5_000
"""How many links of a page are looked at."""
ENOUGH = 6
"""Points that make a target an article: a telling address with a sentence for a link text, or a heading with either."""
LENIENCE = 2
"""By how much a target may fall short where most links of its structure are articles."""
GROUP = 3
"""How many links of one structure make a group."""

_REGION_POINTS = {
    Region.TEASER: 2,
    Region.MAIN: 1,
    Region.PLAIN: 0,
    Region.ASIDE: -2,
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
    points: float = float("-inf")
    title: str | None = None
    title_points: int = -99
    published_at: datetime | None = None
    structure: tuple[str, ...] = ()
    regions: set[Region] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)


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
    texts = {link.element: link_texts(link.element) for link in links}
    may_be = {
        link.element: link.identity
        for link in links
        if link.address >= 2 or any(text_points(text) >= 2 for text in texts[link.element])
    }
    regions = Regions(link.element for link in links if link.address >= 2)
    teasers = Teasers(may_be)
    targets: dict[str, _Target] = {}
    for link in links:
        target = targets.setdefault(link.identity, _Target(link.url))
        region = regions.of(link.element)
        target.regions.add(region)
        target.texts.extend(texts[link.element][:1])
        if link.element in may_be:
            _weigh(target, link, region, texts[link.element], teasers)
    for target in targets.values():
        target.points += _overall(target)
    return targets


def _weigh(target: _Target, link: _Link, region: Region, texts: list[str], teasers: Teasers) -> None:
    """Take over what this link says of its target where it says more than the links before it."""
    block = teasers.block(link.element)
    headed = heading(block)
    in_heading = _in_heading(link.element)
    title, worth = max(
        ((text, text_points(text) + (1 if text == headed else 0)) for text in [*texts, headed] if text),
        key=lambda pair: pair[1],
        default=(None, -2),
    )
    points: float = link.address + worth + _REGION_POINTS[region]
    points += 2 if in_heading or headed else 0
    points += 2 if "bookmark" in link.element.get("rel", "").lower().split() else 0
    moment = teasers.published_at(block)
    points += 2 if moment else 0
    if worth > target.title_points:
        target.title, target.title_points = feedtext.title(title or "", markup=False), worth
    target.published_at = target.published_at or moment
    if points > target.points:
        target.points, target.structure = points, _structure(link.element)


def _in_heading(element: HtmlElement) -> bool:
    if next(element.iter(*HEADINGS), None) is not None:
        return True
    return any(ancestor.tag in HEADINGS for _, ancestor in zip(range(3), element.iterancestors(), strict=False))


def _structure(element: HtmlElement) -> tuple[str, ...]:
    """The tag path of a link with the first class of each element, four levels up: the same for repeated records."""
    path = [element, *(ancestor for _, ancestor in zip(range(4), element.iterancestors(), strict=False))]
    return tuple(f"{node.tag}.{_DIGITS.sub('', next(iter(node.get('class', '').split()), ''))}" for node in path)


def _overall(target: _Target) -> int:
    """Points that depend on all links of a target: what the menu names is a section, and so is what recurs."""
    points = -3 if Region.NAVIGATION in target.regions else 0
    recurring = max((target.texts.count(text) for text in set(target.texts)), default=0)
    return points - (3 if recurring > 3 else 0)


def _accepted(group: list[_Target]) -> Iterable[_Target]:
    """The articles among the targets of one structure."""
    usual = median(target.points for target in group)
    enough = float(ENOUGH)
    if len(group) >= GROUP:
        enough += -LENIENCE if usual >= ENOUGH else LENIENCE if usual < ENOUGH - LENIENCE else 0
    return (target for target in group if target.points >= enough)
