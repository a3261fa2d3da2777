"""Bytes to one tree: encodings, and bounds on hostile pages."""

from __future__ import annotations

import codecs

import pytest

from tasks.derive import guard
from tasks.derive.page import decode, parse
from tasks.model import Outcome
from tests.derive.pages import PROSE, article_page, derive, html, paragraphs

TEXT = "Überfüllte Zellen – „ein Skandal“"
PLAIN = "Zellen überfüllt, sagt Müller"

ENCODED = {
    "utf-8": (TEXT.encode(), None),
    "utf-8 though the header says latin-1": (TEXT.encode(), "text/html; charset=iso-8859-1"),
    "utf-8 with a mark": (codecs.BOM_UTF8 + TEXT.encode(), None),
    "utf-16 with a mark": (TEXT.encode("utf-16"), None),
    "utf-16 without a mark": (html(TEXT).encode("utf-16-le"), None),
    "utf-16 the other way round": (html(TEXT).encode("utf-16-be"), None),
    "by header": (TEXT.encode("cp1252"), "text/html; charset=windows-1252"),
    "by meta": (b"<meta charset='windows-1252'>" + TEXT.encode("cp1252"), None),
    "header beats meta": (b"<meta charset='koi8-r'>" + TEXT.encode("cp1252"), "text/html; charset=windows-1252"),
    "unknown charset": (TEXT.encode(), "text/html; charset=martian"),
}


@pytest.mark.parametrize(("body", "content_type"), ENCODED.values(), ids=ENCODED.keys())
def test_encodings(body: bytes, content_type: str | None) -> None:
    assert TEXT in decode(body, content_type)


def test_an_escaped_japanese_encoding_is_not_taken_for_ascii() -> None:
    body = b"<meta charset='iso-2022-jp'>" + "刑務所".encode("iso-2022-jp")
    assert "刑務所" in decode(body, None)


def test_a_detected_encoding_keeps_the_text_readable() -> None:
    body = ("<p>" + f"{PLAIN}. Die Gefängnisse sind überfüllt, und für die Wärter wird es schwierig. " * 10).encode(
        "cp1252"
    )
    assert PLAIN in decode(body, None)


WORDS = "word " * 400_000
HOSTILE = {
    "nested 200,000 deep": article_page(before="<div>" * 200_000, after="</div>" * 200_000),
    "article after 200,000 levels": html("<div>" * 200_000 + "</div>" * 200_000 + paragraphs()),
    "100,000 unclosed spans": article_page(after="<span>" * 100_000),
    "100,000 attributes": html(f"<div {' '.join(f'a{n}=b' for n in range(100_000))}>{paragraphs()}</div>"),
    "a class of 4 MB": html(f"<div class='{'related ' * 500_000}'>{paragraphs()}</div>"),
    "NULs": article_page().replace(" ", "\0 "),
    "an entity flood": article_page(after="&amp;&lt;&#x1F600;" * 100_000),
    "60,000 links in one paragraph": article_page(after="<p>" + "<a href='/x'>a link to elsewhere</a> " * 60_000),
    "100,000 metas": article_page("<meta name='author' content='A B'>" * 100_000),
    "unterminated JSON-LD": article_page(
        '<script type="application/ld+json">{"headline": "' + '\\"a' * 100_000 + "</script>"
    ),
    "deep JSON-LD": article_page('<script type="application/ld+json">' + "[" * 100_000 + "</script>"),
    "nested mainEntity": article_page(
        '<script type="application/ld+json">' + '{"mainEntity":' * 20_000 + "1" + "}" * 20_000 + "</script>"
    ),
    "lone surrogates": article_page(after="<p>&#xD800; &#xDFFF;</p>"),
    "50,000 separators in the title": article_page().replace("Inspectors", " | ".join(["a"] * 50_000)),
    "6 MB after the article": article_page(after=f"<!-- {'x' * 6_000_000} -->"),
}


@pytest.mark.parametrize("page", HOSTILE.values(), ids=HOSTILE.keys())
def test_the_article_survives_a_hostile_page(page: str) -> None:
    result = derive(page)
    assert result.outcome is Outcome.ARTICLE
    assert result.article is not None and PROSE[0].split(",")[0].replace(" ", "") in result.article.text.replace(
        " ", ""
    )


@pytest.mark.parametrize(
    "page",
    [
        html(f"<p>{WORDS * 3}</p>"),
        html(paragraphs() * 20_000),
        html("<ul>" + "<li>one item of a list</li>" * 100_000 + "</ul>"),
    ],
    ids=["one line of 6 MB", "12 MB", "100,000 list items"],
)
def test_a_huge_page_ends_in_an_outcome(page: str) -> None:
    assert derive(page).outcome in (Outcome.ARTICLE, Outcome.TOO_SHORT)


def test_real_depth_is_left_alone() -> None:
    tree = parse(html("<div>" * 60 + "<p>deep</p>" + "</div>" * 60).encode(), None)
    assert tree is not None and not guard.is_too_deep(tree) and len(tree.findall(".//div")) == 60
