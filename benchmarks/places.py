"""Places: what the gazetteer costs a worker at first, and an article then; the same names as one regular expression."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks._sites import EVAL
from tasks.derive import gazetteer
from tasks.derive.places import find_places

ROUNDS = 3
BASELINE_ARTICLES = 50
_FIRST = """
import resource, time
import tasks.derive.topics
from tasks.derive.places import find_places
before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
find_places("", "Ecuador", "en")
print(time.process_time() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def main() -> None:
    """Print the figures; those of articles where the eval articles are there."""
    shown = subprocess.run([sys.executable, "-c", _FIRST], capture_output=True, text=True, check=True)
    seconds, kilobytes = shown.stdout.split()
    print(f"first article of a worker: {1000 * float(seconds):.0f} ms of CPU, {int(kilobytes) / 1024:.0f} MB")
    file = EVAL / "topics" / "articles.jsonl.gz"
    if not file.exists():
        print(f"{file} is absent: nothing more to measure")
        return
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        articles = [article for article in map(json.loads, lines) if article["lang"] in gazetteer.OWN_LANGUAGES]
    ours = _best(lambda article: find_places(article["title"] or "", article["text"], article["lang"]), articles)
    size = sum(len(article["text"]) for article in articles) / len(articles)
    print(f"find_places: {ours:.3f} ms an article of {size:,.0f} characters")
    pattern = _one_pattern()
    theirs = _best(lambda article: pattern.findall(article["text"]), articles[:BASELINE_ARTICLES])
    print(f"one regular expression of the same names: {theirs:.3f} ms, {theirs / ours:.0f} times")


def _best(work: Callable[[Any], object], articles: Sequence[Any]) -> float:
    """Milliseconds of CPU an article, in the best of a few rounds."""
    rounds = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for article in articles:
            work(article)
        rounds.append(1000 * (time.process_time() - started) / len(articles))
    return min(rounds)


def _one_pattern() -> re.Pattern[str]:
    names = {name for row in gazetteer.own_rows() for name in row[3]}
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b")
