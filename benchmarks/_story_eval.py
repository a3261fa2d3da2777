"""The evaluation's articles through the real store: how well their stories and copies are found."""

from __future__ import annotations

import difflib
import gzip
import hashlib
import json
import random
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks import _newsroom as newsroom
from benchmarks._sites import EVAL
from tasks.model import Derived
from tasks.store import state, stories

PASS = 50
"""Articles that arrive in one pass of the evaluation."""
PAIRS = 2000
CHANGED = 0.15
"""Words of a copy that are changed, at most."""
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


def stories_in_order(documents: Sequence[Document], seed: int) -> dict[str, str]:
    """The story of each document by id. They arrive `PASS` at a time, in order of date, by chance within a date."""
    order = list(documents)
    random.Random(seed).shuffle(order)
    order.sort(key=lambda document: document.get("date") or "")
    arriving = [_derived(document) for document in order]
    found = joined(arriving[start : start + PASS] for start in range(0, len(arriving), PASS))
    return {url.rsplit("/", 1)[1]: story for url, (story, _) in found.items()}


def copies_found(documents: Sequence[Document], clusters: Mapping[str, str], seed: int) -> tuple[float, float, int]:
    """(precision, recall, pairs) over copies with 0 to `CHANGED` changed words, and other texts on the same event.

    Two texts of one event that are themselves copies (four fifths of their words in the same order) are left out. The
    pairs are weeks apart from one another, so that only the two of a pair are compared.
    """
    chance = random.Random(seed)
    pairs = [*_copies(documents, chance), *_others(documents, clusters, chance)]
    arriving = []
    for number, (_, *texts) in enumerate(pairs):
        day = datetime(2000, 1, 1) + timedelta(days=20 * number)
        arriving += [
            newsroom.made_article(f"https://pairs.example/{number}/{side}", "A title", text, "en", day)
            for side, text in enumerate(texts)
        ]
    found = joined([arriving])
    sides = [[found[f"https://pairs.example/{n}/{side}"][1] for side in (0, 1)] for n in range(len(pairs))]
    said = [one == other for one, other in sides]
    right = sum(is_copy and same for (is_copy, *_), same in zip(pairs, said, strict=True))
    return right / sum(said), right / sum(is_copy for is_copy, *_ in pairs), len(pairs)


def _copies(documents: Sequence[Document], chance: random.Random) -> list[tuple[bool, str, str]]:
    words = [word for document in documents for word in document["text"].split()]
    pairs = []
    for document in chance.choices(documents, k=PAIRS // 2):
        copy = document["text"].split()
        for place in chance.sample(range(len(copy)), round(chance.uniform(0, CHANGED) * len(copy))):
            copy[place] = chance.choice([chance.choice(words), "", f"{copy[place]} {chance.choice(words)}"])
        pairs.append((True, document["text"], " ".join(copy)))
    return pairs


def _others(
    documents: Sequence[Document], clusters: Mapping[str, str], chance: random.Random
) -> list[tuple[bool, str, str]]:
    events = defaultdict(list)
    for document in documents:
        events[clusters[document["id"]]].append(document["text"])
    pairs = [pair for texts in events.values() for pair in combinations(texts, 2)]
    chance.shuffle(pairs)
    others = [(False, *pair) for pair in pairs[: PAIRS // 2 + 20] if not _is_copy(*pair)]
    return others[: PAIRS // 2]


def _is_copy(one: str, other: str) -> bool:
    matcher = difflib.SequenceMatcher(None, one.split(), other.split(), autojunk=False)
    return matcher.quick_ratio() >= 0.8 and matcher.ratio() >= 0.8


def _derived(document: Document) -> Derived:
    text = document["text"]
    title = document.get("title") or text.strip().split("\n")[0][:100]
    date = datetime.fromisoformat(document["date"]) if document.get("date") else _NO_DATE
    url = f"https://{document.get('source', 'site')}.example/{document['id']}"
    return newsroom.made_article(url, title, text, document.get("lang"), date)
