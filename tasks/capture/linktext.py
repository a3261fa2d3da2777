"""What a link says: its text, and how much that reads like a headline."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from tasks.capture.pagetree import visible_text

MAX_CHARS = 300
"""A longer text is that of a whole teaser wrapped in one link, not a headline."""

_GENERIC = re.compile(
    r"\W*(?:"
    r"(?:read|see|view|learn|find out|show|load|more|continue reading|click here|watch|listen)\b.{0,40}|"
    r"(?:full (?:story|article)|details?|next|previous|back|home|comments?|\d+ comments?|share|print|e-?mail|reply)|"
    r"(?:leer|ver|seguir leyendo|sigue leyendo|saber|conoce|ampliar)(?: (?:más|mas|todo|nota|noticia).{0,30})?|"
    r"(?:lea|ler|leia|saiba|veja|continue lendo|continuar lendo)(?: (?:mais|tudo|também|también|más).{0,30})?|"
    r"(?:lire|voir|en savoir|découvrir)(?: (?:la suite|plus|l['’]article|tout|aussi).{0,30})?|en savoir plus.{0,20}|"
    r"(?:mehr|weiter)(?: (?:lesen|erfahren|dazu).{0,20})?|weiterlesen.{0,20}|leggi (?:tutto|di più|ancora).{0,20}|continua|"
    r"(?:siguiente|anterior|próxim[ao]|seguinte|suivante?|précédente?|weiter|zurück|comentarios?|comentários?|"
    r"commentaires?|kommentare?|commenti)|"
    r"[\d\s.,:/-]*"
    r")\W*",
    re.IGNORECASE,
)
_IDEOGRAPHS = re.compile(r"[぀-ヿ㐀-鿿가-힯฀-๿]")  # scripts with more said per character, or without spaces


def link_texts(link: HtmlElement) -> list[str]:
    """What a link may be called, best first: its text, else its label, else its picture's; "read more" is no name."""
    picture = link.find(".//img")
    candidates = [
        visible_text(link),
        link.get("aria-label", ""),
        link.get("title", ""),
        picture.get("alt", "") if picture is not None else "",
    ]
    cleaned = (" ".join(candidate.split()) for candidate in candidates)
    return [text for text in cleaned if text and len(text) <= MAX_CHARS and not _GENERIC.fullmatch(text)]


def text_points(text: str) -> int:
    """How much a link text reads like a headline, by its length: from -2 (one word) to 3 (a sentence)."""
    words = len(text.split())
    length = len(text) + 2 * len(_IDEOGRAPHS.findall(text))
    if words >= 8 or length >= 45:
        return 3
    if words >= 4 or length >= 25:
        return 2
    return {1: -2, 2: -1}.get(words, 0)
