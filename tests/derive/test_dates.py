"""When an article was published, and on what evidence."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from tasks.derive.article import PageInput, derive_article
from tasks.derive.dates import parse_date
from tasks.derive.written_dates import find_date
from tasks.model import Entry, SiteProfile
from tests.derive.pages import NOW, PROSE, TITLE, article_page, derive, html, paragraphs

PARSED = [
    ("2026-03-17", datetime(2026, 3, 17), "2026-03-17"),
    ("2026-03-17T23:30:00-05:00", datetime(2026, 3, 18, 4, 30), "2026-03-17"),
    ("2026-03-17T23:30:00.123Z", datetime(2026, 3, 17, 23, 30), "2026-03-17"),
    ("2026-03-17 08:15", datetime(2026, 3, 17, 8, 15), "2026-03-17"),
    ("20260317", datetime(2026, 3, 17), "2026-03-17"),
    ("Tue, 17 Mar 2026 08:15:00 +0100", datetime(2026, 3, 17, 7, 15), "2026-03-17"),
    ("Tue Mar 17 2026 01:00:00 GMT+0100 (Central European Standard Time)", datetime(2026, 3, 17), "2026-03-17"),
]


@pytest.mark.parametrize(("text", "value", "stated"), PARSED)
def test_machine_dates(text: str, value: datetime, stated: str) -> None:
    assert parse_date(text) == (value, stated)


@pytest.mark.parametrize("text", ["", "soon", "2026-13-45", "2026", "99999999999"])
def test_what_is_no_machine_date(text: str) -> None:
    assert parse_date(text) is None


SHOWN = [
    ("Published 17 March 2026", False),
    ("March 17th, 2026", True),
    ("17. März 2026, 08:15 Uhr", False),
    ("17.3.2026", False),
    ("17/03/2026", False),
    ("03/17/2026", True),
    ("3/17/2026", False),
    ("17 de marzo de 2026", False),
    ("17 mars 2026", False),
    ("17 março 2026", False),
    ("17 marca 2026", False),
    ("2026年3月17日", False),
    ("2026-03-17", False),
    ("17-Mar-2026", False),
]


@pytest.mark.parametrize(("text", "month_first"), SHOWN)
def test_dates_in_words(text: str, month_first: bool) -> None:
    assert find_date(text, month_first) == date(2026, 3, 17)


@pytest.mark.parametrize("text", ["10:30", "Tel. 030 123 456", "31.2.2026", "1,200 cells", "17 cells in 2026"])
def test_what_is_no_date(text: str) -> None:
    assert find_date(text, False) is None


def jsonld(day: str) -> str:
    return f'<script type="application/ld+json">{{"@type":"NewsArticle","datePublished":"{day}"}}</script>'


META = "<meta property='article:published_time' content='2026-03-15T10:00:00Z'>"
FEED = Entry("1", "https://x.example/1", published_at=datetime(2026, 3, 14, 9))
BARE = "https://marlow-post.example/fenwick"
EVIDENCE = {
    "jsonld before all": (jsonld("2026-03-17") + META, "", BARE, FEED, "jsonld", "2026-03-17"),
    "meta before feed": (META, "", BARE, FEED, "meta", "2026-03-15"),
    "feed before address": ("", "", "https://marlow-post.example/2026/03/13/x", FEED, "feed", "2026-03-14"),
    "address before text": (
        "",
        "<p>12 March 2026</p>",
        "https://marlow-post.example/2026/03/13/x",
        None,
        "url",
        "2026-03-13",
    ),
    "time element": ("", "<time datetime='2026-03-12T08:00:00+01:00'>12/3</time>", BARE, None, "text", "2026-03-12"),
    "shown date": ("", "<div class='date'>12. März 2026</div>", BARE, None, "text", "2026-03-12"),
    "nothing known": ("", "", BARE, None, "fetched", "2026-03-20"),
    "future is not believed": (jsonld("2031-01-01") + META, "", BARE, None, "meta", "2026-03-15"),
    "before the web is not believed": (jsonld("1970-01-01"), "", BARE, FEED, "feed", "2026-03-14"),
    "broken date": (jsonld("yesterday"), "", BARE, FEED, "feed", "2026-03-14"),
}


@pytest.mark.parametrize(("head", "before", "url", "hint", "evidence", "day"), EVIDENCE.values(), ids=EVIDENCE.keys())
def test_the_best_evidence_is_believed(
    head: str, before: str, url: str, hint: Entry | None, evidence: str, day: str
) -> None:
    result = derive(article_page(head, before), url=url, hint=hint)
    assert result.article is not None
    assert result.article.published_from == evidence
    assert result.article.published_at.date().isoformat() == day
    assert [c.evidence for c in result.dates if c.chosen] == [evidence]


MODIFIED = "<meta property='article:modified_time' content='2026-03-18T10:00:00Z'>"
CHANGED = Entry("1", "https://x.example/1", updated_at=datetime(2026, 3, 11, 9))
SHOWN_12 = "<p class='byline'>Published 12 March 2026</p>"
PRINTED = "<meta name='DC.date' content='2026-03-15'>"
VIDEO = "<div itemprop='video'><meta itemprop='uploadDate' content='2017-01-10'><p>Watch the video</p></div>"
WEAK = {
    "a feed's time of change where there is nothing else": ("", "", CHANGED, "feed", "2026-03-11"),
    "not where a day is shown": ("", SHOWN_12, CHANGED, "text", "2026-03-12"),
    "not where the page declares a day": (META, "", CHANGED, "meta", "2026-03-15"),
    "no page's own time of change": (MODIFIED, "", None, "fetched", "2026-03-20"),
    "a day that is shown before a time of change": (MODIFIED, SHOWN_12, None, "text", "2026-03-12"),
    "a day of any event": (PRINTED, "", None, "meta", "2026-03-15"),
    "but another that is shown": (PRINTED, SHOWN_12, None, "text", "2026-03-12"),
    "unless the page declares it twice": (PRINTED + META, SHOWN_12, None, "meta", "2026-03-15"),
    "no video's upload": ("", VIDEO, None, "fetched", "2026-03-20"),
}


@pytest.mark.parametrize(("head", "before", "hint", "evidence", "day"), WEAK.values(), ids=WEAK.keys())
def test_weak_evidence_counts_where_there_is_no_better(
    head: str, before: str, hint: Entry | None, evidence: str, day: str
) -> None:
    result = derive(article_page(head, before), url=BARE, hint=hint)
    assert (result.dates[0].evidence, result.dates[0].stated) == (evidence, day)


COMMENT = "<p><b>Jon</b> on 5 January 2026</p><p>I was there, and it was worse than that.</p>"
OTHER_DAYS = {
    "a foundation": "<p>The Marlow Post, founded 1 January 2019</p>",
    "a foundation in the footer": "<footer><p>Founded 1 January 2019 in Marlow</p></footer>",
    "the footer": "<div class='site-footer'><p>Issue of 1 January 2019</p></div>",
    "a copyright": "<p class='copyright'>© 1 January 2019</p>",
    "comments by their class": f"<div class='comments'>{COMMENT}</div>",
    "comments by their heading": f"<h3>2 Comments</h3>{COMMENT}",
    "comentarios": f"<h3>Comentarios</h3>{COMMENT}",
    "other articles": "<ul class='most-read'><li>5 January 2026 A prison closes</li></ul>",
}


@pytest.mark.parametrize("after", OTHER_DAYS.values(), ids=OTHER_DAYS.keys())
def test_days_of_something_else_are_not_the_publications(after: str) -> None:
    page = html(f"<main><article><h1>{TITLE}</h1>{paragraphs()}</article></main>{after}")
    assert derive(page, url=BARE).dates[0].evidence == "fetched"
    inside = derive(article_page(after=after), url=BARE).dates[0]
    assert inside.evidence == "fetched"


def test_every_candidate_is_kept() -> None:
    result = derive(
        article_page(jsonld("2026-03-17") + META), url="https://marlow-post.example/2026/03/13/x", hint=FEED
    )
    assert [c.evidence for c in result.dates] == ["jsonld", "meta", "feed", "url", "fetched"]
    assert result.dates[-1].value == NOW


SHOWN_2009 = "<div class='date'>12. März 2009</div>"
IN_2009 = "https://marlow-post.example/2009/03/12/x"
SEEN = Entry("1", "https://x.example/1")
OUTDATED = {
    "shown": ("", SHOWN_2009, BARE, SEEN, "fetched"),
    "in the address": ("", "", IN_2009, SEEN, "fetched"),
    "shown, beside a newer address": ("", SHOWN_2009, "https://marlow-post.example/2026/03/13/x", SEEN, "url"),
    "in the address, beside a newer day that is shown": ("", "<p>12 March 2026</p>", IN_2009, SEEN, "text"),
    "both confirm each other": ("", SHOWN_2009, IN_2009, SEEN, "url"),
    "declared": (jsonld("2009-03-12"), "", BARE, SEEN, "jsonld"),
    "declared in meta": (META.replace("2026", "2009"), "", BARE, SEEN, "meta"),
    "of the feed": ("", "", BARE, Entry("1", "https://x.example/1", published_at=datetime(2009, 3, 12)), "feed"),
    "not so old": ("", "<div class='date'>12. März 2025</div>", BARE, SEEN, "text"),
    "from a backfill": ("", SHOWN_2009, BARE, None, "text"),
}


@pytest.mark.parametrize(("head", "before", "url", "hint", "evidence"), OUTDATED.values(), ids=OUTDATED.keys())
def test_a_guess_long_before_the_sites_other_pages_is_not_believed(
    head: str, before: str, url: str, hint: Entry | None, evidence: str
) -> None:
    known = SiteProfile(usual_age=timedelta(days=4))
    page = html(f"<main><article><h1>{TITLE}</h1>{before}{paragraphs()}</article></main>", head)
    result = derive_article(PageInput(page.encode(), "text/html", url, NOW, hint, known))
    assert result.article is not None
    assert result.article.published_from == result.dates[0].evidence == evidence
    assert [c.chosen for c in result.dates] == [True] + [False] * (len(result.dates) - 1)


def test_old_days_are_believed_where_the_site_has_many() -> None:
    known = SiteProfile(usual_age=timedelta(days=4000))
    page = article_page("", SHOWN_2009)
    result = derive_article(PageInput(page.encode(), "text/html", BARE, NOW, SEEN, known))
    assert result.dates[0].evidence == "text"


WRITTEN = {
    "a dateline before a long paragraph": (f"<p>Marlow, 12.3.2026 – {PROSE[0]}</p>", TITLE, "2026-03-12"),
    "the last part of the title": ("", f"{TITLE} | Marlow Post | 12.03.2026", "2026-03-12"),
    "the same with a time": ("", f"{TITLE} : 12.03.2026, 10.19 Uhr", "2026-03-12"),
    "a day in the title's words": ("", f"{TITLE} before 12.03.2026", None),
}


@pytest.mark.parametrize(("before", "title", "day"), WRITTEN.values(), ids=WRITTEN.keys())
def test_days_in_datelines_and_titles(before: str, title: str, day: str | None) -> None:
    page = html(f"<main><article><h1>{TITLE}</h1>{before}{paragraphs()}</article></main>", title=title)
    (first, *_) = derive(page, url=BARE).dates
    assert (first.stated if first.evidence == "text" else None) == day


DAYS = [
    ("2026-03-17T23:30:00-05:00", "", "2026-03-17"),
    ("2026-03-18T03:30:00Z", "<time>March 17, 2026</time>", "2026-03-17"),
    ("2026-03-16T23:00:00Z", "", "2026-03-17"),
    ("2026-03-17T12:00:00Z", "", "2026-03-17"),
]


@pytest.mark.parametrize(("language", "day"), [("de", "2026-03-17"), ("en", "2026-03-16")])
def test_a_midnight_in_central_europe_begins_the_next_day(language: str, day: str) -> None:
    # 23:00 sharp may be a time elsewhere; where it is midnight, the shown day is only UTC's.
    body = f"<article><h1>{TITLE}</h1><time>16.3.2026</time>{paragraphs()}</article>"
    assert derive(html(body, jsonld("2026-03-16T23:00:00Z"), language), url=BARE).dates[0].stated == day


@pytest.mark.parametrize(("stated", "before", "day"), DAYS)
def test_the_day_is_the_publishers(stated: str, before: str, day: str) -> None:
    result = derive(article_page(jsonld(stated), before), url=BARE)
    assert result.dates[0].stated == day
