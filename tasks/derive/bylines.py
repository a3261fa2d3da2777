"""Authors as the page shows them: microdata, rel=author, elements named for it, and lines that begin with "By"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from functools import lru_cache
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from tasks.derive.authors import clean_authors, is_person, is_weak
from tasks.derive.strings import fold, one_line

MAX_BYLINE = 160
"""Characters of an element that can be a byline."""
_LEVELS_UP = 6
"""Ancestors looked at for a sign that the name belongs to a comment, a teaser or a picture."""

MAX_MARKED = 20
"""Elements of one kind that are read."""
KNOWN_KINDS, LONG_KIND = 20_000, 300
"""Classes of elements whose answer is remembered (a page repeats most of its own), and the characters from which one is
not worth the memory."""

_HINT = re.compile(r"uthor|yline|utor|uteur|edakteur|fn|ull-?name|username|wrote|writer")
_NAMED = re.compile(
    r"(?:^|[\s_-])(?:author|byline|autor|auteur|autore|redakteur|writer|fn|username|wrote_by)s?"
    r"(?:[\s_-]*(?:name|link|line|text|info))?s?(?:$|\s)|full-?name|author-?_*(?:name|line|link|list)|by-?author|post-?author|[a-z]_+author|documentAuthor|[Bb]yline",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"(?:^|[\s_-])(?:comment(?!s-open|s-closed)|respond|replies|related|teaser|recommend|popular|trending|most-?read|caption|"
    r"carousel|modal|image|photo|newsletter)|(?:^|\s)(?:sidebar\S*|widget|card|promo|(?:site-)?footer)(?:$|\s)",
    re.IGNORECASE,
)
_BY_START = re.compile(
    r"\s*+(?=[abdptvw])(?:by|posted|written|von|por|par|di|door|text|autor(?:in|a|es|en)?|author)\b", re.IGNORECASE
)
"""Nearly all texts fail at their first letter: a third of the time."""
_BY_LINE = re.compile(
    r"^\W*(?:(?:posted|written|text) by|text von|by|von|por|par|di|door|text|texte|texto|autor(?:in|a|es|en)?|"
    r"authors?|autor(?:in)?/autor(?:in)?)\b[:\s]+"
    r"([^\d(|•·–]{4,100}?)\s*(?:[\d(|•·–].*)?$",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^\W*(?:(?:posted|written|text) by|text von|by|von|por|par|di|door|text|autor\w*(?:[/*:]\w+)?|authors?)\W*$",
    re.IGNORECASE,
)
_ACCOUNT_LINE = re.compile(r"^(?:posted |written )?by \w+ (?:on|at|\|) .{0,30}\d", re.IGNORECASE)
"""A blog's "by name on August 3, 2019": with a date after it one word is a name too."""
_BY_INSIDE = re.compile(r"(?:\b(?:by|von|por|par|di)|:)\s+(\S.*)$", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:^|\s)(?:hentry|h-entry|post|(?:post|entry|article)[_-]+(?:content|body))(?:$|\s)")
_SKIPPED = frozenset(
    ("script", "style", "img", "figure", "input", "button", "svg", "meta", "link", "body", "html", "main", "article")
)
_SHOWN = etree.XPath(".//text()[not(parent::script or parent::style)]", smart_strings=False)


def visible_authors(tree: HtmlElement) -> tuple[str, ...]:
    """The names of the first byline on the page that holds any; () where there is none.

    Tried in turn: itemprop=author, rel=author, an element with a byline's class, a line that begins with "By".
    """
    around_title = {ancestor for h1 in tree.iter("h1") for ancestor in h1.iterancestors()}
    somebody: tuple[str, ...] = ()
    for marked in _marked(tree):
        kept = [element for element in marked if not _elsewhere(element, around_title)][:MAX_MARKED]
        named = [(element, names) for element in kept if (names := _names(element))]
        best = next((pair for pair in named if all(map(is_person, pair[1]))), next(iter(named), None))
        if best:
            found = _with_neighbours(best[0], named, best[1])
            if all(map(is_person, found)):
                return found
            # Five names and more that are not full names are a list of sections.
            somebody = somebody or (found if len(found) < 5 else ())
    if somebody:
        return somebody
    return _spoken_byline(tree, around_title)


