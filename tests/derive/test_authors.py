"""Authors as a clean list, from the most telling source that a page has."""

from __future__ import annotations

import pytest

from tasks.derive.authors import clean_authors
from tests.derive.pages import article_page, derived

CLEANED = [
    (["By Ana Ferreira"], ("Ana Ferreira",)),
    (["Von Ana Ferreira und Jon Okafor"], ("Ana Ferreira", "Jon Okafor")),
    (["Por Ana Ferreira, Jon Okafor y Li Wen"], ("Ana Ferreira", "Jon Okafor", "Li Wen")),
    (["Written by: Ana Ferreira | Updated March 3, 2026"], ("Ana Ferreira",)),
    (["ANA FERREIRA", "Ana Ferreira"], ("ANA FERREIRA",)),
    (["Ana Ferreira, Political Correspondent"], ("Ana Ferreira",)),
    (["Ana Ferreira, Springfield"], ("Ana Ferreira",)),
    (["Ana Ferreira (af)"], ("Ana Ferreira",)),
    (["Dr. Ana Ferreira, PhD"], ("Dr. Ana Ferreira",)),
    (["Ana Ferreira ana@post.example"], ("Ana Ferreira",)),
    (["https://post.example/author/ana", "@ana"], ()),
    (["admin"], ()),
    (["<a href='/x'>Ana Ferreira</a>"], ("Ana Ferreira",)),
    (["Staff and agencies"], ("Staff and agencies",)),
    (["山田太郎、佐藤花子"], ("山田太郎", "佐藤花子")),
    (["12 March 2026"], ()),
]


@pytest.mark.parametrize(("raw", "names"), CLEANED)
def test_names_are_cleaned(raw: list[str], names: tuple[str, ...]) -> None:
    assert clean_authors(raw) == names


def ld(author: str) -> str:
    return f'<script type="application/ld+json">{{"@type":"NewsArticle","author":{author}}}</script>'


PAGES = {
    "JSON-LD person": (ld('{"@type":"Person","name":"Ana Ferreira"}'), "", ("Ana Ferreira",)),
    "JSON-LD parts of a name": (ld('[{"givenName":"Ana","familyName":"Ferreira"}]'), "", ("Ana Ferreira",)),
    "meta": ("<meta name='author' content='Ana Ferreira'>", "", ("Ana Ferreira",)),
    "a page of the author's is no name": (
        "<meta property='article:author' content='https://social.example/ana'>",
        "<p class='byline'>By Ana Ferreira</p>",
        ("Ana Ferreira",),
    ),
    "site as author, byline shown": (
        ld('{"@type":"Organization","name":"Marlow Post"}'),
        "<span class='author vcard'><a class='url fn n' href='/a'>Ana Ferreira</a></span>",
        ("Ana Ferreira",),
    ),
    "site as author, no byline": (ld('{"@type":"Organization","name":"Marlow Post"}'), "", ("Marlow Post",)),
    "rel=author": ("", "<a rel='author' href='/a'>Ana Ferreira</a>", ("Ana Ferreira",)),
    "microdata": (
        "",
        "<span itemprop='author'><span itemprop='name'>Ana Ferreira</span>, <i>reporter</i></span>",
        ("Ana Ferreira",),
    ),
    "two bylines": (
        "",
        "<p><span class='author-name'>Ana Ferreira</span><span class='author-name'>Jon Okafor</span></p>",
        ("Ana Ferreira", "Jon Okafor"),
    ),
    "spoken": ("", "<div>By <b>Ana Ferreira</b></div>", ("Ana Ferreira",)),
    "the name after a label in a tag of its own": (
        "",
        "<ul><li><strong>Autorin/Autor</strong> Ana Ferreira</li></ul>",
        ("Ana Ferreira",),
    ),
    "a heading as label": ("", "<section><h5>Autor:</h5>Ana Ferreira <p>Prisons</p></section>", ("Ana Ferreira",)),
    "the preview's labelled pair": (
        "<meta name='twitter:label1' content='Verfasst von'><meta name='twitter:data1' content='Ana Ferreira'>"
        "<meta name='twitter:label2' content='Geschätzte Lesezeit'><meta name='twitter:data2' content='3 Minuten'>",
        "",
        ("Ana Ferreira",),
    ),
    "a link to more is nobody": ("", "<p class='author'><a href='/a'>Zur Artikelübersicht</a></p>", ()),
    "commenters are no authors": (
        "",
        "<div class='comments'><div class='comment-author vcard'><b class='fn'>Jon Okafor</b></div></div>",
        (),
    ),
    "nobody": ("", "", ()),
}


@pytest.mark.parametrize(("head", "before", "names"), PAGES.values(), ids=PAGES.keys())
def test_authors_of_a_page(head: str, before: str, names: tuple[str, ...]) -> None:
    site = "<meta property='og:site_name' content='Marlow Post'>"
    assert derived(article_page(site + head, before)).authors == names


def test_the_sites_name_and_a_role_are_no_authors_when_joined() -> None:
    assert derived(article_page("<meta name='author' content='By Staff Reporter | Marlow Post'>")).authors == ()
