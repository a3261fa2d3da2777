"""What extraction leaves around an article: share lines, comment forms, newsletter calls, bylines, notes on authors."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tasks.derive.credits import LinkedCredit, credited_host, is_linked_credit, is_source_label
from tasks.derive.notices import is_notice
from tasks.derive.strings import count_words, fold

MAX_LINE = 170
"""Characters: a longer paragraph is prose and never dropped as a one-liner."""
MAX_OPENING = 8
"""Lines at the head of a text that may be something else."""
PROSE_WORDS = 12
"""Words from which a line counts as prose."""
MAX_CLOSING, MAX_NOTE = 5, 400
"""Lines at the foot of a text that may be notes, and how long (characters) such a note is."""

_ONE_LINERS = (
    # English
    r"post (?:a )?comments?|leave a (?:comment|reply)|add a comment|view comments|\d* ?comments?|reply|tweet|"
    r"pin it|save",
    r"share(?: this)?(?: (?:article|story|post|page))?(?: (?:on|via|with) .{0,60})?|share options|copy link|"
    r"link copied",
    r"e-?mail|print(?: this)?(?: article| page)?|whatsapp|facebook|twitter|linkedin|telegram|newsletter",
    r"(?:read|see|watch|more|related|don.t miss|also read)(?: (?:more|also|next|this|articles|stories|posts|"
    r"content|topics|"
    r"news))?(?: (?:on|from|about) .{3,40})?\s*[:|].{0,140}",
    r"read (?:more|also|next|the full story)\b.{0,100}|related(?: (?:articles|stories|posts|content|topics|news))?",
    r"advert(?:isement|ising)?|sponsored(?: content)?|story continues below(?: advertisement)?|tags?:.{0,100}",
    r"sign up (?:for|to) .{0,90}|subscribe(?: (?:to|now|for) .{0,90})?|follow us(?: on .{0,60})?",
    r"all rights reserved.{0,60}|copyright (?:©|\(c\)|\d{4}).{0,90}|©.{0,100}",
    # Spanish
    r"compartir(?: en .{0,60})?|comparte(?: esta noticia| este artículo)?\b.{0,40}|publicidad|comentarios|"
    r"lea\s*:.{0,140}",
    r"(?:lea (?:también|más)|leer más|te puede interesar)\b.{0,100}|(?:le puede interesar|más información)\s*:.{0,140}",
    r"(?:suscríbete|síguenos)\b.{0,80}|deja (?:un|tu) comentario|etiquetas\s*:.{0,80}",
    # Portuguese
    r"compartilh(?:e|ar)\b.{0,60}|publicidade|leia (?:também|mais)\b.{0,100}|comentários|(?:assine|siga-nos)\b.{0,80}",
    # French
    r"partager(?: (?:sur|cet article).{0,60})?|publicité|(?:à )?lire aussi\b.{0,100}|(?:laisser un )?commentaires?",
    r"(?:abonnez|suivez)-(?:vous|nous)\b.{0,80}",
    # German
    r"(?:artikel )?teilen|anzeige|werbung|kommentare?|kommentar (?:schreiben|verfassen|abgeben)|newsletter abonnieren",
    r"(?:lesen sie (?:auch|mehr)|mehr zum thema)\b.{0,100}|(?:auch interessant|mehr dazu)\s*:.{0,140}|zur startseite",
    r"drucken|merken",
    # Italian
    r"condividi\b.{0,60}|pubblicità|leggi anche\b.{0,100}|commenti|lascia un commento|iscriviti\b.{0,80}",
    # "Read also: …" in other languages
    r"(?:les (?:også|mer)|läs (?:också|även|mer)|læs (?:også|mere)|lue (?:myös|lisää)|lees (?:ook|meer))\s*:.{0,140}",
    r"(?:czytaj (?:więcej|też|także)|przeczytaj|čtěte (?:také|též))\s*:.{0,140}|czytaj więcej",
)
_ONE_LINER = re.compile(rf"^\W*(?:{'|'.join(_ONE_LINERS)})\W*$", re.IGNORECASE)

_CALL = re.compile(
    r"^\W*(?:sign up|subscribe|share|compart\w+|partager|condividi|assine|lea|read|see|watch|more|related)\b",
    re.IGNORECASE,
)
_CALL_FOR = re.compile(
    r"newsletter|inbox|subscri|suscri|\bfollow|\bus\b|\bour\b|\blinks?\b|\bapps?\b|\balerts?\b|e-?mail|"
    r"\b(?:read|see|watch) (?:more|also|next|this|the full)|"
    r"\b(?:story|article|post|page|artículo|noticia|nota|artigo|notícia|artikel|articolo)\b|"
    r"facebook|twitter|whatsapp|telegram|instagram|linkedin",
    re.IGNORECASE,
)
"""What a publisher calls its readers to: a sentence that opens as a call and names none of it is the article's."""
_SENTENCE_WORDS = 4
_QUOTED = ("“", '"', "«", "„", "‘", "»")
_CLOSING_NOTES = (
    r"^\W*(?:e-?mail|contact(?! with\b)|write to|reach|follow|join|get|sign up|subscribe|download|click|listen|watch|"
    r"have a tip|like this|if you enjoyed|more ap|want more)\b.*(?:@|https?:|newsletter|inbox|\bsubscri|\btwitter|"
    r"facebook|instagram|whatsapp|podcast|\bapp\b|share it|\byour friend|\bwith (?:a )?friend)",
    r"^\W*(?:(?:e-?mail|contact us|write to us|follow|join|sign up|subscribe|download|click|listen|have a tip|"
    r"like this|want more|watch (?:it|the (?:full )?(?:video|film|episode|interview)))\b.*\bhere\b)",
    r"^\W*(?:(?:additional )?reporting by|edited by|editing by|copyright (?:by|of)\b|copyright\b(?! (?-i:[a-z]))|©|"
    r"all rights reserved|alle rechte vorbehalten|"
    r"todos los derechos|tous droits|an error has occurred|(?:hat ihnen|mochten sie) .{0,40}artikel|"
    r"(?:this|the) (?:story|article) (?:was|has been) (?:last )?(?:updated|corrected)"
    r"(?: (?:on|at)\b(?:(?!\b(?:to|with|after)\b)[^:]){0,50})?\W*$)",
    r"newsletter (?:abonnieren|bestellen)|melden sie sich .{0,40}newsletter|\b(?:abonnieren|folgen|"
    r"unterstützen) sie uns",
    r"\bsuscr[ií]b(?:ete|ase|anse)\b|\bsuscriba\b.*(?:bolet[ií]n|newsletter|canal)|\bs[ií]guenos|\binscreva-se|"
    r"(?:^|[.!?] )\W*assine\b|\bsiga-nos|(?:^|[.!?] )\W*siga o\b|\b(?:abonnez|inscrivez)-vous",
    r"\bsuivez-nous",
    r"\biscriviti|(?:^|[.!?] )\W*abbonati (?:a|al|alla|ora|qui|subito|per|gratis)\b|\bseguici|zapisz się|śledź nas|"
    r"\babonnér|\babonner på",
)
_CLOSING = re.compile("|".join(_CLOSING_NOTES), re.IGNORECASE)
_DATED = re.compile(r"(?:19|20)\d\d|\d[:.h]\d\d")
_BYLINE = re.compile(r"(?:by|von|por|par|di|text|foto|stand|autor)\b", re.IGNORECASE)
_SENTENCE_END = (".", "!", "?", "…", "”", '"', "»", ")")


