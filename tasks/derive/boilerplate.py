"""What is on a page but not of its article: share lines, comment forms, newsletter calls, and an aggregator's credit."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tasks.derive.strings import fold

MAX_LINE = 120
"""Characters: a longer paragraph is prose and never dropped as a one-liner."""

_ONE_LINERS = re.compile(
    r"^\W*(?:"
    r"post (?:a )?comments?|leave a (?:comment|reply)|add a comment|view comments|\d* ?comments?|reply|"
    r"share(?: this)?(?: (?:article|story|post|page))?(?: (?:on|via|with) .{0,60})?|share options|copy link|link copied|"
    r"tweet|pin it|e-?mail|print(?: this)?(?: article| page)?|whatsapp|facebook|twitter|linkedin|telegram|save|"
    r"read (?:more|also|next|the full story)\b.{0,100}|related(?: (?:articles|stories|posts|content|topics|news))?:?|see also:?.{0,100}|"
    r"advertisement|advertising|sponsored(?: content)?|story continues below(?: advertisement)?|"
    r"sign up (?:for|to) .{0,90}|subscribe(?: (?:to|now|for) .{0,90})?|newsletter|follow us(?: on .{0,60})?|"
    r"all rights reserved.{0,60}|copyright .{0,90}|©.{0,100}|tags?:?.{0,100}|"
    r"compartir(?: en .{0,60})?|comparte(?: esta noticia| este artículo)?.{0,40}|publicidad|lea también.{0,100}|leer más.{0,60}|"
    r"te puede interesar.{0,80}|suscríbete.{0,80}|síguenos.{0,60}|deja (?:un|tu) comentario|comentarios|etiquetas:?.{0,80}|"
    r"compartilhe?.{0,60}|compartilhar.{0,60}|publicidade|leia (?:também|mais).{0,100}|comentários|assine.{0,80}|siga-nos.{0,60}|"
    r"partager(?: (?:sur|cet article).{0,60})?|publicité|lire aussi.{0,100}|à lire aussi.{0,100}|(?:laisser un )?commentaires?|"
    r"abonnez-vous.{0,80}|suivez-nous.{0,60}|"
    r"teilen|artikel teilen|anzeige|werbung|kommentare?|kommentar (?:schreiben|verfassen)|lesen sie (?:auch|mehr).{0,100}|"
    r"mehr zum thema.{0,80}|zur startseite|newsletter abonnieren|drucken|merken|"
    r"condividi.{0,60}|pubblicità|leggi anche.{0,100}|commenti|lascia un commento|iscriviti.{0,80}"
    r")\W*$",
    re.IGNORECASE,
)

_DOMAIN = r"(?P<domain>(?:https?://)?(?:www\.)?(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/\S*)?)"
_CREDIT_PHRASES = (
    r"original source", r"source", r"via", r"read (?:the )?(?:full|original|whole) (?:article|story|text|post) (?:at|on)",
    r"this (?:article|story|post|piece|report) (?:was )?(?:first|originally) (?:appeared|published) (?:in|on|at|by)",
    r"(?:first|originally) (?:appeared|published) (?:in|on|at|by)", r"(?:republished|reprinted|reposted) from",
    r"fuente(?: original)?", r"publicado originalmente (?:en|por)", r"(?:este|el) (?:artículo|texto) (?:fue|se) public(?:ado|ó) (?:originalmente|por primera vez) en",
    r"con información de", r"tomado de",
    r"fonte(?: original)?", r"publicado originalmente (?:em|no|na|por)", r"com informações d[eoa]",
    r"(?:source|article) original(?:e)?", r"(?:article |texte )?(?:initialement|d'abord|d’abord) (?:publié|paru) (?:dans|sur|par)", r"publié (?:initialement|à l'origine) (?:dans|sur|par)",
    r"(?:original)?quelle", r"(?:dieser (?:artikel|beitrag|text) )?(?:ist |erschien |wurde )?zuerst (?:erschienen |veröffentlicht )?(?:bei|in|auf|im)", r"übernommen von",
    r"fonte originale", r"(?:pubblicato|apparso) (?:originariamente|per la prima volta|originalmente) (?:su|in|da)",
)  # fmt: skip
_CREDIT = re.compile(
    r"^\W*(?:" + "|".join(_CREDIT_PHRASES) + r")\s*[:\-–]?\s*(?:the |la |el |le |die |der |das )?\W{0,3}" + _DOMAIN + r"\W*$",
    re.IGNORECASE,
)


def is_boilerplate_line(line: str) -> bool:
    """Whether a whole paragraph is one of the short lines that pages put around articles."""
    return len(line) <= MAX_LINE and bool(_ONE_LINERS.match(line))


def credited_source(line: str) -> str | None:
    """The bare host that a paragraph credits as the text's origin ("Original Source: example.com"), else None."""
    match = _CREDIT.match(line) if len(line) <= 2 * MAX_LINE else None
    return bare_host(match["domain"]) if match else None


def bare_host(text: str) -> str:
    """`https://www.Example.com/path` as `example.com`."""
    return re.sub(r"^(?:https?://)?(?:www\d?\.)?", "", text.strip().lower()).split("/")[0].split(":")[0].rstrip(".")


def strip_boilerplate(paragraphs: Iterable[str], title: str) -> tuple[list[str], str | None]:
    """(the article's own paragraphs, the host its credit names). The title is not repeated at the head of the text."""
    kept: list[str] = []
    source: str | None = None
    folded = fold(title)
    for line in paragraphs:
        credit = credited_source(line)
        if credit:
            source = source or credit
        elif not is_boilerplate_line(line) and not (len(kept) < 2 and folded and fold(line) == folded):
            kept.append(line)
    return kept, source
