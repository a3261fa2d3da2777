"""Commands on topics: `topics list`, `test`, `diff` and `review`, and `retag`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from flows import environment
from flows.cli_shared import INTERRUPTED, QueryCommand, checked_config, folders, published, require_data
from tasks.present import progress
from tasks.present.terminal import console
from tasks.settings import Config
from tasks.store.publish import published_path
from tasks.store.published import reading
from tasks.store.state import locked

QUERY_SHOWN = 80
"""Characters of a query that the list shows."""

app = typer.Typer(no_args_is_help=True, help="The topics that are watched for.")


@app.callback()
def _topics() -> None:
    """The topics that are watched for."""


@app.command("list")
def list_topics(context: typer.Context) -> None:
    """Every topic with its version, its matches, its model and its query.

    Example: newsdesk topics list
    """
    where = folders(context)
    from flows.configuration import topic_versions
    from flows.topic_sources import unknown_sources

    matches = _matches(where.data)
    config = checked_config(where)
    models = _models(config)
    table = Table("topic", "name", "version", "min_score", "articles", "texts", "stories", "model", "query")
    is_due = False
    for topic in topic_versions(config):
        found = matches.pop(topic.topic_id, _Matches())
        earlier = found.articles - found.by_version.get(topic.version, 0)
        count = f"{found.articles}" + (f", {earlier} by an earlier version" if earlier else "")
        is_due |= earlier > 0
        model = models.get(topic.topic_id, "")
        query = _shortened(topic.query)
        three_ways = (count, str(found.unique_texts), str(found.stories))
        table.add_row(topic.topic_id, topic.name, topic.version, f"{topic.min_score:g}", *three_ways, model, query)
    console().print(table, markup=False)
    for line in unknown_sources(config):
        print(line)
    if matches:
        print(f"No longer configured, but still with matches: {', '.join(sorted(matches))}.")
    if is_due or matches:
        print("newsdesk topics diff shows what the topics as they are now would change; newsdesk retag does it.")


@dataclass(frozen=True, slots=True)
class _Matches:
    """The published matches of one topic, counted three ways, and its articles by the version that matched."""

    articles: int = 0
    unique_texts: int = 0
    stories: int = 0
    by_version: Mapping[str, int] = field(default_factory=dict)


def _matches(data: Path) -> dict[str, _Matches]:
    """What each topic has; nothing where nothing is published yet."""
    path = published_path(data)
    if not path.exists():
        return {}
    query = """
        SELECT topic_id, count(*), count(DISTINCT text_id), count(DISTINCT story_id), histogram(topic_version)
        FROM article_topics JOIN articles USING (article_id) GROUP BY topic_id"""
    with reading(path) as connection:
        return {topic_id: _Matches(*counts) for topic_id, *counts in connection.execute(query).fetchall()}


def _shortened(query: str) -> str:
    """The beginning of a query; the whole is in topics.yaml and in the table `topics`."""
    line = " ".join(query.split())
    return line if len(line) <= QUERY_SHOWN else f"{line[: QUERY_SHOWN - 2]} …"


def _models(config: Config) -> dict[str, str]:
    """What to say of the topics' models."""
    from flows.configuration import topic_definitions
    from tasks.derive.topics import topic_version

    said = {}
    for definition in topic_definitions(config):
        if definition.model:
            same = definition.model.trained_for == topic_version(replace(definition, model=None))
            labels = definition.model.about + definition.model.not_about
            said[definition.topic_id] = f"{labels} labels" + ("" if same else ", of an earlier query")
    return said


@app.command("test", cls=QueryCommand)
def test_query(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="A query as topics.yaml has it.")],
    limit: Annotated[int, typer.Option(min=0, help="Titles to show of each kind.")] = 10,
    language: Annotated[str | None, typer.Option(metavar="CODE", help="Only articles in this language.")] = None,
    min_score: Annotated[float, typer.Option(min=0, max=1, help="The least score that counts.")] = 0.0,
) -> None:
    """Try a query on the stored articles before adopting it: how many match, the best and the doubtful ones.

    Example: newsdesk topics test '(prison* OR jail*) AND reform*' --min-score 0.5
    """
    path = published(folders(context))
    from flows.topic_trial import try_query
    from tasks.present.topics import print_trial

    with progress.showing():
        articles, hits = try_query(path, query, language)
    if language and not articles:
        print(
            f"No stored article is in the language {language!r}; expected a code such as en or pt-BR, as in articles."
        )
        return
    print_trial(console(), hits, articles, min_score, limit)


@app.command("diff")
def diff(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=0, help="Titles to show of each kind.")] = 10,
) -> None:
    """What the edited topics.yaml would add and drop over the stored articles; nothing is changed.

    Example: newsdesk topics diff --limit 20
    """
    where = folders(context)
    config, path = checked_config(where), published(where)
    from flows.topic_trial import differences
    from tasks.present.topics import print_difference

    with progress.showing():
        found = differences(path, config)
    for difference in found:
        print_difference(console(), difference, limit)
    if any(difference.added or difference.dropped for difference in found):
        print("Nothing has been changed; newsdesk retag does it.")


@app.command("review")
def review(
    context: typer.Context,
    topic: Annotated[str, typer.Argument(metavar="ID", help="The topic.")],
    sample: Annotated[int, typer.Option(min=1, help="Articles to label.")] = 40,
    seed: Annotated[int, typer.Option(help="Another number draws other articles.")] = 0,
    report: Annotated[bool, typer.Option(help="Only the figures and the model, from the labels there are.")] = False,
) -> None:
    """Label a sample of articles; then precision and recall with 95% intervals, and a model where labels are enough.

    Example: newsdesk topics review prison-reform --sample 60
    """
    where = folders(context)
    config, path = checked_config(where), published(where)
    from flows.topic_session import review_topic

    review_topic(config, path, topic, None if report else (sample, seed))


def retag(context: typer.Context) -> None:
    """Detect again on the stored text after topics changed; no network.

    Example: newsdesk retag
    """
    where = folders(context)
    checked_config(where)
    require_data(where)
    with locked(where.data):
        pass  # a busy or read-only folder is told before Prefect starts; the pass itself takes the lock again
    environment.prepare_pass(where.data)
    from flows.retag import retag as flow
    from tasks.present.topics import print_changes

    try:
        with progress.showing(), environment.needing_prefect(where.data):
            done = flow(str(where.config), str(where.data))
    except KeyboardInterrupt:
        print("newsdesk: interrupted; nothing was changed, the same command begins again", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    failed = [(item.article_id, item.error or "") for item in done.failed]
    changes = [(change.topic_id, change.added, change.dropped, change.kept) for change in done.changes]
    print_changes(console(), changes, done.articles, failed)