def is_boilerplate_line(line: str) -> bool:
    """Whether a whole paragraph is one of the short lines that pages put around articles."""
    if line.startswith(_QUOTED):
        return False
    return (len(line) <= MAX_LINE and bool(_ONE_LINER.match(line)) and not _is_own_sentence(line)) or is_notice(line)


def _is_own_sentence(line: str) -> bool:
    """Whether a line that opens as a call is a whole sentence that calls its reader to nothing of the publisher's."""
    whole = line.endswith(_SENTENCE_END) and count_words(line) >= _SENTENCE_WORDS
    return whole and bool(_CALL.match(line)) and not _CALL_FOR.search(line)


def strip_boilerplate(
    paragraphs: Iterable[str], title: str, authors: Iterable[str] = (), linked: LinkedCredit | None = None
) -> tuple[list[str], str | None]:
    """(the article's own paragraphs, the host its credit names).

    A credit leaves the text where its origin is known, by the host it names or by its link (`linked`); one that only
    names a publisher stays, for it is told nowhere else. "Source:" alone is the article's credit only at its ends:
    within, it is that of a chart.

    Before the text begins, the title again, bylines, dates and single words go too; after it, notes about the authors
    and calls to read on.
    """
    kept: list[str] = []
    source: str | None = None
    names = [name for name in authors if len(name) > 5]
    lines = list(paragraphs)
    for number, line in enumerate(lines):
        is_at_end = number == 0 or number >= len(lines) - MAX_CLOSING
        host = credited_host(line) if is_at_end or not is_source_label(line) else None
        source = source or host
        credit = host is not None or (linked is not None and is_linked_credit(line, linked))
        if not (credit or is_boilerplate_line(line) or _is_byline(line, names)):
            kept.append(line)
    return _without_closing(_without_opening(kept, fold(title)), names), source


def _is_byline(line: str, names: list[str]) -> bool:
    """Whether a short line is an author's name, with "By" or a role or without."""
    return any(name in line and len(line) < len(name) + 30 and not line.endswith(_SENTENCE_END) for name in names)


def _without_closing(lines: list[str], names: list[str]) -> list[str]:
    """`lines` without a last note about the author or how to reach, follow or subscribe, and without last labels."""
    end = len(lines)
    while end > 3 and len(lines) - end < MAX_CLOSING:
        line = lines[end - 1]
        note = len(line) <= MAX_NOTE and (_is_call(line) or any(line.startswith(name) for name in names))
        label = count_words(line) <= 2 and not line.endswith(_SENTENCE_END)
        if not note and not label:
            break
        end -= 1
    return lines[:end]


def _is_call(line: str) -> bool:
    """Whether a line at the foot calls its reader or says who made it; what somebody is quoted with does neither."""
    return not line.startswith(_QUOTED) and bool(_CLOSING.search(line))


def _without_opening(lines: list[str], title: str) -> list[str]:
    """`lines` without what stands above the first paragraph of prose: title, byline, date, section."""
    kept: list[str] = []
    begun = False
    for number, line in enumerate(lines):
        if number < MAX_OPENING and _repeats(fold(line), line, title):
            continue
        begun = begun or number >= MAX_OPENING or count_words(line) >= PROSE_WORDS
        if begun or not _is_opening_line(line):
            kept.append(line)
    return kept


def _repeats(folded: str, line: str, title: str) -> bool:
    """Whether a line is the title, with a kicker or without, or most of it."""
    if not title or not folded:
        return False
    with_kicker = title in folded and len(folded) < len(title) + 60 and line[-1] not in ".!?…"
    most_of_it = len(folded) > 15 and folded in title and 2 * len(folded) > len(title)
    return folded == title or with_kicker or most_of_it


def _is_opening_line(line: str) -> bool:
    if line[-1] in ".!?…:":
        return False
    dated = len(line) < 45 and bool(_DATED.search(line))
    return count_words(line) <= 1 or dated or (len(line) < 80 and bool(_BYLINE.match(line)))
