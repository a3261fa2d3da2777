"""Paragraphs that a site's pages share leave the text; whatever is the article's own stays."""

from __future__ import annotations

import pytest

from tasks.derive.article import ArticleResult, PageInput, derive_article
from tasks.derive.blocks import MOST_BLOCKS, block_id, block_ids, blocks_of_page
from tasks.model import Outcome, SiteProfile
from tests import courier
from tests.derive.pages import NOW, PROSE, TITLE, article_page


def derive(page: str, *shared: str) -> ArticleResult:
    """A page of a site whose pages share these paragraphs."""
    known = SiteProfile(frozenset(block for text in shared if (block := block_id(text)) is not None))
    url = "https://courier.example/2026/03/story"
    return derive_article(PageInput(page.encode(), "text/html", url, NOW, profile=known))


def text_of(page: str, *shared: str) -> list[str]:
    result = derive(page, *shared)
    assert result.article is not None, result
    return result.article.text.split("\n\n")


@pytest.mark.parametrize("number", range(6))
def test_shared_paragraphs_leave_inside_and_at_the_foot(number: int) -> None:
    page = courier.article(number)
    assert courier.NEWSLETTER in text_of(page)
    assert text_of(page, courier.NEWSLETTER, courier.AUTHOR_BOX) == courier.own_text(number)


def test_case_spacing_and_punctuation_do_not_matter() -> None:
    assert text_of(courier.article(5), courier.NEWSLETTER.upper().replace(":", " –")) == courier.own_text(5)


def test_what_a_page_teaches_does_not_depend_on_what_is_known() -> None:
    page = courier.article(0)
    known, unknown = derive(page, courier.NEWSLETTER), derive(page)
    assert known.blocks == unknown.blocks
    assert {block_id(courier.NEWSLETTER), block_id(courier.AUTHOR_BOX)} <= set(known.blocks)
    assert known.article and unknown.article
    assert known.article.page_hash == unknown.article.content_hash != known.article.content_hash
    assert unknown.article.page_hash == ""


def test_an_article_made_of_what_repeats_stays_whole() -> None:
    assert text_of(article_page(), *PROSE) == list(PROSE)
    assert text_of(article_page(), *PROSE[:-1]) == list(PROSE)


def test_a_page_never_becomes_too_short_by_what_is_known() -> None:
    texts = [PROSE[0], "Prices: forty crowns for adults and nothing for children under the age of six."]
    result = derive(article_page(texts=texts), PROSE[0])
    assert (result.outcome, result.article and result.article.text) == (Outcome.ARTICLE, "\n\n".join(texts))


def test_a_credit_is_read_before_it_goes() -> None:
    credit = "Original Source: coast-herald.example"
    result = derive(article_page(texts=[*PROSE, credit]), credit)
    assert result.article and result.article.original_source == "coast-herald.example"
    assert result.article.text == "\n\n".join(PROSE)


def test_neither_the_title_nor_long_paragraphs_are_blocks() -> None:
    assert block_ids([TITLE, PROSE[0]], TITLE) == [None, block_id(PROSE[0])]
    assert block_id("word " * 200) is None
    assert block_id("More") is None


def test_the_blocks_of_a_long_page_are_those_around_it() -> None:
    found = blocks_of_page([*range(100), None, 3])
    assert len(found) == MOST_BLOCKS and found[0] == 0 and found[-1] == 99
