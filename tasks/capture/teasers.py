"""The block that belongs to one link of a list: its teaser, with the heading and the date in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from lxml.html import HtmlElement

from tasks.capture.feeddates import EARLIEST, from_iso
from tasks.capture.linktext import HEADINGS
from tasks.capture.pagetree import visible_text

_TITLE_CLASS = re.compile(r"(?:^|[\s_-])(?:title|headline|titulo|titular|titre|heading)(?:$|[\s_-])", re.IGNORECASE)
_OTHERS = ""
"""Stands for "more than one target" among the owners."""
_NEIGHBOURS = 3
_DATE_ATTRIBUTES = ("datetime", "content", "title")


@dataclass(frozen=True, slots=True)
class Teaser:
    """What surrounds a link: the text of its heading ("" where it has none), and the date of the first `time` element
    (or its microdata) in it or right beside it, naive UTC."""

    heading: str
    published_at: datetime | None


class Teasers:
    """The blocks of a page's links. `targets` are the links that may be articles, each with its target's identity."""

    def __init__(self, targets: Mapping[HtmlElement, str]) -> None:
        self._owners: dict[HtmlElement, str] = {}
        self._known: dict[HtmlElement, Teaser] = {}
        for link, target in targets.items():
            for element in (link, *link.iterancestors()):
                owner = self._owners.setdefault(element, target)
                if owner == _OTHERS:
                    break  # and so are all elements around it
                if owner != target:
                    self._owners[element] = _OTHERS

    def _block(self, link: HtmlElement) -> HtmlElement:
        """The largest element around `link` that leads to no other target."""
        target = self._owners[link]
        block = link
        for ancestor in link.iterancestors():
            if self._owners[ancestor] != target or ancestor.tag in ("body", "main", "html"):
                break
            block = ancestor
        return block

    def about(self, link: HtmlElement) -> Teaser:
        """What the block of a link says; one block is read once, however many links it has."""
        block = self._block(link)
        if block not in self._known:
            self._known[block] = Teaser(_heading(block), self._published_at(block))
        return self._known[block]

    def _published_at(self, block: HtmlElement) -> datetime | None:
        for element in (block, *self._beside(block)):
            moment = next(_dates(element), None)
            if moment:
                return moment
        return None

    def _beside(self, block: HtmlElement) -> Iterable[HtmlElement]:
        """The unclaimed neighbours of a bare heading or cell: before it where the list begins so, else behind."""
        if block.tag not in (*HEADINGS, "dd", "dt", "p", "a"):
            return ()
        parent = block.getparent()
        first = next((child for child in parent if child in self._owners), block) if parent is not None else block
        dates_lead = any(next(_dates(element), None) for element in _unclaimed(first, self._owners, preceding=True))
        return _unclaimed(block, self._owners, preceding=dates_lead)


def _unclaimed(element: HtmlElement, owners: Mapping[HtmlElement, str], *, preceding: bool) -> Iterator[HtmlElement]:
    for number, sibling in enumerate(element.itersiblings(preceding=preceding)):
        if number >= _NEIGHBOURS or sibling in owners:
            return
        yield sibling


def _dates(element: HtmlElement) -> Iterator[datetime]:
    for node in element.iter("time", "abbr", "meta", "span", "relative-time"):
        names = f"{node.get('itemprop', '')} {node.get('class', '')}".split()
        if node.tag in ("time", "relative-time") or "datePublished" in names or "published" in names:
            moments = (from_iso(node.get(attribute, "")) for attribute in _DATE_ATTRIBUTES if node.get(attribute))
            yield from (moment for moment in moments if moment and moment >= EARLIEST)


def _heading(block: HtmlElement) -> str:
    """The text of the block's heading, or of what its class calls a title; "" where it has none."""
    found = next(block.iter(*HEADINGS), None)
    if found is None:
        found = next((node for node in block.iter() if _TITLE_CLASS.search(str(node.get("class") or ""))), None)
    return visible_text(found) if found is not None else ""
