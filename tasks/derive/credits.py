"""An aggregator's credit: which site a text says it comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from tasks import urls
from tasks.derive.credit_phrases import EXPLICIT, LAST_WORDS, LICENSED, ORIGINAL_TOO, PHRASES, READ_ON, STEMS, VERBS
from tasks.derive.strings import one_line

MAX_CREDIT, MAX_NAME = 240, 90
"""Characters of a line that can be nothing but a credit, and of what may follow its phrase: a name, a day."""
PROSE = 120
"""Characters of a paragraph that is part of the text, not of what stands under it."""
MAX_STEPS = 8
"""Elements that are looked at for the words before a link."""

_OPENING = rf"^\W*(?:{'|'.join(PHRASES)})\b\s*[:\-–]?\s*"
_CREDIT = re.compile(_OPENING, re.IGNORECASE)
_ARTICLE_WORD = r"(?:the |la |el |le |l['’]|die |der |das |il |lo |o |a )?\W{0,3}"
_DOMAIN = r"(?P<host>(?:https?://)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24})(?:[:/]\S*)?"
_NAMED = re.compile(
    rf"{_OPENING}{_ARTICLE_WORD}(?:[^:()]{{1,60}}\()?{_DOMAIN}(?:\s(?:{VERBS}|{LICENSED}))?\W*$", re.IGNORECASE
)
_EXPLICIT = re.compile(EXPLICIT, re.IGNORECASE)
_READS_ON = re.compile(rf"^\W*(?:{'|'.join(READ_ON)})\s*{_ARTICLE_WORD}$", re.IGNORECASE)
_READS_ON_NEAR = re.compile(rf"\b(?:{'|'.join(READ_ON)})\s*{_ARTICLE_WORD}$", re.IGNORECASE)
_ORIGINAL_TOO = re.compile(ORIGINAL_TOO, re.IGNORECASE)
_ANNOUNCES = re.compile(rf"{_OPENING}{_ARTICLE_WORD}[^.!?]{{0,40}}$", re.IGNORECASE)
"""The words before a credit's link: the phrase, and perhaps "the 12 March edition of"."""
_INLINE = frozenset(("a", "em", "i", "b", "strong", "span", "cite", "small", "u", "font", "q", "mark", "abbr", "time"))
_ELSEWHERE = re.compile(r"comment(?!s-open|s-closed)|sidebar|widget|related|teaser|recommend|caption", re.IGNORECASE)
_SOURCE_LABEL = re.compile(r"^\W*(?:source|v[ií]a|fuente|fonte|quelle)\b", re.IGNORECASE)
_SOCIAL = frozenset(("twitter.com", "x.com", "facebook.com", "instagram.com", "youtube.com", "t.me"))
_JOINING = frozenset(("", "and", "y", "e", "et", "und", "&", ","))
"""What may stand between two links of one credit."""
_SENTENCE_STOP = re.compile(r"[.!?](?:\s|$)")
_ADDED = re.compile(
    rf"^\W*(?:$|\d|{VERBS}\W*$|(?:and|y|e|et|und|under|unter|bajo|sous|sotto|sob|with|mit|con|avec|com|on|in|am|im|le|el|il|em|at|as|"
    r"by|von|de|di|par|por)\b(?:[^,]|,(?= ?\d)){0,90}$)",
    re.IGNORECASE,
)
"""What may follow a credit's link in its sentence: a day, a licence, that it is published here; no further clause."""
_BARE = re.compile(r"^(?:https?://)?(?:www\d?\.)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LinkedCredit:
    """A credit that names its origin by a link. `host` is bare; None where it is the site itself."""

    host: str | None
    text: str
    """The link's words."""


def bare_host(text: str) -> str:
    """`https://www.Example.com/path` as `example.com`."""
    return _BARE.sub("", text.strip().lower()).split("/")[0].split(":")[0].rstrip(".")


def credited_host(line: str) -> str | None:
    """The bare host that a paragraph credits as the text's origin ("Original Source: example.com"), else None."""
    match = _NAMED.match(_ORIGINAL_TOO.sub("", line)) if len(line) <= MAX_CREDIT else None
    host = bare_host(match["host"]) if match else None
    return None if host and _is_social(host) else host


def _is_social(host: str) -> bool:
    return host in _SOCIAL or host.removeprefix("m.") in _SOCIAL


def is_source_label(line: str) -> bool:
    """Whether a line opens with "Source:" or "Via" alone, as a chart's credit does too."""
    return bool(_SOURCE_LABEL.match(line))


def is_credit(line: str) -> bool:
    """Whether a paragraph is nothing but a credit in words ("This article first appeared in The Example")."""
    line = _ORIGINAL_TOO.sub("", line) if len(line) <= MAX_CREDIT else line
    match = _CREDIT.match(line) if len(line) <= MAX_CREDIT else None
    return bool(match and len(line) - match.end() <= MAX_NAME and _EXPLICIT.search(match[0]))


def is_linked_credit(line: str, linked: LinkedCredit) -> bool:
    """Whether a paragraph is the credit whose link is known: one that breaks off before it, or has its words."""
    line = _ORIGINAL_TOO.sub("", line) if len(line) <= MAX_CREDIT else line
    rest = _CREDIT.sub("", line, count=1).strip(" .:")
    _, named, added = line.casefold().rpartition(linked.text.casefold())
    return is_credit(line) and (not rest or (bool(named) and bool(_ADDED.match(added.rstrip(" .!")))))


def linked_credit(tree: HtmlElement, url: str) -> LinkedCredit | None:
    """The first credit of the page at `url` that links to its origin, whatever elements it is made of; None if none.

    To be read before extraction, which may take the link away with its block. A link to another site goes before one
    to the site itself. Where there is no credit, it may be a last line that sends the readers on to another site.
    """
    own = urls.site(url)
    at_home: LinkedCredit | None = None
    onward: LinkedCredit | None = None
    for link in tree.iter("a"):
        href = link.get("href") or ""
        if not href.startswith(("http://", "https://", "//")) or not _may_be_credit(link, own in href):
            continue
        before = _before(link)
        is_announced = _announces(before)
        if not (is_announced or (_READS_ON.match(before) and _is_last(link))) or _elsewhere(link):
            continue
        if not _ADDED.match(_SENTENCE_STOP.split(one_line(link.tail or ""), maxsplit=1)[0]):
            continue
        try:
            host = bare_host(urlsplit(href).hostname or "")
        except ValueError:
            continue
        text = one_line(link.text_content()[:MAX_CREDIT])
        if host and not (host == own or own.endswith("." + host) or host.endswith("." + own)):
            if _is_social(host):  # the publisher's account; its site may be linked beside it
                continue
            if is_announced:
                return LinkedCredit(host, text)
            is_name = text[:1].isupper() or "." in text
            onward = LinkedCredit(host, text) if is_name else onward
        elif is_announced:
            at_home = at_home or LinkedCredit(None, text)
    return at_home or onward


def _announces(before: str) -> bool:
    """Whether the words before a link are those of a credit."""
    return len(before) <= MAX_CREDIT and bool(_ANNOUNCES.match(before) and _EXPLICIT.search(before))


def _may_be_credit(link: HtmlElement, at_home: bool) -> bool:
    """A quick look at the words right before a link: most have none, or others."""
    previous, parent = link.getprevious(), link.getparent()
    near = previous.tail if previous is not None else (parent.text if parent is not None else None)
    if near is None or len(near) < 3 or near.strip() in _JOINING:
        return not at_home and not _is_listed(link)
    words = near.lower()
    if any(stem in words for stem in STEMS) and _EXPLICIT.search(near):
        return True
    return words.rstrip(" :\t\r\n\xa0")[-20:].rpartition(" ")[2] in LAST_WORDS and bool(
        _READS_ON_NEAR.search(near[-MAX_NAME:])
    )


def _is_listed(link: HtmlElement) -> bool:
    """Whether a link is an item of a list with others: two thirds of all links are, menus for the most part."""
    item = link.getparent()
    while item is not None and item.tag in _INLINE:
        item = item.getparent()
    return item is not None and item.tag == "li" and not (item.getprevious() is None and item.getnext() is None)


def _before(link: HtmlElement) -> str:
    """The words of the link's line before it; where it begins its line, those of the block above."""
    pieces: list[str] = []
    is_blank = True
    element = link
    for _ in range(MAX_STEPS):
        previous, parent = element.getprevious(), element.getparent()
        if previous is None and parent is None:
            break
        element = parent if previous is None else previous
        near = (element.text if previous is None else element.tail) or ""
        pieces.append(near)
        is_blank = is_blank and not near.strip()
        ends = element.tag not in _INLINE
        if previous is not None and (is_blank or not ends):
            within = "".join(islice(element.itertext(), 4))[: 2 * MAX_CREDIT]
            pieces.append(within)
            is_blank = is_blank and not within.strip()
        if ends and not is_blank:
            break
    return one_line("".join(reversed(pieces)))


def _is_last(link: HtmlElement) -> bool:
    """Whether no prose comes after the link's line, in what holds it and what holds that."""
    block = next((level for level in link.iterancestors() if level.tag not in _INLINE), None)
    for _ in range(2):
        if block is None or block.tag in ("body", "main", "article"):
            break
        if any(len("".join(islice(after.itertext(), 4))) > PROSE for after in islice(block.itersiblings("p"), 8)):
            return False
        block = block.getparent()
    return True


def _elsewhere(link: HtmlElement) -> bool:
    """Whether a link belongs to a comment, a picture, the margin or the page's navigation."""
    levels = [
        level for level in islice(link.iterancestors(), MAX_STEPS) if level.tag not in ("body", "main", "article")
    ]
    names = (f"{level.get('class') or ''} {level.get('id') or ''}" for level in levels)
    return any(level.tag in ("aside", "nav", "figure") for level in levels) or any(map(_ELSEWHERE.search, names))
