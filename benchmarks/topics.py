"""Topics: F1 of the shipped ones, a relevance model against TF-IDF alone, and articles a second by number of topics."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice, pairwise
from pathlib import Path
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from benchmarks._sites import EVAL
from flows.configuration import load_checked, topic_definitions
from tasks.derive import tokens
from tasks.derive.query import parse_query
from tasks.derive.query_tree import And, Node, Not, Or, Words
from tasks.derive.relevance import CUT, RelevanceModel
from tasks.derive.review import f1
from tasks.derive.topics import Document, TopicDefinition, TopicMatcher
from tasks.derive.training import Example, cross_validated

CONFIG = Path(__file__).resolve().parents[1] / "config"
ARTICLES = 5000
CURVE = (10, 100, 1_000, 10_000)
MODELLED = "prison-reform"
PLAIN = TopicDefinition(
    MODELLED,
    "A query as somebody writes it at first",
    '(prison* OR jail* OR penitentiar* OR inmate* OR "correctional facility" OR cárcel* OR prisión OR prisiones'
    " OR preso* OR reclus* OR presídio* OR penitenciári* OR cadeia* OR détenu* OR carcer* OR detenut*)"
    ' AND (reform* OR overcrowd* OR "human rights" OR rehabilit* OR hacinamiento OR "derechos humanos" OR superlota*'
    ' OR "direitos humanos" OR reabilit* OR surpopulation OR sovraffollamento)',
    0.5,
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """The eval articles as documents, by id, and their grades by topic."""

    documents: dict[str, Document]
    grades: dict[str, dict[str, int]]


def main() -> None:
    """Print the tables; nothing where the eval articles are absent."""
    if not (EVAL / "topics" / "labels.tsv").exists():
        print(f"skipped: no articles under {EVAL}; set NEWSDESK_EVAL")
        return
    data = load(EVAL)
    shipped = topic_definitions(load_checked(CONFIG))
    _quality(data, [replace(definition, model=None) for definition in shipped])
    _model(data, [next(each for each in shipped if each.topic_id == MODELLED), PLAIN])
    _speed(data, shipped)


def load(folder: Path) -> Labelled:
    """The labelled articles of the evaluation data."""
    with gzip.open(folder / "topics" / "articles.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    header, *lines = (folder / "topics" / "labels.tsv").read_text(encoding="utf-8").splitlines()
    names = [name.replace("_", "-") for name in header.split("\t")[1:]]
    cells = {key: map(int, values) for key, *values in (line.split("\t") for line in lines)}
    grades = {key: dict(zip(names, values, strict=True)) for key, values in cells.items()}
    documents = {
        row["id"]: Document(row["title"] or "", row["text"], url=row["url"] or "", language=row["lang"] or "")
        for row in rows
    }
    return Labelled(documents, grades)


def is_tuning(key: str) -> bool:
    """Whether the shipped queries were written with this article at hand; the others are held back.

    The labels of those may be counted, not looked at while a query is written.
    """
    return int(hashlib.sha256(key.encode()).hexdigest(), 16) % 2 == 0


def _quality(data: Labelled, definitions: Sequence[TopicDefinition]) -> None:
    matcher = TopicMatcher(definitions)
    said = {key: [match.topic_id for match in matcher.match(document)] for key, document in data.documents.items()}
    tuning = [key for key in data.grades if is_tuning(key)]
    parts = [tuning, [key for key in data.grades if not is_tuning(key)], list(data.grades)]
    scores = [_scores(data, said, part) for part in parts]
    print("Shipped topics, queries alone (grade 1 left out). The queries were written with the tuning part at hand:\n")
    names = ("tuning part", "held-back part", "all")
    heads = [f"{name}: {len(part)} articles" for name, part in zip(names, parts, strict=True)]
    print(f"| topic | {' | '.join(heads)} |\n| --- | --- | --- | --- |")
    for topic in next(iter(data.grades.values())):
        print(f"| {topic} | {' | '.join(_cell(part[topic.replace('-', '_')]) for part in scores)} |")
    macros = [f"{part['macro_f1']:.3f}" for part in scores]
    print(f"| macro | {' | '.join(macros)} |\n")


def _cell(row: dict[str, Any]) -> str:
    return f"{row['f1']:.3f} (precision {row['precision']:.2f}, {row['positives']} positives)"


def _scores(data: Labelled, said: dict[str, list[str]], keys: Sequence[str]) -> dict[str, Any]:
    """What the evaluation's own script says of these articles."""
    topics = list(next(iter(data.grades.values())))
    labels = ["\t".join(["id", *(topic.replace("-", "_") for topic in topics)])]
    labels += ["\t".join([key, *(str(data.grades[key][topic]) for topic in topics)]) for key in keys]
    matches = [json.dumps({"id": key, "topic_id": topic}) for key in keys for topic in said[key]]
    with tempfile.TemporaryDirectory() as folder:
        gold, file = Path(folder, "labels.tsv"), Path(folder, "said.jsonl")
        gold.write_text("\n".join(labels), encoding="utf-8")
        file.write_text("\n".join(matches), encoding="utf-8")
        command = [sys.executable, str(EVAL / "score.py"), "topics", str(gold), str(file)]
        shown: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return shown


