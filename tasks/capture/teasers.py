"""The block that belongs to one link of a list: its teaser, with the heading and the date in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from lxml.html import HtmlElement

from tasks.capture.feeddates import EARLIEST, from_iso
from tasks.capture.pagetree import visible_text

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_TITLE_CLASS = re.compile(r"(?:^|[\s_-])(?:title|headline|titulo|titular|titre|heading)(?:$|[\s_-])", re.IGNORECASE)
_OTHERS = ""
"""Stands for "more than one target" among the owners."""
_NEIGHBOURS = 3
_DATE_ATTRIBUTES = ("datetime", "content", "title")


class Teasers:
    """The blocks of a page's links. `targets` are the links that may be articles, each with its target's identity."""

    def __init__(self, targets: Mapping[HtmlElement, str]) -> None:
        self._owners: dict[HtmlElement, str] = {}
        for link, target in targets.items():
            for element in (link, *link.iterancestors()):
                owner = self._owners.setdefault(element, target)
                if owner == _OTHERS:
                    break  # and so are all elements around it
                if owner != target:
                    self._owners[element] = _OTHERS

    def block(self, link: HtmlElement) -> HtmlElement:
        """The largest element around `link` that leads to no other target."""
        target = self._owners[link]
        block = link
        for ancestor in link.iterancestors():
            if self._owners[ancestor] != target or ancestor.tag in ("body", "main", "html"):
                break
            block = ancestor
        return block

    def published_at(self, block: HtmlElement) -> datetime | None:
        """The date of the first `time` element (or its microdata) in the block, else right beside it."""
        for element in (block, *self._beside(block)):
            moment = next(_dates(element), None)
            if moment:
                return moment
        return None

    def _beside(self, block: HtmlElement) -> Iterable[HtmlElement]:
        """The unclaimed neighbours of a bare heading or cell: before it where the list begins with such, else behind."""
        if block.tag not in (*HEADINGS, "dd", "dt", "p", "a"):
            return ()
        parent = block.getparent()
        first = next((child for child in parent if child in self._owners), block) if parent is not None else block
        dates_lead = any(next(_dates(element), None) for element in _unclaimed(first, self._owners, preceding=True))
        return _unclaimed(block, self._owners, preceding=dates_lead)


def _unclaimed(
    element: HtmlElement, owners: Mapping[HtmlElement, str], *, preceding: bool
) -> Iterator[HtmlElement]:
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


def heading(block: HtmlElement) -> str:
    """The text of the block's heading, or of what its class calls a title; "" where it has none."""
    found = next(block.iter(*HEADINGS), None)
    if found is None:
        found = next((node for node in block.iter() if _TITLE_CLASS.search(str(node.get("class") or ""))), None)
    return visible_text(found) if found is not None else ""
