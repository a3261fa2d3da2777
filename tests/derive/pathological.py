"""Pages that are broken or hostile: each was made to cost a parser, a regular expression or the memory everything.

Nearly every one holds the same article, so that what becomes of it can be told: `ARTICLE` where it must be found all
the same, None where any named outcome will do.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from dataclasses import dataclass

from tasks.model import Outcome
from tests.derive.pages import TITLE, html, paragraphs

PROSE_START = "published its report on the Fenwick remand centre"
BODY = f"<main><article><h1>{TITLE}</h1>{paragraphs()}</article></main>"
ITEM = "<li>Item {}: a short line of the list</li>"
LINKED = "<li><a href='/{0}'>Item {0} of the list</a></li>"
CONTROLS = "".join(map(chr, [*range(1, 9), 11, 12, *range(14, 32), *range(127, 160)]))


@dataclass(frozen=True, slots=True)
class Hostile:
    """How to make a page; what must come of it; whether it takes a second or more."""

    make: Callable[[], str | bytes]
    outcome: Outcome | None = Outcome.ARTICLE
    is_slow: bool = False

    def body(self) -> bytes:
        """The page's bytes."""
        made = self.make()
        return made.encode() if isinstance(made, str) else made


def with_jsonld(data: str) -> str:
    """The article with a JSON-LD block."""
    return html(BODY, f'<script type="application/ld+json">{data}</script>')


def inside(opened: str, count: int) -> str:
    """The article within so many elements."""
    return html(opened * count + BODY)


def beside(what: str) -> str:
    """The article, and something else after it."""
    return html(BODY + what)


