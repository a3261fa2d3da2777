"""The relevance model: what it sees, decides and shows; and the estimates of how good a topic is."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.topics import MODELLED, load
from flows.configuration import load_checked, topic_definitions
from tasks.derive import estimates, review
from tasks.derive.estimates import Judged, Stratum, precision, recall, wilson
from tasks.derive.query import parse_query
from tasks.derive.query_tree import Node, loosened
from tasks.derive.relevance import CUT, FEATURES, REASONS, RelevanceModel, View, probability
from tasks.derive.score import score
from tasks.derive.tokens import fold, split_words
from tasks.derive.topics import Document, TopicDefinition, TopicMatcher, topic_version
from tasks.derive.training import Example, cross_validated, train
from tasks.model import TopicMatch
from tests.derive.labelled import REFORM, Piece, pieces

ROOT = Path(__file__).resolve().parents[2]
ABOUT = Document("Inspectors call for reform of Ashby prison", "Rehabilitation and oversight, said the board. " * 3)
TRIAL = Document(
    "Ashby man sent to prison", "He had promised to reform, his lawyer said. The judge was not moved. " * 3
)


def see(document: Document, definition: TopicDefinition = REFORM) -> View:
    """What a model of the topic sees."""
    return TopicMatcher([replace(definition, model=RelevanceModel())]).views(document)[definition.topic_id]


def examples(made: Sequence[Piece]) -> list[Example]:
    return [Example(see(piece.document), piece.grade == 2) for piece in made if piece.grade != 1]


@pytest.fixture(scope="module")
def trained() -> RelevanceModel:
    return train(examples(pieces(100)), "v1")


def decide(document: Document, model: RelevanceModel, **changes: object) -> TopicMatch | None:
    found = TopicMatcher([replace(REFORM, model=model, **changes)]).match(document)  # type: ignore[arg-type]
    return found[0] if found else None


# --- training


def test_it_learns_what_the_query_cannot_tell(trained: RelevanceModel) -> None:
    query = TopicMatcher([REFORM])
    assert query.match(ABOUT) and query.match(TRIAL)
    assert decide(ABOUT, trained) and not decide(TRIAL, trained)


def test_it_is_right_on_articles_that_it_has_not_seen(trained: RelevanceModel) -> None:
    new = [piece for piece in pieces(60, seed=5) if piece.grade != 1]
    said = [decide(piece.document, trained) is not None for piece in new]
    assert review.f1(said, [piece.grade == 2 for piece in new]) > 0.95


def test_cross_validation_judges_each_example_without_it() -> None:
    """Labels that follow nothing cannot be learnt: whoever was tested on what it was trained on would be right."""
    chance = random.Random(3)
    coin = [Example(see(piece.document), chance.random() < 0.5) for piece in pieces(100) if piece.grade == 0]
    about = [example.about for example in coin]
    right = sum((found >= CUT) == is_so for found, is_so in zip(cross_validated(coin), about, strict=True))
    learnt = train(coin, "")
    assert sum((probability(learnt, each.seen) >= CUT) == each.about for each in coin) > 42
    assert right < 40 and len(coin) == 60


def test_the_same_labels_give_the_same_model(trained: RelevanceModel) -> None:
    assert train(examples(pieces(100)), "v1") == trained


def test_labels_without_a_common_word_train_the_features_alone() -> None:
    few = [Example(see(Document(f"Prison reform {n}", f"alpha{n} beta{n}")), True) for n in range(2)]
    few += [Example(see(Document(f"gamma{n}", f"prison delta{n}")), False) for n in range(2)]
    model = train(few, "")
    assert not model.terms and set(model.features) == set(FEATURES)


def test_workers_do_not_import_what_trains() -> None:
    code = "import sys, tasks.derive.rematch; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert {"sklearn", "scipy", "prefect", "duckdb"}.isdisjoint(shown.stdout.split())


# --- the file


def test_the_file_is_readable_and_comes_back_the_same(trained: RelevanceModel) -> None:
    written = trained.as_json()
    assert RelevanceModel.from_json(written) == trained
    weights = list(json.loads(written)["terms"].values())
    assert weights == sorted(weights, key=abs, reverse=True) and all(len(f"{w:.4g}") < 12 for w in weights)
    assert (trained.about, trained.not_about, trained.trained_for) == (30, 60, "v1")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"intercept": "high"}, 'intercept: expected a number, got "high"'),
        ({"intercept": True}, "intercept: expected a number, got true"),
        ({"terms": {"prison": None}}, "terms.prison: expected a number, got null"),
        ({"terms": {"prison": math.nan}}, "terms.prison: expected a number, got NaN"),
        ({"terms": [1]}, "terms: expected an object of weights"),
        ({"colour": 1}, "expected an object with the keys intercept, features, terms"),
    ],
)
def test_a_wrong_file_says_what_was_expected(change: dict[str, object], message: str) -> None:
    text = json.dumps({**json.loads(RelevanceModel().as_json()), **change})
    with pytest.raises(ValueError, match=message.replace("[", r"\[")):
        RelevanceModel.from_json(text)


@pytest.mark.parametrize("text", ["", "[]", "{}", "{", "3"])
def test_what_is_no_model_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):
        RelevanceModel.from_json(text)


# --- versions


def test_a_model_is_another_version_of_the_topic(trained: RelevanceModel) -> None:
    heavier = replace(trained, intercept=trained.intercept + 1)
    versions = [topic_version(replace(REFORM, model=model)) for model in (None, trained, heavier)]
    assert len(set(versions)) == 3
    relabelled = replace(trained, about=31, trained_for="other")
    assert topic_version(replace(REFORM, model=relabelled)) == versions[1]
    found = decide(ABOUT, trained)
    assert found and found.topic_version == versions[1]


# --- what it sees, and what it decides


def test_features_are_the_query_s() -> None:
    seen = see(ABOUT)
    found = TopicMatcher([REFORM]).match(ABOUT)[0]
    assert seen.matches and seen.score == found.score == seen.features["query_score"]
    assert seen.evidence == found.evidence
    assert seen.features == pytest.approx(
        {
            "query_score": found.score,
            "query_matches": 1.0,
            "words_score": found.score,
            "words_in_title": 2 / 3,
            "words_in_lead": 0.0,
            "words": math.log(3) / 3,
            "places": math.log(3) / 4,
        }
    )


@pytest.mark.parametrize(
    ("document", "candidate"),
    [
        (Document("A prison", "And nothing else."), True),
        (Document("News", "An overcrowded ferry."), True),
        (Document("News", "Of roads and bread."), False),
        (Document("A prison lottery", "Of reform."), False),
    ],
)
def test_any_word_of_the_query_makes_a_candidate_and_none_that_it_excludes(document: Document, candidate: bool) -> None:
    assert see(document).is_candidate == candidate
    certain = RelevanceModel(intercept=10)
    assert (decide(document, certain) is not None) == candidate


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a1 b1", "a1 OR b1"),
        ("a1 (b1 OR c1)", "a1 OR b1 OR c1"),
        ("a1 b1 -c1", "(a1 OR b1) -c1"),
        ("a1 b1 site:x.org", "(a1 OR b1) site:x.org"),
        ("(a1 b1 country:US) OR (c1 d1)", "((a1 OR b1) country:US) OR c1 OR d1"),
        ("source:bbc country:US", "source:bbc country:US"),
        ('"a1 b1"~3', '"a1 b1"~3'),
    ],
)
def test_loosened(query: str, expected: str) -> None:
    def shown(node: Node) -> str:
        return str(node)

    assert shown(loosened(parse_query(query))) == shown(parse_query(expected))


def test_the_probability_can_be_worked_out_by_hand() -> None:
    model = RelevanceModel(-1.0, {"query_score": 2.0, "words": 0.5}, {"reform": 1.5, "ashby prison": 4.0, "absent": 9})
    document = Document("Reform of Ashby prison", "Reform, reform!")
    counts = Counter(["reform", "of", "ashby", "prison", "reform", "reform"])
    norm = math.sqrt(sum((1 + math.log(count)) ** 2 for count in counts.values()))
    own = score(TopicMatcher([REFORM]).match(document)[0].evidence, len(document.text))
    z = -1 + 2 * own + 0.5 * math.log(3) / 3 + 1.5 * (1 + math.log(3)) / norm + 4 / norm
    assert probability(model, see(document)) == round(1 / (1 + math.exp(-z)), 4)
    found = decide(document, model)
    assert found and found.score == round(1 / (1 + math.exp(-z)), 4)


def test_min_score_applies_to_the_probability() -> None:
    even = RelevanceModel(intercept=math.log(0.6 / 0.4))
    assert decide(ABOUT, even, min_score=0.6) and not decide(ABOUT, even, min_score=0.61)
    assert decide(ABOUT, even) and not decide(ABOUT, RelevanceModel(intercept=-0.01)), "without min_score it is 0.5"


@pytest.mark.parametrize("intercept", [1e6, -1e6])
def test_huge_weights_do_no_harm(intercept: float) -> None:
    assert probability(RelevanceModel(intercept), see(ABOUT)) == (intercept > 0)


def test_topics_without_a_model_are_decided_as_before(trained: RelevanceModel) -> None:
    plain = TopicDefinition("courts", "Courts", "judge OR lawyer")
    alone = TopicMatcher([plain]).match(TRIAL)
    assert TopicMatcher([plain, replace(REFORM, model=trained)]).match(TRIAL) == alone != ()


# --- evidence


def test_its_reasons_are_places_in_the_text(trained: RelevanceModel) -> None:
    for piece in pieces(40, seed=9):
        document = replace(piece.document, text="İ 🙂 " + piece.text)
        found = decide(document, trained)
        for item in found.evidence if found else ():
            matched = getattr(document, item.field)[item.start : item.end]
            assert matched.strip() and matched in item.sentence
            if item.term.startswith("model:"):
                term, _, added = item.term.removeprefix("model:").rpartition(" +")
                assert " ".join(matched.lower().replace(",", "").split()) == term and float(added) > 0
    assert decide(pieces(1)[0].document, trained)


def test_its_reasons_come_after_the_query_s_places_and_are_few(trained: RelevanceModel) -> None:
    found = decide(ABOUT, trained)
    assert found
    from_model = [item.term.startswith("model:") for item in found.evidence]
    assert from_model == sorted(from_model) and 1 <= sum(from_model) <= REASONS


def test_text_without_spaces_is_read_by_characters() -> None:
    topic = TopicDefinition("t", "T", "监狱", model=RelevanceModel(0.0, {}, {"改 革": 9.0}))
    (found,) = TopicMatcher([topic]).match(Document("新闻", "监狱需要改革。"))
    assert [(item.term, item.start, item.end) for item in found.evidence[1:]] == [("model:改 革 +3.18", 4, 6)]


@pytest.mark.slow
def test_on_real_articles_it_is_good_and_its_evidence_true(eval_folder: Path) -> None:
    data = load(eval_folder)
    shipped = next(each for each in topic_definitions(load_checked(ROOT / "config")) if each.topic_id == MODELLED)
    keys = [key for key, grades in data.grades.items() if grades[MODELLED] != 1]
    about = [data.grades[key][MODELLED] == 2 for key in keys]
    labelled = [Example(see(data.documents[key], shipped), is_so) for key, is_so in zip(keys, about, strict=True)]
    found = cross_validated(labelled)
    assert review.f1([value >= shipped.min_score for value in found], about) >= 0.85
    matcher = TopicMatcher([replace(shipped, model=train(labelled, ""))])
    from_model = 0
    for document in data.documents.values():
        for match in matcher.match(document):
            for item in match.evidence:
                if item.term.startswith("model:"):
                    from_model += 1
                    words = " ".join(split_words(fold(getattr(document, item.field)[item.start : item.end])))
                    assert words == item.term.removeprefix("model:").rpartition(" +")[0]
    assert from_model > 200


# --- intervals


@pytest.mark.parametrize(
    ("share", "trials", "low", "high"),
    [
        # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
        (81 / 263, 263, 0.2553, 0.3662),
        (15 / 148, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1 / 29, 29, 0.0061, 0.1718),
    ],
)
def test_wilson(share: float, trials: int, low: float, high: float) -> None:
    found = wilson(share, trials)
    assert (found.value, round(found.low, 4), round(found.high, 4)) == (share, low, high)


def test_nothing_seen_says_nothing() -> None:
    for found in (wilson(0, 0), precision([], {}), recall([], {"rest": Stratum(100, False, False)})):
        assert (found.value, found.low, found.high) == (None, 0.0, 1.0)


def judged(stratum: str, predicted: bool, about: int, touching: int, others: int) -> list[Judged]:
    return [
        Judged(stratum, grade, predicted)
        for grade, number in ((2, about), (1, touching), (0, others))
        for _ in range(number)
    ]


STRATA = {"in": Stratum(100, True, True), "near": Stratum(400, False, False)}


def test_precision_of_a_query_is_wilson_s_and_leaves_grade_1_out() -> None:
    labels = [*judged("in", True, 15, 4, 5), *judged("near", False, 1, 2, 17)]
    found, expected = precision(labels, STRATA), wilson(0.75, 20)
    assert (found.value, found.low, found.high) == pytest.approx((expected.value, expected.low, expected.high))


def test_recall_counts_a_label_for_all_that_it_stands_for() -> None:
    labels = [*judged("in", True, 15, 0, 5), *judged("near", False, 1, 0, 19)]
    found = recall(labels, STRATA)
    assert found.value == pytest.approx(75 / (75 + 20)) and 0.4 < found.low < 0.75 < 0.9 < found.high < 1


def test_a_large_stratum_without_a_miss_keeps_the_lower_end_low() -> None:
    labels = [*judged("in", True, 18, 0, 2), *judged("near", False, 0, 0, 10)]
    small, large = (recall(labels, {**STRATA, "near": Stratum(size, False, False)}) for size in (50, 50_000))
    assert small.value == large.value == small.high == large.high == 1
    assert large.low < 0.1 < 0.8 < small.low


def test_weights_put_right_an_uneven_draw() -> None:
    """After the query was changed, a stratum holds labels that were drawn from different ones."""
    even = [*judged("in", True, 5, 0, 5)]
    uneven = [replace(item, weight=9.0 if item.grade == 0 else 1.0) for item in even]
    found = precision(uneven, STRATA)
    assert found.value == pytest.approx(0.1) and found.high - found.low > 0.3


def test_intervals_hold_what_they_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimates, "DRAWS", 500)
    chance = random.Random(1)
    shares, sizes, drawn = {"in": 0.8, "near": 0.05}, {"in": 100, "near": 400}, {"in": 20, "near": 30}
    held = Counter[str]()
    for _ in range(100):
        texts = {name: [chance.random() < shares[name] for _ in range(sizes[name])] for name in sizes}
        labels = [
            Judged(name, 2 if about else 0, name == "in")
            for name in sizes
            for about in chance.sample(texts[name], drawn[name])
        ]
        true_recall = sum(texts["in"]) / (sum(texts["in"]) + sum(texts["near"]))
        for name, truth, found in (
            ("precision", sum(texts["in"]) / 100, precision(labels, STRATA)),
            ("recall", true_recall, recall(labels, STRATA)),
        ):
            held[name] += found.low <= truth <= found.high
    assert min(held.values()) >= 90


# --- samples


def texts(**sizes: int) -> list[review.Text]:
    return [
        review.Text(f"{name}{number}", f"id-{name}{number}", name, number / 1000)
        for name, size in sizes.items()
        for number in range(size)
    ]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"matched": 500, "words": 500, "rest": 500}, {"matched": 8, "words": 8, "rest": 4}),
        # What a stratum cannot fill goes to the others, by their shares.
        ({"matched": 2, "words": 500, "rest": 500}, {"matched": 2, "words": 12, "rest": 6}),
        ({"matched": 500, "words": 500, "rest": 1}, {"matched": 9, "words": 10, "rest": 1}),
        ({"matched": 500, "rest": 500}, {"matched": 13, "rest": 7}),
        ({"rest": 500}, {"rest": 40}),
        ({"matched": 3, "words": 2, "rest": 1}, {"matched": 3, "words": 2, "rest": 1}),
        # Where too few are near to be chosen, more are drawn at random.
        ({"matched": 5, "words": 3, "rest": 500}, {"matched": 5, "words": 3, "rest": 32}),
    ],
)
def test_half_of_a_sample_is_random_by_strata(sizes: dict[str, int], expected: dict[str, int]) -> None:
    drawn = review.draw(texts(**sizes), {}, 40, 0)
    at_random = [item for item in drawn if item.how == "random"]
    assert Counter(item.text.stratum for item in at_random) == expected
    assert all(item.weight == round(sizes[item.text.stratum] / expected[item.text.stratum], 3) for item in at_random)
    assert len(drawn) == min(40, sum(sizes.values())) and len({item.text for item in drawn}) == len(drawn)


def test_the_other_half_is_what_is_nearest_to_being_decided() -> None:
    drawn = review.draw(texts(matched=500, words=500, rest=500), {}, 40, 0)
    chosen = [item.text for item in drawn if item.how == "chosen"]
    assert len(chosen) == 20 and max(text.distance for text in chosen) < 0.012
    assert {text.stratum for text in chosen} == {"matched", "words"}


def test_a_sample_hangs_on_its_seed_and_is_gone_on_with() -> None:
    stored = texts(matched=100, words=100, rest=100)
    first = review.draw(stored, {}, 20, 7)
    assert review.draw(list(reversed(stored)), {}, 20, 7) == first != review.draw(stored, {}, 20, 8)
    done = {item.text.content_hash: item.how == "random" for item in first[:12]}
    left = {item.text.content_hash for item in first[12:] if item.how == "random"}
    assert left <= {item.text.content_hash for item in review.draw(stored, done, 20, 7)}


def test_a_chosen_text_can_still_be_drawn_at_random() -> None:
    """Otherwise the random share would miss what lies near the threshold."""
    stored = texts(matched=50)
    drawn = review.draw(stored, {text.content_hash: False for text in stored[:10]}, 20, 0)
    assert [item.how for item in drawn].count("random") == 10
    at_random = {text.content_hash for text in stored if text.distance < 0.01} & {
        item.text.content_hash for item in drawn if item.how == "random"
    }
    assert at_random
    assert all(item.text.distance >= 0.01 for item in drawn if item.how == "chosen")


@pytest.mark.parametrize(
    "sizes",
    [
        {"matched": 60, "words": 60, "rest": 60},
        {"matched": 14, "words": 60, "rest": 60},
        {"matched": 14, "words": 0, "rest": 60},
        {"matched": 0, "words": 30, "rest": 60},
        {"matched": 14, "words": 14, "rest": 14},
    ],
)
def test_each_sample_asks_for_as_many_as_there_are(sizes: dict[str, int]) -> None:
    """Also the later ones, when strata run out and labels of what was chosen are drawn at random."""
    stored = texts(**sizes)
    labelled: dict[str, bool] = {}
    while len(labelled) < len(stored):
        drawn = review.draw(stored, labelled, 20, 3)
        asked = [item.text.content_hash for item in drawn if item.text.content_hash not in labelled]
        assert len(asked) == min(20, len(stored) - len(labelled))
        labelled |= {item.text.content_hash: item.how == "random" for item in drawn}


def test_random_labels_are_not_drawn_again() -> None:
    stored = texts(matched=10, words=10)
    labelled = {text.content_hash: True for text in stored}
    assert review.draw(stored, labelled, 20, 0) == []
