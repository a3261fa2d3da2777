"""The frozen types that cross from one room to another.

All times are naive UTC datetimes; offsets are in characters; ids are the 16 hexadecimal digits of `tasks.urls.make_id`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What a source's address leads to."""

    FEED = "feed"
    PAGE = "page"
    SITEMAP = "sitemap"
    ARTICLE = "article"


class Outcome(StrEnum):
    """How a page (or the request for a feed) ended. Every URL ends in exactly one of these."""

    PENDING = "pending"
    ARTICLE = "article"
    DUPLICATE = "duplicate"
    """The page is another address of an article that is already known."""
    HTTP_ERROR = "http_error"
    TIMEOUT = "timeout"
    TOO_LARGE = "too_large"
    ROBOTS = "robots"
    NOT_HTML = "not_html"
    TOO_SHORT = "too_short"
    BLOCKED_HOST = "blocked_host"
    """The address is not public and no `allow_private_hosts` entry opens it."""
    BAD_URL = "bad_url"
    CONNECT_ERROR = "connect_error"
    """DNS, TCP or TLS failed, or the exchange broke off."""
    TOO_MANY_REDIRECTS = "too_many_redirects"
    REDIRECTED_AWAY = "redirected_away"
    """A redirect led to something else than the article: a front page, a login, a consent, a common substitute."""
    EXTRACT_FAILED = "extract_failed"
    ARCHIVE_DAMAGED = "archive_damaged"
    """Its record in the archive is not whole, or of another page; only of a page that is no article yet."""
    GAVE_UP = "gave_up"


TEMPORARY = frozenset({Outcome.TIMEOUT, Outcome.CONNECT_ERROR, Outcome.REDIRECTED_AWAY, Outcome.ARCHIVE_DAMAGED})
"""Outcomes that a later pass tries again; `http_error` is temporary or not by its status (see `is_temporary`)."""


def is_temporary(outcome: Outcome, http_status: int | None) -> bool:
    """Whether a later attempt at the same URL may end better."""
    if outcome is Outcome.HTTP_ERROR:
        return http_status in (408, 425, 429) or (http_status or 0) >= 500
    return outcome in TEMPORARY


@dataclass(frozen=True, slots=True)
class Source:
    """A configured source, as `sources.yaml` has it."""

    source_id: str
    name: str
    url: str
    kind: Kind | None = None
    country: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    interval: timedelta | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed. `entry_id` is the feed's own id for it, else its URL; `url` is absolute and cleaned."""

    entry_id: str
    url: str
    title: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    authors: tuple[str, ...] = ()
    summary: str | None = None
    """Plain text of the entry's short description."""
    content_html: str | None = None
    """The entry's full content, where the feed carries one; HTML as the publisher wrote it, not sanitised."""
    tags: tuple[str, ...] = ()
    image_url: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """A parsed feed document. `ttl` is the feed's own wish for the time between two polls."""

    title: str | None
    entries: tuple[Entry, ...]
    ttl: timedelta | None = None
    language: str | None = None
    site_url: str | None = None
    skipped: int = 0
    """Entries without an http or https address, which are left out."""


@dataclass(frozen=True, slots=True)
class PollState:
    """What the pipeline remembers of a source between polls."""

    source_id: str
    configured_url: str
    """The address in `sources.yaml` that this state belongs to; when the user changes it, the state starts anew."""
    url: str
    """The address to poll: the configured one, or where it has moved for good."""
    kind: Kind | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    interval: timedelta | None = None
    next_poll_at: datetime | None = None
    last_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    last_full_at: datetime | None = None
    """When a whole body was last read: a server that answers 304 for ever is found out by asking without validators."""
    consecutive_failures: int = 0
    last_http_status: int | None = None
    last_error: str | None = None
    last_outcome: str | None = None
    moved_to: str | None = None
    moves_seen: int = 0
    robots: tuple[RobotsFile, ...] = ()
    """The robots.txt files of its host that are known, where its kind needs them; they are kept by host."""