HOSTILE: dict[str, Hostile] = {
    # nesting
    "200,000 divs in each other": Hostile(lambda: inside("<div>", 200_000), is_slow=True),
    "100,000 spans in each other": Hostile(lambda: inside("<span>", 100_000)),
    "100,000 tables in each other": Hostile(lambda: inside("<table><tr><td>", 100_000), None, True),
    "100,000 bold and italic in each other": Hostile(lambda: inside("<b><i>", 50_000)),
    "100,000 links in each other": Hostile(lambda: inside("<a href='/'>", 100_000), None, True),
    "100,000 quotations after the text": Hostile(lambda: beside("<blockquote>" * 100_000)),
    "deep, with a tag name that never ends": Hostile(
        lambda: inside("<div>", 3_000) + "<" + "a" * 1_000_000, is_slow=True
    ),
    "1,000,000 unclosed paragraphs": Hostile(lambda: beside("<p>" * 1_000_000), is_slow=True),
    # many
    "100,000 list items": Hostile(lambda: beside(f"<ul>{''.join(map(ITEM.format, range(100_000)))}</ul>"), None, True),
    "60,000 linked items": Hostile(
        lambda: beside(f"<ul>{''.join(map(LINKED.format, range(60_000)))}</ul>"), is_slow=True
    ),
    "200,000 links": Hostile(lambda: beside("".join(f"<a href='/{n}'>{n}</a> " for n in range(200_000))), is_slow=True),
    "100,000 table cells": Hostile(
        lambda: beside(f"<table>{'<tr><td>cell</td><td>1</td></tr>' * 50_000}</table>"), is_slow=True
    ),
    "300,000 line breaks": Hostile(lambda: beside("<br>" * 300_000), is_slow=True),
    "100,000 options": Hostile(lambda: beside(f"<select>{'<option>choose' * 100_000}</select>")),
    "100,000 meta elements": Hostile(lambda: html(BODY, '<meta property="og:x" content="y">' * 100_000), is_slow=True),
    "100,000 h1": Hostile(lambda: beside("<h1>News</h1>" * 100_000), is_slow=True),
    "100,000 time elements": Hostile(
        lambda: beside("<time datetime='2026-03-01T10:00:00Z'>1</time>" * 100_000), is_slow=True
    ),
    "5,000 JSON-LD blocks": Hostile(lambda: html(BODY, '<script type="application/ld+json">{"a":[</script>' * 5_000)),
    # long
    "50 MB": Hostile(lambda: beside("<p>And so on and on, for ever and a day.</p>" * 1_250_000), None, True),
    "one line of 10 MB": Hostile(lambda: beside(f"<p>{'word ' * 2_000_000}</p>"), None, True),
    "one word of 4 MB": Hostile(lambda: beside(f"<p>{'w' * 4_000_000}</p>"), None),
    "a title of 5 MB": Hostile(lambda: html(BODY, title="T" * 5_000_000), None),
    "5 MB of white space": Hostile(lambda: html(" \n\t" * 1_500_000 + BODY)),
    "4 MB of dates": Hostile(lambda: beside(f"<p>{'2026-01-02 12.3.2026 ' * 190_000}</p>"), None, True),
    "2 MB of bylines": Hostile(lambda: beside(f"<p>{'By By and By ' * 150_000}</p>"), None),
    "4 MB of angle brackets": Hostile(lambda: beside("<" * 4_000_000), is_slow=True),
    "4 MB of unclosed tags": Hostile(lambda: beside("<a " * 1_300_000)),
    "4 MB of ampersands": Hostile(lambda: beside(f"<p>{'&' * 4_000_000}</p>"), None, True),
    "800,000 entities": Hostile(lambda: beside(f"<p>{'&amp;' * 800_000}</p>"), None),
    "400,000 entities that do not exist": Hostile(lambda: beside(f"<p>{'&nothere;' * 400_000}</p>"), None),
    "500,000 characters by number": Hostile(lambda: beside(f"<p>{'&#x1F600;' * 500_000}</p>"), None),
    "a comment that never ends": Hostile(lambda: beside("<!-- " + "- " * 2_000_000)),
    "1,000,000 comments that never end": Hostile(lambda: beside("<!--" * 1_000_000)),
    "a script that never ends": Hostile(lambda: beside("<script>" + "if (a < b) { c(); } " * 200_000)),
    # attributes
    "100,000 attributes": Hostile(lambda: beside(f"<p {' '.join(f'a{n}=1' for n in range(100_000))}>More.</p>")),
    "100,000 attributes without values": Hostile(
        lambda: beside(f"<p {' '.join(f'a{n}' for n in range(100_000))}>.</p>")
    ),
    "100,000 attributes with brackets in them": Hostile(
        lambda: beside("<p " + " ".join(f"a{n}='>'" for n in range(100_000)) + ">More."), None, True
    ),
    "a value of 4 MB": Hostile(lambda: beside(f"<p class='{'x ' * 2_000_000}'>More.</p>")),
    "a value that never ends": Hostile(lambda: beside("<p class='" + "x" * 2_000_000)),
    "pictures in data URIs": Hostile(lambda: html(f"<img src='data:image/png;base64,{'A' * 1_500_000}'>" * 3 + BODY)),
    # JSON-LD
    "broken JSON-LD of 300 KB": Hostile(lambda: with_jsonld('{"@type":"NewsArticle","a":"' + '\\",{"b":[' * 35_000)),
    "JSON-LD without an end": Hostile(
        lambda: with_jsonld('{"@type":"NewsArticle","author":' + '{"name":"x",' * 25_000)
    ),
    "deep JSON-LD lists": Hostile(lambda: with_jsonld("[" * 200_000)),
    "deep JSON-LD objects": Hostile(lambda: with_jsonld('{"a":' * 100_000 + "1" + "}" * 100_000)),
    "deep JSON-LD graphs": Hostile(lambda: with_jsonld('{"@graph":[' * 900 + "]}" * 900)),
    "100,000 JSON-LD articles": Hostile(
        lambda: with_jsonld("[" + ",".join(['{"@type":"NewsArticle"}'] * 100_000) + "]")
    ),
    "a JSON-LD number of 1 MB": Hostile(
        lambda: with_jsonld('{"@type":"NewsArticle","wordCount":' + "9" * 1_000_000 + "}")
    ),
    # bytes
    "nulls between all characters": Hostile(lambda: "\0".join(html(BODY)), None),
    "nulls in the middle": Hostile(lambda: beside("\0" * 1_000_000 + "<p>More.</p>")),
    "only nulls": Hostile(lambda: bytes(1_000_000), Outcome.NOT_HTML),
    "UTF-16 without a mark": Hostile(lambda: html(BODY).encode("utf-16-le")),
    "UTF-16, the other end first": Hostile(lambda: html(BODY).encode("utf-16-be")),
    "a vertical tab and a form feed": Hostile(lambda: beside("<p>One\v and two\f and the rest of it.</p>")),
    "a flood of control characters": Hostile(lambda: beside(CONTROLS * 50_000)),
    "half a character": Hostile(lambda: html(BODY).encode() + b"\xf0\x9f" * 500_000),
    "a page that is still compressed": Hostile(lambda: gzip.compress(html(BODY).encode()), Outcome.NOT_HTML),
    "noise after the text": Hostile(lambda: beside("").encode() + random.Random(4).randbytes(2_000_000), None),
    "nothing": Hostile(lambda: b"", Outcome.NOT_HTML),
}
