"""The types of the demo world: publishers with their feeds, and articles as files and as shown."""

import re
import unicodedata
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
UrlPath = Annotated[str, Field(pattern=r"^/")]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Feed(_Data):
    """A publisher's main feed: its format and address, and the ways in which it is awkward."""

    format: Literal["rss", "rss-content", "atom", "rdf", "json"]
    path: UrlPath
    slow: bool = False
    moved_from: UrlPath | None = None
    tracking: str = ""
    permalinks: bool = True


class BrokenFeed(_Data):
    """A further feed of a publisher that is configured as a source but only answers an error status."""

    id: str
    name: str
    path: UrlPath
    status: int
    tags: tuple[str, ...] = ()


class Oddity(_Data):
    """A feed entry that does not lead to an article."""

    kind: Literal["missing", "pdf", "video", "private"]
    path: UrlPath
    title: str
    text: str
    days_ago: int
    time: ClockTime


class Publisher(_Data):
    """One invented publisher: who it is, what its addresses look like, and its feeds."""

    id: str
    name: str
    domain: str
    city: str
    tagline: str
    language: Literal["en", "es", "pt", "fr"]
    country: str
    utc_offset: Annotated[str, Field(pattern=r"^[+-]\d\d:\d\d$")]
    theme: str
    accent: str
    title_suffix: str
    role: str
    caption: str
    article_path: UrlPath
    sections: tuple[str, ...]
    tags: tuple[str, ...]
    feed: Feed
    robots: str
    more_feeds: tuple[BrokenFeed, ...] = ()
    oddities: tuple[Oddity, ...] = ()

    @property
    def timezone(self) -> tzinfo:
        """The fixed offset of the publisher's local time."""
        sign = -1 if self.utc_offset.startswith("-") else 1
        hours, minutes = self.utc_offset[1:].split(":")
        return timezone(sign * timedelta(hours=int(hours), minutes=int(minutes)))


class Comment(_Data):
    """A reader's comment under an article."""

    name: str
    text: str


class Revision(_Data):
    """How an article differs from the second edition on."""

    title: str | None = None
    dek: str | None = None
    replace: dict[str, str] = {}


class FrontMatter(_Data):
    title: str
    dek: str = ""
    authors: tuple[str, ...] = ()
    days_ago: Annotated[int, Field(ge=0, le=13)]
    time: ClockTime
    section: str
    tags: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    comments: tuple[Comment, ...] = ()
    copy_of: str | None = None
    credit: str | None = None
    edition: int = 1
    revised: Revision | None = None
    paywalled: bool = False


@dataclass(frozen=True)
class Block:
    """A paragraph, subhead, pull quote or list of a body; only a list has more than one line."""

    kind: Literal["paragraph", "subhead", "quote", "list"]
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Article:
    """An article as one edition shows it, with its times as the publisher states them.

    `changed` is when the site last changed on its account, which for an article that is new in a later
    edition is after it was published.
    """

    publisher: str
    slug: str
    path: str
    title: str
    dek: str
    authors: tuple[str, ...]
    section: str
    tags: tuple[str, ...]
    topics: tuple[str, ...]
    comments: tuple[Comment, ...]
    published: datetime
    modified: datetime | None
    changed: datetime
    blocks: tuple[Block, ...]
    copy_of: str | None
    credit: str | None
    edition: int
    paywalled: bool

    @property
    def number(self) -> int:
        """The five-digit number in the addresses and pictures of this article."""
        return stable_number(self.slug)


def stable_number(slug: str) -> int:
    """A five-digit number that is the same for a slug on every machine."""
    return 10000 + zlib.crc32(slug.encode()) % 90000


def slugify(text: str) -> str:
    """`text` as lower-case ASCII words with hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
