"""The walk over an article's container: its lines, what is no part of them, and where it leaves the page to others."""

from __future__ import annotations

import pytest
from lxml.html import HtmlElement, document_fromstring

from tasks.derive.frame import find_prose
from tasks.derive.reading import read_article

FIRST = "The inspectors spent nine days in the county jail and counted three people in cells that were built for one."
SECOND = "The sheriff said that he had asked for forty officers a year ago, and that the county had paid for twelve."
THIRD = "A judge gave both sides until the end of March to agree on a plan, and on who is going to pay for all of it."
LAST = "The report was handed to the legislature on Tuesday, which has to debate it in public before the summer."
PROSE = [FIRST, SECOND, THIRD, LAST]
TEASER = "Another story that is long enough to be a paragraph of an article, but stands in a box of its own beside it."
TEXT = "".join(f"<p>{text}</p>" for text in PROSE)


def read(body: str) -> list[str] | None:
    """What is read of a page with this body."""
    tree: HtmlElement = document_fromstring(f"<html><body>{body}</body></html>")
    return read_article(tree, find_prose(tree))


@pytest.mark.parametrize(
    "body",
    [
        f"<div><div class='article-body'>{TEXT}</div><div>{TEASER}</div></div>",
        f"<div id='story'>{TEXT}</div><div><p>{TEASER}</p></div>",
        f"<main><p>{TEASER}</p><article>{TEXT}</article></main>",
        f"<article><p>{TEASER}</p></article><article>{TEXT}</article>",
        f"<article class='card'><p>{TEASER}</p><div itemprop='articleBody'>{TEXT}</div></article>",
        f"<div class='content'><p>{TEASER}</p><div class='post-content'>{TEXT}</div></div>",
    ],
    ids=["class", "id", "tag", "the one with enough prose", "microdata", "the surest name"],
)
def test_the_container_is_known_by_its_name_and_its_prose(body: str) -> None:
    assert read(body) == PROSE


def test_where_no_name_says_so_the_frame_of_much_prose_is_the_container() -> None:
    texts = [f"{number}. {text}" for number in range(4) for text in PROSE]
    prose = "".join(f"<p>{text}</p>" for text in texts)
    assert read(f"<div><span>Menu</span></div><div class='x7'>{prose}</div>") == texts


@pytest.mark.parametrize(
    "text",
    ["".join(f"<div>{text}</div>" for text in PROSE), "<br><br>".join(PROSE)],
    ids=["in divs", "with line breaks"],
)
def test_a_page_without_paragraphs_is_read_by_its_blocks(text: str) -> None:
    assert read(f"<div><a href='/'>Home</a></div><div class='story-body'>{text}</div>") == PROSE


@pytest.mark.parametrize(
    "inside",
    [
        f"<div class='related-links'><p>{TEASER}</p></div>",
        f"<section id='newsletter'><p>{TEASER}</p></section>",
        f"<ul class='social-bar'><li>{TEASER}</li></ul>",
        f"<div style='display: none'><p>{TEASER}</p></div>",
        f"<p aria-hidden='true'>{TEASER}</p>",
        f"<div role='navigation'><p>{TEASER}</p></div>",
        f"<figure><figcaption>{TEASER}</figcaption></figure>",
        f"<form><p>{TEASER}</p></form>",
        "<time>12 March</time>",
        "<div>A word without a paragraph</div>",
        "<div><a href='/a'>One story</a> <a href='/b'>Two stories</a> <a href='/c'>Three stories</a></div>",
        "<ul>"
        + "".join(f"<li><a href='/{n}'>A headline about something else {n}</a></li>" for n in range(9))
        + "</ul>",
        f"<p><a href='/other'>{TEASER}</a></p>",
        f"<div><a href='/other'><h3>Other</h3><p>{TEASER}</p></a></div>",
    ],
)
def test_furniture_between_paragraphs_is_left_out(inside: str) -> None:
    assert read(f"<article><p>{FIRST}</p>{inside}<p>{SECOND}</p><p>{THIRD}</p><p>{LAST}</p></article>") == PROSE


@pytest.mark.parametrize(
    ("inside", "lines"),
    [
        ("<h2>Nine days</h2>", ["Nine days"]),
        ("<p>See <a href='/r'>the report</a> of <b>Tuesday</b>.</p>", ["See the report of Tuesday."]),
        ("<blockquote>It was cold.<p>It was loud.</p></blockquote>", ["It was cold.", "It was loud."]),
        (
            "<ul><li>cells without water</li><li>a yard without shade</li></ul>",
            ["cells without water", "a yard without shade"],
        ),
        ("<p>One line<br>and another</p>", ["One line", "and another"]),
        ("<div>One line<br>and another</div>", ["One line", "and another"]),
        (
            "<table><tr><th>Year</th><th>Beds</th></tr><tr><td>2024</td><td>410</td></tr></table>",
            ["| Year | Beds |", "| 2024 | 410 |"],
        ),
        (f"<table><tr><td><p>{TEASER}</p></td><td>Short</td></tr></table>", [TEASER, "Short"]),
        ("<p>\n  White   space\t here\n</p>", ["White space here"]),
        ("<span>Not</span> <em>in a paragraph</em><hr>", []),
    ],
)
def test_what_is_the_articles_own_is_read_in_lines(inside: str, lines: list[str]) -> None:
    text = f"<article><p>{FIRST}</p>{inside}<p>{SECOND}</p><p>{THIRD}</p><p>{LAST}</p></article>"
    assert read(text) == [FIRST, *lines, SECOND, THIRD, LAST]


def test_a_heading_with_nothing_below_it_is_left_out() -> None:
    assert read(f"<article>{TEXT}<h2>More on this</h2><div class='teaser'><p>{TEASER}</p></div></article>") == PROSE


@pytest.mark.parametrize("name", ["widget", "slide", "embed-text", "meta-wrap", "expandable"])
def test_a_name_around_the_whole_text_is_not_furnitures(name: str) -> None:
    assert read(f"<article><div class='{name}'>{TEXT}</div></article>") == PROSE


def test_comments_are_left_out_even_where_names_around_the_text_are_not_believed() -> None:
    comments = f"<div class='comment-list'><p>{TEASER}</p></div>"
    assert read(f"<article><div class='widget'>{TEXT}</div>{comments}</article>") == PROSE


@pytest.mark.parametrize(
    "body",
    [
        f"<article><p>{FIRST}</p></article>",
        f"<article>{TEXT}<pre>{TEASER}</pre></article>",
        f"<article>{TEXT}<div>{TEASER}</div><div>{TEASER}</div></article>",
        f"<p>{FIRST}</p><p>{SECOND}</p><p>{THIRD}</p><p>{LAST}</p>",
        f"<article><div class='comments'>{TEXT}</div></article>",
    ],
    ids=["little prose", "preformatted", "much outside of paragraphs", "no container", "nothing but comments"],
)
def test_doubt_is_said(body: str) -> None:
    assert read(body) is None
