"""Lists of sources as OPML 2.0 (http://opml.org/spec2.opml), both ways."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import listparser

from tasks.capture import feedtext
from tasks.capture.feedfields import language_tag, names
from tasks.model import Kind, Source

_NAME_CHARS = 200
_SEPARATOR = re.compile(r"[,/]")


@dataclass(frozen=True, slots=True)
class ListedSource:
    """A source in an OPML file: its address as it stands there, and the folders it lies in as tags."""

    url: str
    name: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotOpml:
    """The file is no list of sources; `reason` says why."""

    reason: str


def read_opml(body: bytes) -> tuple[ListedSource, ...] | NotOpml:
    """The sources that an OPML file lists, each address once, in the file's order.

    Nested outlines and `category` become tags. Links to pages count as sources, links to other OPML files do not.
    Ill-formed files are read as far as they go, and no entity is expanded; raises nothing.
    """
    text = feedtext.decode(body, None)
    if "<opml" not in text[:65_536].lower():
        return NotOpml("not an OPML file: there is no <opml> element in it")
    try:
        # ASCII with references, because without a declaration the parser would have to guess the encoding.
        parsed: dict[str, Any] = listparser.parse(text.encode("ascii", "xmlcharrefreplace"))
    except Exception as error:  # listparser's handlers fail on some oddly nested files
        return NotOpml(f"damaged OPML file: {type(error).__name__}: {error}")
    links = (link for link in parsed["lists"] if not link["url"].lower().endswith(".opml"))
    listed = tuple(_listed(outline) for outline in [*parsed["feeds"], *links])
    return listed or NotOpml("an OPML file without any feed in it")


def _listed(outline: dict[str, Any]) -> ListedSource:
    name = " ".join(str(outline.get("title") or "").split())[:_NAME_CHARS]
    tags = (" ".join(str(part).split()) for path in outline.get("categories", ()) for part in path)
    return ListedSource(str(outline["url"]).strip(), name or None, names(tags))


def write_opml(sources: Iterable[Source], *, title: str) -> bytes:
    """The sources as an OPML 2.0 document: in a folder by their first tag, with their tags as `category`.

    Feeds have type `rss`, as every reader expects; listing pages, sitemaps and articles are links.
    """
    root = ElementTree.Element("opml", version="2.0")
    ElementTree.SubElement(ElementTree.SubElement(root, "head"), "title").text = _text(title)
    body = ElementTree.SubElement(root, "body")
    folders: dict[str, ElementTree.Element] = {}
    for source in sources:
        folder = body
        if source.tags:
            name = _text(source.tags[0])
            if name not in folders:
                folders[name] = ElementTree.SubElement(body, "outline", text=name)
            folder = folders[name]
        ElementTree.SubElement(folder, "outline", dict(_attributes(source)))
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _attributes(source: Source) -> Iterator[tuple[str, str]]:
    yield "text", _text(source.name)
    if source.kind in (None, Kind.FEED):
        yield from (("title", _text(source.name)), ("type", "rss"), ("xmlUrl", source.url))
    else:
        yield from (("type", "link"), ("url", source.url))
    language = language_tag(source.language)
    if language:
        yield "language", language
    # A category cannot hold a comma or a slash; the folder's name can.
    first = [tag for tag in source.tags[:1] if not _SEPARATOR.search(tag)]
    categories = [" ".join(_SEPARATOR.sub(" ", _text(tag)).split()) for tag in (*first, *source.tags[1:])]
    if categories:
        yield "category", ",".join(categories)


def _text(value: str) -> str:
    """Without the control characters that XML forbids."""
    return "".join(char for char in value if char.isprintable() or char == " ")
