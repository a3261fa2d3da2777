"""What one worker does: an archived page in, an article with its topic matches, or a named outcome, out."""

from __future__ import annotations

from dataclasses import replace

from tasks import urls
from tasks.derive.article import ArticleResult, PageInput, derive_article, derive_entry
from tasks.derive.language import load_model
from tasks.derive.places import find_places
from tasks.derive.records import RecordError, read_record
from tasks.derive.setup import Setup
from tasks.derive.topics import Document, TopicMatcher
from tasks.model import UNKNOWN_SITE, Article, Derived, FetchedPage, Outcome


class Deriver:
    """Derives pages, one by one."""

    def __init__(self, setup: Setup) -> None:
        load_model()  # what fails here fails the pass, what fails in derive() the page
        self._setup = setup
        self._matcher = TopicMatcher(setup.topics)

    def derive(self, page: FetchedPage) -> Derived:
        """Never raises: a page that brings the code down ends as `extract_failed`, one whose
        record cannot be read as `archive_damaged`, with the reason."""
        try:
            result = self._read(page)
            page = replace(page, profile=UNKNOWN_SITE)  # the way back is long, and who sent it knows it
            if result.article is None:
                return Derived(page, result.outcome, canonical_url=result.canonical_url, error=result.error)
            matches = self._matcher.match(self._document(result.article, page.source_id))
            return Derived(
                page,
                result.outcome,
                result.article,
                result.canonical_url,
                matches,
                result.error,
                dates=result.dates,
                blocks=result.blocks,
                places=find_places(result.article.title, result.article.text, result.article.language),
            )
        except RecordError as error:
            return Derived(page, Outcome.ARCHIVE_DAMAGED, error=" ".join(str(error).split())[:500])
        except (Exception, MemoryError) as error:
            return Derived(page, Outcome.EXTRACT_FAILED, error=f"{type(error).__name__}: {error}"[:500])

    def _read(self, page: FetchedPage) -> ArticleResult:
        if page.failure:
            given = PageInput(b"", None, page.url, page.fetched_at, page.hint, page.profile)
            return derive_entry(given, page.failure)
        record = read_record(self._setup.data, page.warc_file, page.warc_offset, (page.final_url, page.url))
        given = PageInput(record.body, record.content_type, page.final_url, page.fetched_at, page.hint, page.profile)
        is_away = urls.leads_away(page.url, page.final_url)
        if is_away or page.is_substitute:
            given = replace(given, asked=page.url, is_doubted=not is_away)
        return derive_article(given)

    def _document(self, article: Article, source_id: str | None) -> Document:
        source = self._setup.sources.get(source_id or "")
        return Document(
            title=article.title,
            text=article.text,
            url=article.url,
            site=article.site,
            source=source_id or "",
            language=article.language or "",
            country=(source.country if source else None) or "",
            tags=(*article.tags, *(source.tags if source else ())),
            authors=article.authors,
            published_at=article.published_at,
        )
