"""The demo world as data: publishers and articles, and what an edition of them shows on a given day.

Everything comes from `data/demo-site/`; nothing here knows about HTTP or HTML.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from tasks.demosite.model import Article, Block, FrontMatter, Publisher, Revision, slugify, stable_number

T = TypeVar("T")


class ContentError(ValueError):
    """A file of the demo site that does not hold what it should; the message names the file."""


@dataclass(frozen=True)
class Story:
    """An article as it stands in its file; `body` is already the other article's where it is a copy."""

    publisher: Publisher
    slug: str
    matter: FrontMatter
    body: str

    @property
    def key(self) -> str:
        """PUBLISHER/SLUG, the name by which `copy_of` refers to it."""
        return f"{self.publisher.id}/{self.slug}"


@dataclass(frozen=True)
class Calendar:
    """The day the site is made for, and the two moments that its dates depend on.

    From `horizon` on everything is still to come: nothing is published then or later. `edited` is when the
    second edition came out.
    """

    today: date
    horizon: datetime
    edited: datetime

    def moment(self, publisher: Publisher, days_ago: int, clock: str) -> datetime:
        """`clock` of the publisher's day so many days ago, or of the day before where that is yet to come."""
        day = self.today - timedelta(days=days_ago)
        moment = datetime.combine(day, time.fromisoformat(clock), publisher.timezone)
        while moment >= self.horizon:
            moment -= timedelta(days=1)
        return moment


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
    matter = _checked(path, FrontMatter.model_validate, _yaml(path, match[1]))
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


def articles_of(stories: Iterable[Story], edition: int, calendar: Calendar) -> tuple[Article, ...]:
    """What `edition` shows of `stories`, newest first."""
    articles = [_article(story, edition, calendar) for story in stories if story.matter.edition <= edition]
    return tuple(sorted(articles, key=lambda article: (article.published, article.slug), reverse=True))


def _article(story: Story, edition: int, calendar: Calendar) -> Article:
    matter, publisher = story.matter, story.publisher
    revision = matter.revised if edition > 1 and matter.revised else Revision()
    body = story.body
    for old, new in revision.replace.items():
        body = body.replace(old, new)
    published = calendar.moment(publisher, matter.days_ago, matter.time)
    modified = calendar.edited.astimezone(publisher.timezone) if revision != Revision() else None
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
        changed=calendar.edited if matter.edition > 1 else modified or published,
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


def _checked(path: Path, validate: Callable[[Any], T], data: Any) -> T:
    try:
        return validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ContentError(f"{path}: {key}: {first['msg']}") from error
