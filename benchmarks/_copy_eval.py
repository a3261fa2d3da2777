"""Copies of the evaluation's articles, and pairs that only look like copies: how well the store tells them apart."""

from __future__ import annotations

import difflib
import gzip
import json
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from benchmarks import _briefs as briefs
from benchmarks import _newsroom as newsroom
from benchmarks._sites import EVAL
from benchmarks._story_eval import Document, joined

COPIES, SAME_EVENT, TEMPLATES = 1000, 800, 200
"""Pairs of each kind: 2,000 together."""
BRIEFS, BRIEF_COPIES = 500, 250
"""And so many of two short reports made by one template in several languages, and of one such report and its copy."""
CHANGED = 0.15
"""Words of a copy that are changed, at most."""
_ANYTHING = 200
"""An article of the evaluation has so many characters at least, or is no article to copy."""

_NOUNS = ("rain", "fog", "sleet", "sunshine", "drizzle", "snow", "wind", "hail", "haze", "frost", "thunder", "cloud")
_PLACES = ("Ellery", "Marram", "Oxhaven", "Tolby", "Quern", "Dunmere", "Sallow", "Brackwater", "Firle", "Holm", "Wexby")
_TEMPLATES = (
    "{0} in {1} today, with {2} toward evening. Temperatures reach {3} degrees in {4} and {5} on the coast near {6}. "
    "Tonight {7} is expected over {8}, and it cools to {9}. Tomorrow brings {10}, later {11} from {12}.",
    "{1} beat {4} by {3} to {9} on Saturday. {6} scored after {5} minutes, {8} followed in the second half. {12} stay "
    "in place {3} of the table with {5} points; their next game is away at {1} in {9} days, with {2} forecast.",
    "Shares of {1} closed {3} points higher at {5} on Friday, while {4} lost {9} per cent. Traders in {6} spoke of "
    "{2} after the figures of {8}. The index ended at {13} points, {3} more than on Thursday; {12} was flat.",
)


@dataclass(frozen=True, slots=True)
class Found:
    """How copies were told from other pairs: precision, recall, pairs, and pairs wrongly taken for copies by kind.

    And of the pairs of briefs: how many copies were found, and how many other pairs were joined to one story.
    """

    precision: float
    recall: float
    pairs: int
    mistaken: Mapping[str, int]
    brief_copies: int
    brief_stories: int


_Pair = tuple[str, str, str, str]
"""Kind, language, and the two texts."""


def copies_found(documents: Sequence[Document], clusters: Mapping[str, str], seed: int) -> Found:
    """Copies with 0 to `CHANGED` changed words, other texts on the same event, and reports made by one template.

    Two texts of one event that are themselves copies (four fifths of their words in the same order) are left out. The
    pairs are weeks apart from one another, so that only the two of a pair are compared.
    """
    chance = random.Random(seed)
    pairs = [*_copies(chance), *_same_event(documents, clusters, chance), *_templates(chance), *_briefs(chance)]
    arriving = []
    for number, (_, language, *texts) in enumerate(pairs):
        day = datetime(2000, 1, 1) + timedelta(days=20 * number)
        arriving += [
            newsroom.made_article(f"https://pairs.example/{number}/{side}", "A title", text, language, day)
            for side, text in enumerate(texts)
        ]
    found = joined([arriving])
    sides = [[found[f"https://pairs.example/{n}/{side}"] for side in (0, 1)] for n in range(len(pairs))]
    said = [kind for (kind, *_), (one, other) in zip(pairs, sides, strict=True) if one[1] == other[1]]
    told = [kind for (kind, *_), (one, other) in zip(pairs, sides, strict=True) if one[0] == other[0]]
    mistaken = {kind: said.count(kind) for kind in ("same event", "template", "brief")}
    copies, of_briefs = said.count("copy"), said.count("copy of a brief")
    return Found(
        precision=(copies + of_briefs) / len(said),
        recall=(copies + of_briefs) / (COPIES + BRIEF_COPIES),
        pairs=len(pairs),
        mistaken=mistaken,
        brief_copies=of_briefs,
        brief_stories=told.count("brief"),
    )


