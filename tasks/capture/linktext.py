"""What a link says: its text, and how much that reads like a headline."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml.html import HtmlElement

from tasks.capture.pagetree import visible_text

MAX_CHARS = 300
"""A longer text is that of a whole teaser wrapped in one link, not a headline."""

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_PICTURED, _PLAIN, HEADED = 1, 2, 3

_GENERIC = re.compile(
    r"\W*(?:"
    r"(?:read|see|view|learn|find out|show|load|more|continue reading|click here|watch|listen)\b.{0,40}|"
    r"(?:full (?:story|article)|details?|next|previous|back|home|comments?|\d+ comments?|share|print|e-?mail|reply)|"
    r"(?:leer|ver|seguir leyendo|sigue leyendo|saber|conoce|ampliar)(?: (?:más|mas|todo|nota|noticia).{0,30})?|"
    r"(?:lea|ler|leia|saiba|veja|continue lendo|continuar lendo)(?: (?:mais|tudo|também|también|más).{0,30})?|"
    r"(?:lire|voir|en savoir|découvrir)(?: (?:la suite|plus|l['’]article|tout|aussi).{0,30})?|en savoir plus.{0,20}|"
    r"(?:mehr|weiter)(?: (?:lesen|erfahren|dazu).{0,20})?|weiterlesen.{0,20}|"
    r"leggi (?:tutto|di più|ancora).{0,20}|continua|"
    r"(?:siguiente|anterior|próxim[ao]|seguinte|suivante?|précédente?|weiter|zurück|comentarios?|comentários?|"
    r"commentaires?|kommentare?|commenti)|"
    r"[\d\s.,:/-]*"
    r")\W*",
    re.IGNORECASE,
)
_IDEOGRAPHS = re.compile(r"[぀-ヿ㐀-鿿가-힯฀-๿]")  # scripts with more said per character, or without spaces


@dataclass(frozen=True, slots=True)
class Title:
    """A title, and how much the page makes of it: a heading (`HEADED`), a link text, or a picture's label."""

    text: str
    rank: int


def link_texts(link: HtmlElement) -> list[str]:
    """What a link may be called, best first: its text, else its label, else its picture's; "read more" is no name."""
    picture = link.find(".//img")
    labels = [link.get("aria-label", ""), link.get("title", ""), picture.get("alt", "") if picture is not None else ""]
    cleaned = (" ".join(text.split()) for text in [visible_text(link), *labels])
    return [text for text in cleaned if text and len(text) <= MAX_CHARS and not _GENERIC.fullmatch(text)]


def in_heading(link: HtmlElement) -> bool:
    """Whether a link is a heading's, at most three levels down."""
    return any(ancestor.tag in HEADINGS for _, ancestor in zip(range(3), link.iterancestors(), strict=False))


def best_title(link: HtmlElement, texts: list[str], heading: str) -> Title | None:
    """The title of what a link leads to, by its texts (`link_texts`) and its teaser's heading; None where it has none.

    A link around a whole teaser is called by the heading in it; one apart from the heading by whichever says more,
    since some headings only name the section.
    """
    own = visible_text(link)
    if texts and in_heading(link):
        return Title(texts[0], HEADED)
    if heading and (next(link.iter(*HEADINGS), None) is not None or not texts):
        return Title(heading, HEADED)
    if heading and (heading == texts[0] or text_points(heading) >= max(text_points(texts[0]), 0)):
        return Title(heading, HEADED)
    return Title(texts[0], _PLAIN if texts[0] == own else _PICTURED) if texts else None


def text_points(text: str) -> int:
    """How much a link text reads like a headline, by its length: from -2 (one word) to 3 (a sentence)."""
    words = len(text.split())
    length = len(text) + 2 * len(_IDEOGRAPHS.findall(text))
    if words >= 8 or length >= 45:
        return 3
    if words >= 4 or length >= 25:
        return 2
    return {1: -2, 2: -1}.get(words, 0)
