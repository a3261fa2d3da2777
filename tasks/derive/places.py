"""The countries that an article is about, by the names of countries, their cities and their people in title and text.

What counts as about is described in docs/data-model.md under `article_places`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tasks.derive.automaton import LEAD_CHARACTERS, MAX_FIELD_CHARACTERS
from tasks.derive.gazetteer import Kind, Name, neighbours
from tasks.derive.mentions import Mention, mentions
from tasks.model import Place

MIN_MENTIONS = 2
"""Mentions that make an article about a country which is not in its title."""
MIN_SHARE = 0.25
"""Of the mentions of the country that is mentioned most: below, a country is mentioned in passing."""


def find_places(title: str, text: str, language: str | None) -> tuple[Place, ...]:
    """The countries that an article is about, the one that is mentioned most first. `language` is BCP 47."""
    language = (language or "en").partition("-")[0].lower()
    text = text[:MAX_FIELD_CHARACTERS]
    article = f"{title}\n{text}"
    head, body = mentions(language, title, article), mentions(language, text, article)
    located = _located(head) | _located(body)
    if located:
        head, body = _in_one_sense(head, located), _in_one_sense(body, located)
    if _has_capitals(title):
        head = _confirmed(head, body)
    return tuple(_about(_Resolved(head, body)))


def _located(found: Sequence[Mention]) -> dict[str, Name]:
    """The states of names that are introduced with one; in `in Mexico, Texas and Ohio`, further down, it is none."""
    first: dict[str, Mention] = {}
    for mention in found:
        first.setdefault(mention.written, mention)
    return {written: mention.name for written, mention in first.items() if mention.is_located}


def _in_one_sense(found: Sequence[Mention], located: Mapping[str, Name]) -> list[Mention]:
    """Who has written `Palestine, Texas` means the same by `Palestine`, unless the article is about the other one.

    Source: Gale, Church and Yarowsky 1992, "One Sense Per Discourse".
    """
    return [
        mention
        if mention.is_located or mention.name.kind is Kind.WORD or mention.written not in located
        else replace(mention, name=_rather(mention.name, located[mention.written]))
        for mention in found
    ]


def _rather(name: Name, state: Name) -> Name:
    """The name with the state's country as the likeliest candidate."""
    return replace(name, countries=(state.countries[0], *name.countries), is_clear=True)


def _has_capitals(title: str) -> bool:
    """Whether most words of a title begin with a capital, as in English headlines."""
    words = [word for word in title.split()[1:] if len(word) > 3]
    return sum(word[0].isupper() for word in words) * 2 > len(words)


def _confirmed(head: Sequence[Mention], body: Sequence[Mention]) -> list[Mention]:
    """The mentions of a title in which no case tells a person's name from a place: of those, what the text has too.

    A country with a capitalised word after it counts, unless the text has it so in a sentence.
    """
    persons = {mention.written for mention in body if mention.is_beside}
    head = [replace(mention, is_beside=mention.is_beside and mention.written in persons) for mention in head]
    known = _Resolved([mention for mention in head if not mention.name.stands_alone], body)
    return [mention for mention in head if not mention.name.stands_alone or known.country(mention) in known.in_text]


def _about(resolved: _Resolved) -> Iterator[Place]:
    totals = resolved.in_title + resolved.in_text
    most = max(totals.values(), default=0)
    for country, times in sorted(totals.items(), key=lambda item: (-item[1], item[0])):
        in_title = country in resolved.in_title
        is_often = times >= MIN_MENTIONS or country in resolved.in_lead
        if in_title or (is_often and times >= MIN_SHARE * most):
            yield Place(country, times, in_title)


class _Resolved:
    """The countries that mentions mean: what one leaves open the others decide."""

    def __init__(self, head: Sequence[Mention], body: Sequence[Mention]) -> None:
        self._sure = Counter(
            mention.name.countries[0]
            for mention in (*head, *body)
            if mention.name.is_clear and len(mention.name.countries) == 1 and not _is_doubtful(mention)
        )
        self.in_title = Counter(country for mention in head if (country := self.country(mention)))
        self.in_text: Counter[str] = Counter()
        self.in_lead: set[str] = set()
        for mention in body:
            country = self.country(mention)
            if country:
                self.in_text[country] += 1
                if mention.start < LEAD_CHARACTERS:
                    self.in_lead.add(country)

    def country(self, mention: Mention) -> str | None:
        """The candidate that is mentioned most otherwise; else the first, or one beside a country that is mentioned."""
        name = mention.name
        likeliest = max(name.countries, key=lambda country: self._sure[country])
        if self._sure[likeliest]:
            return likeliest
        if _is_doubtful(mention):
            return None
        if name.is_clear:
            return name.countries[0]
        around = neighbours()
        return next(
            (country for country in name.countries if around.get(country, frozenset()) & self._sure.keys()), None
        )


def _is_doubtful(mention: Mention) -> bool:
    return mention.is_weak or mention.is_beside
