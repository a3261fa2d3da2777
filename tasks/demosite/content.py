"""The demo world as data: publishers and articles, and what an edition of them shows on a given day.

Everything comes from `data/demo-site/`; nothing here knows about HTTP or HTML.
"""

import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Path_ = Annotated[str, Field(pattern=r"^/")]


class ContentError(ValueError):
    """A file of the demo site that does not hold what it should; the message names the file."""


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Feed(_Data):
    """A publisher's main feed: its format and address, and the ways in which it is awkward."""

    format: Literal["rss", "rss-content", "atom", "rdf", "json"]
    path: Path_
    slow: bool = False
    moved_from: Path_ | None = None
    tracking: str = ""
    permalinks: bool = True


class BrokenFeed(_Data):
    """A further feed of a publisher that is configured as a source but only answers an error status."""

    id: str
    name: str
    path: Path_
    status: int
    tags: tuple[str, ...] = ()


class Oddity(_Data):
    """A feed entry that does not lead to an article."""

    kind: Literal["missing", "pdf", "video", "private"]
    path: Path_
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
    article_path: Path_
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


class _FrontMatter(_Data):
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
class Story:
    """An article as it stands in its file; `body` is already the other article's where it is a copy."""

    publisher: Publisher
    slug: str
    matter: _FrontMatter
    body: str

    @property
    def key(self) -> str:
        """PUBLISHER/SLUG, the name by which `copy_of` refers to it."""
        return f"{self.publisher.id}/{self.slug}"


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


def local_time(publisher: Publisher, days_ago: int, clock: str, today: date, horizon: datetime) -> datetime:
    """When something appeared: so many days before `today`, and a day earlier if that is still to come."""
    moment = datetime.combine(today - timedelta(days=days_ago), time.fromisoformat(clock), publisher.timezone)
    while moment >= horizon:
        moment -= timedelta(days=1)
    return moment.replace(microsecond=0)


def parse_blocks(body: str) -> tuple[Block, ...]:
    """The blocks of a body: blank lines separate them; `## `, `> ` and `- ` mark what is no paragraph."""
    return tuple(_block([line.strip() for line in part.splitlines()]) for part in _parts(body))


def _parts(body: str) -> Iterator[str]:
    return (part for part in re.split(r"\n\s*\n", body.strip()) if part.strip())


def _block(lines: list[str]) -> Block:
    if lines[0].startswith("## "):
        return Block("subhead", (" ".join(lines)[3:],))
    if lines[0].startswith(">"):
        return Block("quote", (" ".join(line.lstrip("> ") for line in lines),))
    if lines[0].startswith("- "):
        items = [item.replace("\n", " ") for item in re.split(r"(?:^|\n)- ", "\n".join(lines)) if item]
        return Block("list", tuple(items))
    return Block("paragraph", (" ".join(lines),))


def load_publishers(root: Path) -> dict[str, Publisher]:
    """The publishers by id, in the order of the file.

    Raises ContentError where the file is missing, is not YAML or has other keys than `Publisher`.
    """
    path = root / "publishers.yaml"
    data = _yaml(path, _read(path))
    rows = data.get("publishers") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise ContentError(f"{path}: expected a list under 'publishers'")
    publishers = (_checked(path, Publisher.model_validate, row) for row in rows)
    return {publisher.id: publisher for publisher in publishers}


def load_stories(root: Path, publishers: Mapping[str, Publisher]) -> tuple[Story, ...]:
    """Every article file under `articles/`, in the order of publisher and slug, with copies filled in.

    Raises ContentError where a file does not parse, belongs to no publisher, copies an article that is not
    there, or revises a sentence that it does not have.
    """
    stories: dict[str, Story] = {}
    for path in sorted((root / "articles").glob("*/*.md")):
        if path.parent.name not in publishers:
            raise ContentError(f"{path}: no publisher '{path.parent.name}' in publishers.yaml")
        story = _story(path, publishers[path.parent.name])
        stories[story.key] = story
    return tuple(_filled(story, stories) for story in stories.values())


def _story(path: Path, publisher: Publisher) -> Story:
    match = re.fullmatch(r"---\n(.*?\n)---[ \t]*\n?(.*)", _read(path), re.DOTALL)
    if match is None:
        raise ContentError(f"{path}: expected front matter between two lines of '---'")
    matter = _checked(path, _FrontMatter.model_validate, _yaml(path, match[1]))
    return Story(publisher, path.stem, matter, match[2].strip())


def _filled(story: Story, stories: Mapping[str, Story]) -> Story:
    origin, seen = story, {story.key}
    while origin.matter.copy_of is not None:
        wanted = origin.matter.copy_of
        if wanted not in stories or wanted in seen:
            raise ContentError(f"{origin.key}: copy_of names no article that could be copied: '{wanted}'")
        seen.add(wanted)
        origin = stories[wanted]
    filled = Story(story.publisher, story.slug, story.matter, story.body or origin.body)
    revision = story.matter.revised
    missing = [old for old in (revision.replace if revision else ()) if old not in filled.body]
    if missing or not filled.body:
        what = f"revised.replace has text that the body lacks: '{missing[0]}'" if missing else "an empty body"
        raise ContentError(f"{story.key}: {what}")
    return filled


def articles_of(
    stories: tuple[Story, ...], edition: int, today: date, horizon: datetime, edited: datetime
) -> tuple[Article, ...]:
    """What `edition` shows of `stories`, newest first; `edited` is when the later edition came out."""
    shown = (story for story in stories if story.matter.edition <= edition)
    articles = [_article(story, edition, today, horizon, edited) for story in shown]
    return tuple(sorted(articles, key=lambda article: (article.published, article.slug), reverse=True))


def _article(story: Story, edition: int, today: date, horizon: datetime, edited: datetime) -> Article:
    matter, publisher = story.matter, story.publisher
    revision = matter.revised if edition > 1 and matter.revised else Revision()
    body = story.body
    for old, new in revision.replace.items():
        body = body.replace(old, new)
    published = local_time(publisher, matter.days_ago, matter.time, today, horizon)
    modified = edited.astimezone(publisher.timezone) if revision != Revision() else None
    return Article(
        publisher=publisher.id,
        slug=story.slug,
        path=publisher.article_path.format(
            slug=story.slug, section=slugify(matter.section), number=stable_number(story.slug)
        ),
        title=revision.title or matter.title,
        dek=revision.dek or matter.dek,
        authors=matter.authors,
        section=matter.section,
        tags=matter.tags,
        topics=matter.topics,
        comments=matter.comments,
        published=published,
        modified=modified,
        changed=edited if matter.edition > 1 else modified or published,
        blocks=parse_blocks(body),
        copy_of=matter.copy_of,
        credit=matter.credit,
        edition=matter.edition,
        paywalled=matter.paywalled,
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError(f"{path}: cannot be read: {error}") from error


def _yaml(path: Path, text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ContentError(f"{path}: not YAML: {error}") from error


def _checked[T](path: Path, validate: Callable[[Any], T], data: Any) -> T:
    try:
        return validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ContentError(f"{path}: {key}: {first['msg']}") from error
