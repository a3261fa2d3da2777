"""OPML as feed readers write it, as it breaks, and as we write it."""

from __future__ import annotations

from xml.etree import ElementTree

import listparser
import pytest

from tasks.capture.opml import ListedSource, NotOpml, read_opml, write_opml
from tasks.model import Kind, Source

READER = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.1"><head><title>Subscriptions</title></head><body>
  <outline text="Justicia &amp; cárceles" title="Justicia">
    <outline text="Ecuador">
      <outline type="rss" text="El Mirador" htmlUrl="https://mirador.example"
               xmlUrl="https://mirador.example/rss?a=1&amp;copy=2"/>
    </outline>
    <outline type="rss" text="L&apos;Observatoire &quot;clos&quot;" title="x"
             xmlUrl="https://observatoire.example/flux" category="/Droit/Prisons,Europe"/>
  </outline>
  <outline TYPE="RSS" text="" title="Gazette" XMLURL=" https://gazette.example/feed "/>
  <outline type="rss" text="El Mirador again" xmlUrl="https://mirador.example/rss?a=1&amp;copy=2"/>
  <outline type="link" text="A section" url="https://paper.example/justice/"/>
  <outline type="include" text="Another list" url="https://lists.example/more.opml"/>
  <outline text="An empty folder"/>
</body></opml>
"""


def sources(body: str | bytes) -> tuple[ListedSource, ...]:
    found = read_opml(body.encode() if isinstance(body, str) else body)
    assert not isinstance(found, NotOpml), found
    return found


def test_a_readers_export_is_read_with_its_folders_as_tags() -> None:
    assert sources(READER) == (
        ListedSource("https://mirador.example/rss?a=1&copy=2", "El Mirador", ("Justicia & cárceles", "Ecuador")),
        ListedSource(
            "https://observatoire.example/flux",
            'L\'Observatoire "clos"',
            ("Droit", "Prisons", "Europe", "Justicia & cárceles"),
        ),
        ListedSource("https://gazette.example/feed", "Gazette"),
        ListedSource("https://paper.example/justice/", "A section"),
    )


FEED = '<outline type="rss" text="Diário" xmlUrl="https://diario.example/feed"/>'
BROKEN = {
    "cut off": f'<opml version="2.0"><body><outline text="a">{FEED}<outline text="b',
    "unclosed": f'<opml version="2.0"><body><outline text="a">{FEED}</body></opml>',
    "closed twice": f'<opml version="2.0"><body>{FEED}</outline></outline></outline></body></opml>',
    "bare ampersands": f'<opml version="2.0"><head><title>R&D</title></head><body>{FEED}</body></opml>',
    "no version": f"<OPML><body>{FEED}</body></OPML>",
    "text before": f"Warning: something on line 3\n<opml><body>{FEED}</body></opml>",
    "latin-1": f'<?xml version="1.0" encoding="ISO-8859-1"?><opml><body>{FEED}</body></opml>'.encode("latin-1"),
    "utf-16": f'<?xml version="1.0" encoding="UTF-16"?><opml><body>{FEED}</body></opml>'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf" + f"<opml><body>{FEED}</body></opml>".encode(),
    "undeclared utf-8": f"<opml><body>{FEED}</body></opml>".encode(),
    "document type": "<!DOCTYPE opml [<!ENTITY a SYSTEM 'file:///etc/hostname'>]>"
    f'<opml><body><outline text="&a;"/>{FEED}</body></opml>',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_of_a_broken_file_what_is_there_is_read(body: str | bytes) -> None:
    assert [(source.url, source.name) for source in sources(body)] == [("https://diario.example/feed", "Diário")]


NONE = {
    "empty": (b"", "no <opml>"),
    "a feed": (b"<rss version='2.0'><channel><title>x</title></channel></rss>", "no <opml>"),
    "a page": (b"<!DOCTYPE html><html><body>OPML</body></html>", "no <opml>"),
    "an address": (b"https://lists.example/list.opml", "no <opml>"),
    "binary": (bytes(range(256)), "no <opml>"),
    "nothing in it": (b"<opml version='2.0'><head/><body><outline text='a'/></body></opml>", "without any feed"),
    "deep": (b"<opml><body>" + b"<outline text='a'>" * 50_000, "without any feed"),
}


@pytest.mark.parametrize(("body", "reason"), NONE.values(), ids=NONE)
def test_what_is_no_list_says_so(body: bytes, reason: str) -> None:
    found = read_opml(body)
    assert isinstance(found, NotOpml)
    assert reason in found.reason


OURS = (
    Source("a", "Crónica <Andina> & \"más\"", "https://cronica.example/atom?x=1&y=2", Kind.FEED, language="es-PE"),
    Source("b", "The Ledger", "https://ledger.example/", None, tags=("prisons", "U.S. courts")),
    Source("c", "Section\x00 page", "https://paper.example/justice/", Kind.PAGE, tags=("prisons",)),
    Source("d", "Map", "https://paper.example/sitemap.xml", Kind.SITEMAP, tags=("a/b, c",)),
)  # fmt: skip


def test_what_is_written_is_opml_2() -> None:
    root = ElementTree.fromstring(write_opml(OURS, title="newsdesk"))
    assert (root.tag, root.get("version"), root.findtext("head/title")) == ("opml", "2.0", "newsdesk")
    outlines = list(root.iter("outline"))
    assert all(outline.get("text") for outline in outlines)
    assert all(outline.get("xmlUrl") for outline in outlines if outline.get("type") == "rss")
    assert [folder.get("text") for folder in root.findall("body/outline[outline]")] == ["prisons", "a/b, c"]
    first = root.find("body/outline")
    assert first is not None and first.get("language") == "es-PE"
    assert listparser.parse(write_opml(OURS, title="newsdesk"))["version"] == "opml2"


def test_what_is_written_is_read_again() -> None:
    assert sources(write_opml(OURS, title="newsdesk")) == (
        ListedSource("https://cronica.example/atom?x=1&y=2", 'Crónica <Andina> & "más"'),
        ListedSource("https://ledger.example/", "The Ledger", ("prisons", "U.S. courts")),
        ListedSource("https://paper.example/justice/", "Section page", ("prisons",)),
        ListedSource("https://paper.example/sitemap.xml", "Map", ("a/b, c",)),
    )
