"""The text of a page whose markup leaves no doubt, in one walk over the container of its article.

trafilatura's rules for a page's main text, applied while walking instead of in some thirty passes over copies of the
tree: a ninth of its time. Where no container holds enough prose, or much of its text stands outside of paragraphs,
there is doubt, and the caller asks trafilatura itself, which has more ways to find a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from lxml.html import HtmlElement

from tasks.derive.containers import article_container, is_furniture, is_surely_furniture
from tasks.derive.frame import Prose, find_frame, find_loose_prose

ENOUGH = 400
"""Characters of prose from which a container may be the article's."""
ENOUGH_FOR_FRAME = 1_000
"""The same where no name says so, and the page's frame is taken for its container."""
COVER = 0.75
"""The share of the container's prose that the text must have: names that took more are no furniture's."""
LOOSE = 0.3
"""The share of text outside of paragraphs, lists and the like from which the markup of a page that has them is not
understood."""
MAX_CELL = 100
"""Characters of a table's cell; longer ones are a layout's, and paragraphs of their own."""

_SKIPPED = frozenset(
    ("applet", "area", "aside", "audio", "button", "canvas", "datalist", "dialog", "embed", "fencedframe", "fieldset",
     "figure", "footer", "form", "frame", "frameset", "head", "iframe", "input", "label", "legend", "link", "map",
     "marquee", "math", "menu", "menuitem", "nav", "noindex", "noscript", "object", "optgroup", "option", "output",
     "param", "picture", "progress", "rp", "rt", "rtc", "script", "select", "source", "style", "svg", "template",
     "textarea", "time", "track", "use", "video")
)  # fmt: skip
_KINDS = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6", "summary"), "heading"),
    **dict.fromkeys(("li", "dd", "dt"), "item"),
    **dict.fromkeys(("blockquote", "q"), "quote"),
    **dict.fromkeys(("td", "th"), "cell"),
}
_BLOCKS = frozenset(
    ("div", "p", "section", "article", "main", "header", "ul", "ol", "dl", "table", "thead", "tbody", "tfoot", "tr",
     "hr", "details", "center", "address", "hgroup", "caption", "figcaption", "body", *_KINDS)
)  # fmt: skip
_WITH_LINKS = frozenset(("p", "div", "ul", "ol", "dl"))
_SPACE = re.compile(r"\s+")


@dataclass(slots=True)
class _Line:
    kind: str
    text: str
    links: int
    link_length: int


def read_article(tree: HtmlElement, prose: Prose) -> list[str] | None:
    """The paragraphs of the page's article; None where its markup leaves doubt. `prose` is the tree's."""
    outside = "loose"  # what a line outside of paragraphs is taken for
    if prose.length < ENOUGH:
        outside, prose = "p", find_loose_prose(tree)
    container = article_container(tree, frozenset(e for e, length in prose.inside.items() if length >= ENOUGH))
    if container is None and prose.length >= ENOUGH_FOR_FRAME:
        container = find_frame(tree, prose)
    if container is None or container.tag in ("html", "body") or next(container.iter("pre"), None) is not None:
        return None
    # Names that take most of a text stand around it, not beside it: then only the surest count.
    walks = (_Walk(is_other).read(container, outside) for is_other in (is_furniture, is_surely_furniture))
    return next(filter(None, (_text(lines, prose.inside[container]) for lines in walks)), None)


def _text(lines: list[_Line], prose: int) -> list[str] | None:
    """The text in a container's lines; None where that is not nearly all of its `prose` (characters)."""
    loose = sum(len(line.text) for line in lines if line.kind == "loose")
    kept = [line for line in lines if line.kind != "loose"]
    while kept and kept[-1].kind == "heading":
        kept.pop()
    length = sum(len(line.text) for line in kept)
    if length < max(ENOUGH, COVER * prose) or loose > LOOSE * length:
        return None
    return [line.text for line in kept]


class _Walk:
    """Collects a container's lines; text that is no line yet waits in `_pieces`."""

    def __init__(self, is_other: Callable[[HtmlElement], bool]) -> None:
        self._is_other = is_other
        self._lines: list[_Line] = []
        self._pieces: list[str] = []
        self._links = self._link_length = 0

    def read(self, container: HtmlElement, kind: str) -> list[_Line]:
        """The lines of a container, of `kind` where they are in no paragraph, list or the like."""
        self._end_line(self._enter(container, kind))
        return self._lines

    def _enter(self, element: HtmlElement, kind: str) -> str:
        """Take in what `element` holds, in which a line is of `kind`; gives the kind of its last line, not ended."""
        if element.text:
            self._pieces.append(element.text)
        for child in element:
            tag = child.tag
            if tag in _SKIPPED or self._is_other(child):
                if tag in _BLOCKS:
                    self._end_line(kind)
            elif tag == "br":
                kind = "p" if kind == "loose" else kind
                self._end_line(kind)
            elif tag in _BLOCKS:
                self._end_line(kind)
                self._take_block(child, tag, kind)
            elif tag == "a":
                self._take_link(child, kind)
            else:
                self._enter(child, kind)
            if child.tail:
                self._pieces.append(child.tail)
        return kind

    def _take_block(self, element: HtmlElement, tag: str, kind: str) -> None:
        start = len(self._lines)
        inner = "p" if tag == "p" and kind == "loose" else _KINDS.get(tag, kind)
        self._end_line(self._enter(element, inner))
        if tag in _WITH_LINKS and _is_of_links(self._lines[start:], element, tag):
            del self._lines[start:]
        elif tag == "tr":
            self._join_cells(start)

    def _take_link(self, link: HtmlElement, kind: str) -> None:
        """A link's words; one around whole blocks makes all of their text its own."""
        words, start = len(self._pieces), len(self._lines)
        self._enter(link, kind)
        for number, line in enumerate(self._lines[start:]):
            line.links, line.link_length = int(number == 0), len(line.text)
        if len(self._lines) == start and (text := _joined(self._pieces[words:])):
            self._links += 1
            self._link_length += len(text)

    def _end_line(self, kind: str) -> None:
        if self._pieces:
            if text := _joined(self._pieces):
                self._lines.append(_Line(kind, text, self._links, self._link_length))
            self._pieces = []
            self._links = self._link_length = 0

    def _join_cells(self, start: int) -> None:
        """One line for a row of a table of short cells."""
        row = self._lines[start:]
        if len(row) > 1 and all(len(cell.text) <= MAX_CELL for cell in row):
            links, length = sum(cell.links for cell in row), sum(cell.link_length for cell in row)
            self._lines[start:] = [_Line("cell", f"| {' | '.join(cell.text for cell in row)} |", links, length)]


def _joined(pieces: list[str]) -> str:
    return _SPACE.sub(" ", "".join(pieces)).strip()


def _is_of_links(lines: list[_Line], element: HtmlElement, tag: str) -> bool:
    """Whether a block is one of links and not of text: trafilatura's bounds (`link_density_test`)."""
    links = sum(line.links for line in lines)
    if not links:
        return False
    length = sum(len(line.text) for line in lines) + len(lines) - 1
    linked = sum(line.link_length for line in lines)
    if links == 1 and linked > max(100, 0.9 * length):
        return True
    is_last = element.getnext() is None
    short = (60 if is_last else 30) if tag == "p" else (300 if is_last else 100)
    if length < short:
        return linked > 0.8 * length or (tag == "div" and len(element) >= 3 and length < 100)
    return links > 4 and 0.9 * length < linked < 100 * links
