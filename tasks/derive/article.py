"""One page in, one article or one named outcome out: this room's whole purpose."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from tasks import urls
from tasks.derive import boilerplate, dates, jsonld, metadata, page, text
from tasks.derive.dates import DateCandidate
from tasks.derive.fingerprint import content_hash
from tasks.derive.head import Head, read_head
from tasks.derive.language import detect_language
from tasks.derive.strings import one_line, printable
from tasks.model import Article, Entry, Outcome

MIN_WORDS = 40
"""Below this a page is a teaser, an error message or a list, not an article."""
MIN_CJK = 80
"""The same in characters of scripts that do not put spaces between words."""
EXCERPT = 280

_WORD = re.compile(r"\w+")
_CJK = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class PageInput:
    """A fetched page. `url` is its address after redirects, `fetched_at` naive UTC, `hint` the feed's entry for it."""

    body: bytes
    content_type: str | None
    url: str
    fetched_at: datetime
    hint: Entry | None = None


@dataclass(frozen=True, slots=True)
class ArticleResult:
    """What became of a page: ARTICLE with its article and dates, or NOT_HTML, TOO_SHORT, EXTRACT_FAILED with why."""

    outcome: Outcome
    article: Article | None = None
    canonical_url: str | None = None
    error: str | None = None
    dates: tuple[DateCandidate, ...] = ()


def derive_article(page_input: PageInput) -> ArticleResult:
    """The article of a page. Raises nothing: a page that cannot be read ends in a named outcome."""
    try:
        return _derive(page_input)
    except Exception as error:
        # The boundary of the room: libraries meet arbitrary bytes here, and one page must not cost its chunk.
        return ArticleResult(Outcome.EXTRACT_FAILED, error=f"{type(error).__name__}: {error}"[:500])


def _derive(given: PageInput) -> ArticleResult:
    if not page.looks_like_html(given.body, given.content_type):
        return ArticleResult(Outcome.NOT_HTML, error=f"content type {given.content_type!r}")
    tree = page.parse(given.body, given.content_type)
    if tree is None:
        return ArticleResult(Outcome.NOT_HTML, error="no element in the document")
    head = read_head(tree, given.url)
    nodes = jsonld.nodes(tree)
    paragraphs = text.extract_paragraphs(tree)
    described = metadata.read_metadata(tree, head, nodes, given.url, given.hint)
    body, credit, text_from = _text(paragraphs, described.title, given.hint)
    words = count_words(body)
    if words < MIN_WORDS:
        return ArticleResult(Outcome.TOO_SHORT, canonical_url=described.canonical, error=f"{words} words of text")
    feed_date = given.hint.published_at if given.hint else None
    found = dates.candidates(
        tree, head, jsonld.articles(nodes), described.title, given.url, feed_date, given.fetched_at
    )
    article = _assemble(given, head, described, body, credit, text_from, found[0])
    return ArticleResult(Outcome.ARTICLE, article, described.canonical, dates=found)


def _text(found: list[str], title: str, hint: Entry | None) -> tuple[str, str | None, str]:
    """(text, credited host, page or feed): the feed's own full content where the page holds less than half of it."""
    paragraphs, credit = boilerplate.strip_boilerplate(found, title)
    body = "\n\n".join(paragraphs)
    if hint and hint.content_html and len(hint.content_html) > 2 * len(body):
        inner = page.parse(f"<html><body><article>{hint.content_html}</article></body></html>".encode("utf-8", "replace"), None)
        if inner is not None:
            full, feed_credit = boilerplate.strip_boilerplate(text.extract_paragraphs(inner), title)
            if sum(map(len, full)) > 2 * len(body):
                return "\n\n".join(full), feed_credit or credit, "feed"
    return body, credit, "page"


def count_words(body: str) -> int:
    """Words of a text; in scripts without spaces two characters count as one word."""
    cjk = len(_CJK.findall(body))
    return len(_WORD.findall(_CJK.sub(" ", body))) + cjk // 2 if cjk else len(_WORD.findall(body))


def _assemble(
    given: PageInput, head: Head, described: metadata.Metadata, body: str, credit: str | None, text_from: str, date: DateCandidate
) -> Article:
    url = described.canonical or urls.clean(given.url)
    origin = credit or (urls.site(described.elsewhere) if described.elsewhere else None)
    return Article(
        article_id=urls.page_id(url),
        url=url,
        site=urls.site(url),
        title=described.title or one_line(body[:100]),
        text=body,
        excerpt=_excerpt(head, body),
        published_at=date.value,
        published_from=date.evidence,
        language=detect_language(body, head.language),
        authors=described.authors,
        tags=described.tags,
        image_url=described.image_url,
        word_count=count_words(body),
        original_source=origin if origin != urls.site(url) else None,
        access=described.access,
        text_from=text_from,
        content_hash=content_hash(body),
    )


def _excerpt(head: Head, body: str) -> str:
    """The publisher's description, or the beginning of the text, cut at a word."""
    described = printable(head.first("og:description", "description", "twitter:description") or "")
    source = described if len(described) >= 40 else one_line(body[: 2 * EXCERPT])
    return source if len(source) <= EXCERPT else source[:EXCERPT].rsplit(" ", 1)[0].rstrip(" ,;:") + " …"
