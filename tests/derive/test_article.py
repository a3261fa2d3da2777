"""One page in, one article or one named outcome out."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from tasks import urls
from tasks.derive.article import PageInput, derive_article
from tasks.model import Entry, Outcome
from tests.derive.pages import NOW, PROSE, TITLE, article_page, derive, derived, html, paragraphs

JSONLD = """<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [
  {"@type": "Organization", "@id": "#org", "name": "Marlow Post"},
  {"@type": "Person", "@id": "#ana", "name": "Ana Ferreira"},
  {"@type": ["NewsArticle"], "headline": "Inspectors find overcrowded cells at Fenwick remand centre",
   "datePublished": "2026-03-17T23:30:00-05:00", "author": [{"@id": "#ana"}, {"@type": "Person", "name": "Jon Okafor"}],
   "publisher": {"@id": "#org"}, "isAccessibleForFree": "False", "keywords": ["Prisons", "Marlow"],
   "image": {"@type": "ImageObject", "url": "/img/cells.jpg"}}]}</script>"""


def test_every_field_comes_from_the_page() -> None:
    article = derived(article_page(JSONLD))
    assert article.title == TITLE
    assert article.text == "\n\n".join(PROSE)
    assert article.authors == ("Ana Ferreira", "Jon Okafor")
    assert (article.published_at, article.published_from) == (datetime(2026, 3, 18, 4, 30), "jsonld")
    assert article.image_url == "https://www.marlow-post.example/img/cells.jpg"
    assert article.tags == ("Prisons", "Marlow")
    assert (article.language, article.access, article.text_from) == ("en", "paywalled", "page")
    assert article.site == "marlow-post.example"
    assert article.word_count == sum(len(text.split()) for text in PROSE)
    assert article.excerpt.startswith("The inspectorate of Marlow County") and len(article.excerpt) <= 282


SEED = Path(os.environ.get("NEWSDESK_EVAL", Path(__file__).parents[3] / "shared" / "eval")).parent / "seed"
OTHER_NEWS = [
    "Prison officers in Halden vote on a four-day week",
    "Appeal court to hear the case of the Orsk detainees",
    "Overcrowding: the figures for every county in one table",
    "How a prison library became the busiest in the province",
    "Governor signs bill that ends solitary confinement for minors",
]


def wordpress_theme(title: str, dek: str, body: str, credit: str) -> str:
    """A blog theme: entry classes, share bar, author box, comment form, sidebar widgets."""
    links = "".join(f"<li><a href='/{n}'>{text}</a></li>" for n, text in enumerate(OTHER_NEWS))
    return html(
        f"""<div id="page" class="site hfeed has-sidebar"><header id="masthead" class="site-header">
        <p class="site-title"><a href="/">Pan Atlantic Post</a></p><nav class="main-navigation"><ul class="menu">
        <li><a href="/news">News</a></li><li><a href="/w">World</a></li></ul></nav></header>
        <div id="content" class="site-content"><main id="main" class="site-main">
        <article id="post-77" class="post-77 post type-post status-publish hentry">
        <header class="entry-header"><h1 class="entry-title">{title}</h1>
        <div class="entry-meta"><span class="posted-on"><time datetime="2025-01-16T10:00:00Z">January 16, 2025
        </time></span> <span class="byline">by <span class="author vcard"><a class="url fn n" href="/a/m">Marisa
        Ojeda</a></span></span></div></header>
        <div class="entry-content"><div class="sharedaddy sd-sharing-enabled"><h3 class="sd-title">Share this:</h3>
        <ul><li><a href="#">Facebook</a></li><li><a href="#">X</a></li></ul></div>
        <p><em>{dek}</em></p>{body}<p>{credit}</p></div></article>
        <div id="comments" class="comments-area"><div id="respond" class="comment-respond"><h3>Leave a Reply</h3>
        <form><textarea></textarea><input type="submit" value="Post Comment"></form></div></div></main>
        <aside id="secondary" class="widget-area"><section class="widget"><h2>Recent Posts</h2><ul>{links}</ul>
        </section></aside></div><footer class="site-footer">© 2025 Pan Atlantic Post</footer></div>""",
        "<meta property='og:site_name' content='Pan Atlantic Post'>",
        title=f"{title} - Pan Atlantic Post",
    )


def bare_page(title: str, dek: str, body: str, credit: str) -> str:
    """No classes at all, line breaks, and the comment form's button as plain text."""
    return html(f"<h1>{title}</h1><h2>{dek}</h2>{body}<p>{credit}</p><p>Post Comment</p>", title=title)


