"""The evaluation's articles through the real store: how well their stories are found."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks import _newsroom as newsroom
from benchmarks._sites import EVAL
from tasks.model import Derived
from tasks.store import state, stories

_NO_DATE = datetime(2005, 1, 1)

Document = dict[str, Any]


def read_documents() -> tuple[list[Document], dict[str, str]]:
    """(articles, the cluster of each by id); none where the evaluation is absent."""
    folder = EVAL / "stories"
    if not folder.exists():
        return [], {}
    with gzip.open(folder / "docs.jsonl.gz", "rt", encoding="utf-8") as lines:
        documents = [json.loads(line) for line in lines]
    clusters = json.loads((folder / "clusters.json").read_text(encoding="utf-8"))
    return documents, {member: name for name, members in clusters.items() for member in members}


def joined(passes: Iterable[Sequence[Derived]]) -> dict[str, tuple[str, str]]:
    """By address, (story, text) of every article after these passes over a new database."""
    with tempfile.TemporaryDirectory() as folder, state.open_state(Path(folder)) as connection:
        for derived in passes:
            newsroom.store(connection, derived)
            stories.settle(connection)
        rows = connection.execute("SELECT url, story_id, text_id FROM articles").fetchall()
    return {url: (story, text) for url, story, text in rows}


def b_cubed(gold: Mapping[str, str], found: Mapping[str, str]) -> tuple[float, float, float]:
    """B-cubed precision, recall and F1 over the keys of `gold` (Bagga and Baldwin, 1998)."""
    true: defaultdict[str, set[str]] = defaultdict(set)
    said: defaultdict[str, set[str]] = defaultdict(set)
    for key in gold:
        true[gold[key]].add(key)
        said[found[key]].add(key)
    shared = {key: len(true[gold[key]] & said[found[key]]) for key in gold}
    precision = mean(shared[key] / len(said[found[key]]) for key in gold)
    recall = mean(shared[key] / len(true[gold[key]]) for key in gold)
    return precision, recall, 2 * precision * recall / (precision + recall)


def half(cluster: str) -> int:
    """0 or 1; two events of one kind (`ecbplus:12ecb`, `ecbplus:12ecbplus`) are in the same half."""
    kind = re.sub(r"(?<=\d)ecb(plus)?$", "", cluster)
    return int(hashlib.sha256(kind.encode()).hexdigest(), 16) % 2


def stories_in_order(documents: Sequence[Document], seed: int, size: int, dated: bool = True) -> dict[str, str]:
    """The story of each document by id. They arrive `size` at a time, in order of date, by chance within a date.

    Where not `dated`, they arrive by chance altogether, all with one time of publication.
    """
    order = [document if dated else {**document, "date": None} for document in documents]
    random.Random(seed).shuffle(order)
    order.sort(key=lambda document: document.get("date") or "")
    arriving = [_derived(document) for document in order]
    found = joined(arriving[start : start + size] for start in range(0, len(arriving), size))
    return {url.rsplit("/", 1)[1]: story for url, (story, _) in found.items()}


def _derived(document: Document) -> Derived:
    text = document["text"]
    title = document.get("title") or text.strip().split("\n")[0][:100]
    date = datetime.fromisoformat(document["date"]) if document.get("date") else _NO_DATE
    url = f"https://{document.get('source', 'site')}.example/{document['id']}"
    return newsroom.made_article(url, title, text, document.get("lang"), date)
