"""JSON-LD as publishers write it, broken in the ways they break it."""

from __future__ import annotations

import time

import pytest

from tasks.derive import jsonld
from tasks.derive.page import parse
from tests.derive.pages import article_page, derived, html

ARTICLE = '"@type": "NewsArticle", "headline": "Choir"'
BLOCKS = {
    "plain": [f"{{{ARTICLE}}}"],
    "list": [f'[{{"@type": "WebSite"}}, {{{ARTICLE}}}]'],
    "graph": [f'{{"@graph": [{{"@type": "BreadcrumbList"}}, {{{ARTICLE}}}]}}'],
    "main entity": [f'{{"@type": "WebPage", "mainEntity": {{{ARTICLE}}}}}'],
    "second block": ['{"@type": "Organization"}', f"{{{ARTICLE}}}"],
    "after a broken block": ['{"@type": ', f"{{{ARTICLE}}}"],
    "several types": ['{"@type": ["Article", "https://schema.org/ReportageNewsArticle"], "headline": "Choir"}'],
    "comment marks": [f"<!-- {{{ARTICLE}}} -->"],
    "CDATA": [f"//<![CDATA[\n{{{ARTICLE}}}\n//]]>"],
    "semicolon": [f"{{{ARTICLE}}};"],
    "trailing comma": [f"{{{ARTICLE},}}"],
    "tab in a string": ['{"@type": "NewsArticle", "description": "one\ttwo\r\n", "headline": "Choir"}'],
    "quotes in a string": ['{"@type": "NewsArticle", "description": "He said "no", and left.", "headline": "Choir"}'],
    "quotes at its ends": ['{"@type": "NewsArticle", "description": ""No" was all: "no"", "headline": "Choir"}'],
    "quotes in a list": ['{"@type": "NewsArticle", "keywords": ["the "choir"", "sea"], "headline": "Choir"}'],
    "quotes and a colon": ['{"@type": "NewsArticle", "description": "The "why": money", "headline": "Choir"}'],
    "escaped quotes too": [r'{"@type": "NewsArticle", "description": "a \\"b\\" and "c" d", "headline": "Choir"}'],
    "escaped as HTML": [f"{{{ARTICLE}}}".replace('"', "&quot;")],
    "escaped by number": [f"{{{ARTICLE}}}".replace('"', "&#34;")],
    "line break in a string": ['{"@type": "NewsArticle", "description": "one\ntwo", "headline": "Choir"}'],
}


@pytest.mark.parametrize("blocks", BLOCKS.values(), ids=BLOCKS.keys())
def test_the_article_is_found(blocks: list[str]) -> None:
    scripts = "".join(f'<script type="application/ld+json">{block}</script>' for block in blocks)
    tree = parse(html("<p>x</p>", scripts).encode(), None)
    assert tree is not None
    assert jsonld.articles(jsonld.nodes(tree))[0]["headline"] == "Choir"


def test_a_block_with_quotes_keeps_author_and_time() -> None:
    block = (
        '{"@type": "NewsArticle", "headline": "A "final" offer",\n "description": "Line one\nline "two"",'
        ' "datePublished": "2026-03-17T10:20:00Z", "author": [{"@type": "Person", "name": "Ana Ferreira"}]}'
    )
    article = derived(article_page(f'<script type="application/ld+json">{block}</script>'))
    assert (article.authors, article.published_at.isoformat()) == (("Ana Ferreira",), "2026-03-17T10:20:00")


@pytest.mark.parametrize("filling", ['"', '" ', '",', '":', '\\"', '"' + " " * 50, '{"', "\n", "&quot;"])
def test_a_hostile_block_is_repaired_in_linear_time(filling: str) -> None:
    block = ('{"@type": "' + filling * jsonld.MAX_BLOCK)[: jsonld.MAX_BLOCK]
    tree = parse(html("<p>x</p>", f'<script type="application/ld+json">{block}</script>').encode(), None)
    begun = time.process_time()
    assert tree is not None and jsonld.articles(jsonld.nodes(tree)) == []
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("block", ["", "null", "7", '"x"', "[[], {}]", "{", '{"@type": 7}', '{"@graph": "x"}'])
def test_nonsense_is_no_article(block: str) -> None:
    tree = parse(html("<p>x</p>", f'<script type="application/ld+json">{block}</script>').encode(), None)
    assert tree is not None and jsonld.articles(jsonld.nodes(tree)) == []


def test_an_article_goes_before_the_page_it_stands_on() -> None:
    nodes = [{"@type": "WebPage", "headline": "Page"}, {"@type": "NewsArticle", "headline": "Article"}]
    assert [node["headline"] for node in jsonld.articles(nodes)] == ["Article", "Page"]


def test_a_teaser_of_another_page_gives_no_date_and_no_author() -> None:
    teaser = (
        '{"@type": "NewsArticle", "headline": "Another story", "url": "https://www.marlow-post.example/another",'
        ' "datePublished": "2025-01-02T10:00:00Z", "author": {"@type": "Person", "name": "Jon Okafor"}}'
    )
    head = (
        f'<script type="application/ld+json">[{teaser}]</script><meta name="author" content="Ana Ferreira">'
        '<meta property="article:published_time" content="2026-03-17T10:00:00Z">'
    )
    article = derived(article_page(head))
    assert (article.authors, article.published_at.date().isoformat()) == (("Ana Ferreira",), "2026-03-17")
