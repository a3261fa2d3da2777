"""An aggregator's credit: which site a text says it comes from."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from tasks import urls
from tasks.derive.strings import one_line

MAX_CREDIT = 240
"""Characters of a line that can be nothing but a credit."""

_PHRASES = (
    # English
    r"original source|source|via|read (?:the )?(?:full|original|whole) (?:article|story|text|post) (?:at|on|here at)",
    r"(?:this|the) (?:article|story|post|piece|report) (?:was |is )?(?:first |originally )?(?:appeared|published|"
    r"republished)"
    r"(?: (?:first|originally))? (?:in|on|at|by|from|with permission from)",
    r"(?:first|originally) (?:appeared|published) (?:in|on|at|by)|(?:republished|reprinted|reposted|syndicated) from",
    # Spanish
    r"fuente(?: original)?|publicado (?:originalmente|por primera vez) (?:en|por)|con información de|tomado de",
    r"(?:este|el) (?:artículo|texto|reportaje) (?:fue|se) public(?:ado|ó) (?:originalmente|por primera vez) (?:en|por)",
    # Portuguese
    r"fonte(?: original)?|publicado originalmente (?:em|no|na|por)|com informações d[eoa]|reproduzido d[eoa]",
    r"este (?:artigo|texto) foi publicado (?:originalmente|primeiro) (?:em|no|na|por)",
    # French
    r"(?:source|article) originale?|publié (?:initialement|à l['’]origine|d['’]abord) (?:dans|sur|par)",
    r"(?:cet |l['’])?(?:article|texte)? ?(?:a été )?(?:initialement|d['’]abord) (?:publié|paru) (?:dans|sur|par)",
    r"(?:cet |l['’])article a été (?:publié|paru) (?:initialement|à l['’]origine|d['’]abord) (?:dans|sur|par)",
    # German
    r"(?:original)?quelle|übernommen von|(?:zuerst|ursprünglich) (?:erschienen|veröffentlicht) (?:bei|in|auf|im)",
    r"(?:dieser |der )?(?:artikel|beitrag|text) (?:ist |erschien |wurde )?(?:zuerst|ursprünglich) (?:bei|in|auf|im)",
    # Italian
    r"fonte originale|(?:pubblicato|apparso) (?:originariamente|per la prima volta|originalmente) (?:su|in|da)",
)
_OPENING = rf"^\W*(?:{'|'.join(_PHRASES)})\b\s*[:\-–]?\s*"
_CREDIT = re.compile(_OPENING, re.IGNORECASE)
_ARTICLE_WORD = r"(?:the |la |el |le |l['’]|die |der |das |il |lo |o |a )?\W{0,3}"
_DOMAIN = r"(?P<host>(?:https?://)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24})(?:[:/]\S*)?"
_NAMED = re.compile(rf"{_OPENING}{_ARTICLE_WORD}(?:[^:()]{{1,60}}\()?{_DOMAIN}\W*$", re.IGNORECASE)
_EXPLICIT = re.compile(
    r"\b(?:original|originally|originale|originalquelle|first|originalmente|primera vez|initialement|zuerst|"
    r"ursprünglich|"
    r"originariamente)\b",
    re.IGNORECASE,
)
_BARE = re.compile(r"^(?:https?://)?(?:www\d?\.)?", re.IGNORECASE)


def bare_host(text: str) -> str:
    """`https://www.Example.com/path` as `example.com`."""
    return _BARE.sub("", text.strip().lower()).split("/")[0].split(":")[0].rstrip(".")


def credited_host(line: str) -> str | None:
    """The bare host that a paragraph credits as the text's origin ("Original Source: example.com"), else None."""
    match = _NAMED.match(line) if len(line) <= MAX_CREDIT else None
    return bare_host(match["host"]) if match else None


def is_credit(line: str) -> bool:
    """Whether a paragraph is nothing but a credit in words ("This article first appeared in The Example")."""
    return len(line) <= MAX_CREDIT / 2 and bool(_CREDIT.match(line) and _EXPLICIT.search(line))


def linked_host(tree: HtmlElement, url: str) -> str | None:
    """The bare host that a credit links to, where the words themselves name no address; None where there is none."""
    own = urls.site(url)
    for link in tree.iter("a"):
        href = link.get("href") or ""
        block = link.getparent()
        if not href.startswith(("http://", "https://")) or block is None:
            continue
        while block.tag in ("em", "i", "strong", "b", "span", "small") and block.getparent() is not None:
            block = block.getparent()
        line = one_line(block.text_content()[: 2 * MAX_CREDIT])
        if len(line) <= MAX_CREDIT and _CREDIT.match(line):
            try:
                host = bare_host(urlsplit(href).hostname or "")
            except ValueError:
                continue
            if host and host != own and not own.endswith("." + host) and not host.endswith("." + own):
                return host
    return None
