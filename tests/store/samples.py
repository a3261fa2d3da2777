"""A newsroom in a few words: what feeds show and what pages become, with defaults for all that a test does not mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tasks import urls
from tasks.model import (
    Article,
    Derived,
    Entry,
    Evidence,
    FailedPage,
    FetchedPage,
    Outcome,
    Poll,
    PollOutcome,
    PollState,
    Source,
    TopicMatch,
)
from tasks.store import load, state, stories

NOW = datetime(2026, 3, 12, 12, 0)
HOUR = timedelta(hours=1)
SITE = "https://news.example"


def address(path: str) -> str:
    """A full address; a path stands for one at our usual site."""
    return path if "://" in path else f"{SITE}/{path}"


def source(source_id: str = "gazette", **fields: Any) -> Source:
    """A configured source."""
    return Source(source_id, fields.pop("name", source_id.title()), f"https://{source_id}.example/feed", **fields)


def entry(path: str, entry_id: str | None = None, **fields: Any) -> Entry:
    """What a feed shows of a page."""
    return Entry(entry_id or address(path), address(path), **{"title": "A title", **fields})


def poll(source_id: str, entries: Sequence[Entry] = (), at: datetime = NOW, **fields: Any) -> Poll:
    """A poll that went well, unless `outcome` says otherwise."""
    url = f"https://{source_id}.example/feed"
    outcome = fields.pop("outcome", PollOutcome.OK)
    known = {"last_poll_at": at, "last_success_at": at, "next_poll_at": at + HOUR, "last_outcome": outcome}
    stands = PollState(source_id, url, url, **{**known, **fields.pop("state", {})})
    return Poll(source_id, at, outcome, stands, entries=tuple(entries), **fields)


def fetched(path: str, at: datetime = NOW) -> FetchedPage:
    """A page in the archive."""
    url = address(path)
    return FetchedPage(urls.page_id(url), url, url, 200, at, "archive/one.warc.gz", 7)


def failed(path: str, outcome: Outcome, at: datetime = NOW, **fields: Any) -> FailedPage:
    """A page that could not be had."""
    return FailedPage(urls.page_id(address(path)), address(path), outcome, at, **fields)


def match(topic_id: str, score: float = 0.5) -> TopicMatch:
    """A topic match with one piece of evidence."""
    return TopicMatch(topic_id, "v1", score, (Evidence("title", "title", 2, 7, "A title"),))


def article(canonical: str, text: str, **fields: Any) -> Article:
    """An article; its hash is the text itself, so that equal texts are copies."""
    url = address(canonical)
    given = {
        "title": "A title",
        "excerpt": text[:50],
        "published_at": NOW,
        "published_from": "jsonld",
        "content_hash": text,
        **fields,
    }
    return Article(urls.page_id(url), url, urls.site(url), text=text, **given)


def derived(
    path: str,
    text: str | None = None,
    *,
    canonical: str | None = None,
    at: datetime = NOW,
    topics: Sequence[str] = (),
    **fields: Any,
) -> Derived:
    """A page that is an article: its own address is the canonical one, and its text is its address, unless given."""
    made = article(canonical or path, text or f"The text of {address(path)}", **fields)
    return Derived(fetched(path, at), Outcome.ARTICLE, made, made.url, tuple(match(topic) for topic in topics))


def too_short(path: str, at: datetime = NOW) -> Derived:
    """A page that was fetched and is no article."""
    return Derived(fetched(path, at), Outcome.TOO_SHORT, error="3 words of text")


class Desk:
    """A state database with short words for what happens to it."""

    def __init__(self, connection: state.Connection) -> None:
        self.connection = connection

    def show(self, source_id: str, *entries: Entry, at: datetime = NOW) -> int:
        """A feed shows entries; returns how many are new."""
        return load.commit_polls(self.connection, "run", [poll(source_id, entries, at)])

    def store(self, *pages: Derived) -> load.Loaded:
        """Pages become articles (or not)."""
        return load.commit_derived(self.connection, pages)

    def publish(self, *pages: Derived) -> load.Loaded:
        """The same for pages that no feed has shown before: one does now, and the pass ends."""
        self.show("gazette", *(Entry(page.page.url, page.page.url, "A title") for page in pages))
        loaded = self.store(*pages)
        self.settle()
        return loaded

    def settle(self) -> int:
        """What waits joins its stories, as at the end of a pass; returns how many stories are new."""
        return stories.settle(self.connection)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.connection.execute(query).fetchall()

    def row(self, query: str) -> tuple[Any, ...]:
        """The only row of a query."""
        (found,) = self.rows(query)
        return found

    def outcomes(self) -> dict[str, str]:
        """The outcome of each page, by the path of its address."""
        rows = self.rows("SELECT url, outcome FROM pages")
        return {url.removeprefix(f"{SITE}/"): outcome for url, outcome in rows}

    def due(self, at: datetime) -> list[str]:
        """The paths of the pages that a pass at this time would fetch, oldest first."""
        return [page.url.removeprefix(f"{SITE}/") for page in load.pending_pages(self.connection, at)]


@contextmanager
def desk(data: Path) -> Iterator[Desk]:
    """An open state database under `data`; a new one is a copy, which is there in a fifth of the time."""
    path = state.state_path(data)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_new_state())
    with state.open_state(data) as connection:
        yield Desk(connection)


@cache
def _new_state() -> bytes:
    with TemporaryDirectory() as folder:
        with state.open_state(Path(folder)):
            pass
        return state.state_path(Path(folder)).read_bytes()
