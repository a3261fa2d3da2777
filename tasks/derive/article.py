"""One page in, one article or one named outcome out: this room's whole purpose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from lxml.html import HtmlElement

from tasks import urls
from tasks.derive import boilerplate, dates, jsonld, metadata, page, text
from tasks.derive.blocks import block_ids, blocks_of_page, without_shared
from tasks.derive.credits import linked_credit
from tasks.derive.details import details
from tasks.derive.fingerprint import content_hash
from tasks.derive.head import Head, read_head
from tasks.derive.language import detect_language
from tasks.derive.minhash import signature
from tasks.derive.storyterms import story_terms
from tasks.derive.strings import count_words, fold, one_line, printable
from tasks.model import UNKNOWN_SITE, Article, DateCandidate, Entry, FailedPage, Fingerprint, Outcome, SiteProfile

MIN_WORDS = 25
"""Below this a page is a teaser, an error message or a list, not an article."""
EXCERPT = 280
_UTF_8 = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class PageInput:
    """A fetched page.

    `url` is its address after redirects, `fetched_at` naive UTC, `hint` the feed's entry for it, `profile` what is
    known about its site. `asked` is the article's own address where redirects have led away from the article, or seem
    to have: `is_doubted` says that only what the page calls itself can tell.
    """

    body: bytes
    content_type: str | None
    url: str
    fetched_at: datetime
    hint: Entry | None = None
    profile: SiteProfile = UNKNOWN_SITE
    asked: str | None = None
    is_doubted: bool = False


@dataclass(frozen=True, slots=True)
class ArticleResult:
    """What became of a page: ARTICLE with its article and dates, or another outcome (as TOO_SHORT) and why."""

    outcome: Outcome
    article: Article | None = None
    canonical_url: str | None = None
    error: str | None = None
    dates: tuple[DateCandidate, ...] = ()
    blocks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Body:
    """A page's text; `page_text` is it before the paragraphs that the site's pages share went."""

    text: str
    page_text: str
    credit: str | None
    blocks: tuple[int, ...]
    text_from: str = "page"


def derive_article(page_input: PageInput) -> ArticleResult:
    """The article of a page. Raises nothing: a page that cannot be read ends in a named outcome."""
    try:
        return _derive(page_input)
    except Exception as error:
        # The boundary of the room: libraries meet arbitrary bytes here, and one page must not cost its chunk.
        return ArticleResult(Outcome.EXTRACT_FAILED, error=f"{type(error).__name__}: {error}"[:500])


def derive_entry(given: PageInput, failure: FailedPage) -> ArticleResult:
    """The article of a page that cannot be had, as its feed has it in full; else how the page failed. Raises nothing.

    `error` says in both cases why the page itself is not there.
    """
    try:
        found = _from_feed(given, failure.url)
    except Exception:  # as above; what the page ended in is known already
        found = None
    if found:
        return replace(found, error=f"{failure.outcome}: {failure.error}"[:500])
    return ArticleResult(failure.outcome, error=failure.error)


def _derive(given: PageInput) -> ArticleResult:
    if given.asked and not given.is_doubted:
        return _without_page(given, given.asked)
    if not page.looks_like_html(given.body, given.content_type):
        what = f"content type {given.content_type!r}" if given.body.strip() else "the body is empty"
        return ArticleResult(Outcome.NOT_HTML, error=what)
    tree = page.parse(given.body, given.content_type)
    if tree is None:
        return ArticleResult(Outcome.NOT_HTML, error="no element in the document")
    # lxml makes an element anew at each pass over a tree unless something refers to it: 1.7 of 22 ms a page.
    _alive = list(tree.iter())
    head = read_head(tree, given.url)
    nodes = jsonld.nodes(tree)
    articles = jsonld.articles(nodes)
    described = metadata.read_metadata(tree, head, nodes, given.url, given.hint)
    if given.asked and not _calls_itself_article(head, articles, described.title, given.hint):
        return _without_page(given, given.asked)
    # Only of a page that a source shows among its news: one that a backfill digs out may be of any age.
    usual_age = given.profile.usual_age if given.hint else None
    published, changed = (given.hint.published_at, given.hint.updated_at) if given.hint else (None, None)
    found = dates.candidates(
        tree, head, articles, described.title, given.url, published, given.fetched_at, usual_age, changed
    )
    # Last, because extraction changes the tree.
    body = _text(tree, _descriptions(head, articles), described, given)
    words = count_words(body.text)
    if words < MIN_WORDS:
        return ArticleResult(Outcome.TOO_SHORT, canonical_url=described.canonical, error=f"{words} words of text")
    article = _assemble(given, head, described, body, words, found[0])
    return ArticleResult(Outcome.ARTICLE, article, described.canonical, dates=found, blocks=body.blocks)


def _without_page(given: PageInput, asked: str) -> ArticleResult:
    """The article as the feed has it in full, where the page cannot be had because redirects lead elsewhere."""
    error = f"redirected to {given.url}"[:500]
    found = _from_feed(given, asked)
    return replace(found, error=error) if found else ArticleResult(Outcome.REDIRECTED_AWAY, error=error)


def _from_feed(given: PageInput, url: str) -> ArticleResult | None:
    """The article at `url` from nothing but its entry; None where that has no full content."""
    if not (given.hint and given.hint.content_html):
        return None
    body = _as_page(given.hint.content_html).encode("utf-8", "replace")
    result = _derive(replace(given, body=body, content_type=_UTF_8, url=url, asked=None, is_doubted=False))
    return replace(result, article=replace(result.article, text_from="feed")) if result.article else None


def _calls_itself_article(head: Head, articles: list[jsonld.Node], title: str, hint: Entry | None) -> bool:
    """Whether a page says that it is an article, or has the title that the feed announces: consent pages do neither."""
    declared = (head.first("og:type") or "").lower() == "article" or bool(head.first("article:published_time"))
    announced = fold(hint.title) if hint and hint.title else ""
    return declared or len(articles) == 1 or bool(announced and announced in fold(title))


def _as_page(content_html: str) -> str:
    return f"<html><body><article>{content_html}</article></body></html>"


def _descriptions(head: Head, articles: list[jsonld.Node]) -> list[str | None]:
    return [
        head.first("og:description"),
        head.first("description"),
        jsonld.text_of(articles[0].get("description")) if articles else None,
    ]


def _text(tree: HtmlElement, descriptions: list[str | None], described: metadata.Metadata, given: PageInput) -> _Body:
    """The page's text, or the feed's own full content where the page holds less than half of it."""
    body = _clean(tree, descriptions, described, given)
    hint = given.hint
    if hint and hint.content_html and len(hint.content_html) > 2 * len(body.page_text):
        markup = _as_page(hint.content_html)
        inner = page.parse(markup.encode("utf-8", "replace"), _UTF_8)
        if inner is not None:
            full = _clean(inner, descriptions, described, given)
            if len(full.page_text) > 2 * len(body.page_text):
                return replace(full, credit=full.credit or body.credit, text_from="feed")
    return body


def _clean(tree: HtmlElement, descriptions: list[str | None], described: metadata.Metadata, given: PageInput) -> _Body:
    """The text of a tree, which is changed. What is known about the site takes no text below an article's length."""
    linked = linked_credit(tree, given.url)
    lead, found = text.extract_text(tree, descriptions)
    kept, named = boilerplate.strip_boilerplate(found, described.title, described.authors, linked)
    credit = named or (linked.host if linked else None)
    paragraphs = [lead, *kept] if lead and kept else kept
    blocks = block_ids(paragraphs, described.title)
    own = without_shared(paragraphs, blocks, given.profile.blocks)
    page_text, body = "\n\n".join(paragraphs), "\n\n".join(own)
    if len(own) < len(paragraphs) and count_words(body) < MIN_WORDS:
        body = page_text
    return _Body(body, page_text, credit, blocks_of_page(blocks))


