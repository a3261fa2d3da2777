"""Authors as a clean list: names only, without "By", roles, addresses and doubles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from html import unescape
from typing import Any

from tasks.derive import jsonld
from tasks.derive.strings import fold, one_line

MAX_NAME = 80
MAX_WORDS = 6
"""A part with more words after a comma is a role or an institution."""
MAX_AUTHORS = 30

_BY_PHRASES = (
    r"written|posted|published|submitted|words|story|text|reported|reporting|report|article|interview|compiled|edited|created",
    r"view all posts|all posts|more (?:stories|articles)|erstellt|verfasst|geschrieben|veröffentlicht|eingestellt|"
    r"gespeichert",
    r"ein beitrag|ein gastbeitrag|gastbeitrag|kommentar|eine kolumne|mehr artikel|mehr|weitere artikel|"
    r"zeige alle beiträge",
    r"alle beiträge|alles|alle artikel|escrito|publicado|texto|escrita|publicada|más|ver todas las entradas|redigido",
    r"écrit|publié|rédigé|propos recueillis|plus d.articles|voir tous les articles|scritto|pubblicato|a cura",
)
_BY_WORDS = r"by|von|vom|por|par|di|de|door|av|af|przez"
_LABELS = (
    r"autor(?:in|innen|es|as|a|en|s)?|authors?|auteurs?|autore|autori|text|texte|texto|words|writer|redakteur(?:in)?|"
    r"reporter(?:in)?|interview|bericht|from|about the author|über|about"
)
_BY = re.compile(
    rf"^\W*(?:(?:(?:{'|'.join(_BY_PHRASES)})\s+(?:on .{{4,30}} )?)?(?:{_BY_WORDS})\b[:\s]+"
    rf"|(?:{_LABELS})\s*[:|]\s*"
    r"|(?:autor(?:in|innen|es|as|a|en)?|authors?)\s+(?=[A-ZÄÖÜ]))",
    re.IGNORECASE,
)
"""What stands before a name: "By", "Written by", "Text:", "Autor" … in six languages."""
_CODE = re.compile(r"\s*[(\[][^)\]]{1,12}[)\]]")
"""A newsroom's abbreviation of the name, as in "Ana Pérez (ap)"."""
_SEPARATOR = re.compile(r"\s*(?:;|\||\n|•|·|、|，|\+)\s*|\s*,\s+|\s[–—-]\s")
_CONJUNCTION = re.compile(r"\s+(?:and|und|y|et|e|og|och|en|&|/|with|mit)\s+|\s*/\s*", re.IGNORECASE)
_ADDRESS = re.compile(r"https?:\S+|www\.\S+|\S+@\S+\.\w+|@\w+", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_EDGE = " \t→←↗➔>,.;:|*–—-/\"'„“”«»•·()[]"
_TAIL = re.compile(
    r"\s+(?:\d|(?:on|am|vom|updated|stand|published|posted|says|follow|tiempo|lesezeit|min|from|aus|in|illustration|fotos?|photos?|twitter|facebook|instagram|"
    r"linkedin|e-?mail|rss|tags)\b).*$",
    re.IGNORECASE,
)
_CREDENTIAL = re.compile(r"^(?:ph\.?d|m\.?d|m\.?a|b\.?a|m\.?sc|mba|esq|rn|rd|jr|sr|ii|iii)\.?$", re.IGNORECASE)
_ROLE = re.compile(
    r"\b(?:journalist\w*|reporter\w*|correspondent|corresponsal|correspondente|korrespondent\w*|editor\w*|redakteur\w*|redaktör|redacteur|"
    r"redactor\w*|columnist\w*|kolumnist\w*|professor\w*|director\w*|ceo|founder|writer|freelance\w*|autor\w*|author|photograph\w*|"
    r"fotograf\w*|volont\w*|praktikant\w*|jornalista|periodista|chef\w*|bureau|team lead|producer|analyst|fellow)\b",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"^(?:admin|administrator|login|log in|author|authors|autor|autoren|autores|auteur|unknown|anonymous|"
    r"null|none|default|user|"
    r"root|guest|editor|by|von|webmaster|online|web|home|name|follow|posts|share|profile|more|mehr|redakteur|"
    r"undefined|date|datum|stand|updated|posted|published|publiziert|veröffentlicht|aktualisiert|geschrieben|"
    r"erstellt|gespeichert|eingestellt|publicado|publicada|actualizado|publié|publiée|pubblicato|written|"
    r"created|submitted|no author|guest author|the author|view all posts|wp admin|email protected|sign in|sign|"
    r"teilen|super user|alle beiträge|alle artikel|january|february|march|april|may|june|july|august|september|"
    r"october|november|december|januar|februar|märz|mai|juni|juli|oktober|dezember|janvier|février|mars|avril|"
    r"juin|juillet|août|septembre|octobre|novembre|décembre|enero|febrero|marzo|abril|mayo|junio|julio|agosto|"
    r"septiembre|octubre|noviembre|diciembre|janeiro|fevereiro|março|maio|junho|julho|setembro|outubro|"
    r"dezembro)$"
)
"""Folded words that stand where a name should: roles, labels, accounts, months."""
_ACCOUNT = re.compile(r"^[a-z]{1,3}$|^\w+_\w+$")
"""A newsroom's abbreviation, or an account."""
_EAST_ASIAN = re.compile(r"^[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,4}$")
_PARTICLE = re.compile(r"^(?:d[aeiou]|d[aeo]s|della?|l[ae]|van|von|de[nr]|te[nr]|zu|zum|y|e|bin|[ae]l|af)$")
_NOTE = re.compile(
    r"(?:updated|last|publi|posted|stand|zuletzt|aktualisiert|actualiz|atualiz|mis à|aggiorn)", re.IGNORECASE
)
_PROSE = re.compile(
    r"[!?:]|\w{5}\.\s|[<>{}=]|\d|^(?:all|alle|zur|zum|move|more|mehr|view|read|show|the|die|das|weitere|neue|next|previous|"
    r"related|letzte|ver|leer|todos|toutes?|tutti)\b",
    re.IGNORECASE,
)
"""What no full name has: sentence marks, digits, or the first words of a label."""
_LABEL_START = re.compile(r"(?:zur|zum|more|mehr|view|read|show|weitere|next|previous|related)\b", re.IGNORECASE)
_NEWSROOM = re.compile(
    r"^(?:dpa|apa|afp|ap|reuters|efe|ansa|kna|epd|sda|sid|pti|ani|aap|lusa|xinhua|upi|tass|ntb|ritzau|belga|anp|ctk|pap|mti|"
    r"agencias?|agências?|agences?|agenturen|agencies)\b|^(?:.{0,25}\b)?(?:redaktion|redacción|redação|rédaction|redazione|staff|newsroom|editorial|team|desk)\b",
    re.IGNORECASE,
)


def clean_authors(names: Iterable[str]) -> tuple[str, ...]:
    """The names in `names`, each once, in order. What is an address, a role, a date or nobody's name is left out."""
    kept: dict[str, str] = {}
    for raw in names:
        for name in split_names(_BY.sub("", one_line(_ADDRESS.sub(" ", _TAG.sub(" ", unescape(raw)))).strip())):
            kept.setdefault(fold(name), name)
    return tuple(kept.values())[:MAX_AUTHORS]


def is_site(name: str, sites: Set[str]) -> bool:
    """Whether an author is the site itself: one of the folded names it goes by, or one with little added to it."""
    squeezed = fold(name).replace(" ", "")
    names = [site.replace(" ", "") for site in sites]
    long_enough = [n for n in names if min(len(n), len(squeezed)) > 3]
    return squeezed in names or any(n in squeezed or squeezed in n for n in long_enough)


def split_names(text: str) -> list[str]:
    """The names in one byline without its "By": roles, credentials, dates, and the place or agency after a comma go."""
    found: list[str] = []
    for part in _SEPARATOR.split(_CODE.sub("", text)):
        for piece in _conjuncts(part):
            name = _TAIL.sub("", _BY.sub("", piece)).strip(_EDGE)
            words = len(name.split())
            if _NOTE.match(name):
                continue
            beside = found and (words > MAX_WORDS or _ROLE.search(name) or (words == 1 and len(found[0].split()) > 1))
            if is_name(name) and not beside:
                found.append(name)
    return found


def _conjuncts(part: str) -> list[str]:
    """The two sides of "and" where each looks like a full name: "Staff and agencies" stays one."""
    pieces = _CONJUNCTION.split(part)
    return pieces if len(pieces) > 1 and all(len(p.split()) >= 2 for p in pieces) else [part]


def is_name(text: str) -> bool:
    """Whether `text` can stand as an author: letters, of bearable length, and not a word that stands for nobody."""
    return (
        1 < len(text) <= MAX_NAME
        and any(c.isalpha() for c in text)
        and not text[0].isdigit()
        and not _NOBODY.match(fold(text))
        and not _CREDENTIAL.match(text)
        and not _LABEL_START.match(text)
    )


def is_person(text: str) -> bool:
    """Whether `text` has the form of a full name: two to five words, all but particles capitalised; or two to four of
    the characters that East Asian names are written with."""
    if _EAST_ASIAN.match(text):
        return True
    words = text.split()
    capitals = all(w[0].isupper() or not w[0].isalpha() or _PARTICLE.match(w) for w in words)
    return 2 <= len(words) <= 5 and capitals and words[0][0].isalpha() and not _PROSE.search(text)


def is_weak(text: str) -> bool:
    """Whether an author is a desk, an agency or an account: believed only where nobody else is named."""
    return bool(_NEWSROOM.match(text) or _ACCOUNT.match(text))


def from_jsonld(article: jsonld.Node, nodes: list[jsonld.Node]) -> tuple[list[str], list[str]]:
    """(everybody, organisations) that a JSON-LD article has as authors; references are looked up in `nodes`."""
    everybody: list[str] = []
    organisations: list[str] = []
    todo: list[Any] = [article.get("author") or article.get("creator")]
    while todo and len(everybody) < MAX_AUTHORS:
        value = todo.pop(0)
        if isinstance(value, list):
            todo = [*value, *todo]
        elif isinstance(value, dict):
            named = value.get("name") or value.get("familyName")
            node = value if named else jsonld.find(nodes, value.get("@id")) or value
            full = node.get("name") or " ".join(str(node[k]) for k in ("givenName", "familyName") if node.get(k))
            names = [name for name in (full if isinstance(full, list) else [full]) if isinstance(name, str) and name]
            everybody.extend(names)
            organisations.extend(names if any("Organization" in t for t in jsonld.types(node)) else ())
        elif isinstance(value, str):
            everybody.append(value)
    return everybody, organisations
