"""A small news world with a known answer: pieces that are about prison reform, that only mention it, and others."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tasks.derive.topics import Document, TopicDefinition

REFORM = TopicDefinition("prison-reform", "Prison reform", "(prison* OR jail*) AND (reform* OR overcrowd*) NOT lottery")

_OPENINGS = {
    2: ("Inspectors call for reform of {place} prison", "Minister promises reform of overcrowded jails in {place}"),
    1: ("Council of {place} debates its budget", "A busy week in {place}"),
    0: ("Striker jailed after fight in {place}", "{place} man sent to prison for fraud", "Fair opens in {place}"),
}
_SENTENCES = {
    2: (
        "Rehabilitation and probation would take the place of short sentences.",
        "The oversight board wants inmates to be counted every week and cells to be measured.",
        "Campaigners said that the bill on early release came late.",
        "Staff of the prison asked for training, and for fewer people in each cell.",
        "The reform would cost less than another overcrowded wing, the ministry said.",
    ),
    1: (
        "The reform of the prison was mentioned near the end of the meeting.",
        "Most of the evening went to roads, to schools and to the harbour.",
        "A new bus line was agreed, and a bridge put off until spring.",
    ),
    0: (
        "The judge said that the defendant had shown no regret and sent him to prison.",
        "He had promised to reform, his lawyer said, and wept when the verdict was read.",
        "The striker scored twice in the second half and was booked for shouting.",
        "Visitors tasted cheese, rode the carousel and went home in the rain.",
        "Police had found the missing money under a floor.",
    ),
}
_PLACES = ("Ashby", "Belmora", "Corvane", "Dunrick", "Elstow", "Farrowmere", "Gallin", "Holmsey")


@dataclass(frozen=True, slots=True)
class Piece:
    """One article and its grade for prison reform."""

    number: int
    grade: int
    title: str
    text: str

    @property
    def document(self) -> Document:
        """As queries see it."""
        return Document(self.title, self.text, language="en")


def pieces(count: int, seed: int = 0) -> list[Piece]:
    """So many pieces, no two alike: of ten, three are about prison reform and one touches it."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        grade = (2, 0, 0, 2, 0, 0, 1, 0, 2, 0)[number % 10]
        place = chance.choice(_PLACES)
        title = chance.choice(_OPENINGS[grade]).format(place=place)
        sentences = [*chance.choices(_SENTENCES[grade], k=4), f"This is piece {number} from {place}."]
        made.append(Piece(number, grade, title, " ".join(sentences)))
    return made
