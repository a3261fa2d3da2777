"""Feed documents as publishers write them, as they break them, and as an attacker would."""

from __future__ import annotations

import io
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.capture import feeddates, feedtext
from tasks.capture.feedfields import MAX_ENTRIES
from tasks.capture.feeds import NotAFeed, parse_feed
from tasks.model import Entry, Feed

DATA = Path(__file__).parents[1] / "data" / "feeds"
URL = "https://feeds.example/rss"
NOW = datetime(2025, 3, 5, 12, 0)


def parse(body: bytes | str, content_type: str | None = None, url: str = URL) -> Feed | NotAFeed:
    return parse_feed(body.encode() if isinstance(body, str) else body, url=url, content_type=content_type, now=NOW)


def feed_of(body: bytes | str, content_type: str | None = None, url: str = URL) -> Feed:
    feed = parse(body, content_type, url)
    assert isinstance(feed, Feed), feed
    return feed


def rss(items: str, head: str = "", namespaces: str = "") -> str:
    return f'<rss version="2.0" {namespaces}><channel><title>T</title>{head}{items}</channel></rss>'


def item_of(inner: str, namespaces: str = "") -> Entry:
    (entry,) = feed_of(rss(f"<item><link>https://a.example/1</link>{inner}</item>", namespaces=namespaces)).entries
    return entry


def as_data(feed: Feed) -> dict[str, Any]:
    """The feed as its expectation is written: without what is absent, the time to live in minutes."""
    told = {key: value for key, value in asdict(feed).items() if value}
    told["entries"] = [
        {key: list(value) if isinstance(value, tuple) else value for key, value in entry.items() if value}
        for entry in told.get("entries", ())
    ]
    if feed.ttl:
        told["ttl"] = f"{feed.ttl // timedelta(minutes=1)} minutes"
    return told


@pytest.mark.parametrize("path", sorted(DATA.glob("*.yaml")), ids=lambda path: path.stem)
def test_fixture(path: Path) -> None:
    (document,) = (other for other in DATA.glob(f"{path.stem}.*") if other != path)
    assert as_data(feed_of(document.read_bytes())) == yaml.safe_load(path.read_text(encoding="utf-8"))


