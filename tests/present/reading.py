"""The report as a reader has it: the page as a tree, and the words in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

from lxml import etree, html

from tasks.present.report import write_report
from tests.present.newsroom import Newsroom

Fill = Callable[[Newsroom], None]


def report(data: Path, fill: Fill | None = None) -> Any:
    """The report on a database, as an HTML tree."""
    with Newsroom(data) as room:
        if fill:
            fill(room)
    return html.fromstring(write_report(data).read_text(encoding="utf-8"))


def words(node: Any) -> str:
    """The text of a node, one space between words and between the cells of a table."""
    markup = etree.tostring(node, encoding="unicode", with_tail=False)
    apart = re.sub(r"<(?=/?(?:td|th|small)\b)", " <", markup)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", apart)).split())


def find(tree: Any, path: str) -> str:
    """The text of the one node that the path finds."""
    (node,) = tree.xpath(path)
    return words(node)