def _copies(chance: random.Random) -> list[_Pair]:
    with gzip.open(EVAL / "topics" / "articles.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = [text for line in lines if len(text := json.loads(line)["text"]) >= _ANYTHING]
    words = [word for text in texts for word in text.split()]
    return [("copy", "en", text, _rewritten(text, words, chance)) for text in chance.choices(texts, k=COPIES)]


def _rewritten(text: str, words: Sequence[str], chance: random.Random) -> str:
    """Up to `CHANGED` of the words replaced, deleted or with another after them.

    One copy in three has a paragraph elsewhere, one in three begins with a headline, one in three ends with a credit.
    """
    paragraphs = [paragraph.split() for paragraph in text.split("\n") if paragraph.strip()]
    places = [(line, word) for line, paragraph in enumerate(paragraphs) for word in range(len(paragraph))]
    for line, word in chance.sample(places, round(chance.uniform(0, CHANGED) * len(places))):
        old, new = paragraphs[line][word], chance.choice(words)
        paragraphs[line][word] = chance.choice([new, "", f"{old} {new}"])
    if chance.random() < 1 / 3:
        paragraphs.insert(chance.randrange(len(paragraphs)), paragraphs.pop(chance.randrange(len(paragraphs))))
    if chance.random() < 1 / 3:
        paragraphs.insert(0, chance.choices(words, k=8))
    if chance.random() < 1 / 3:
        paragraphs.append(["Reporting", "by", *chance.choices(words, k=4), "for", "the", "Harbour", "News", "Agency"])
    return "\n".join(" ".join(paragraph) for paragraph in paragraphs)


def _same_event(documents: Sequence[Document], clusters: Mapping[str, str], chance: random.Random) -> list[_Pair]:
    events = defaultdict(list)
    for document in documents:
        events[clusters[document["id"]]].append(document["text"])
    pairs = [pair for texts in events.values() for pair in combinations(texts, 2)]
    chance.shuffle(pairs)
    others = [("same event", "en", *pair) for pair in pairs[: SAME_EVENT + 20] if not _is_copy(*pair)]
    return others[:SAME_EVENT]


def _templates(chance: random.Random) -> list[_Pair]:
    """Two reports on weather, sport or shares that only their places, numbers and a few words tell apart."""
    pairs = []
    for _ in range(TEMPLATES):
        template = chance.choice(_TEMPLATES)
        pairs.append(("template", "en", _filled(template, chance), _filled(template, chance)))
    return pairs


def _briefs(chance: random.Random) -> list[_Pair]:
    """Two fillings of one template, and a filling with its copy."""
    pairs = []
    for number in range(BRIEFS + BRIEF_COPIES):
        language, one, other = briefs.fillings(briefs.KINDS[number % len(briefs.KINDS)], chance)
        if number < BRIEFS:
            pairs.append(("brief", language, one, other))
        else:
            pairs.append(("copy of a brief", language, one, briefs.copied(one, chance)))
    return pairs


def _filled(template: str, chance: random.Random) -> str:
    nouns, places = chance.sample(_NOUNS, 5), chance.sample(_PLACES, 5)
    numbers = chance.sample(range(2, 90), 3)
    values = [nouns[0].title(), places[0], nouns[1], numbers[0], places[1], numbers[1], places[2], nouns[2], places[3],
              numbers[2], nouns[3], nouns[4], places[4], chance.randrange(5000, 9000)]  # fmt: skip
    return template.format(*values)


def _is_copy(one: str, other: str) -> bool:
    matcher = difflib.SequenceMatcher(None, one.split(), other.split(), autojunk=False)
    return matcher.quick_ratio() >= 0.8 and matcher.ratio() >= 0.8
