"""Where in topics.yaml a place of a query is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import yaml

_BLOCK_STYLES = (">", "|")
_QUOTES = ("'", '"')


def place_in_file(path: Path, keys: Sequence[str | int], position: int) -> str:
    """`line 12 of the file, column 9` for the 1-based `position` in the text at `keys`; empty where that is one line.

    YAML folds lines, so lines of a query are not those of the file. All that is no white space stays in its order.
    """
    text = path.read_text(encoding="utf-8")
    node = _node(yaml.compose(text, Loader=yaml.SafeLoader), keys)
    if node is None or node.start_mark.line == node.end_mark.line:
        return ""
    begin, end = node.start_mark.index, node.end_mark.index
    if node.style in _BLOCK_STYLES:
        begin = text.index("\n", begin)
    elif node.style in _QUOTES:
        begin, end = begin + 1, end - 1
    shown = [index for index in range(begin, end) if not text[index].isspace()]
    if "".join(text[index] for index in shown) != "".join(node.value.split()):
        index = node.start_mark.index  # escapes: where the query begins must do
    else:
        before = len("".join(node.value[: position - 1].split()))
        index = next(islice(shown, before, None), shown[-1] + 1 if shown else begin)
    return f"line {text.count(chr(10), 0, index) + 1} of the file, column {index - text.rfind(chr(10), 0, index)}"


def _node(node: yaml.Node | None, keys: Sequence[str | int]) -> yaml.ScalarNode | None:
    """The text at a path of keys and numbers."""
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            node = next((value for name, value in node.value if name.value == key), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int):
            node = node.value[key] if key < len(node.value) else None
        else:
            return None
    return node if isinstance(node, yaml.ScalarNode) else None
