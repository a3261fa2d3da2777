"""The text of a page: all of it, and nothing around it."""

from __future__ import annotations

import pytest

from tests.derive.pages import PROSE, TITLE, article_page, derived, html, paragraphs

DEK = "A report of ninety pages describes three people in cells for one, and a county that promises to hire."
AROUND = {
    "teasers between paragraphs": (
        "",
        "",
        [PROSE[0], "<a href='/other'>The prison library that never closes</a>", *PROSE[1:]],
    ),
    "a newsletter box": (
        "",
        "<div class='newsletter-signup'><p>Get our letter every morning, free of charge.</p></div>",
        PROSE,
    ),
    "related news": (
        "",
        "<div class='related-articles'><h3>Related</h3><p>A prison that was closed last year is empty.</p></div>",
        PROSE,
    ),
    "comments": (
        "",
        "<section id='comments'><h2>2 Comments</h2><ol class='comment-list'><li class='comment'><p>I was there for two "
        "years and it was worse than they say, believe me.</p></li></ol></section>",
        PROSE,
    ),
    "share links": (
        "<ul class='share-buttons'><li><a href='#'>Facebook</a></li><li><a href='#'>E-Mail</a></li></ul>",
        "",
        PROSE,
    ),
    "an author box": (
        "",
        "<div class='author-bio'><p>Ana has written about prisons for twenty years.</p></div>",
        PROSE,
    ),
    "a cookie note": (
        "<div class='cookie-consent'><p>We use cookies to make this site better for you.</p></div>",
        "",
        PROSE,
    ),
    "a form": ("", "<form><label>Your name</label><input><button>Post Comment</button></form>", PROSE),
}


@pytest.mark.parametrize(("before", "after", "texts"), AROUND.values(), ids=AROUND.keys())
def test_only_the_article_stays(before: str, after: str, texts: list[str]) -> None:
    assert derived(article_page("", before, after, texts)).text == "\n\n".join(PROSE)


@pytest.mark.parametrize(
    ("head", "dek"),
    [
        (f"<meta name='description' content='{DEK}'>", f"<div class='x1'>{DEK}</div>"),
        ("", f"<p class='standfirst'>{DEK}</p>"),
        ("", f"<div class='article-teaser'>{DEK}</div>"),
    ],
)
def test_the_dek_is_the_first_paragraph(head: str, dek: str) -> None:
    body = f"<header><h1>{TITLE}</h1>{dek}</header><div class='article-body'>{paragraphs()}</div>"
    assert derived(html(f"<article>{body}</article>", head)).text == "\n\n".join([DEK, *PROSE])


def test_the_dek_is_not_repeated() -> None:
    article = derived(article_page(f"<meta name='description' content='{PROSE[0]}'>"))
    assert article.text == "\n\n".join(PROSE)


def test_subheadings_lists_and_quotes_are_kept() -> None:
    inner = (
        f"<p>{PROSE[0]}</p><h2>What the report asks for</h2><ul><li>More officers by the summer of next year</li>"
        f"<li>A doctor at all hours of the day</li></ul><blockquote><p>{PROSE[1]}</p></blockquote><p>{PROSE[2]}</p>"
    )
    lines = derived(html(f"<article><h1>{TITLE}</h1>{inner}</article>")).text.split("\n\n")
    assert lines == [
        PROSE[0],
        "What the report asks for",
        "More officers by the summer of next year",
        "A doctor at all hours of the day",
        PROSE[1],
        PROSE[2],
    ]


def test_an_article_inside_a_misused_aside_is_found() -> None:
    page = html(f"<aside class='hidden-xs' id='secondary'><article><h1>{TITLE}</h1>{paragraphs()}</article></aside>")
    assert PROSE[0] in derived(page).text


def test_a_named_section_that_holds_the_article_is_not_dropped() -> None:
    page = html(f"<div class='modal related'><h1>{TITLE}</h1>{paragraphs()}</div>")
    assert derived(page).text == "\n\n".join(PROSE)


def test_an_article_cut_into_chunks_is_joined() -> None:
    later = [f"At the hearing in April this was said again. {text}" for text in PROSE]
    last = [f"The county has until December to answer what follows. {text}" for text in PROSE]
    chunks = "".join(
        f"<div class='row chunk'><div class='article-body'>{paragraphs(texts)}</div></div><div class='ad'>Ad</div>"
        for texts in (PROSE, later, last)
    )
    assert derived(html(f"<main><h1>{TITLE}</h1><div>{chunks}</div></main>")).text == "\n\n".join(
        [*PROSE, *later, *last]
    )


def test_the_next_story_of_an_endless_page_is_left_out() -> None:
    other = [text.replace("Fenwick", "Halden").replace("Tuesday", "Friday") for text in PROSE]
    stories = "".join(
        f"<div class='row'><article class='story'><h1>{title}</h1><div class='entry-content'>{paragraphs(texts)}</div>"
        "</article></div>"
        for title, texts in ((TITLE, PROSE), ("Halden closes its last wing", other))
    )
    assert "Halden" not in derived(html(f"<main>{stories}</main>")).text


def test_an_article_inside_an_unclosed_margin_is_found() -> None:
    page = html(f"<div class='page'><aside class='sidebar'><p>Your paper.</p><article><h1>{TITLE}</h1>{paragraphs()}")
    assert derived(page).text == "\n\n".join(PROSE)