NOT_FEEDS: list[tuple[bytes, str]] = [
    (b"", "empty"),
    (b" \n\t\xef\xbb\xbf\n", "empty"),
    (b"\xef\xbb\xbf", "empty"),
    (b"<!DOCTYPE html><html><head><title>News</title></head><body><p>Hi</body></html>", "an HTML page"),
    (b"<!doctype HTML><title>No html element</title><p>Hi", "an HTML page"),
    (b"<html><body><pre>&lt;rss&gt;</pre><rss></rss></body></html>", "an HTML page"),
    (b'{"items": [1, 2]}', "JSON that is not a JSON Feed"),
    (b"[]", "JSON that is not a JSON Feed"),
    (b'{"version": "https://jsonfeed.org/version/1", "items": [', "broken JSON"),
    (b"[" * 200_000, "broken JSON"),
    (b'<?xml version="1.0"?><opml version="2.0"><body/></opml>', "an OPML list of feeds"),
    (b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"></urlset>', "a sitemap"),
    (b'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"/>', "a sitemap index"),
    (b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><a/></rdf:RDF>', "RDF that is not RSS"),
    (b"<note><to>You</to></note>", "XML that is not a feed"),
    (b"<!-- <rss> --><note/>", "XML that is not a feed"),
    (b"Too many requests", "text without markup"),
    (bytes(range(256)) * 20, "text without markup"),
    (b"\x1f\x8b\x08\x00rest", "gzip data"),
    (b"%PDF-1.7", "a PDF document"),
]


@pytest.mark.parametrize(("body", "reason"), NOT_FEEDS, ids=lambda value: str(value)[:30])
def test_what_is_not_a_feed_is_named(body: bytes, reason: str) -> None:
    assert parse(body) == NotAFeed(reason)


EMPTY_FEEDS = [
    '<rss version="2.0"/>',
    "<rss><channel/></rss>",
    '<feed xmlns="http://www.w3.org/2005/Atom"/>',
    '<a:feed xmlns:a="http://www.w3.org/2005/Atom"></a:feed>',
    '{"version": "https://jsonfeed.org/version/1.1", "items": []}',
]


@pytest.mark.parametrize("body", EMPTY_FEEDS)
def test_a_feed_without_entries_is_a_feed(body: str) -> None:
    assert feed_of(body).entries == ()


TITLE = "Prisões, cárceles — «Überfüllung»"
ENCODINGS: list[tuple[str, str, str | None, str]] = [
    # encoding of the bytes, encoding in the XML declaration, Content-Type, title
    ("utf-8", "utf-8", None, TITLE),
    ("utf-8-sig", "", "text/xml", TITLE),
    ("utf-8", "iso-8859-1", None, TITLE),
    ("utf-8", "utf-16", "application/rss+xml; charset=iso-8859-1", TITLE),
    ("utf-16", "utf-16", None, TITLE),
    ("utf-16-le", "utf-16", "text/xml; charset=utf-8", TITLE),
    ("utf-16-be", "", None, TITLE),
    ("utf-32", "utf-32", None, TITLE),
    ("cp1252", "iso-8859-1", None, TITLE),
    ("cp1252", "", "text/xml; charset=windows-1252", TITLE),
    ("cp1252", "utf-8", "text/xml; charset=utf-8", TITLE),
    ("cp1252", "", None, TITLE),
    ("windows-1251", "windows-1251", None, "Тюрьма и реформа"),
    ("shift_jis", "Shift_JIS", None, "刑務所の改革"),
    ("gb18030", "gb2312", None, "监狱改革"),
    ("iso-2022-jp", "iso-2022-jp", None, "刑務所の改革"),
    ("utf-8", "punycode", "text/xml; charset=hex", TITLE),
    ("utf-8", "no-such-encoding", "text/xml; charset=", TITLE),
]


@pytest.mark.parametrize(("actual", "declared", "content_type", "title"), ENCODINGS)
def test_encoding(actual: str, declared: str, content_type: str | None, title: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>\n' if declared else ""
    body = (declaration + rss(f"<item><title>{title}</title><link>/1</link></item>")).encode(actual)
    assert feed_of(body, content_type).entries[0].title == title


def test_a_stray_byte_spoils_no_other_character() -> None:
    body = rss(f"<item><title>{TITLE} caf#</title><link>/1</link></item>").encode().replace(b"caf#", b"caf\xe9")
    assert feed_of(body, "text/xml; charset=utf-8").entries[0].title == f"{TITLE} café"


LINKS: list[tuple[str, str]] = [
    ("<link>https://a.example/x</link>", "https://a.example/x"),
    ("<link>\n  https://a.example/x\n </link>", "https://a.example/x"),
    ("<link><![CDATA[https://a.example/x?a=1&b=2]]></link>", "https://a.example/x?a=1&b=2"),
    ("<link>//b.example/x</link>", "https://b.example/x"),
    ("<link>x/y</link>", "https://feeds.example/news/x/y"),
    ("<link>?p=3</link>", "https://feeds.example/news/feed.xml?p=3"),
    ("<link>HTTPS://A.Example:443/x#part</link>", "https://a.example/x"),
    ("<link>javascript:alert(1)</link><guid>https://a.example/guid</guid>", "https://a.example/guid"),
    ("<link/><guid>https://a.example/guid</guid>", "https://a.example/guid"),
    ("<link></link><guid isPermaLink='false'>https://a.example/guid</guid>", "https://a.example/guid"),
    ("<guid>/news/2</guid>", "https://feeds.example/news/2"),
    ("<guid isPermaLink='true'>12345</guid>", ""),
    ("<guid>tag:a.example,2020:1</guid>", ""),
    ("<title>nothing</title>", ""),
    ("<link>http://</link>", ""),
    ("<link>http://[::1</link>", ""),
    ("<link>file:///etc/passwd</link>", ""),
    ('<atom:link href="https://a.example/atom"/>', "https://a.example/atom"),
    ('<atom:link rel="replies" href="https://a.example/replies"/>', ""),
    ('<link xml:base="https://b.example/dir/">z</link>', "https://b.example/dir/z"),
    (
        "<link>https://count.example/r</link><feedburner:origLink>/orig</feedburner:origLink>",
        "https://feeds.example/orig",
    ),
    ("<link>https://a.example/l</link><feedburner:origLink/>", "https://a.example/l"),
    ('<link>https://a.example/l</link><feedburner:origLink x="1">/y</feedburner:origLink>', "https://a.example/l"),
]


@pytest.mark.parametrize(("inner", "url"), LINKS)
def test_link(inner: str, url: str) -> None:
    namespaces = (
        'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
    )
    feed = feed_of(rss(f"<item>{inner}</item>", namespaces=namespaces), url="https://feeds.example/news/feed.xml")
    assert ([entry.url for entry in feed.entries], feed.skipped) == (([url], 0) if url else ([], 1))


BASES = """
<feed xmlns="http://www.w3.org/2005/Atom">
  <entry><id>0</id><link href="x"/></entry>
  <entry xml:base="one/"><id>1</id><link href="x"/></entry>
  <entry xml:base="/two/"><id>2</id><link href="x" xml:base="in/"/></entry>
  <entry xml:base="https://b.example/dir/"><id>3</id><title xml:base="z/">T</title><link href="x"/></entry>
  <entry xml:base="http://[bad"><id>4</id><link href="x"/></entry>
  <entry><id>5</id><link href="x"/></entry>
</feed>"""


@pytest.mark.parametrize("ending", ["", "<unclosed>"])
def test_xml_base_holds_inside_its_element_only(ending: str) -> None:
    feed = feed_of(BASES.replace("</feed>", f"{ending}</feed>"), url="https://a.example/news/atom.xml")
    assert {entry.entry_id: entry.url for entry in feed.entries} == {
        "0": "https://a.example/news/x",
        "1": "https://a.example/news/one/x",
        "2": "https://a.example/two/in/x",
        "3": "https://b.example/dir/x",
        "4": "https://a.example/news/x",
        "5": "https://a.example/news/x",
    }


def test_ids_are_unique_and_exact_repetitions_dropped() -> None:
    items = [("same", "/1"), ("same", "/2"), ("own", "/3"), ("own", "/3"), ("", "/4"), ("", "/4"), ("x" * 3000, "/5")]
    body = rss("".join(f"<item><guid isPermaLink='false'>{g}</guid><link>{u}</link></item>" for g, u in items))
    at = "https://feeds.example"
    assert [(entry.entry_id, entry.url) for entry in feed_of(body).entries] == [
        (f"{at}/1", f"{at}/1"),
        (f"{at}/2", f"{at}/2"),
        ("own", f"{at}/3"),
        (f"{at}/4", f"{at}/4"),
        (f"{at}/5", f"{at}/5"),
    ]


TITLES: list[tuple[str, str | None]] = [
    ("A &amp; B", "A & B"),
    ("A &amp;amp; B", "A & B"),
    ("A & B", "A & B"),
    ("&lt;b&gt;Bold&lt;/b&gt; move", "Bold move"),
    ("<![CDATA[<i>It</i>alic &eacute;t&eacute;]]>", "Italic été"),
    ("<b>Real</b> markup", "Real markup"),
    ("caf&eacute;&nbsp;&mdash; &#8364;5", "café — €5"),
    ("&#150; old dash", "– old dash"),
    ("1 &lt; 2", "1 < 2"),
    ("I &lt;3 U", "I <3 U"),
    (" many \n\t spaces ", "many spaces"),
    ("&amp;copyright", "©right"),
    ("bad &#0;&#x1F;&#xD800;&#99999999999; refs", "bad refs"),
    ("control \x01 \x0b here", "control here"),
    ("&lt;img alt='a > b' src=x&gt;pic", "pic"),
    ("&lt;script&gt;evil()&lt;/script&gt;fine", "fine"),
    ("", None),
    ("&lt;br/&gt;", None),
]


@pytest.mark.parametrize(("written", "title"), TITLES)
def test_title(written: str, title: str | None) -> None:
    assert item_of(f"<title>{written}</title>").title == title


DATES: list[tuple[str, datetime | None]] = [
    ("Tue, 04 Mar 2025 10:00:00 GMT", datetime(2025, 3, 4, 10)),
    ("Tue, 4 Mar 2025 10:00 +0530", datetime(2025, 3, 4, 4, 30)),
    ("2025-03-04T10:00:00-05:00", datetime(2025, 3, 4, 15)),
    ("2025-03-04", datetime(2025, 3, 4)),
    ("Fri, 07 Mar 2025 11:00:00 GMT", datetime(2025, 3, 7, 11)),
    ("Fri, 07 Mar 2025 13:00:00 GMT", None),
    ("Thu, 01 Jan 1970 00:00:00 GMT", None),
    ("0000-00-00 00:00:00", None),
    ("yesterday", None),
    ("1" * 50_000, None),
    ("Seg, 24 Set 2018 19:42:40 -0300", datetime(2018, 9, 24, 22, 42, 40)),
    ("mié, 05 feb 2025 18:40", datetime(2025, 2, 5, 18, 40)),
    ("mar., 04 févr. 2025 08:00:00 +0100", datetime(2025, 2, 4, 7)),
    ("12 de março de 2024 às 19:05", datetime(2024, 3, 12, 19, 5)),
    ("1er août 2023", datetime(2023, 8, 1)),
    ("Thu,28 Jul 2022 4:35:5 GMT+9", datetime(2022, 7, 27, 19, 35, 5)),
    ("31 fev 2024 10:00", None),
]


@pytest.mark.parametrize(("written", "moment"), DATES, ids=lambda value: str(value)[:40])
def test_date(written: str, moment: datetime | None) -> None:
    assert item_of(f"<pubDate>{written}</pubDate>").published_at == moment


@settings(deadline=None)
@given(st.text(max_size=120), st.sampled_from(["", "3 mar 2024 ", "99 dic 9999 99:99:99 -99:99"]))
def test_any_date_text_is_a_date_or_none(text: str, start: str) -> None:
    for read in (feeddates.from_written, feeddates.from_iso):
        moment = read(start + text)
        assert moment is None or moment.tzinfo is None


AUTHORS: list[tuple[str, tuple[str, ...]]] = [
    ("<author>a@b.example</author>", ()),
    ("<author>a@b.example (Ana Ruiz)</author>", ("Ana Ruiz",)),
    ("<author>Ana Ruiz &lt;a@b.example&gt;</author>", ("Ana Ruiz",)),
    ("<dc:creator>Ana Ruiz</dc:creator><dc:creator>Bo Li</dc:creator>", ("Ana Ruiz", "Bo Li")),
    ("<dc:creator>Ana Ruiz</dc:creator><author>Ana Ruiz</author>", ("Ana Ruiz",)),
    ("<dc:creator><![CDATA[<a href='/ana'>Ana &Aacute;vila</a>]]></dc:creator>", ("Ana Ávila",)),
    ("<dc:creator/>", ()),
]


@pytest.mark.parametrize(("inner", "names"), AUTHORS)
def test_authors(inner: str, names: tuple[str, ...]) -> None:
    assert item_of(inner, 'xmlns:dc="http://purl.org/dc/elements/1.1/"').authors == names


IMAGES: list[tuple[str, str | None]] = [
    ('<media:group><media:content url="https://i.example/a" type="image/jpeg"/></media:group>', "https://i.example/a"),
    ('<media:content url="https://i.example/a.mp4" type="video/mp4"/>', None),
    ('<media:content url="https://i.example/a.JPG?w=9"/>', "https://i.example/a.JPG?w=9"),
    ('<enclosure url="https://i.example/a.mp3" type="audio/mpeg" length="1"/>', None),
    ('<media:thumbnail url="//i.example/t"/>', "https://i.example/t"),
    ('<itunes:image href="https://i.example/i.png"/>', "https://i.example/i.png"),
    ('<media:thumbnail url="data:image/png;base64,AA"/>', None),
]


@pytest.mark.parametrize(("inner", "address"), IMAGES)
def test_image(inner: str, address: str | None) -> None:
    namespaces = 'xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    assert item_of(inner, namespaces).image_url == address


TTLS: list[tuple[str, timedelta | None]] = [
    ("<ttl>60</ttl>", timedelta(hours=1)),
    ("<ttl> 5 </ttl>", timedelta(minutes=5)),
    ("<ttl>0</ttl>", None),
    ("<ttl>-5</ttl>", None),
    ("<ttl>soon</ttl>", None),
    ("<ttl>99999999999999999999</ttl>", timedelta(days=365)),
    ('<ttl unit="min">60</ttl>', None),
    (
        "<sy:updatePeriod>\n hourly\n</sy:updatePeriod><sy:updateFrequency>\n 1\n</sy:updateFrequency>",
        timedelta(hours=1),
    ),
    ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", timedelta(hours=6)),
    ("<sy:updatePeriod>weekly</sy:updatePeriod>", timedelta(days=7)),
    ("<sy:updatePeriod>never</sy:updatePeriod>", None),
    ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", timedelta(hours=1)),
    ("<sy:updatePeriod>hourly</sy:updatePeriod><ttl>15</ttl>", timedelta(minutes=15)),
]


@pytest.mark.parametrize(("head", "ttl"), TTLS)
def test_ttl(head: str, ttl: timedelta | None) -> None:
    body = rss("", head=head, namespaces='xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"')
    assert feed_of(body).ttl == ttl


def test_a_long_description_is_cut_for_the_summary_and_kept_as_content() -> None:
    entry = item_of(f"<description>{'&lt;p&gt;word&lt;/p&gt; ' * 900}</description>")
    assert entry.summary and entry.summary.startswith("word word") and entry.summary.endswith("word…")
    assert len(entry.summary) <= feedtext.SUMMARY_CHARS
    assert entry.content_html and entry.content_html.count("<p>") == 900


@pytest.mark.parametrize("length", [0, 60, 150, 250, 300, 400])
def test_of_a_truncated_document_the_whole_entries_are_read(length: int) -> None:
    items = "".join(f"<item><title>{n}</title><link>/{n}</link></item>" for n in range(20))
    body = rss(items)[: rss("").index("</channel>") + length]
    whole = body.count("</item>")
    titles = [entry.title for entry in feed_of(body).entries]
    assert titles[:whole] == [str(n) for n in range(whole)] and len(titles) <= whole + 1


@pytest.mark.parametrize(
    "behind", ["<!-- cached -->", "\n<script>count()</script>", "<b>Fatal error</b>: & more", "\0\0"]
)
def test_junk_around_the_document_is_no_part_of_it(behind: str) -> None:
    before = f"{behind}\n\ufeff \n<?xml version='1.0'?>"
    feed = feed_of(before + rss("<item><title>One</title><link>/1</link></item>") + behind)
    assert [entry.title for entry in feed.entries] == ["One"]


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPES: list[tuple[str, str, str]] = [
    ("billion laughs", f'<!DOCTYPE rss [<!ENTITY l0 "ha">{LAUGHS}]>', "&l9;"),
    ("quadratic blowup", f'<!DOCTYPE rss [<!ENTITY l "{"a" * 50_000}">]>', "&l;" * 10_000),
    ("a local file", '<!DOCTYPE rss [<!ENTITY l SYSTEM "file:///etc/passwd">]>', "&l;"),
    ("an address", '<!DOCTYPE rss [<!ENTITY l SYSTEM "http://127.0.0.1:9/x">]>', "&l;"),
    ("a parameter entity", '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]>', "&l;"),
    ("an external subset", '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">', "&l;"),
    ("a root in an entity", '<!DOCTYPE r [<!ENTITY l "<rss><channel><item>ha</item></channel></rss>">]>', "&l;"),
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(("doctype", "reference"), [case[1:] for case in DOCTYPES], ids=[case[0] for case in DOCTYPES])
def test_entities_are_neither_expanded_nor_fetched(doctype: str, reference: str) -> None:
    body = f"<?xml version='1.0'?>{doctype}" + rss(
        f"<item><title>Safe</title><link>/1</link><description>{reference}</description></item>"
    )
    feed = feed_of(body)
    told = repr(feed)
    assert "Safe" in told and "haha" not in told and "root:" not in told and len(told) < 3 * len(body)


def test_a_document_type_inside_the_document_is_not_read_either() -> None:
    item = "<item><title>One &l;</title><link>/1</link></item>"
    body = rss(f'<!DOCTYPE a [<!ENTITY l "ha">]>{item}')
    assert [entry.title for entry in feed_of(body).entries] == ["One &l;"]


def xml_bytes(unit: str, size: int = 400_000) -> str:
    return unit * (size // len(unit))


HOSTILE: dict[str, str] = {
    "newlines before the root": "<?xml version='1.0'?>" + "\n" * 60_000 + rss(""),
    "newlines before nothing": xml_bytes("\n"),
    "deep nesting": rss(xml_bytes("<a>")),
    "deep nesting, well-formed": rss("<a>" * 60_000 + "</a>" * 60_000),
    "growing xml:base": '<rss xml:base="https://a.example/"><channel>' + xml_bytes('<a xml:base="a/">'),
    "empty elements": rss(xml_bytes("<a/>")),
    "items without end": rss(xml_bytes("<item>")),
    "categories": rss("<item>" + "".join(f"<category>{n}</category>" for n in range(20_000)) + "</item>"),
    "namespaces": "<rss " + "".join(f"xmlns:n{n}='u:{n}' " for n in range(5000)) + ">" + "<n1:a/>" * 20_000 + "</rss>",
    "an author without end": rss(f"<item><author>{'a' * 200_000}</author></item>"),
    "an author full of @": rss(f"<item><author>{'a@' * 100_000}</author></item>"),
    "open brackets": rss(xml_bytes("<")),
    "ampersands": rss("<item><title>" + xml_bytes("&")),
    "open comments": rss(xml_bytes("<!--")),
    "open CDATA": rss(xml_bytes("<![CDATA[")),
    "open attributes": rss(xml_bytes('<a b="')),
    "blank pieces": '<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="xhtml">'
    + xml_bytes(" <!---->")
    + "x</content></entry></feed>",
    "references": rss("<item><title>" + xml_bytes("&#32;") + "x</title></item></bad>"),
    "escaped tags": rss(f"<item><description>{xml_bytes('&lt;a &quot;')}</description></item>"),
    "escaped scripts": rss(f"<item><description>{xml_bytes('&lt;script&gt;')}</description></item>"),
    "comment openings in the head": "<x" + xml_bytes("<!--"),
    "a date of digits": rss(f"<item><pubDate>{'1' * 200_000}</pubDate></item>"),
    "a JSON array without end": '{"version": "https://jsonfeed.org/version/1", "items": ' + "[" * 200_000,
    "a JSON feed of nothing": '{"version": "https://jsonfeed.org/version/1", "items": [' + "{}," * 100_000 + "{}]}",
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_ends_soon(name: str) -> None:
    feed = parse(HOSTILE[name])
    assert isinstance(feed, NotAFeed) or len(feed.entries) + feed.skipped <= MAX_ENTRIES


@pytest.mark.timeout(60)
def test_entries_are_read_up_to_a_limit() -> None:
    items = "".join(f"<item><title>{n}</title><link>/{n}</link></item>" for n in range(MAX_ENTRIES + 500))
    feed = feed_of(rss(items))
    assert len(feed.entries) == MAX_ENTRIES
    assert [feed.entries[0].title, feed.entries[-1].title] == ["0", str(MAX_ENTRIES - 1)]


ODD_ELEMENTS = [
    "links",
    "authors",
    "tags",
    "content",
    "title_detail",
    "published_parsed",
    "image",
    "media_content",
    "id",
]


@pytest.mark.parametrize("name", ODD_ELEMENTS)
@pytest.mark.parametrize("attributes", ["", " href='x' type='y'"])
def test_an_element_named_like_a_key_of_feedparser_does_no_harm(name: str, attributes: str) -> None:
    item = f"<item><title>One</title><link>/1</link><{name}{attributes}>text</{name}></item>"
    assert [entry.title for entry in feed_of(rss(item)).entries] == ["One"]


def test_a_handler_of_feedparser_that_fails_loses_only_what_follows() -> None:
    item = "<item><title>One</title><link>/1</link></item>"
    odd = "<item><textInput><name>x</name></textInput></item>"
    with pytest.raises(KeyError):
        feedparser.parse(io.BytesIO(rss(item + odd).encode()))
    assert [entry.title for entry in feed_of(rss(item + odd + item)).entries] == ["One"]


def test_bytes_that_name_a_file_or_an_address_are_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_text(rss("<item><link>/1</link></item>"))
    assert parse(str(path)) == NotAFeed("text without markup")
    assert parse("http://127.0.0.1:9/feed") == NotAFeed("text without markup")


@settings(deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", b"<rss><channel>", b"<feed>", b'{"feed_url":"","items":[{']))
def test_any_bytes_give_an_answer(noise: bytes, start: bytes) -> None:
    assert isinstance(parse(start + noise), Feed | NotAFeed)
