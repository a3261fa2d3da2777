"""An Atom 1.0 feed (RFC 4287) for each active topic: its newest stories, copies folded, with the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment

from tasks import __version__
from tasks.present.figures import TopicFigures
from tasks.present.rendering import web_link, write_atomically
from tasks.present.stories import STORIES_IN_FEED, Story


def write_feeds(
    folder: Path, environment: Environment, topics: Sequence[TopicFigures], stories: Mapping[str, Sequence[Story]]
) -> None:
    """Write `TOPIC.xml` for each topic into `folder`, and remove the feeds of topics that are not among them."""
    folder.mkdir(parents=True, exist_ok=True)
    for topic in topics:
        write_atomically(folder / f"{topic.topic_id}.xml", render(environment, topic, stories.get(topic.topic_id, ())))
    active = {f"{topic.topic_id}.xml" for topic in topics}
    for feed in folder.glob("*.xml"):
        if feed.name not in active:
            feed.unlink(missing_ok=True)


def render(environment: Environment, topic: TopicFigures, stories: Sequence[Story]) -> str:
    """The feed as XML. Nothing in it depends on the time of writing: the same stories give the same bytes."""
    newest = sorted(stories, key=lambda story: story.recency)
    entries = [story for story in newest if story.recency <= STORIES_IN_FEED and web_link(story.url)]
    updated = max((story.updated_at for story in entries), default=topic.since)
    template = environment.get_template("feed.xml.j2")
    return template.render(topic=topic, stories=entries, updated=updated, version=__version__)
