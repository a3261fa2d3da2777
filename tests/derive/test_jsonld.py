"""JSON-LD as publishers write it, broken in the ways they break it."""

from __future__ import annotations

import pytest

from tasks.derive import jsonld
from tasks.derive.page import parse
from tests.derive.pages import html

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
    "line break in a string": ['{"@type": "NewsArticle", "description": "one\ntwo", "headline": "Choir"}'],
}


@pytest.mark.parametrize("blocks", BLOCKS.values(), ids=BLOCKS.keys())
def test_the_article_is_found(blocks: list[str]) -> None:
    scripts = "".join(f'<script type="application/ld+json">{block}</script>' for block in blocks)
    tree = parse(html("<p>x</p>", scripts).encode(), None)
    assert tree is not None
    assert jsonld.articles(jsonld.nodes(tree))[0]["headline"] == "Choir"


@pytest.mark.parametrize("block", ["", "null", "7", '"x"', "[[], {}]", "{", '{"@type": 7}', '{"@graph": "x"}'])
def test_nonsense_is_no_article(block: str) -> None:
    tree = parse(html("<p>x</p>", f'<script type="application/ld+json">{block}</script>').encode(), None)
    assert tree is not None and jsonld.articles(jsonld.nodes(tree)) == []


def test_an_article_goes_before_the_page_it_stands_on() -> None:
    nodes = [{"@type": "WebPage", "headline": "Page"}, {"@type": "NewsArticle", "headline": "Article"}]
    assert [node["headline"] for node in jsonld.articles(nodes)] == ["Article", "Page"]
