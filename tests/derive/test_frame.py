"""What lies outside the element that holds a page's prose is gone before extraction; the way to the headline stays."""

from __future__ import annotations

import pytest
from lxml.html import HtmlElement, document_fromstring

from tasks.derive.frame import find_prose, keep_frame

SENTENCE = "The ministry counted every cell twice before it signed the report on the prison. "
PROSE = "".join(f"<p>{SENTENCE * 2}</p>" for _ in range(8))
TEASERS = "<ul><li>Another story altogether</li></ul>"


def kept(body: str) -> str:
    """The text of a page with this body, after everything outside its frame went."""
    tree: HtmlElement = document_fromstring(f"<html><body>{body}</body></html>")
    keep_frame(tree, find_prose(tree))
    return " ".join(tree.text_content().split())


@pytest.mark.parametrize(
    "body",
    [
        f"{TEASERS}<main><h1>Headline</h1><p>A dek.</p><div>{PROSE}</div></main>{TEASERS}",
        f"<div>{TEASERS}</div><div><header><h1>Headline</h1></header><p>A dek.</p><section>{PROSE}</section></div>",
        f"<article><h1>Headline</h1><p>A dek.</p>{PROSE}</article><div>{TEASERS}</div>",
    ],
    ids=["heading-above", "heading-beside", "heading-inside"],
)
def test_teasers_around_go_and_headline_and_dek_stay(body: str) -> None:
    text = kept(body)
    assert "Another story" not in text
    assert text.startswith("Headline A dek.") or text.startswith("HeadlineA dek.")
    assert text.count("signed the report") == 16


@pytest.mark.parametrize(
    "body",
    [
        f"<h1>Headline</h1><div><p>{SENTENCE}</p></div>{TEASERS}",
        f"<h1>Headline</h1><div>{PROSE}</div><div>{PROSE}</div>{TEASERS}",
    ],
    ids=["little-prose", "two-places"],
)
def test_a_page_without_one_place_for_its_prose_stays_whole(body: str) -> None:
    assert "Another story" in kept(body)


def test_what_follows_goes_where_there_is_no_headline_too() -> None:
    assert "Another story" not in kept(f"<div>{PROSE}</div>{TEASERS}")


def test_prose_is_long_paragraphs_that_are_not_links() -> None:
    linked = f"<p><a href='/a'>{SENTENCE * 2}</a></p>"
    tree = document_fromstring(f"<html><body><p>Short.</p>{linked}<p>{SENTENCE}</p></body></html>")
    assert find_prose(tree).length == len(SENTENCE)


REST = {
    "list": "<ul>" + "".join(f"<li>{SENTENCE}</li>" for _ in range(12)) + "</ul>",
    "short answers": "<div>" + "".join("<p>It was a long night for all of us here.</p>" for _ in range(12)) + "</div>",
    "quotation": f"<blockquote>{SENTENCE * 3}</blockquote>",
    "table": "<table>" + "".join(f"<tr><td>Wing {n}</td><td>{SENTENCE}</td></tr>" for n in range(6)) + "</table>",
    "section": "<section><h2>What we know</h2>" + "".join(f"<li>{SENTENCE}</li>" for _ in range(4)) + "</section>",
}


@pytest.mark.parametrize("rest", REST.values(), ids=REST.keys())
def test_the_rest_of_an_article_beside_its_long_paragraphs_stays(rest: str) -> None:
    whole: HtmlElement = document_fromstring(rest)
    words = whole.text_content().split()
    page = f"<article><h1>Headline</h1><div>{PROSE}</div>{rest}</article>{TEASERS}"
    assert kept(page).split()[-len(words) :] == words


@pytest.mark.parametrize(
    "block",
    [
        f"<div class='comments'><div>{SENTENCE * 3}</div></div>",
        f"<aside>{SENTENCE * 3}</aside>",
        "<div>" + "".join(f"<div><a href='/{n}'>{SENTENCE}</a></div>" for n in range(8)) + "</div>",
        f"<div><article>{SENTENCE * 3}</article></div>",
    ],
    ids=["comments", "aside", "links", "another article"],
)
def test_what_is_obviously_separate_goes(block: str) -> None:
    text = kept(f"<main><h1>Headline</h1><div>{PROSE}</div>{block}</main>")
    assert text.count("signed the report") == 16
