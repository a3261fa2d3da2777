"""Sources that topics name and nobody has configured."""

from __future__ import annotations

from collections.abc import Iterator

from flows.configuration import topic_definitions
from tasks.derive.automaton import wildcard_regex
from tasks.derive.definitions import parsed_queries
from tasks.derive.query_tree import And, Node, Not, Or, Value
from tasks.settings import Config


def unknown_sources(config: Config) -> list[str]:
    """A line for each topic with `source:` values that no id in sources.yaml has.

    No mistake in itself: articles of a source that has left are still stored.
    """
    known = [source.source_id for source in config.sources]
    lines = []
    for definition in topic_definitions(config):
        named = {value.pattern for _, node in parsed_queries(definition) for value in _sources(node)}
        missing = sorted(name for name in named if not any(map(wildcard_regex(name).fullmatch, known)))
        if missing:
            lines.append(f"{definition.topic_id}: no source in sources.yaml has the id {', '.join(missing)}.")
    return lines


def _sources(node: Node) -> Iterator[Value]:
    match node:
        case Value(field="source"):
            yield node
        case And(nodes) | Or(nodes):
            for child in nodes:
                yield from _sources(child)
        case Not(inner):
            yield from _sources(inner)
