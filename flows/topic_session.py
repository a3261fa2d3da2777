"""One `topics review`: survey, sample, grading, figures, and the model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flows.configuration import labels_path
from flows.topic_grading import Question, grade
from flows.topic_review import (
    MIN_EACH,
    MIN_LABELS,
    Report,
    Survey,
    find_topic,
    keep_model,
    latest_labels,
    report,
    survey,
    viewer,
)
from flows.topic_trial import places
from tasks.derive import review
from tasks.derive.rematch import stored_document
from tasks.labels import Label, append_label
from tasks.present import progress
from tasks.present.terminal import console
from tasks.present.topics import figures_table
from tasks.settings import Config
from tasks.store.published import reading
from tasks.store.texts import articles_by_id


def review_topic(config: Config, path: Path, topic_id: str, sample: tuple[int, int] | None) -> None:
    """Label `sample` (size, seed), or nothing; then print the figures and train. Raises ConfigError."""
    definition = find_topic(config, topic_id)
    labels = latest_labels(config, topic_id)
    with progress.showing():
        found = survey(path, definition, list(labels.values()))
    if sample:
        _label(config, path, found, labels, *sample)
    _print_report(config, found, labels)


def _label(config: Config, path: Path, found: Survey, labels: dict[str, Label], size: int, seed: int) -> None:
    """Ask for the sample's grades; they are in the file, in `labels` and in the survey's views afterwards."""
    file = labels_path(config, found.definition.topic_id)
    randomly = {key: label.how == "random" for key, label in labels.items()}
    drawn = review.draw(found.texts, randomly, size, seed)
    questions = {question.article.content_hash: question for question in _questions(path, found, drawn)}

    def save(label: Label) -> None:
        append_label(file, label)
        labels[label.content_hash] = label

    for item in drawn:
        known = labels.get(item.text.content_hash)
        if known:  # it was chosen once and is now drawn: its grade counts for both
            save(known.model_copy(update={"how": "random", "weight": item.weight}))
            del questions[item.text.content_hash]
    out = console()
    if not questions:
        out.print("Every text has a label already.")
    graded = grade(out, list(questions.values()), save)
    matcher = viewer(found.definition)
    for key, question in questions.items():
        if key in labels:
            views = matcher.views(stored_document(question.article))
            found.views[key] = views[found.definition.topic_id]
    out.print(f"\n{graded} labels written to {file}", highlight=False, soft_wrap=True)


def _questions(path: Path, found: Survey, drawn: list[review.Drawn]) -> list[Question]:
    """The drawn texts as questions, in order."""
    with reading(path) as connection:
        articles = articles_by_id(connection, [item.text.article_id for item in drawn])
    matcher = viewer(found.definition)
    questions = []
    for item in drawn:
        article = articles[item.text.article_id]
        seen = matcher.views(stored_document(article))[found.definition.topic_id]
        questions.append(Question(item, article, places(article, seen.evidence)))
    return questions


def _print_report(config: Config, found: Survey, labels: Mapping[str, Label]) -> None:
    out = console()
    result = report(found, labels)
    total = sum(result.grades.values())
    two, one, none = (result.grades[grade] for grade in (2, 1, 0))
    labels_are = "label" if total == 1 else "labels"
    said = f"{total} {labels_are} ({result.random} random): {two} about it, {one} touch it, {none} not at all"
    elsewhere = f"; {result.missing} more are of texts that are not stored here" if result.missing else ""
    print(f"{found.definition.topic_id}: {said}{elsewhere}")
    sizes = found.sizes()
    print(
        f"{len(found.texts)} unique texts: the query matches {sizes[review.MATCHED]}, "
        f"{sizes[review.WORDS]} others hold a word of it\n"
    )
    rows = [("the query alone", result.by_query), ("with the model", result.by_model)]
    out.print(figures_table((name, _estimates(figures)) for name, figures in rows if figures))
    print("Estimates from the random labels, with 95% intervals; grade 1 counts for neither side. See docs/topics.md.")
    _print_model(config, found, result)


def _estimates(figures: review.Figures) -> list[tuple[float | None, float, float]]:
    every = (figures.precision, figures.recall_words, figures.recall_all)
    return [(each.value, each.low, each.high) for each in every]


def _print_model(config: Config, found: Survey, result: Report) -> None:
    topic_id = found.definition.topic_id
    if result.model is None:
        about, not_about = result.grades[2], result.grades[0]
        print(
            f"No model yet: that takes {MIN_LABELS} labels of grade 2 and 0, and {MIN_EACH} of either; "
            f"there are {about} and {not_about}."
        )
        return
    own, its = result.f1
    compared = f"F1 on all labels of grade 2 and 0, cross-validated: {its:.2f} with the model, {own:.2f} without"
    if its < own:
        print(f"{compared}; the model is not kept. More labels may make a better one.")
        return
    path = keep_model(config, topic_id, result.model)
    print(f"{compared}; the model is in {path}.")
    print(
        "From now on it decides for new articles; newsdesk topics diff shows what it changes, newsdesk retag does it."
    )
