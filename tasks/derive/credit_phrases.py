"""How publishers word a credit, in six languages, as regular expressions for `credits`."""

from __future__ import annotations

_THIS = r"(?:this|the) (?:article|story|post|piece|report)"
_ESTE = r"(?:este|esta|el|la|o|a) (?:artículo|artigo|texto|reportaje|reportagem|nota|noticia|notícia|matéria)"
_CET = r"(?:cet |l['’]|ce )(?:article|texte)"
_DIESER = r"(?:(?:dieser|der|diese|die) )?(?:artikel|beitrag|text|bericht|reportage)"
_EARLY = r"(?:initialement|originellement|à l['’]origine|d['’]abord|pour la première fois)"
_IN_ORIGINE = r"(?:originariamente|originalmente|in origine|per la prima volta|inizialmente)"

PHRASES = (
    # English
    r"original source|source(?: link)?|via|read (?:the )?(?:full|original|whole) (?:article|story|text|post) "
    r"(?:at|on|here at)",
    rf"{_THIS} (?:was |is )?(?:first |originally )?(?:appeared|published|republished)"
    r"(?: (?:first|originally))? (?:in|on|at|by|from|with permission from)",
    r"(?:first|originally) (?:appeared|published) (?:in|on|at|by)|(?:republished|reprinted|reposted|syndicated) from",
    rf"(?:the original|an? (?:earlier |longer |shorter )?) ?version of {_THIS} (?:was )?(?:first |originally )?"
    r"(?:ran|appeared|published) (?:in|on|at|by)",
    r"the post .{1,150}? appeared first on",
    # Spanish
    r"v[ií]a|fuente(?: original)?|publicado (?:originalmente|por primera vez) (?:en|por)|con información de|tomado de",
    rf"{_ESTE} (?:fue|se) public(?:ad[oa]|ó) (?:originalmente|por primera vez) (?:en|por)",
    r"le[ae]r? (?:aquí )?(?:el|la) (?:artículo|texto|nota|noticia) original (?:en|de)",
    r"la entrada .{1,150}? (?:se publicó|apareció|aparece) primero en",
    # Portuguese
    r"fonte(?: original)?|publicado originalmente (?:em|no|na|por)|com informações d[eoa]|reproduzido d[eoa]",
    rf"{_ESTE} foi (?:publicad[oa] (?:originalmente|primeiro)|(?:originalmente|primeiro) publicad[oa]) "
    r"(?:em|no|na|por)",
    r"leia o (?:artigo|texto) original (?:em|no|na)",
    r"o (?:post|conteúdo) .{1,150}? (?:apareceu|aparece) primeiro em",
    # French
    rf"(?:source|article) originale?|(?:publié|paru) {_EARLY} (?:dans|sur|par)",
    rf"(?:{_CET} )?(?:a été |est )?{_EARLY} (?:publié|paru) (?:dans|sur|par)",
    rf"{_CET} (?:a été|est) (?:publié|paru) {_EARLY} (?:dans|sur|par)",
    rf"(?:{_CET} est )?republié (?:à partir de|depuis)|lire l['’]article original (?:sur|dans)",
    r"(?:cet |l['’])article .{1,150}? est apparu en premier sur",
    # German
    r"(?:original)?quelle|übernommen von|(?:zuerst|ursprünglich|erstmals) (?:erschienen|veröffentlicht) "
    r"(?:bei|in|auf|im)",
    rf"{_DIESER} (?:ist |erschien |wurde )?(?:zuerst|ursprünglich|erstmals) (?:bei|in|auf|im)",
    r"der beitrag .{1,150}? (?:erschien zuerst|ist zuerst erschienen) auf",
    # Italian
    rf"fonte originale|(?:articolo )?(?:pubblicato|apparso) {_IN_ORIGINE} (?:su|in|da)",
    rf"(?:(?:questo |l['’])articolo )?(?:è (?:stato )?)?(?:pubblicato|apparso) {_IN_ORIGINE} (?:su|in|da)",
    r"l['’]articolo .{1,150}? (?:proviene da|sembra essere il primo su)",
)
"""The words before the origin's name. Those with a title in them are what WordPress puts under each post in its feeds,
where aggregators find it."""

EXPLICIT = (
    r"\b(?:original|originally|originale|originalquelle|first|originalmente|primera vez|primero|primeiro|initialement|"
    r"originellement|à l['’]origine|d['’]abord|en premier|première fois|republié|zuerst|erstmals|ursprünglich|"
    r"originariamente|in origine|inizialmente|prima volta|il primo|proviene da|republished|reprinted)\b"
)
"""What a credit says that "Source: …" does not: the text was somewhere else before."""

STEMS = (
    "origin", "first", "prim", "premi", "initial", "inizial", "abord", "republi", "erst", "ursprüng", "proviene",
    "reprint",
)  # fmt: skip
"""One of them is in every word of EXPLICIT; looking for them first saves 0.2 ms a page."""

READ_ON = (
    r"read (?:more|on|the rest) (?:here )?at|read the (?:full|whole|rest of the|complete) "
    r"(?:article|story|text|post|report) (?:here )?(?:at|on|in)",
    r"le[ae]r? (?:más|la (?:nota|noticia|historia) completa|el (?:artículo|texto) completo) en",
    r"leia (?:mais|a (?:matéria|notícia|íntegra)(?: completa)?|o (?:artigo|texto) completo) (?:em|no|na)",
    r"lire (?:la suite|l['’]article (?:complet|en entier)) (?:sur|dans)",
    r"(?:weiterlesen|den (?:ganzen|vollständigen) (?:artikel|beitrag|text) lesen) (?:auf|bei|in)",
    r"(?:continua a leggere|leggi (?:tutto|l['’]articolo (?:completo|intero))) su",
)
"""The words before a link with which a shortened text ends; the link leads to the whole one."""
LAST_WORDS = frozenset(
    (
        "at", "on", "in", "en", "em", "no", "na", "sur", "dans", "auf", "bei", "su",
        "the", "la", "le", "el", "l'", "l’", "il", "lo", "der", "die", "das", "o", "a",
    )
)  # fmt: skip
"""What they end with, and articles."""

VERBS = r"(?:erschienen|veröffentlicht|publiziert)"
"""What a German credit ends with, after the origin's name."""
LICENSED = (
    r"(?:under|bajo|sob|sous|unter|con) [^.!?]{0,40}?\b(?:creative commons|cc|licen[cs]\w*|licença|lizenz)\b[^!?]{0,40}"
)
ORIGINAL_TOO = (
    r"[.!?]\W*(?:read|lea|leer|leia|lire|lisez|lesen|leggi|hier|here)\b[^.!?]{0,20}"
    r"\borigin[a-z]{2,3}(?:artikel|beitrag|text)?\b[^.!?]{0,20}\W*$"
)
"""A second sentence that offers the original: "Read the original article."."""
