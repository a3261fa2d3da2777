"""What is on a page but not of its article: share lines, comment forms, newsletter calls, and an aggregator's credit."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tasks.derive.strings import count_words, fold

MAX_LINE = 170
"""Characters: a longer paragraph is prose and never dropped as a one-liner."""

_ONE_LINERS = re.compile(
    r"^\W*(?:"
    r"post (?:a )?comments?|leave a (?:comment|reply)|add a comment|view comments|\d* ?comments?|reply|"
    r"share(?: this)?(?: (?:article|story|post|page))?(?: (?:on|via|with) .{0,60})?|share options|copy link|link copied|"
    r"tweet|pin it|e-?mail|print(?: this)?(?: article| page)?|whatsapp|facebook|twitter|linkedin|telegram|save|"
    r"(?:read|see|watch|more|related|don.t miss|also read)(?: (?:more|also|next|this|the full story|articles|stories|posts|content|topics|news))?(?: (?:on|from|about) .{3,40})?\s*[:|].{0,140}|"
    r"read (?:more|also|next|the full story)\b.{0,100}|related(?: (?:articles|stories|posts|content|topics|news))?|"
    r"(?:les også|les mer|läs (?:också|även|mer)|læs (?:også|mere)|lue (?:myös|lisää)|czytaj (?:więcej|też|także)|przeczytaj|"
    r"čtěte (?:také|též)|lees (?:ook|meer)|auch interessant|mehr dazu|más información|le puede interesar|lea (?:más|además)|lea)\s*:.{0,140}|czytaj więcej|"
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

MAX_OPENING = 8
"""Lines at the head of a text that may be something else."""
PROSE_WORDS = 12
"""Words from which a line counts as prose."""

MAX_CLOSING = 5
MAX_NOTE = 400
"""Lines at the foot of a text that may be notes, and how long (characters) such a note is."""

_CLOSING = re.compile(
    r"^\W*(?:(?:e-?mail|contact|write to|reach|follow|join|get|sign up|subscribe|download|click|listen|watch|have a tip|"
    r"like this|if you enjoyed|more ap|want more)\b.*(?:@|https?:|newsletter|inbox|subscri|twitter|facebook|instagram|whatsapp|"
    r"podcast|\bapp\b|share it|friend|here)|(?:additional )?reporting by|edited by|editing by|(?:this|the) (?:story|article) (?:was|has been) "
    r"(?:updated|corrected)|copyright|©|all rights reserved|alle rechte vorbehalten|todos los derechos|tous droits|"
    r"an error has occurred|(?:hat ihnen|mochten sie) .{0,40}artikel)|"
    r"newsletter (?:abonnieren|bestellen)|melden sie sich .{0,40}newsletter|abonnieren sie|folgen sie uns|unterstützen sie uns|"
    r"suscr[ií]b[ae]|s[ií]guenos|inscreva-se|assine |siga-nos|siga o |abonnez-vous|inscrivez-vous|suivez-nous|iscriviti|abbonati|seguici|"
    r"zapisz się|śledź nas|abonnér|abonner på",
    re.IGNORECASE,
)
_DATED = re.compile(r"(?:19|20)\d\d|\d[:.h]\d\d")
_BYLINE = re.compile(r"(?:by|von|por|par|di|text|foto|stand|autor)\b", re.IGNORECASE)

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


def strip_boilerplate(paragraphs: Iterable[str], title: str, authors: Iterable[str] = ()) -> tuple[list[str], str | None]:
    """(the article's own paragraphs, the host its credit names).

    Before the text begins, the title again, bylines, dates and single words go too; after it, notes about the authors
    and calls to read on.
    """
    kept: list[str] = []
    source: str | None = None
    names = [name for name in authors if len(name) > 5]
    for line in paragraphs:
        credit = credited_source(line)
        if credit:
            source = source or credit
        elif not is_boilerplate_line(line) and not _is_byline(line, names):
            kept.append(line)
    return _without_closing(_without_opening(kept, fold(title)), names), source


def _is_byline(line: str, names: list[str]) -> bool:
    """Whether a short line is an author's name, with "By" or a role or without."""
    return any(name in line and len(line) < len(name) + 30 and line[-1] not in ".!?…”\"" for name in names)


def _without_closing(lines: list[str], names: list[str]) -> list[str]:
    """`lines` without a last note about the author or how to reach, follow or subscribe, and without last labels."""
    end = len(lines)
    while end > 3 and len(lines) - end < MAX_CLOSING:
        line = lines[end - 1]
        note = len(line) <= MAX_NOTE and (_CLOSING.search(line) or any(line.startswith(name) for name in names))
        label = count_words(line) <= 2 and line[-1] not in ".!?…”\"»)"
        if not note and not label:
            break
        end -= 1
    return lines[:end]


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
    single = count_words(line) <= 1
    dated = len(line) < 45 and bool(_DATED.search(line))
    return single or dated or (len(line) < 80 and bool(_BYLINE.match(line)))
