"""The title: a vote among what JSON-LD, OpenGraph, the headings and the title element say, without the site's name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from html import unescape
from itertools import islice
from urllib.parse import urljoin, urlsplit

from lxml.html import HtmlElement

from tasks.derive.strings import fold, one_line

MAX_TITLE = 300
MAX_HEADINGS = 6
"""Headings of one level that are looked at."""

_SEPARATOR = re.compile(r"\s+(?:[|ǀ\-–—‒―•·»«›‹~/]+|::)\s+|\s*[|｜ǀ»]\s*")
_LOGO = re.compile(r"logo|brand|site-?(title|name)|masthead|visually-?hidden|sr-only|screen-?reader", re.IGNORECASE)
_KICKER = re.compile(
    r"kicker|overline|eyebrow|roofline|dachzeile|spitzmarke|topline|pre-?title|supra|antetit|volanta|cintillo",
    re.IGNORECASE,
)

_ELLIPSIS = re.compile(r"\s*(?:\.\.\.|…)$")

# The weight of a source that says exactly the candidate, and of one that has it as a whole part between separators.
_WEIGHT = {
    "h1": 2.5,
    "one h1 of several": 1.5,
    "og": 1.5,
    "headline": 1.0,
    "feed": 1.0,
    "h2": 0.6,
    "title": 0.5,
    "twitter": 0.2,
}
_PART = 0.7


def choose_title(tree: HtmlElement, declared: Iterable[tuple[str, str | None]], sites: Iterable[str], url: str) -> str:
    """The candidate with the most weight behind it; "" where the page has none.

    `declared` holds pairs of a source (a key of the weights: og, twitter, headline, title, feed) and what it says;
    `sites` are the names the site goes by, folded.
    """
    stated = [(source, clean) for source, text in declared if (clean := _clean(text))]
    h1, logos = _headings(tree, url, {fold(text) for _, text in stated})
    names = {name.replace(" ", "") for name in (*sites, *logos) if name}
    said = [("h1", text) for text in h1]
    said += [(source, _without_site(text, names)) for source, text in stated]
    said = [(source, text) for source, text in said if not _is_site(text, names)]
    texts = {fold(text) for _, text in said} | {fold(part) for _, text in said for part in parts(text)}
    said += [("h2", t) for e in islice(tree.iter("h2"), MAX_HEADINGS) if fold(t := _text(e)) in texts]
    shown = {fold(text): text for _, text in reversed(said)}
    cut = {fold(part): part for _, text in said for part in parts(text) if not _is_site(part, names)}
    if len(h1) > 1:
        said = [("one h1 of several" if source == "h1" else source, text) for source, text in said]
    scores = {
        key: sum(_support(key, source, fold(text), key in shown) for source, text in said) for key in {**shown, **cut}
    }
    best = max(scores, key=lambda key: (scores[key], len(key)), default=None)
    return _whole({**cut, **shown}[best], h1) if best else ""


def _whole(title: str, headings: Iterable[str]) -> str:
    """`title`, or where it has been cut off at an ellipsis, the heading that goes on."""
    stem = _ELLIPSIS.sub("", title)
    longer = (text for text in headings if len(text) > len(title) and text.startswith(stem))
    return next(longer, title) if stem != title else title


def _support(key: str, source: str, text: str, whole: bool) -> float:
    """The weight that one source's folded `text` lends to a candidate: it is the same, or has it as a large part.

    A candidate that stands nowhere as a `whole` is what is left of a title element when its ends are cut: a heading
    that says more speaks against it.
    """
    if text == key:
        return _WEIGHT[source]
    if f" {key} " in f" {text} " and 3 * len(key) > len(text) and (whole or source in ("og", "twitter", "title")):
        return _WEIGHT[source] * _PART
    return 0.0


def _clean(text: str | None) -> str:
    return one_line(unescape(unescape(text or "")))[:MAX_TITLE]


def parts(title: str) -> Iterator[str]:
    """Every run of one or more parts of `title` between separators, but the whole: where a site's name may stand."""
    cuts = [(0, 0), *((m.start(), m.end()) for m in _SEPARATOR.finditer(title)), (len(title), len(title))]
    if len(cuts) > 8:
        return
    for i, (_, start) in enumerate(cuts[:-1]):
        for j, (end, _) in enumerate(cuts[i + 1 :], i + 1):
            if (i, j) != (0, len(cuts) - 1):
                yield title[start:end].strip()


def _without_site(title: str, names: set[str]) -> str:
    """`title` without the parts at its ends that are the site's name."""
    cuts = [(match.start(), match.end()) for match in _SEPARATOR.finditer(title)]
    start, end = 0, len(title)
    while cuts and _is_site(title[cuts[-1][1] : end], names):
        end = cuts.pop()[0]
    while cuts and _is_site(title[start : cuts[0][0]], names):
        start = cuts.pop(0)[1]
    return title[start:end].strip()


def _is_site(part: str, names: set[str]) -> bool:
    folded = fold(part).replace(" ", "")
    longer = [n for n in names if len(n) > 4 and len(folded) < 2 * len(n)]
    return not folded or folded in names or any(folded.startswith(n) or folded.endswith(n) for n in longer)


def _headings(tree: HtmlElement, url: str, declared: Set[str]) -> tuple[list[str], list[str]]:
    """(the texts of h1 elements, those of h1 elements that are the site's logo, folded).

    What the page itself declares as its title (`declared`, folded) is no logo, whatever its element is called.
    """
    found: list[str] = []
    logos: list[str] = []
    for element in islice(tree.iter("h1"), MAX_HEADINGS):
        text = _text(element)[:MAX_TITLE]
        if len(text) < 3 or text in found:
            continue
        if fold(text) not in declared and _is_logo(element, url):
            logos.append(fold(text))
            continue
        bare = _without_kicker(element)
        found.append(bare or text)
    return found, logos


def _text(element: HtmlElement) -> str:
    """The element's text; a space goes where a kicker's last word and the headline's first would run together."""
    text = ""
    for piece in element.itertext():
        text += " " + piece if text and text[-1].islower() and piece[:1].isupper() else piece
    return one_line(text)


def _is_logo(h1: HtmlElement, url: str) -> bool:
    """A heading that links to the home page, or whose class says so."""
    if _LOGO.search(f"{h1.get('class')} {h1.get('id')}"):
        return True
    link = next(h1.iter("a"), None)
    href = link.get("href") if link is not None else None
    try:
        return bool(href) and urlsplit(urljoin(url, href or "")).path in ("", "/")
    except ValueError:
        return False


def _without_kicker(h1: HtmlElement) -> str | None:
    """The heading without its kicker (the short line above it), where an element is marked as one."""
    kickers = [e for e in h1.iterdescendants() if isinstance(e.tag, str) and _KICKER.search(e.get("class") or "")]
    if not kickers:
        return None
    text = _text(h1)
    for kicker in kickers:
        text = text.replace(_text(kicker), "", 1)
    text = text.strip(" :–—|-")
    return text if len(text) > 3 else None
