"""The configuration as the flows need it: read, checked, and its topics in derive's own form."""

from __future__ import annotations

from pathlib import Path

from flows.topic_lines import place_in_file
from tasks.derive.query import QueryError, parse_query
from tasks.derive.relevance import RelevanceModel
from tasks.derive.topics import TopicDefinition, topic_version
from tasks.model import Topic
from tasks.settings import Config, ConfigError, TopicEntry, load_config


def load_checked(folder: Path) -> Config:
    """The configuration with every topic query parsed; raises ConfigError with one line that names file and key."""
    config = load_config(folder)
    for number, topic in enumerate(config.topics):
        for key, query in _queries(topic):
            try:
                parse_query(query)
            except QueryError as error:
                path = folder / "topics.yaml"
                place = place_in_file(path, ("topics", number, *key.split(".")), error.position) or error.place
                raise ConfigError(f"{path}: topics[{number}] ({topic.id}).{key}: {error.at(place)}") from error
    for topic_id, text in config.models.items():
        try:
            RelevanceModel.from_json(text)
        except ValueError as error:
            raise ConfigError(f"{model_path(config, topic_id)}: {error}; train it again, or remove it") from error
    return config


def model_path(config: Config, topic_id: str) -> Path:
    """Where the relevance model of a topic lies, if it has one."""
    return config.folder / "models" / f"{topic_id}.json"


def labels_path(config: Config, topic_id: str) -> Path:
    """Where the labels of a topic lie, if it has any."""
    return config.folder / "labels" / f"{topic_id}.jsonl"


def topic_definitions(config: Config) -> tuple[TopicDefinition, ...]:
    """The topics as the matcher takes them."""
    return tuple(_definition(topic, config.models.get(topic.id)) for topic in config.topics)


def topic_versions(config: Config) -> tuple[Topic, ...]:
    """The topics as the `topics` table keeps them."""
    pairs = zip(config.topics, topic_definitions(config), strict=True)
    return tuple(
        Topic(
            topic.id,
            topic_version(definition),
            topic.name,
            _shown_query(topic),
            topic.min_score,
            definition.model.fingerprint() if definition.model else None,
        )
        for topic, definition in pairs
    )


def _definition(topic: TopicEntry, model: str | None) -> TopicDefinition:
    queries = tuple(sorted(topic.queries.items()))
    trained = RelevanceModel.from_json(model) if model is not None else None
    return TopicDefinition(topic.id, topic.name, topic.query, topic.min_score, queries, trained)


def _queries(topic: TopicEntry) -> list[tuple[str, str]]:
    whole = [("query", topic.query)] if topic.query.strip() else []
    return whole + [(f"queries.{language}", query) for language, query in topic.queries.items()]


def _shown_query(topic: TopicEntry) -> str:
    """The query as one text; several languages' queries on a line each."""
    if not topic.queries:
        return " ".join(topic.query.split())
    return "\n".join(f"{key.removeprefix('queries.')}: {' '.join(query.split())}" for key, query in _queries(topic))
