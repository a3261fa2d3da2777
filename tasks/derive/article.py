"""One page in, one article or one named outcome out: this room's whole purpose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lxml.html import HtmlElement

from tasks import urls
from tasks.derive import boilerplate, dates, jsonld, metadata, page, text
from tasks.derive.credits import is_credit, linked_host
from tasks.derive.dates import DateCandidate
from tasks.derive.fingerprint import content_hash
from tasks.derive.head import Head, read_head
from tasks.derive.language import detect_language
from tasks.derive.minhash import signature
from tasks.derive.storyterms import story_terms
from tasks.derive.strings import count_words, one_line, printable
from tasks.model import Article, Entry, Fingerprint, Outcome

MIN_WORDS = 25
"""Below this a page is a teaser, an error message or a list, not an article."""

"""The same in characters of scripts that do not put spaces between words."""
EXCERPT = 280


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
    articles = jsonld.articles(nodes)
    described = metadata.read_metadata(tree, head, nodes, given.url, given.hint)
    feed_date = given.hint.published_at if given.hint else None
    found = dates.candidates(tree, head, articles, described.title, given.url, feed_date, given.fetched_at)
    # Last, because extraction changes the tree.
    body, credit, text_from = _text(tree, _descriptions(head, articles), described, given)
    words = count_words(body)
    if words < MIN_WORDS:
        return ArticleResult(Outcome.TOO_SHORT, canonical_url=described.canonical, error=f"{words} words of text")
    article = _assemble(given, head, described, body, credit, text_from, found[0])
    return ArticleResult(Outcome.ARTICLE, article, described.canonical, dates=found)


def _descriptions(head: Head, articles: list[jsonld.Node]) -> list[str | None]:
    return [
        head.first("og:description"),
        head.first("description"),
        jsonld.text_of(articles[0].get("description")) if articles else None,
    ]


def _text(
    tree: HtmlElement, descriptions: list[str | None], described: metadata.Metadata, given: PageInput
) -> tuple[str, str | None, str]:
    """(text, credited host, page or feed): the feed's own full content where the page holds less than half of it."""
    body, credit = _clean(tree, descriptions, described, given.url)
    hint = given.hint
    if hint and hint.content_html and len(hint.content_html) > 2 * len(body):
        markup = f"<html><body><article>{hint.content_html}</article></body></html>"
        inner = page.parse(markup.encode("utf-8", "replace"), "text/html; charset=utf-8")
        if inner is not None:
            full, feed_credit = _clean(inner, descriptions, described, given.url)
            if len(full) > 2 * len(body):
                return full, feed_credit or credit, "feed"
    return body, credit, "page"


def _clean(
    tree: HtmlElement, descriptions: list[str | None], described: metadata.Metadata, url: str
) -> tuple[str, str | None]:
    """(text, credited host) of a tree, which is changed."""
    lead, paragraphs = text.extract_text(tree, descriptions)
    kept, credit = boilerplate.strip_boilerplate(paragraphs, described.title, described.authors)
    if credit is None and any(map(is_credit, paragraphs)):
        credit = linked_host(tree, url)
    return "\n\n".join([lead, *kept] if lead and kept else kept), credit


def _assemble(
    given: PageInput,
    head: Head,
    described: metadata.Metadata,
    body: str,
    credit: str | None,
    text_from: str,
    date: DateCandidate,
) -> Article:
    url = described.canonical or urls.clean(given.url)
    origin = credit or (urls.site(described.elsewhere) if described.elsewhere else None)
    title = described.title or one_line(body[:100])
    language = detect_language(body, head.language)
    return Article(
        article_id=urls.page_id(url),
        url=url,
        site=urls.site(url),
        title=title,
        text=body,
        excerpt=_excerpt(head, body),
        published_at=date.value,
        published_from=date.evidence,
        language=language,
        authors=described.authors,
        tags=described.tags,
        image_url=described.image_url,
        word_count=count_words(body),
        original_source=origin if origin != urls.site(url) else None,
        access=described.access,
        text_from=text_from,
        content_hash=content_hash(body),
        fingerprint=Fingerprint(signature(body), *story_terms(title, body, language)),
    )


def _excerpt(head: Head, body: str) -> str:
    """The publisher's description, or the beginning of the text, cut at a word."""
    described = printable(head.first("og:description", "description", "twitter:description") or "")
    source = described if len(described) >= 40 else one_line(body[: 2 * EXCERPT])
    return source if len(source) <= EXCERPT else source[:EXCERPT].rsplit(" ", 1)[0].rstrip(" ,;:") + " …"
