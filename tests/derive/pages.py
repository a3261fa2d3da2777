"""Pages of our own making for the tests of this room: fictional events in the markup that real themes use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tasks.derive.article import ArticleResult, PageInput, derive_article
from tasks.model import Article, Entry

NOW = datetime(2026, 3, 20, 12, 0)

PROSE = (
    "The inspectorate of Marlow County published its report on the Fenwick remand centre on Tuesday, after a year in "
    "which three wings were closed and two hundred detainees were moved to other sites across the region.",
    "“We found cells built for one that held three,” said the chief inspector, Ada Lindqvist, who visited the centre "
    "four times between May and December and spoke to more than ninety people held there.",
    "The county has promised to hire sixty officers by the summer. Its budget sets aside four million for repairs to "
    "the roof and the heating, which failed twice during the cold weeks of January.",
    "Families who travel up to five hours for a visit asked for longer opening hours. The director said that new "
    "rules would be tried for three months, and that a decision would follow in the autumn.",
)
TITLE = "Inspectors find overcrowded cells at Fenwick remand centre"


def paragraphs(texts: Sequence[str] = PROSE) -> str:
    """`texts` as p elements."""
    return "".join(f"<p>{text}</p>\n" for text in texts)


def html(body: str, head: str = "", lang: str = "en", title: str = TITLE) -> str:
    """A whole document."""
    return f"<!doctype html><html lang='{lang}'><head><title>{title}</title>{head}</head><body>{body}</body></html>"


def article_page(head: str = "", before: str = "", after: str = "", texts: Sequence[str] = PROSE) -> str:
    """A page with a heading and prose, and whatever a test puts into its head, before and after its text."""
    return html(f"<main><article><h1>{TITLE}</h1>{before}{paragraphs(texts)}{after}</article></main>", head)


def derive(
    page: str | bytes,
    url: str = "https://www.marlow-post.example/2026/03/fenwick-report",
    hint: Entry | None = None,
    content_type: str | None = "text/html; charset=utf-8",
    fetched_at: datetime = NOW,
) -> ArticleResult:
    """What the room makes of a page."""
    body = page.encode() if isinstance(page, str) else page
    return derive_article(PageInput(body, content_type, url, fetched_at, hint))


def derived(page: str | bytes, **options: object) -> Article:
    """The article of a page that must be one."""
    result = derive(page, **options)  # type: ignore[arg-type]
    assert result.article is not None, result
    return result.article
