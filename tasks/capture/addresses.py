"""What an address alone says about what it leads to: an article, or one of a site's many other pages.

The words are those that content systems and publishers use in English, Spanish, French, Portuguese, German and Italian.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

from tld import get_fld

from tasks import urls

_LABELS = r"tags?|etiquetas?|etiquettes?|categor(?:y|ies?|ias?)|kategorien?|authors?|autor(?:es?|as|en)?|auteurs?"
"""Path segments under which all names, however deep, are those of lists."""
_LISTS = (
    r"mots?-cles?|schlagwort(?:e|er)?|keywords?|topics?|temas?|themes?|thema|themen|"
    r"rubriques?|rubrik(?:en)?|sections?|seccion(?:es)?|"
    r"secao|secoes|dossiers?|especiales|series?|"
    r"bylines?|profiles?|perfil|people|staff|contributors?|"
    r"users?|usuarios?|members?|columnistas?|archives?|archivos?|arquivos?|archiv"
)
"""Path segments under which one more segment is the name of a list."""
_MACHINERY = (
    r"wp-(?:admin|content|includes|json|login)|cdn-cgi|feeds?|rss|print|log-?in|log-?out|sign-?(?:in|up|out)|"
    r"(?:my-?)?accounts?|register|search|buscar?|busqueda|buscador|recherche|suche|checkout|cart"
)
"""Path segments that no article's address has, anywhere in it."""
_SERVICES = (
    r"registro|cadastro|inscription|registrierung|minha-conta|mi-cuenta|mon-compte|"
    r"subscri(?:be|ptions?)|suscri(?:bete|pcion(?:es)?)|assin(?:e|atura|aturas)|abonn(?:ement|ements|ez-vous|ieren)|"
    r"newsletters?|boletin(?:es)?|boletim|donate|donar|doar|faire-un-don|spenden|share|email-?(?:this|a-?friend)|cerca|"
    r"about(?:-us)?|who-we-are|(?:quienes|quem)-somos|qui-sommes-nous|sobre(?:-nos|-nosotros)?|a-propos|acerca-de|"
    r"uber-uns|chi-siamo|contact(?:-us|s)?|contacto|contato|contactez-nous|kontakt|contatti|impressum|imprint|"
    r"privacy(?:-policy|-notice)?|(?:politica-de-)?privaci?dade?|aviso-de-privacidad|(?:politique-de-)?confidentialite|"
    r"datenschutz(?:erklaerung)?|cookies?(?:-policy|-settings|-notice)?|politica-de-cookies|"
    r"terms(?:-(?:of|and)-.*)?|terminos(?:-.*)?|termos(?:-.*)?|conditions(?:-.*)?|mentions-legales|aviso-legal|"
    r"legal(?:-notice)?|agb|advertis(?:e|ing)(?:-.*)?|publicidade?|publicite|anuncie|mediadaten|"
    r"careers?|jobs|vacancies|empleo|trabalhe-conosco|help|ayuda|ajuda|aide|hilfe|faqs?|sitemap|site-?map|"
    r"accessibility(?:-.*)?|tienda|shop|store|loja|boutique"
)
"""Path segments of a site's service pages; some are sections of news as well ("legal"), with articles under them."""
_LABEL_SEGMENT = re.compile(_LABELS)
_LIST_SEGMENT = re.compile(rf"{_LABELS}|{_LISTS}")
_MACHINERY_SEGMENT = re.compile(_MACHINERY)
_SERVICE_SEGMENT = re.compile(_SERVICES)
_FILE = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|odt|zip|gz|rar|jpe?g|png|gif|webp|avif|svg|ico|mp[34]|m4a|m3u8?|webm|mov|avi|ogg|wav|"
    r"css|js|json|xml|rss|atom|txt|csv|ics|vcf|epub|apk|exe)$",
    re.IGNORECASE,
)
_PAGING = re.compile(r"(?:^|/)(?:pages?|pagina|seite)[-/]?\d{1,4}(?=/|$)")
_PERIOD = re.compile(r"(?:^|/)(?:19[89]|20\d)\d(?:/\d{1,2}){0,2}$")
_PAGING_KEY = re.compile(r"(?:p|pg|page|paged|pagina|seite|start|offset|from)")
_DATE = re.compile(
    r"(?<!\d)(?:19[89]\d|20\d\d)(?:[/_.-]?(?:0?[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"(?:[/_.-]?(?:3[01]|[12]\d|0?[1-9]))?)(?!\d)"
    r"|(?<!\d)(?:3[01]|[12]\d|0[1-9])[/_.-](?:0[1-9]|1[0-2])[/_.-](?:19[89]\d|20\d\d)(?!\d)"
)
_NUMBER = re.compile(r"(?<!\d)\d{4,}(?!\d)")
_HASH = re.compile(r"(?=[a-z]*\d)[0-9a-f]{8,}(?:-[0-9a-f]{4,})*|(?=[a-z-]*\d)(?=\d*[a-z])[a-z0-9]{10,}")
_ID_KEY = re.compile(r"(?:\w*id|\w*noticia|\w*article?|art|news|nota|story|p|n|a|node|q)")
_WORD = re.compile(r"[^\W\d_]{2,}")