def sidebar_page(title: str, dek: str, body: str, credit: str) -> str:
    """A portal: a river of other prison news before, beside and after the article."""
    cards = "".join(
        f"<div class='card'><a href='/n/{n}'><h3>{text}</h3></a><p>{text}, and what it means for the people who live "
        f"and work there. Our reporter spoke to both sides.</p></div>"
        for n, text in enumerate(OTHER_NEWS)
    )
    return html(
        f"""<div class="top-bar"><a href="/">Home</a> &gt; <a href="/prisons">Prisons</a></div>
        <div class="row"><div class="col-3 sidebar left-rail"><h2>Most read</h2>{cards}</div>
        <div class="col-6 article"><h1>{title}</h1><div class="standfirst">{dek}</div>
        <div class="article-body">{body}<p>{credit}</p></div>
        <div class="comment-form"><button>Post Comment</button></div>
        </div><div class="col-3 sidebar right-rail"><h2>Related prison news</h2>{cards}</div></div>""",
        title=f"{title} | The Portal",
    )


def table_layout(title: str, dek: str, body: str, credit: str) -> str:
    """A page from before there were style sheets: the article in a cell of a table, beside the navigation."""
    cell = f"<h1>{title}</h1><p>{dek}</p>{body}<p>{credit}</p><p>Post Comment</p>"
    menu = "<a href='/'>Home</a><br><a href='/world'>World</a>"
    return html(f"<table><tr><td width='150'>{menu}</td><td>{cell}</td></tr></table>", title=f"{title} | Prison Watch")


@pytest.mark.skipif(not SEED.exists(), reason="the seed article is not here (../shared/seed)")
@pytest.mark.parametrize(
    "theme",
    [wordpress_theme, bare_page, sidebar_page, table_layout],
    ids=["wordpress", "bare", "sidebar", "table"],
)
def test_the_seed_article_comes_out_whole(theme: object) -> None:
    title, dek, *body, credit, button = (SEED / "ecuador-cecot-article.txt").read_text(encoding="utf-8").splitlines()
    assert (credit, button) == ("Original Source: lufkindailynews.com", "Post Comment")
    article = derived(theme(title, dek, paragraphs(body), credit))  # type: ignore[operator]
    assert article.title == title
    assert article.text == "\n\n".join([dek, *body])
    assert article.original_source == "lufkindailynews.com"


def test_a_page_with_little_text_is_too_short() -> None:
    result = derive(article_page(texts=["The page you are looking for does not exist."]))
    assert (result.outcome, result.article) == (Outcome.TOO_SHORT, None)
    assert result.error == "9 words of text"


def test_chinese_and_japanese_words_count_without_spaces() -> None:
    texts = [
        "监狱检察部门星期二公布了一份关于拘留所拥挤状况的报告，报告长达九十页，附有四次访问的记录。",
        "报告指出，过去一年里有三个监区被关闭，二百名在押人员被转移到其他地方，家属事先没有得到通知。",
        "当局承诺在夏季之前招聘六十名工作人员，并拨款四百万元修理屋顶和供暖设备。",
    ]
    article = derived(html(f"<article><h1>检察部门公布拘留所报告</h1>{paragraphs(texts)}</article>", lang="zh"))
    assert (article.language, article.text) == ("zh", "\n\n".join(texts))
    assert 50 < article.word_count < 70


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"%PDF-1.7 <html><p>no", "text/html"),
        (b"<html><body><p>A page</p></body></html>", "image/png"),
        (b"", "text/html"),
        (b"just words", None),
        (b'<?xml version="1.0"?><rss version="2.0"><channel><title>A feed</title></channel></rss>', "text/xml"),
        (b'{"html": "no"}', "application/json"),
    ],
)
def test_what_is_no_page_is_named_so(body: bytes, content_type: str | None) -> None:
    assert derive(body, content_type=content_type).outcome is Outcome.NOT_HTML


@pytest.mark.parametrize("body", [b"", b" \r\n"])
def test_an_empty_body_is_called_empty(body: bytes) -> None:
    assert derive(body, content_type="text/html").error == "the body is empty"