def _model(data: Labelled, definitions: Sequence[TopicDefinition]) -> None:
    keys = [key for key, grades in data.grades.items() if grades[MODELLED] != 1]
    about = [data.grades[key][MODELLED] == 2 for key in keys]
    print(f"{MODELLED}, 5 folds over the labels of grade 2 ({sum(about)}) and 0 ({len(about) - sum(about)}):\n")
    print("| what | F1 | best F1 at any threshold |\n| --- | --- | --- |")
    texts = [f"{data.documents[key].title}\n{data.documents[key].text}" for key in keys]
    baseline = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, strip_accents="unicode"),
        LogisticRegression(C=100, class_weight="balanced", max_iter=1000),
    )
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    guessed = cross_val_predict(baseline, texts, about, cv=folds, method="predict_proba")[:, 1]
    _row("TF-IDF of words and pairs, logistic regression", guessed, CUT, about)
    for definition in definitions:
        viewer = TopicMatcher([replace(definition, model=RelevanceModel())])
        seen = [viewer.views(data.documents[key])[MODELLED] for key in keys]
        name = "the shipped query" if definition is not PLAIN else "a plain query, written blind"
        _row(f"{name} alone", [each.score for each in seen], definition.min_score or 1e-9, about)
        examples = [Example(each, is_so) for each, is_so in zip(seen, about, strict=True)]
        _row(f"{name} and the model", cross_validated(examples), definition.min_score or CUT, about)
    print()


def _row(name: str, values: Sequence[float], cut: float, about: Sequence[bool]) -> None:
    best = max(f1([value >= each for value in values], about) for each in set(values))
    print(f"| {name} | {f1([value >= cut for value in values], about):.3f} | {best:.3f} |")