def same_site(url: str, page: str) -> bool:
    """Whether two addresses belong to one publisher: the same host, or hosts under one registrable domain.

    By the Public Suffix List, its private part included: two blogs of one provider are two sites.
    """
    if urls.host(url) == urls.host(page):
        return True
    if _is_local(url):
        return False
    if urls.site(url) == urls.site(page):
        return True
    domain = get_fld(url, fail_silently=True, search_private=True)
    return domain is not None and domain == get_fld(page, fail_silently=True, search_private=True)


def _is_local(url: str) -> bool:
    """An IP address or a bare name: there, another port is another site."""
    name = urlsplit(url).hostname or ""
    return "." not in name or ":" in name or name.replace(".", "").isdigit()


def segments(url: str) -> list[str]:
    """The path's segments in lower case, percent-encoding undone."""
    return [part for part in unquote(urlsplit(url).path).lower().split("/") if part]


def is_no_article(url: str) -> bool:
    """Whether the address is a home, tag, author, paging, account or legal page, or a file: certainly no article."""
    parts = segments(url)
    if not parts:
        return not any(_ID_KEY.fullmatch(key.lower()) and value for key, value in _pairs(url))
    if _FILE.search(parts[-1]) or any(_MACHINERY_SEGMENT.fullmatch(_stem(part)) for part in parts):
        return True
    if _PERIOD.search("/".join(parts)) or _PAGING.search("/".join(parts[-2:])):
        return True
    return (_words(parts) < 2 and _has_paging_key(url)) or _is_service(parts) or _names_a_list(parts)


def _has_paging_key(url: str) -> bool:
    return any(_PAGING_KEY.fullmatch(key.lower()) and value.isdigit() and len(value) < 4 for key, value in _pairs(url))


def _is_service(parts: list[str]) -> bool:
    """A service word at the end, or at the beginning with nothing article-like under it."""
    if _SERVICE_SEGMENT.fullmatch(_stem(parts[-1])):
        return True
    return bool(_SERVICE_SEGMENT.fullmatch(parts[0])) and not _article_like(parts[1:])


def _names_a_list(parts: list[str]) -> bool:
    """A list word at the end or with plain names under it: any number of them under a label, one under the others."""
    for number, part in enumerate(parts):
        words = _LIST_SEGMENT if number >= len(parts) - 2 else _LABEL_SEGMENT
        if words.fullmatch(_stem(part)):
            return not _article_like(parts[number + 1 :]) and not _DATE.search("/".join(parts[:number]))
    return False


def _article_like(below: list[str]) -> bool:
    """A date, a number, or a slug with more words than a name has."""
    return bool(below) and bool(_DATE.search("/".join(below)) or _NUMBER.search(below[-1]) or _words(below) >= 5)


def article_points(url: str) -> int:
    """How much the address looks like an article's, by its words, dates and numbers.

    Below 0 it is a section's, from 3 on likely an article's, from 5 on almost surely.
    """
    parts = segments(url)
    points = {0: 0, 1: 0, 2: 1, 3: 3, 4: 3}.get(_words(parts), 4)
    points += 3 if _DATE.search("/".join(parts)) else 0
    rest = _DATE.sub("", "/".join(parts[-3:])).split("/")
    has_id = any(_NUMBER.search(part) or _HASH.fullmatch(_stem(part)) for part in rest[-2:])
    points += 2 if has_id or any(_ID_KEY.fullmatch(key.lower()) and len(value) > 1 for key, value in _pairs(url)) else 0
    if points == 0 and len(parts) <= 2:
        points -= 3 - len(parts)
    return points


def _words(parts: list[str]) -> int:
    """The number of words in the last segment, or in the one before it where the last is an id or "index.html"."""
    stems = [_stem(part) for part in parts[-2:]]
    counts = [0 if stem in ("index", "default") else len(_WORD.findall(stem)) for stem in stems]
    return next((count for count in reversed(counts) if count), 0)


def _stem(part: str) -> str:
    return re.sub(r"\.(?:html?|php|aspx?|jsp|shtml|ghtml)$", "", part)


def _pairs(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url).query)[:20]
