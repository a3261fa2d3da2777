"""`topics review`: what the stored texts are to a topic, which of them to label, and what the labels say of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from flows.configuration import labels_path, model_path, topic_definitions
from flows.topic_trial import each_article
from tasks.derive import review
from tasks.derive.relevance import CUT, RelevanceModel, View, probability
from tasks.derive.rematch import stored_document
from tasks.derive.topics import TopicDefinition, TopicMatcher, topic_version
from tasks.labels import Label, read_labels
from tasks.settings import Config, ConfigError
from tasks.store.published import reading

MIN_LABELS, MIN_EACH = 40, 10
"""Labels of grade 2 and 0 that a model takes, and of either."""


@dataclass(slots=True)
class Survey:
    """The stored texts as one topic sees them, each once, and the views of those that have a label."""

    definition: TopicDefinition
    texts: list[review.Text] = field(default_factory=list)
    views: dict[str, View] = field(default_factory=dict)
    """By content hash."""

    def sizes(self) -> Counter[str]:
        """How many texts each stratum has."""
        return Counter(text.stratum for text in self.texts)


@dataclass(frozen=True, slots=True)
class Report:
    """What the labels say. `model` is the newly trained one; `by_model` its figures, cross-validated.

    `f1` compares both on all labels of grade 2 and 0: without the model, with it. `missing` counts labels whose texts
    are not stored here.
    """

    grades: Counter[int]
    random: int
    missing: int
    by_query: review.Figures
    by_model: review.Figures | None = None
    model: RelevanceModel | None = None
    f1: tuple[float, float] = (0.0, 0.0)


def find_topic(config: Config, topic_id: str) -> TopicDefinition:
    """The topic with this id; raises ConfigError."""
    for definition in topic_definitions(config):
        if definition.topic_id == topic_id:
            return definition
    known = ", ".join(topic.id for topic in config.topics)
    raise ConfigError(f"no topic {topic_id!r} in {config.folder / 'topics.yaml'}; expected one of: {known}")


def viewer(definition: TopicDefinition) -> TopicMatcher:
    """A matcher that gives a topic's views, whether it has a model already or not."""
    return TopicMatcher([replace(definition, model=definition.model or RelevanceModel())])


def survey(path: Path, definition: TopicDefinition, labels: Sequence[Label]) -> Survey:
    """Look at every stored text once."""
    found = Survey(definition)
    matcher = viewer(definition)
    labelled = {label.content_hash for label in labels}
    seen_already: set[str] = set()
    with reading(path) as connection:
        for article in each_article(connection):
            if article.content_hash in found.views:
                continue
            if article.text_id in seen_already and article.content_hash not in labelled:
                continue
            seen_already.add(article.text_id)
            seen = matcher.views(stored_document(article))[definition.topic_id]
            stratum = review.stratum_of(seen, definition.min_score)
            distance = _distance(definition, seen)
            found.texts.append(review.Text(article.content_hash, article.article_id, stratum, distance))
            if article.content_hash in labelled:
                found.views[article.content_hash] = seen
    return found


def _distance(definition: TopicDefinition, seen: View) -> float:
    """From the threshold: of the model's probability, else of the query's score; then texts with more of its words."""
    if definition.model:
        return abs(probability(definition.model, seen) - definition.cut)
    return abs(seen.score - definition.min_score) + (0 if seen.matches else 1 - seen.features["words_score"])


def latest_labels(config: Config, topic_id: str) -> dict[str, Label]:
    """The newest label of each text, by its hash."""
    labels = read_labels(labels_path(config, topic_id))
    return {label.content_hash: label for label in sorted(labels, key=lambda label: label.date)}


def report(found: Survey, labels: Mapping[str, Label]) -> Report:
    """The figures, and a model where there are enough labels."""
    here = {key: label for key, label in sorted(labels.items()) if key in found.views}
    strata = {text.content_hash: text.stratum for text in found.texts if text.content_hash in here}
    said = {
        key: review.Labelled(strata[key], label.grade, label.how == "random", label.weight)
        for key, label in here.items()
    }
    sizes = found.sizes()
    result = Report(
        Counter(label.grade for label in here.values()),
        sum(each.random for each in said.values()),
        len(labels) - len(here),
        review.query_figures(said.values(), sizes),
    )
    return _with_model(result, found, here, said)


def _with_model(result: Report, found: Survey, labels: Mapping[str, Label], said: dict[str, review.Labelled]) -> Report:
    sided = [key for key, label in labels.items() if label.grade != 1]
    if len(sided) < MIN_LABELS or min(result.grades[2], result.grades[0]) < MIN_EACH:
        return result
    from tasks.derive import training  # scikit-learn takes seconds to import

    examples = [training.Example(found.views[key], labels[key].grade == 2) for key in sided]
    cut = found.definition.min_score or CUT
    by_model = dict(zip(sided, training.cross_validated(examples), strict=True))
    judged = [replace(each, by_model=by_model.get(key, 0.0) >= cut) for key, each in said.items()]
    about = [example.about for example in examples]
    own = review.f1([said[key].stratum == review.MATCHED for key in sided], about)
    return replace(
        result,
        by_model=review.model_figures(judged, found.sizes()),
        model=training.train(examples, topic_version(replace(found.definition, model=None))),
        f1=(own, review.f1([by_model[key] >= cut for key in sided], about)),
    )


def keep_model(config: Config, topic_id: str, model: RelevanceModel) -> Path:
    """Write a model where passes find it. Raises ConfigError."""
    path = model_path(config, topic_id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        part.write_text(model.as_json(), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error
    return path