def _assemble(
    given: PageInput,
    head: Head,
    described: metadata.Metadata,
    body: _Body,
    words: int,
    date: DateCandidate,
) -> Article:
    url = described.canonical or urls.clean(given.url)
    origin = body.credit or (urls.site(described.elsewhere) if described.elsewhere else None)
    title = described.title or one_line(body.text[:100])
    language = detect_language(body.text, head.language)
    return Article(
        article_id=urls.page_id(url),
        url=url,
        site=urls.site(url),
        title=title,
        text=body.text,
        excerpt=_excerpt(head, body.text),
        published_at=date.value,
        published_from=date.evidence,
        language=language,
        authors=described.authors,
        tags=described.tags,
        image_url=described.image_url,
        word_count=words,
        original_source=origin if origin != urls.site(url) else None,
        access=described.access,
        text_from=body.text_from,
        content_hash=content_hash(body.text),
        page_hash=content_hash(body.page_text) if body.page_text != body.text else "",
        fingerprint=Fingerprint(signature(body.text), *story_terms(title, body.text, language), details(body.text)),
    )


def _excerpt(head: Head, body: str) -> str:
    """The publisher's description, or the beginning of the text, cut at a word."""
    described = printable(head.first("og:description", "description", "twitter:description") or "")
    source = described if len(described) >= 40 else one_line(body[: 2 * EXCERPT])
    return source if len(source) <= EXCERPT else source[:EXCERPT].rsplit(" ", 1)[0].rstrip(" ,;:") + " …"
