"""Single terms of a query: escapes, wildcards, and the words that a term or phrase stands for."""

from __future__ import annotations

import re

from tasks.derive import tokens
from tasks.derive.automaton import longest_literal
from tasks.derive.query_codes import country_pattern, language_pattern
from tasks.derive.query_tree import QueryError, shorten

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PIECES = re.compile(r"\\.|[*?]|[^\\*?]+|\\", re.DOTALL)
_WILDCARD = re.compile(r"[*?]+")


def unescape(written: str) -> str:
    """Text without the backslashes that take away special meanings."""
    return _ESCAPED.sub(r"\1", written)


def value_pattern(written: str, field: str, column: int) -> str:
    """What a field compared as a whole must be, in lower case, with `*` and `?`.

    Raises QueryError where it is empty, or no country or language.
    """
    if not written.strip(' "*?'):
        raise QueryError(f"no value for {field}", column, f"a value such as {field}:name")
    pattern = unescape(written.strip()).lower()
    if field == "country":
        return country_pattern(pattern, column)
    if field == "language":
        return language_pattern(pattern, column)
    return pattern.removeprefix("www.") if field == "site" else pattern


def word_patterns(written: str, column: int) -> tuple[str, ...]:
    """The folded words of a term or phrase, with its unescaped wildcards. Raises QueryError where none is left."""
    folded = "".join(
        piece if piece in ("*", "?") else tokens.fold(unescape(piece)) for piece in _PIECES.findall(written)
    )
    words = [word for part in folded.split() for word in _unspaced_ends(tokens.split_words(part), column)]
    if not words:
        raise QueryError("nothing to search for: no letter or digit", column, "a word")
    for word in words:
        literal = longest_literal(word)
        if len(literal) < 2 or not literal.strip():
            expected = "a letter at the edge, or two in a row"
            raise QueryError(f"{shorten(word)} would match nearly every word", column, expected)
    return tuple(words)


def _unspaced_ends(words: list[str], column: int) -> list[str]:
    """A `*` at the edge of text without spaces says nothing; anywhere else in it a wildcard has no word to end at."""
    if len(words) > 1 and words[0] == "*" and tokens.is_unspaced(words[1]):
        words = words[1:]
    if len(words) > 1 and words[-1] == "*" and tokens.is_unspaced(words[-2]):
        words = words[:-1]
    if any(_WILDCARD.fullmatch(word) for word in words) and any(map(tokens.is_unspaced, words)):
        raise QueryError("a wildcard inside text without spaces", column, '"two words"~N for words near each other')
    return words
