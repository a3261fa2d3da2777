"""Grading in the terminal: one article at a time, a key for each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import typer
from rich.console import Console
from rich.text import Text

from tasks.clock import now
from tasks.derive.review import Drawn
from tasks.labels import Grade, Label
from tasks.model import StoredArticle
from tasks.present.highlight import Place, best_quotes, segments
from tasks.present.topics import highlighted

LEAD = 600
"""Characters of the text that are shown at first."""

_GRADES: dict[str, Grade] = {"2": 2, "1": 1, "0": 0}
_KEYS = "2 about it · 1 touches it · 0 not at all · s skip · b back · t whole text · q quit: "


@dataclass(frozen=True, slots=True)
class Question:
    """An article to grade, why it was drawn, and where the query's words are in it."""

    drawn: Drawn
    article: StoredArticle
    places: Sequence[Place]


def grade(out: Console, questions: Sequence[Question], save: Callable[[Label], None]) -> int:
    """Show one after the other and save each grade at once; returns how many were given before the end or `q`.

    How an article was drawn and what score it has is not shown: both would sway the grade.
    """
    number = graded = 0
    while number < len(questions):
        question = questions[number]
        _show(out, question, number + 1, len(questions))
        key = _key(out, question)
        if key == "q":
            break
        if key in _GRADES:
            save(_label(question, _GRADES[key]))
            graded += 1
        number = max(0, number - 1) if key == "b" else number + 1
    return graded


def _label(question: Question, given: Grade) -> Label:
    article, drawn = question.article, question.drawn
    return Label(
        url=article.url,
        content_hash=article.content_hash,
        grade=given,
        date=f"{now():%Y-%m-%dT%H:%M:%SZ}",
        how="random" if drawn.how == "random" else "chosen",
        weight=drawn.weight,
    )


def _key(out: Console, question: Question) -> str:
    """The next key that means something; the end of input is `q`."""
    while True:
        out.print(_KEYS, end="", highlight=False, soft_wrap=True)
        key = _read_key().lower()
        out.print(key if key.isprintable() else "", highlight=False, markup=False)
        if key == "t":
            out.print(highlighted(segments(question.article.text, question.places)), soft_wrap=True)
        elif key in ("", "q", "\x03", "\x04"):
            return "q"
        elif key in _GRADES or key in ("s", "b"):
            return key


def _read_key() -> str:
    """One key; where the input is no terminal the next character that is no white space."""
    if sys.stdin.isatty():
        try:
            return typer.getchar()
        except (KeyboardInterrupt, EOFError):
            return "q"
    while (character := sys.stdin.read(1)).isspace():
        pass
    return character


def _show(out: Console, question: Question, number: int, total: int) -> None:
    article = question.article
    titles = [place for place in question.places if place.field == "title"]
    lead = article.text if len(article.text) <= LEAD else article.text[:LEAD].rpartition(" ")[0]
    out.rule(f"{number} of {total}")
    out.print(Text.assemble(highlighted(segments(article.title, titles)), style="bold"))
    about = " · ".join(filter(None, (article.site, f"{article.published_at:%Y-%m-%d}", article.language)))
    out.print(f"{about}\n{article.url}\n", highlight=False, markup=False, soft_wrap=True)
    out.print(highlighted(segments(lead, question.places)))
    out.print("…" if len(lead) < len(article.text) else "")
    for quote in best_quotes([place for place in question.places if place.sentence not in lead]):
        out.print(Text.assemble("> ", highlighted(quote.segments)))
    out.print()