class PollOutcome(StrEnum):
    """How one poll of a source ended."""

    OK = "ok"
    UNCHANGED = "unchanged"
    GONE = "gone"
    NOT_A_FEED = "not_a_feed"
    FAILED = "failed"
    """The request itself failed; `Poll.error` begins with the `Outcome` that says how."""


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll of one source: the row for `polls`, the entries it showed, and the state it leaves behind."""

    source_id: str
    polled_at: datetime
    outcome: PollOutcome
    state: PollState
    http_status: int | None = None
    entries: tuple[Entry, ...] = ()
    bytes: int = 0
    duration_ms: int = 0
    error: str | None = None
    waits: tuple[HostWait, ...] = ()
    """Hosts that asked to wait while this poll was made; to be kept with it."""
    robots: tuple[RobotsFile, ...] = ()
    """robots.txt files that were fetched for it; likewise."""


@dataclass(frozen=True, slots=True)
class RobotsFile:
    """What a host's robots.txt said, kept from pass to pass. `origin` is scheme, host and port."""

    origin: str
    body: str
    fetched_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class HostWait:
    """A host (as `tasks.urls.host` names it) that asked by Retry-After not to be asked again before `until`."""

    host: str
    until: datetime
    http_status: int
    noted_at: datetime


@dataclass(frozen=True, slots=True)
class PageRef:
    """A page to fetch."""

    page_id: str
    url: str
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class SiteProfile:
    """What the state knows about a page's site from its other pages."""

    blocks: frozenset[int] = frozenset()
    """The paragraphs that many of its pages share, by `tasks.derive.blocks.block_id`."""
    usual_age: timedelta | None = None
    """How old most of its pages are at most when they are fetched; None where too few are known."""


UNKNOWN_SITE = SiteProfile()


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """A page whose bytes lie in the archive, with what feeds said about it; or one of which only a feed has the text.

    Of the latter, `failure` says why, and there is no record in the archive.
    """

    page_id: str
    url: str
    final_url: str
    http_status: int | None
    fetched_at: datetime
    warc_file: str
    """Relative to the data folder."""
    warc_offset: int
    attempts: int = 1
    hint: Entry | None = None
    """What a feed says about this page, as evidence for title, date and authors."""
    source_id: str | None = None
    """The source that showed it first."""
    archived: bool = True
    """False where the record is only a spool that goes when the pass ends (`archive.enabled: false`)."""
    profile: SiteProfile = UNKNOWN_SITE
    is_substitute: bool = False
    """Whether a redirect has led to an address to which many different articles are redirected."""
    next_attempt_at: datetime | None = None
    """When to try again, should a redirect have led away from the article, or its record be damaged; None where the
    attempts are used up."""
    failure: FailedPage | None = None
    """Why the page cannot be had, where the article is to be made from the feed's own full content."""


@dataclass(frozen=True, slots=True)
class FailedPage:
    """A page that gave nothing to derive from, and why."""

    page_id: str
    url: str
    outcome: Outcome
    fetched_at: datetime
    attempts: int = 1
    http_status: int | None = None
    final_url: str | None = None
    error: str | None = None
    next_attempt_at: datetime | None = None
    """When to try again; None where the outcome is final."""
    waits: tuple[HostWait, ...] = ()
    """Hosts that asked to wait while it was fetched; to be kept with it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One place where a topic's query matched: `text[start:end]` of the named field."""

    field: str
    term: str
    start: int
    end: int
    sentence: str