CANONICAL = [
    ("", "https://www.marlow-post.example/2026/03/fenwick-report", None),
    ("<link rel='canonical' href='/news/fenwick'>", "https://www.marlow-post.example/news/fenwick", None),
    ("<meta property='og:url' content='https://marlow-post.example/n/7'>", "https://marlow-post.example/n/7", None),
    ("<link rel='canonical' href='https://www.marlow-post.example/'>", None, None),
    ("<link rel='canonical' href='https://www.marlow-post.example/en/'>", None, None),
    ("<link rel='canonical' href='javascript:void(0)'>", None, None),
    ("<link rel='canonical' href='http://['>", None, None),
    ("<link rel='canonical' href='https://times.example/a/fenwick'>", None, "times.example"),
    ("<link rel='canonical' href='https://times.example/'>", None, None),
]


@pytest.mark.parametrize(("head", "url", "source"), CANONICAL)
def test_a_canonical_address_is_believed_on_the_same_site_only(head: str, url: str | None, source: str | None) -> None:
    own = "https://www.marlow-post.example/2026/03/fenwick-report"
    result = derive(article_page(head), url=own + "?utm_source=x#top")
    assert result.article is not None
    assert result.article.url == (url or own)
    assert result.article.article_id == urls.page_id(url or own)
    assert result.article.original_source == source
    assert result.canonical_url == (url if head and url else None)


def test_the_feeds_full_text_replaces_a_teaser() -> None:
    full = Entry("1", "https://x.example/1", content_html=paragraphs(PROSE))
    article = derived(article_page(texts=[PROSE[0], "Subscribe to read the rest."]), hint=full)
    assert (article.text_from, article.text) == ("feed", "\n\n".join(PROSE))


def test_the_page_is_kept_where_the_feed_has_only_a_summary() -> None:
    hint = Entry("1", "https://x.example/1", content_html=f"<p>{PROSE[0]}</p>")
    assert derived(article_page(), hint=hint).text_from == "page"


def test_the_feed_fills_what_the_page_leaves_out() -> None:
    hint = Entry(
        "1",
        "https://x.example/1",
        title=TITLE,
        published_at=datetime(2026, 3, 16, 8),
        authors=("By Ana Ferreira",),
        tags=("Prisons",),
        image_url="https://img.example/1.jpg",
    )
    article = derived(html(paragraphs(), title=""), url="https://marlow-post.example/x", hint=hint)
    assert (article.title, article.authors, article.tags) == (TITLE, ("Ana Ferreira",), ("Prisons",))
    assert (article.published_at, article.published_from) == (datetime(2026, 3, 16, 8), "feed")
    assert article.image_url == "https://img.example/1.jpg"


def test_no_string_holds_what_a_database_cannot() -> None:
    texts = [PROSE[0].replace("cells", "ce\x00lls") + "&#xD800;\ud83d", *PROSE[1:]]
    article = derived(
        article_page("<meta name='author' content='Ana\x00 Ferr&#xDC00;eira'>", texts=texts).encode(
            "utf-8", "surrogatepass"
        )
    )
    for value in (article.text, article.title, article.excerpt, *article.authors, *article.tags):
        assert "\x00" not in value
        value.encode("utf-8")


def test_the_same_words_have_the_same_hash_and_others_another() -> None:
    spaced = [text.replace(", ", " ,  ").upper() for text in PROSE]
    first, again, other = (derived(article_page(texts=texts)) for texts in (PROSE, spaced, PROSE[:3]))
    assert first.content_hash == again.content_hash != other.content_hash
    assert len(first.content_hash) == 32


DOUBTED = {
    "a live blog": ('<meta property="og:type" content="article">', "Storm: the evening", Outcome.ARTICLE),
    "what the feed announces": ("", TITLE, Outcome.ARTICLE),
    "a consent page": ('<meta property="og:type" content="website">', "Storm: the evening", Outcome.REDIRECTED_AWAY),
}


@pytest.mark.parametrize("case", DOUBTED.values(), ids=DOUBTED)
def test_a_page_to_which_many_are_redirected_is_an_article_if_it_says_so(case: tuple[str, str, Outcome]) -> None:
    head, announced, outcome = case
    asked = "https://www.marlow-post.example/go/1"
    page = article_page(head=head).encode()
    hint = Entry(asked, asked, title=announced)
    url = "https://www.marlow-post.example/2026/03/storm"
    given = PageInput(page, "text/html", url, NOW, hint, asked=asked, is_doubted=True)
    assert derive_article(given).outcome is outcome
