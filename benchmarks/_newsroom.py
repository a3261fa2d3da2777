"""A made-up newsroom for measuring the store: articles that look like news to it, as many as are asked for."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from tasks import urls
from tasks.derive.details import details
from tasks.derive.fingerprint import content_hash
from tasks.derive.minhash import signature
from tasks.derive.storyterms import story_terms
from tasks.model import Article, Derived, Entry, FetchedPage, Fingerprint, Outcome, Poll, PollOutcome, PollState
from tasks.store import load
from tasks.store.state import Connection

START = datetime(2026, 1, 1)
ARTICLES_A_DAY = 720
SPAN = 20
"""Days by which a collection is put before itself, more than it spans."""
_VOCABULARY = 200_000
_WORDS = 450
"""Words in a text: 2.7 kB."""
_NAMES = 8
"""Rare words by which the two articles on one event are known."""
_SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu")


def made_article(url: str, title: str, text: str, language: str | None, published_at: datetime) -> Derived:
    """A page that is this article."""
    article = Article(
        article_id=urls.page_id(url),
        url=url,
        site=urls.site(url),
        title=title,
        text=text,
        excerpt=text[:200],
        published_at=published_at,
        published_from="jsonld",
        language=language,
        word_count=text.count(" ") + 1,
        content_hash=content_hash(text),
        fingerprint=Fingerprint(signature(text), *story_terms(title, text, language), details(text)),
    )
    page = FetchedPage(article.article_id, url, url, 200, published_at, "archive/made.warc.gz", 0)
    return Derived(page, Outcome.ARTICLE, article, url)


def stream(first: int, number: int) -> list[Derived]:
    """Articles `first` to `first + number - 1` of an endless stream: two on each event, and a tenth of them copies."""
    return [_streamed(place) for place in range(first, first + number)]


def store(connection: Connection, derived: Sequence[Derived]) -> None:
    """A feed shows them, and they become articles."""
    shown = tuple(Entry(item.page.url, item.page.url, "A title") for item in derived)
    state = PollState("made", "https://made.example/feed", "https://made.example/feed")
    load.commit_polls(connection, "run", [Poll("made", START, PollOutcome.OK, state, entries=shown)])
    load.commit_derived(connection, derived)


def deepen(connection: Connection, times: int, days: int) -> None:
    """Put the whole collection before itself, each time by so many days, until it is so many times as large.

    With 0 days there is so much more news on each day: other articles with other names in them, in the same words.
    """
    for table, columns in (_SHIFTED | (_CROWDED if days == 0 else {})).items():
        connection.execute(f"CREATE OR REPLACE TEMP TABLE present AS FROM {table}")
        connection.execute(f"DELETE FROM {table}")
        changes = ", ".join(f"{change} AS {column}" for column, change in columns.items())
        for ago in reversed(range(times)):
            connection.execute(
                f"INSERT INTO {table} SELECT * REPLACE ({changes}) FROM present", {"ago": ago, "days": days * ago}
            )
    connection.execute("CHECKPOINT")


def _streamed(place: int) -> Derived:
    is_copy = place > 0 and place % 10 == 0
    event, writer = random.Random(place // 2 - is_copy), random.Random(place - is_copy)
    names = [_word(event.randrange(_VOCABULARY)).title() for _ in range(_NAMES)]
    words = [_word(int(_VOCABULARY * writer.random() ** 4)) for _ in range(_WORDS)]
    for _ in range(3 * _NAMES):
        words[writer.randrange(_WORDS)] = writer.choice(names)
    if is_copy:
        words[0] = "Copied"
    published_at = START + timedelta(days=place / ARTICLES_A_DAY)
    return made_article(
        f"https://site{place % 97}.example/{place}", " ".join(names[:5]), " ".join(words), "en", published_at
    )


def _word(number: int) -> str:
    """The same made-up word for the same number."""
    word = ""
    while number:
        number, rest = divmod(number, len(_SYLLABLES))
        word += _SYLLABLES[rest]
    return word + "n"


def _other(column: str) -> str:
    return f"CASE WHEN $ago = 0 THEN {column} ELSE left(sha256({column} || $ago), 16) END"


def _earlier(column: str) -> str:
    return f"{column} - to_days(CAST($days AS INTEGER))"


_SHIFTED = {
    "entries": {"page_id": _other("page_id"), "first_seen_at": _earlier("first_seen_at")},
    "pages": {
        "page_id": _other("page_id"),
        "article_id": _other("article_id"),
        "first_seen_at": _earlier("first_seen_at"),
    },
    "articles": {
        "article_id": _other("article_id"),
        "text_id": _other("text_id"),
        "story_id": _other("story_id"),
        "published_at": _earlier("published_at"),
        "fetched_at": _earlier("fetched_at"),
    },
    "stories": {
        "story_id": _other("story_id"),
        "origin_article_id": _other("origin_article_id"),
        "first_published_at": _earlier("first_published_at"),
        "last_published_at": _earlier("last_published_at"),
    },
}
# The heaviest terms of a text are the names of its event.
_CROWDED = {
    "pipeline.texts": {
        "text_id": _other("text_id"),
        "story_id": _other("story_id"),
        "signature": "list_transform(signature, lambda band: CAST(xor(band, $ago * 16843009) AS UINTEGER))",
        "terms": f"""list_transform(terms, lambda term, place:
            CASE WHEN place <= {_NAMES} THEN CAST(xor(term, $ago * 65537) AS UINTEGER) ELSE term END)""",
        "published_at": _earlier("published_at"),
    }
}