@dataclass(frozen=True, slots=True)
class TopicMatch:
    """An article that matches a topic, how strongly (0..1), and every reason."""

    topic_id: str
    topic_version: str
    score: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A country that an article is about."""

    country: str
    """ISO 3166-1 alpha-2."""
    mentions: int
    """In title and text: by its name, its big cities or its people."""
    in_title: bool


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as `topics.yaml` defines it; `version` is the hash of that definition."""

    topic_id: str
    version: str
    name: str
    query: str
    min_score: float
    model: str | None = None
    """The fingerprint of the relevance model that decides beside the query; None where the query alone does."""


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as the database has it, with what queries can ask of its source."""

    article_id: str
    url: str
    site: str
    title: str
    text: str
    language: str | None
    source_id: str | None
    country: str | None
    """The source's, ISO 3166-1 alpha-2."""
    published_at: datetime
    content_hash: str
    text_id: str
    story_id: str
    tags: tuple[str, ...]
    """The article's and the source's."""
    authors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What copies of a text, and other texts on the same event, are recognised by; unsigned 32-bit numbers."""

    signature: tuple[int, ...] = ()
    """See `tasks.derive.minhash`."""
    terms: tuple[int, ...] = ()
    weights: tuple[float, ...] = ()
    """Of the terms, in the same order; see `tasks.derive.storyterms`."""
    details: tuple[int, ...] = ()
    """Names and numbers, 16 bits each; see `tasks.derive.details`."""


@dataclass(frozen=True, slots=True)
class DateCandidate:
    """One piece of evidence for the day of publication.

    `value` is naive UTC; `stated` is the day on the publisher's own calendar, ISO 8601.
    """

    evidence: str
    value: datetime
    stated: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Article:
    """What a page says, cleaned. `published_from` names the evidence behind `published_at`."""

    article_id: str
    url: str
    site: str
    title: str
    text: str
    excerpt: str
    published_at: datetime
    published_from: str
    language: str | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    image_url: str | None = None
    word_count: int = 0
    original_source: str | None = None
    access: str = "unknown"
    text_from: str = "page"
    content_hash: str = ""
    page_hash: str = ""
    """The content hash of the text with the paragraphs that the site's pages share; empty: the same as without."""
    fingerprint: Fingerprint = Fingerprint()


@dataclass(frozen=True, slots=True)
class Derived:
    """What derive made of one page: an article with its matches, or a named outcome."""

    page: FetchedPage
    outcome: Outcome
    article: Article | None = None
    canonical_url: str | None = None
    matches: tuple[TopicMatch, ...] = ()
    error: str | None = None
    dates: tuple[DateCandidate, ...] = ()
    """All evidence for the article's date, the most believable first."""
    blocks: tuple[int, ...] = ()
    """The page's short paragraphs, as `SiteProfile.blocks` knows them."""
    places: tuple[Place, ...] = ()
    """The countries that the article is about, the one that is mentioned most first."""


@dataclass(slots=True)
class Counts:
    """The counts of `run --json`, added up while a pass runs."""

    sources_polled: int = 0
    sources_unchanged: int = 0
    sources_failed: int = 0
    entries_new: int = 0
    pages_fetched: int = 0
    pages_failed: int = 0
    articles_new: int = 0
    articles_updated: int = 0
    topic_matches: int = 0
    stories_new: int = 0


@dataclass(slots=True)
class RunSummary:
    """One finished pass, as it is printed and kept."""

    run_id: str
    flow: str
    started_at: datetime
    duration_s: float = 0.0
    counts: Counts = field(default_factory=Counts)
    published: bool = False


@dataclass(slots=True)
class Changes:
    """What a replay changed, added up while it runs."""

    articles_changed: int = 0
    articles_new: int = 0
    articles_gone: int = 0
    """Articles that today's code finds none in; they are kept, and `pages.error` says why."""
    revisions: int = 0
    """Of the changed articles, those whose title or text differs."""
    matches_gained: int = 0
    matches_lost: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    """Changed articles by the field that differs."""
    outcomes: dict[str, int] = field(default_factory=dict)
    """What the pages gave this time, by outcome."""
    unreadable: int = 0
    """Pages whose archive file is missing."""
    damaged: dict[str, int] = field(default_factory=dict)
    """Pages whose record is not whole or of another page, by archive file; they stay as they are."""

    def add(self, other: Changes) -> None:
        """Add what one more commit changed."""
        for name in ("articles_changed", "articles_new", "articles_gone", "revisions", "unreadable"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.matches_gained += other.matches_gained
        self.matches_lost += other.matches_lost
        for name in ("fields", "outcomes", "damaged"):
            ours, theirs = getattr(self, name), getattr(other, name)
            for key, number in theirs.items():
                ours[key] = ours.get(key, 0) + number


@dataclass(slots=True)
class Filled:
    """What a backfill did besides its run's counts."""

    records: int = 0
    """Records of WARC files that were read."""
    skipped: dict[str, int] = field(default_factory=dict)
    """Records, or addresses of a list, that gave no page, by reason."""
    problems: list[str] = field(default_factory=list)
    """A line for every damaged place, file that could not be read and address that is none."""
    files_done: int = 0
    files_known: int = 0
    """WARC files that an earlier backfill had read to the end."""
    files_broken: int = 0
    """Files that could not be read, or that hold no WARC record."""
