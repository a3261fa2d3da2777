"""feedparser's two parsers, bounded, over text that is already decoded.

`feedparser.parse` is left aside for its surroundings, not for its parsers: 100 KB of newlines before the root element
or a megabyte of nested `xml:base` keep it busy for minutes (quadratic patterns, growing strings), it builds a million
entries from 7 MB of `<item/>`, and an exception in one odd element loses all that was read before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from typing import Any
from urllib.parse import urljoin
from xml.sax import SAXException
from xml.sax.expatreader import ExpatParser
from xml.sax.handler import feature_external_ges

from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.mixin import _FeedParserMixin

from tasks.capture.feedfields import MAX_ENTRIES

MAX_ELEMENTS = 250_000
"""Elements that are read of one document: 2 s of CPU, 5 s where it is ill-formed."""
MAX_LOOSE_CHARS = 4_000_000
"""Characters that are read of an ill-formed document: the forgiving parser takes up to 1.5 s for a million of junk."""
MAX_ATTRIBUTES = 100
"""Of one element: feedparser looks each one up among all of them."""
MAX_NAMESPACES = 200
MAX_TAGS = 200
MAX_BASE_CHARS = 2_000


class _Enough(Exception):
    """A limit is reached: what has been read so far is what the document gives."""


class _Bounded(_FeedParserMixin):  # type: ignore[misc]
    """What feedparser's parsers share, with the limits above."""

    resolve_relative_uris = False
    sanitize_html = False
    # An id is compared, never followed: resolved, it would change when the feed moves.
    can_be_relative_uri = _FeedParserMixin.can_be_relative_uri - {"id"}
    elements = 0
    url = ""
    """Where the document was fetched from: the base of the first `xml:base`."""

    def unknown_starttag(self, tag: str, attrs: list[tuple[str, str]]) -> None:
        self.elements += 1
        if self.elements > MAX_ELEMENTS or len(self.entries) > MAX_ENTRIES or len(self.baseuri) > MAX_BASE_CHARS:
            raise _Enough
        super().unknown_starttag(
            tag, [(n, self._absolute(v)) if n in ("xml:base", "base") else (n, v) for n, v in attrs]
        )

    def _absolute(self, base: str) -> str:
        try:
            return urljoin(self.baseuri or self.url, base)
        except ValueError:
            return self.baseuri

    def unknown_endtag(self, tag: str) -> None:
        super().unknown_endtag(tag)
        self.baseuri = self.basestack[-1] if self.basestack else ""  # feedparser returns to no base that is empty

    def track_namespace(self, prefix: str | None, uri: str) -> None:
        if len(self.namespaces_in_use) < MAX_NAMESPACES:  # each element may look through all of them
            super().track_namespace(prefix, uri)

    def _add_tag(self, term: str | None, scheme: str | None, label: str | None) -> None:
        if len(self._get_context().get("tags", ())) < MAX_TAGS:  # each new one is compared with all before
            super()._add_tag(term, scheme, label)

    def _end_author(self) -> None:
        author, self.inauthor = self.pop("author"), 0
        people = self._get_context().get("authors")
        if author and isinstance(people, list) and people and not people[-1]:
            people[-1]["name"] = author

    def _sync_author_detail(self, key: str = "author") -> None:
        """Leave names as they are written: feedparser's pattern is quadratic, and takes ".news" for no domain."""

    def handle_data(self, text: str, escape: int = 1) -> None:
        pieces = self.elementstack[-1][2] if self.elementstack else []
        if not (text.isspace() and pieces and pieces[-1].isspace()):  # blank pieces are stripped one by one
            super().handle_data(text, escape)


class _Strict(_Bounded, StrictFeedParser):  # type: ignore[misc]
    pass


class _Loose(_Bounded, LooseFeedParser):  # type: ignore[misc]
    pass


class _Reader(ExpatParser):
    """Python's SAX reader of expat, but it joins runs of text, and refuses document types: no entity ever expands."""

    _parser: Any  # expat itself, which typeshed leaves out

    def reset(self) -> None:
        super().reset()
        self._parser.buffer_text = True  # one call for a paragraph instead of one for each escaped tag and line break
        self._parser.StartDoctypeDeclHandler = self._refuse

    def start_element_ns(self, name: str, attrs: Mapping[str, str]) -> None:
        super().start_element_ns(name, dict(islice(attrs.items(), MAX_ATTRIBUTES)))

    def _refuse(self, *_: object) -> None:
        raise SAXException("a document type inside the document")


def parse(text: str, url: str) -> Any:
    """feedparser's view of a feed document that begins with its root element: `.version`, `.feeddata`, `.entries`.

    Links are resolved against `xml:base` where there is one (a relative one against `url`), and not against `url`:
    feedparser would compute that anew for each element, a sixth of all its work.

    Ill-formed documents are read by the forgiving parser as well, and the reading with more entries is given. Never
    raises: where a parser fails, what it had read until then counts.
    """
    strict = _Strict("", None, "utf-8")
    strict.url = url
    try:
        _feed(strict, text)
        return strict
    except _Enough:
        return strict
    except Exception:  # ill-formed, or an oddity that one of feedparser's handlers fails on
        loose = _Loose("", None, "utf-8", {})
        loose.url = url
    with suppress(Exception):
        loose.feed(text[:MAX_LOOSE_CHARS])
    return max(loose, strict, key=lambda reading: len(reading.entries))


def _feed(handler: _Strict, text: str) -> None:
    reader = _Reader(namespaceHandling=1)
    reader.setFeature(feature_external_ges, False)
    reader.setContentHandler(handler)
    reader.setErrorHandler(handler)
    reader.feed(text)
    reader.close()
