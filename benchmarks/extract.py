"""Text and metadata of real pages: our derive room against trafilatura with metadata, in one run, one process.

    python -m benchmarks.extract [--eval DIR] [--limit N] [--json]

Both read the same bytes, page by page in turn, so that a busy machine slows both alike; the time is this process's CPU
time. The scores are those of the evaluation's own `score.py`, run on predictions in a temporary folder.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trafilatura

from tasks.derive.article import PageInput, derive_article

Row = dict[str, Any]

TARGETS = {"text_f1": 0.960, "snippet_f1": 0.935, "title": 0.82, "authors": 0.78, "published": 0.95, "speed": 1.8}
"""What issue 4 asks of ours; `speed` is pages per second against trafilatura's."""


def evaluation_folder() -> Path:
    """The folder of the evaluation data: NEWSDESK_EVAL, else `shared/eval` beside the repository."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "eval"
    return Path(os.environ.get("NEWSDESK_EVAL") or beside)


def load(folder: Path, limit: int | None) -> list[tuple[Row, bytes]]:
    """(gold row, the page's bytes) of the first `limit` pages."""
    with gzip.open(folder / "extract" / "gold.jsonl.gz", "rt", encoding="utf-8") as lines:
        gold = [json.loads(line) for line in lines][:limit]
    return [(row, gzip.decompress((folder / "extract" / row["file"]).read_bytes())) for row in gold]


def address(row: Row) -> str:
    """The page's address; a stand-in where the data set has only a file name."""
    url = str(row["url"])
    return url if url.startswith("http") else f"https://page.example/{row['id']}"


def ours(row: Row, body: bytes) -> Row:
    """One prediction of ours; the publication day as the publisher states it, none where only the fetch is known."""
    fetched_at = datetime.now(UTC).replace(tzinfo=None)
    result = derive_article(PageInput(body, "text/html", address(row), fetched_at))
    if result.article is None:
        return {"id": row["id"]}
    article, date = result.article, result.dates[0]
    return {
        "id": row["id"],
        "text": article.text,
        "title": article.title,
        "authors": list(article.authors),
        "published": None if date.evidence == "fetched" else date.stated,
    }


def theirs(row: Row, body: bytes) -> Row:
    """One prediction of trafilatura's."""
    document = trafilatura.bare_extraction(body, url=address(row), with_metadata=True)
    if document is None or isinstance(document, dict):
        return {"id": row["id"]}
    return {
        "id": row["id"],
        "text": document.text,
        "title": document.title,
        "authors": document.author.split("; ") if document.author else [],
        "published": document.date,
    }


def run(pages: list[tuple[Row, bytes]]) -> dict[str, tuple[list[Row], float]]:
    """Predictions and CPU seconds of each extractor, both warmed up by one page first."""
    extractors: dict[str, Callable[[Row, bytes], Row]] = {"trafilatura": theirs, "ours": ours}
    predictions: dict[str, list[Row]] = {name: [] for name in extractors}
    seconds = dict.fromkeys(extractors, 0.0)
    for extractor in extractors.values():
        extractor(*pages[0])
    for row, body in pages:
        for name, extractor in extractors.items():
            begin = time.process_time()
            predictions[name].append(extractor(row, body))
            seconds[name] += time.process_time() - begin
    return {name: (predictions[name], seconds[name]) for name in extractors}


def score(folder: Path, gold: list[Row], predictions: list[Row]) -> dict[str, float]:
    """The measures of score.py for the gold rows that were run."""
    with tempfile.TemporaryDirectory() as temporary:
        gold_file, file = Path(temporary, "gold.jsonl"), Path(temporary, "pred.jsonl")
        for path, rows in ((gold_file, gold), (file, predictions)):
            path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
        command = [sys.executable, str(folder / "score.py"), "extract", str(gold_file), str(file)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    measures: dict[str, float] = json.loads(done.stdout)
    return measures


def compare(folder: Path, limit: int | None = None) -> dict[str, dict[str, float]]:
    """All measures of both extractors, with `pages_per_second` and `speed` (against trafilatura)."""
    pages = load(folder, limit)
    results = run(pages)
    base = results["trafilatura"][1]
    return {
        name: {
            **score(folder, [row for row, _ in pages], predictions),
            "pages_per_second": len(pages) / seconds,
            "speed": base / seconds,
        }
        for name, (predictions, seconds) in results.items()
    }


def main(arguments: Sequence[str] = ()) -> int:
    """Print the comparison; 0 whether or not every target is reached: a benchmark reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--eval", type=Path, default=evaluation_folder())
    parser.add_argument("--limit", type=int)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    measures = compare(options.eval, options.limit)
    if options.json:
        print(json.dumps(measures))
        return 0
    print(f"{'':<18}{'trafilatura':>12}{'ours':>9}{'target':>9}")
    for name in ("text_precision", "text_recall", *TARGETS, "pages_per_second"):
        target = TARGETS.get(name)
        print(
            f"{name:<18}{measures['trafilatura'][name]:>12.3f}{measures['ours'][name]:>9.3f}"
            f"{'' if target is None else f'{target:>9.3f}'}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