def _speed(data: Labelled, shipped: Sequence[TopicDefinition]) -> None:
    documents = list(data.documents.values())
    many = list(islice(cycle(documents), ARTICLES))
    made = _made_topics(documents, max(CURVE))
    print(f"Articles a second of CPU in one process ({_characters(many)} characters on average, best of 3 runs):\n")
    print("| topics | articles | articles/s | loop of regular expressions | ratio | CPU against 10 |")
    print("| --- | --- | --- | --- | --- | --- |")
    _speed_row(f"{len(shipped)} shipped", shipped, many, documents[:40])
    first = _speed_row(f"{CURVE[0]} made up", made[: CURVE[0]], documents, documents)
    for number in CURVE[1:]:
        some = documents[: max(3, 4_000 // number)]
        _speed_row(f"{number} made up", made[:number], many if number == 1_000 else documents, some, first)


def _speed_row(
    name: str,
    definitions: Sequence[TopicDefinition],
    documents: Sequence[Document],
    some: Sequence[Document],
    first: float = 0.0,
) -> float:
    """Print a row and return its rate; the baseline, which is slow, runs over `some` articles once."""
    rate = _rate(TopicMatcher(definitions).match, documents)
    slow = _rate(_Regexes(definitions).match, some, 1)
    times = f"{first / rate:.1f} times" if first else ""
    print(f"| {name} | {len(documents)} | {rate:.0f} | {slow:.1f} | {rate / slow:.0f} | {times} |")
    return rate


def _characters(documents: Sequence[Document]) -> int:
    return sum(len(document.text) for document in documents) // len(documents)


def _rate(match: Callable[[Document], object], documents: Sequence[Document], times: int = 3) -> float:
    """The best of several runs: other processes only ever slow one down."""
    match(documents[0])
    best = 0.0
    for _ in range(times):
        begin = time.process_time()
        for document in documents:
            match(document)
        best = max(best, len(documents) / (time.process_time() - begin))
    return best


def _made_topics(documents: Sequence[Document], number: int) -> list[TopicDefinition]:
    """Topics as people write them: two groups of words, prefixes and phrases that occur in news, now and then a NOT."""
    chance = random.Random(0)
    words: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for document in documents:
        found = [word for word in tokens.split_words(tokens.fold(document.text)) if word.isascii() and word.isalpha()]
        words.update({word for word in found if len(word) >= 5})
        pairs.update({pair for pair in pairwise(found) if len(pair[0]) >= 4 and len(pair[1]) >= 4})
    rare = [word for word, count in words.items() if 2 <= count <= len(documents) // 20]
    phrases = [" ".join(pair) for pair, count in pairs.items() if count >= 2]
    rare.sort(), phrases.sort()

    def term() -> str:
        kind = chance.random()
        if kind < 0.5:
            return chance.choice(rare)
        if kind < 0.75:
            return chance.choice(rare)[:6] + "*"
        return f'"{chance.choice(phrases)}"' + ("" if kind < 0.9 else f"~{chance.randint(2, 8)}")

    def group(least: int, most: int) -> str:
        return "(" + " OR ".join(term() for _ in range(chance.randint(least, most))) + ")"

    def query() -> str:
        excluded = f" NOT {chance.choice(rare)}" if chance.random() < 0.3 else ""
        return f"{group(3, 8)} AND {group(3, 10)}{excluded}"

    return [TopicDefinition(f"t{each}", "Made up", query(), 0.5) for each in range(number)]


class _Regexes:
    """The baseline: each topic's alternatives as one compiled regular expression, one topic after the other."""

    def __init__(self, definitions: Sequence[TopicDefinition]) -> None:
        self._topics = [[_compiled(parse_query(query)) for query in _queries(definition)] for definition in definitions]

    def match(self, document: Document) -> list[int]:
        """The numbers of the topics that match; no score, no evidence."""
        text = f"{document.title}\n{document.text}".casefold()
        return [number for number, tests in enumerate(self._topics) if any(test(text) for test in tests)]


def _queries(definition: TopicDefinition) -> Iterator[str]:
    yield from filter(None, (definition.query, *(query for _, query in definition.queries)))


def _compiled(node: Node) -> Callable[[str], bool]:
    match node:
        case Words():
            return _search([node])
        case Or(nodes):
            words = [child for child in nodes if isinstance(child, Words)]
            tests = [_compiled(child) for child in nodes if not isinstance(child, Words)]
            tests += [_search(words)] if words else []
            return lambda text: any(test(text) for test in tests)
        case And(nodes):
            every = [_compiled(child) for child in nodes]
            return lambda text: all(test(text) for test in every)
        case Not(inner):
            inside = _compiled(inner)
            return lambda text: not inside(text)
        case _:
            return lambda text: True


def _search(words: Sequence[Words]) -> Callable[[str], bool]:
    pattern = re.compile("|".join(map(_pattern, words)))
    return lambda text: pattern.search(text) is not None


def _pattern(words: Words) -> str:
    parts = [re.escape(word).replace(r"\*", r"\w*").replace(r"\?", r"\w") for word in words.words]
    between = rf"(?:\W+\w+){{0,{words.slop}}}\W+" if words.slop else r"\W+"
    return rf"\b{between.join(parts)}\b"


if __name__ == "__main__":
    main()
