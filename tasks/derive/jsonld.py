"""What a page says of itself in JSON-LD (schema.org in `script type="application/ld+json"`)."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import orjson
from lxml.html import HtmlElement

from tasks.derive.strings import fold

Node = dict[str, Any]

MAX_BLOCK = 1_000_000
"""Characters of one block; a longer one is data, not a description of the page."""
MAX_REPAIRED = 200_000
"""Characters of a block whose quotes are looked at one by one: 0.3 s for nothing but quotes."""
MAX_NODES = 2_000

_ARTICLE = re.compile(r"(Article|BlogPosting|Report|Review|LiveBlogPosting|DiscussionForumPosting|NewsStory)$")
_WEAK = re.compile(r"^(WebPage|ItemPage|VideoObject|CreativeWork|Recipe|Book|PodcastEpisode)$")
_HOLDERS = ("@graph", "mainEntity", "mainEntityOfPage")
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_QUOTE = re.compile(r'\\.|"', re.DOTALL)
_KEY_ENDS = re.compile(r"\s*(?:[:}\]]|$|,\s*(?:[\"{\[\d-]|true\b|false\b|null\b))")
_VALUE_ENDS = re.compile(r"\s*(?:[}\]]|$|,\s*(?:[\"{\[\d}\]-]|true\b|false\b|null\b))")
"""What follows the quote at the end of a string, and does not follow one inside."""


def _load(text: str) -> Any:
    """The JSON value of a block, repaired where publishers commonly break it; None where that fails."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        text = text.replace("<![CDATA[", "")
        start = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=0)
        repaired = _TRAILING_COMMA.sub(r"\1", text[start:])
    if '"' not in repaired and "&" in repaired:  # escaped as a whole, as text in HTML is
        repaired = html.unescape(repaired)
    try:
        return _read(repaired)
    except ValueError:
        try:
            return _read(_with_inner_quotes_escaped(repaired))
        except (ValueError, RecursionError):
            return None
    except RecursionError:
        return None


def _read(text: str) -> Any:
    """Not strict: raw line breaks inside strings are the commonest fault. Comment and CDATA marks, a semicolon, or
    whatever else stands behind the value is left."""
    return json.JSONDecoder(strict=False).raw_decode(text)[0]


def _with_inner_quotes_escaped(text: str) -> str:
    """JSON in whose strings quotes stand as they are ("He said "no", and left"): one ends its string only where
    what follows goes on with the structure. One pass over the text, however it is broken."""
    if len(text) > MAX_REPAIRED:
        return text
    pieces: list[str] = []
    written, last, is_open, ends = 0, 0, False, _KEY_ENDS
    for found in _QUOTE.finditer(text):
        if found[0] != '"':
            continue
        if not is_open:
            ends = _VALUE_ENDS if text[last : found.start()].rstrip().endswith((":", "[")) else _KEY_ENDS
            is_open = True
        elif ends.match(text, found.end()):
            is_open, last = False, found.end()
        else:
            pieces.append(text[written : found.start()])
            written = found.start()
            pieces.append("\\")
    return "".join([*pieces, text[written:]])


def _walk(value: Any) -> Iterator[Node]:
    """Every object at the positions where publishers put an article: top level, @graph, mainEntity."""
    todo, seen = [value], 0
    while todo and seen < MAX_NODES:
        value = todo.pop()
        seen += 1
        if isinstance(value, list):
            todo.extend(reversed(value))
        elif isinstance(value, dict):
            yield value
            todo.extend(value[key] for key in _HOLDERS if isinstance(value.get(key), list | dict))


def types(node: Node) -> list[str]:
    """The schema.org types of a node, without their namespace."""
    kind = node.get("@type")
    return [str(k).rpartition("/")[2] for k in (kind if isinstance(kind, list) else [kind]) if k]


def nodes(tree: HtmlElement) -> list[Node]:
    """All objects of the page's JSON-LD blocks, in document order."""
    found: list[Node] = []
    for script in tree.iter("script"):
        text = script.text if "ld+json" in (script.get("type") or "") else None
        if text and len(text) <= MAX_BLOCK:
            found.extend(_walk(_load(text)))
    return found


def articles(found: list[Node]) -> list[Node]:
    """The nodes that describe the article, best first: articles proper, then the page or its video."""
    strong = [n for n in found if any(_ARTICLE.search(t) for t in types(n))]
    return strong + [n for n in found if n not in strong and any(_WEAK.match(t) for t in types(n))]


def of_page(found: list[Node], addresses: Iterable[str | None], title: str) -> list[Node]:
    """`found` without teasers of other pages: nodes of another path than `addresses`, with another headline than
    `title`."""
    paths = {_path(address) for address in addresses if address}
    return [node for node in found if not _is_of_other_page(node, paths, fold(title))]


def _is_of_other_page(node: Node, paths: set[str], title: str) -> bool:
    stated = node.get("mainEntityOfPage") or node.get("url")
    stated = stated.get("@id") or stated.get("url") if isinstance(stated, dict) else stated
    headline = fold(text_of(node.get("headline")) or "")
    if not isinstance(stated, str) or not headline or not title or headline in title or title in headline:
        return False
    path = _path(stated)
    return bool(path) and path not in paths


def _path(address: str) -> str:
    try:
        return urlsplit(address.strip()).path.strip("/").lower()
    except ValueError:
        return ""


def find(found: list[Node], identifier: Any) -> Node | None:
    """The named object that `{"@id": identifier}` points to, however deep it stands in the page's blocks."""
    todo: list[Any] = list(found)
    for _ in range(MAX_NODES):
        if not todo or not isinstance(identifier, str):
            return None
        value = todo.pop()
        if isinstance(value, dict):
            if value.get("@id") == identifier and value.get("name"):
                return value
            todo.extend(v for v in value.values() if isinstance(v, dict | list))
        else:
            todo.extend(v for v in value if isinstance(v, dict | list))
    return None


def text_of(value: Any) -> str | None:
    """The plain string in a JSON-LD value: itself, the first of a list, or the `@value` or `name` of an object."""
    if isinstance(value, list):
        value = next((v for v in value if v), None)
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name") or value.get("url")
        return text_of(value) if not isinstance(value, dict) else None
    return value.strip() or None if isinstance(value, str) else None
