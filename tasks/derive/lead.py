"""The dek: the summary between headline and text, which extractors take for a teaser."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from lxml.html import HtmlElement

from tasks.derive.strings import count_words, fold, one_line

MIN_LEAD, MAX_LEAD = 40, 900
"""Characters."""
SENTENCE = 10
"""Words."""
MAX_ELEMENTS = 60
"""Elements after the heading that are looked at."""

_NAMED = re.compile(
    r"(?:^|[\s_-])(?:lead|lede|dek|deck|intro\w*|summary|standfirst|teaser|excerpt|sub-?(?:title|head\w*)|description|abstract|"
    r"preamble|ingress|manchet|chapo\w*|chapeau|vorspann|anleser|bajada|copete|entradilla|perex|sapo|resumo|linha-?fina|"
    r"synopsis|sommario|occhiello|catenaccio)",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"caption|author|byline|date|share|social|comment|breadcrumb|tag|credit|foto|photo|image|kicker|related|meta",
    re.IGNORECASE,
)


def find_lead(tree: HtmlElement, descriptions: Iterable[str | None], paragraphs: Sequence[str]) -> str | None:
    """The dek that stands between the h1 and the first of `paragraphs`; None where there is none or the text has it.

    It is known by the page's own `descriptions` (OpenGraph, meta, JSON-LD), by the name of its element, or as a long
    heading right below the title.
    """
    if not paragraphs:
        return None
    known = [fold(text) for text in descriptions if text and len(text) > MIN_LEAD]
    beginning = fold(" ".join(paragraphs[:6]))
    for element in _after_heading(tree):
        text = one_line(element.text_content())
        if not MIN_LEAD <= len(text) <= MAX_LEAD:
            continue
        folded = fold(text)
        if folded in beginning or folded[:50] == beginning[:50] or fold(paragraphs[0]) in folded:
            return None
        name = _name(element)
        if _OTHER.search(name):
            continue
        parent = element.getparent()
        named = _NAMED.search(f"{name} {_name(parent) if parent is not None else ''}")
        if named or _says(folded, known) or _is_subtitle(element, text):
            return text
    return None


def _after_heading(tree: HtmlElement) -> Iterable[HtmlElement]:
    """The innermost blocks after the first h1 (all, where there is none), in document order."""
    heading = next(tree.iter("h1"), None)
    started = heading is None
    seen = 0
    for element in tree.iter("h1", "h2", "h3", "p", "div", "section", "span", "strong"):
        if not started:
            started = element is heading
        elif element.tag != "h1":
            seen += 1
            if seen > MAX_ELEMENTS:
                return
            if element.find("div") is None and element.find(".//p") is None:
                yield element


def _is_subtitle(element: HtmlElement, text: str) -> bool:
    """Whether a heading of a sentence's length follows the page's title at once."""
    previous = element.getprevious()
    after_title = element.tag in ("h2", "h3") and previous is not None and previous.tag == "h1"
    return after_title and count_words(text) >= SENTENCE


def _name(element: HtmlElement) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''} {element.get('itemprop') or ''}"


def _says(text: str, known: Sequence[str]) -> bool:
    return any(k[:40] == text[:40] or k[:60] in text or text[:60] in k for k in known)