def _marked(tree: HtmlElement) -> Iterator[list[HtmlElement]]:
    """The page's elements marked as author: by itemprop, by rel, by class."""
    by_itemprop, by_rel, by_class = [], [], []
    for element in tree.iter("*"):
        if element.tag in _SKIPPED:
            continue
        if element.get("itemprop") == "author":
            by_itemprop.append(element)
        if element.get("rel") == "author":
            by_rel.append(element)
        kind = element.get("class") or element.get("id")
        if (kind and _is_named(kind)) or (element.tag == "byline" and element.keys()):
            by_class.append(element)
    yield from (by_itemprop, by_rel, by_class)


def _is_named(kind: str) -> bool:
    return _is_known_as_named(kind) if len(kind) < LONG_KIND else _has_byline_name(kind)


def _has_byline_name(kind: str) -> bool:
    return bool(_HINT.search(kind) and _NAMED.search(kind))


_is_known_as_named = lru_cache(KNOWN_KINDS)(_has_byline_name)


def _elsewhere(element: HtmlElement, around_title: Set[HtmlElement]) -> bool:
    """Whether the element, or one of its nearest ancestors, belongs to a comment, a teaser, a picture or the margin.

    An ancestor that holds the page's h1 as well is none of these, whatever its class says ("has-sidebar").
    """
    level = element
    for _ in range(_LEVELS_UP):
        if level is None or level in around_title or level.tag in ("body", "main", "article"):
            return False
        kind = f"{level.get('class') or ''} {level.get('id') or ''}"
        if level.tag in ("nav", "figure", "figcaption", "form") or _ELSEWHERE.search(kind):
            return True
        if _ARTICLE.search(kind):
            return False
        level = level.getparent()
    return False


def _names(element: HtmlElement) -> tuple[str, ...]:
    """The names in a byline: those marked as such, else of its links, else of its text; full names first of all."""
    marked = [e for e in element.iter("*") if e.get("itemprop") == "name"]
    ways = [way for way in (marked, list(element.iter("a")), [element]) if way]
    found = [clean_authors(t for part in way if len(t := _shown(part)) <= MAX_BYLINE) for way in ways]
    if spoken := _BY_INSIDE.search(_shown(element)[:MAX_BYLINE]):
        found.append(clean_authors([spoken[1]]))
    found = [tuple(name for name in names if not is_weak(name)) or names for names in found]
    return next((names for names in found if names and all(map(is_person, names))), next(filter(None, found), ()))


def _shown(element: HtmlElement) -> str:
    texts: list[str] = _SHOWN(element)  # type: ignore[assignment]
    return one_line(" ".join(texts))


def _with_neighbours(
    first: HtmlElement, named: list[tuple[HtmlElement, tuple[str, ...]]], names: tuple[str, ...]
) -> tuple[str, ...]:
    """The names of the byline's other elements too, where they share a near ancestor with the first."""
    near = [a for a in islice(first.iterancestors(), 2) if a.tag not in ("body", "main", "article")]
    together = {fold(name): name for name in names}
    for element, others in named:
        if element is not first and any(a in near for a in islice(element.iterancestors(), 2)):
            for name in others if all(map(is_person, others)) or not all(map(is_person, names)) else ():
                together.setdefault(fold(name), name)
    return tuple(together.values())


def _spoken_byline(tree: HtmlElement, around_title: Set[HtmlElement]) -> tuple[str, ...]:
    """The names after "By", "Von", "Por" … in a short line of its own, where they have the form of full names."""
    for element in tree.iter("*"):
        for text, is_inside in ((element.text, True), (element.tail, False)):
            if not text or len(text) > MAX_BYLINE or not _BY_START.match(text):
                continue
            home = element if is_inside else element.getparent()
            if home is None or home.tag in _SKIPPED:
                continue
            line = one_line(text)
            if _LABEL.match(line):
                # "By" alone, with the name in an element beside it.
                line = _shown(home)
                parent = home.getparent()
                if _LABEL.match(line) and parent is not None:
                    line = f"{line} {home.tail}" if home.tail and not home.tail.isspace() else _shown(parent)
            if len(line) > MAX_BYLINE or not (match := _BY_LINE.match(line)) or _elsewhere(home, around_title):
                continue
            names = clean_authors([match[1]])
            if names and (all(map(is_person, names)) or _ACCOUNT_LINE.match(line)):
                return names
    return ()
