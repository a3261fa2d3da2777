"""From a query's characters to luqum's tree, with limits and errors that say where and what was expected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from luqum import parser as lucene
from luqum.exceptions import IllegalCharacterError, ParseSyntaxError
from luqum.thread import parse as lucene_parse

from tasks.derive.query_tree import QueryError, shorten

MAX_CHARACTERS = 50_000
MAX_TERMS = 5_000
MAX_DEPTH = 50
"""Parentheses, fields, signs and boosts inside one another."""

# What word processors make of straight quotes; one character each, so that columns stay right.
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_UNESCAPED_QUOTE = re.compile(r'(?<!\\)(?:\\\\)*(")')
_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")
_MAX_BOOST = 100.0
_MAX_SLOP = 1000
_FOREIGN_OPERATORS = {"&&": "AND", "||": "OR", "and": "AND", "or": "OR", "not": "NOT"}
_OPERAND_ENDS = ("TERM", "PHRASE", "REGEX", "RPAREN", "RBRACKET", "APPROX", "BOOST", "TO")
_AFTER_NUMBER = ("RPAREN", "BOOST", "APPROX")
_OPERAND = 'a term, a "phrase" or an opening parenthesis'


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


def parse_lucene(query: str) -> Any:
    """luqum's tree of the query. Raises QueryError."""
    query = query.translate(_QUOTES)
    if len(query) > MAX_CHARACTERS:
        raise QueryError(f"the query has {len(query):,} characters", MAX_CHARACTERS + 1, f"at most {MAX_CHARACTERS:,}")
    if not query.strip():
        raise QueryError("the query is empty", 1, _OPERAND)
    tokens = _tokens(query)
    _check_tokens(tokens)
    _check_parentheses(tokens)
    try:
        return lucene_parse(query)
    except ParseSyntaxError as error:
        raise _explain(str(error), tokens, len(query)) from error


def _tokens(query: str) -> list[_Token]:
    lexer = lucene.lexer.clone()
    lexer.input(query)
    tokens = []
    try:
        for token in lexer:
            tokens.append(_Token(token.type, query[token.lexpos : lexer.lexpos], token.lexpos + 1))
            if len(tokens) > 4 * MAX_TERMS:
                raise QueryError("the query has too many parts", tokens[-1].column, f"at most {MAX_TERMS:,} terms")
    except IllegalCharacterError as error:
        column = lexer.lexpos + 1
        if query[lexer.lexpos] == '"':
            raise QueryError("the quote is never closed", column, 'a closing "') from error
        raise QueryError(f"nothing can begin with {query[lexer.lexpos]!r}", column, _OPERAND) from error
    return tokens


def _check_tokens(tokens: list[_Token]) -> None:
    terms = 0
    for number, token in enumerate(tokens):
        after = tokens[number + 1] if number + 1 < len(tokens) else None
        is_field = after is not None and after.kind == "COLUMN"
        terms += token.kind in ("TERM", "PHRASE") and not is_field
        if terms > MAX_TERMS:
            raise QueryError("the query has too many terms", token.column, f"at most {MAX_TERMS:,}")
        if token.kind == "TERM" and not is_field:
            _check_term(token)
        elif token.kind == "BOOST":
            _check_number(token, after, "a boost", _MAX_BOOST, whole=False)
        elif token.kind == "APPROX" and number:
            _check_approximation(token, tokens[number - 1], after)


def _check_term(token: _Token) -> None:
    if operator := _FOREIGN_OPERATORS.get(token.text):
        expected = f'{operator}, or "{token.text}" in quotes for the word' if token.text.isalpha() else operator
        raise QueryError(f"{token.text} is not an operator", token.column, expected)
    if token.text.startswith("!"):
        raise QueryError("! is not an operator", token.column, "NOT or - before what must be absent")
    if quote := _UNESCAPED_QUOTE.search(token.text):
        raise QueryError("a quote inside a word", token.column + quote.start(1), "a space before a quote that opens")


def _check_approximation(token: _Token, before: _Token, after: _Token | None) -> None:
    if before.kind == "TERM":
        expected = 'a wildcard such as pris*, or ~ and a number after a "phrase"'
        raise QueryError("~ after a single word (fuzzy search) is not supported", token.column, expected)
    if before.kind == "PHRASE":
        _check_number(token, after, "a proximity", _MAX_SLOP, whole=True)


def _check_number(token: _Token, after: _Token | None, name: str, most: float, whole: bool) -> None:
    """luqum ends a number at the first character that is no digit or point, and would read the rest as a term."""
    digits = token.text[1:]
    if digits and after and after.column == token.column + len(token.text) and after.kind not in _AFTER_NUMBER:
        raise QueryError(
            f"{name} of {shorten(digits + after.text)}", token.column, f"a number up to {most:g}, then a space"
        )
    if not _DECIMAL.fullmatch(digits) or len(digits) > 9 or (whole and not digits.isdigit()):
        kind = "a whole number" if whole else "a number"
        raise QueryError(f"{name} needs {kind}", token.column, f"{token.text[0]} and {kind} up to {most:g}")
    if not (0 if whole else 0.001) <= float(digits) <= most:
        raise QueryError(f"{name} of {shorten(digits)}", token.column, f"a number above 0, up to {most:g}")


def _check_parentheses(tokens: list[_Token]) -> None:
    opened: list[_Token] = []
    for token in tokens:
        if token.kind == "LPAREN":
            opened.append(token)
            if len(opened) > MAX_DEPTH:
                raise QueryError("too many parentheses inside one another", token.column, f"at most {MAX_DEPTH}")
        elif token.kind == "RPAREN":
            if not opened:
                raise QueryError("this parenthesis was never opened", token.column, "an opening parenthesis before it")
            opened.pop()
    if opened:
        raise QueryError("this parenthesis is never closed", opened[-1].column, "a closing parenthesis")


def _explain(message: str, tokens: list[_Token], length: int) -> QueryError:
    """What luqum's syntax error means, told by the token it stopped at and the one before."""
    found = re.search(r"at position (\d+)!\Z", message)
    column = int(found.group(1)) + 1 if found else length + 1
    before = [token for token in tokens if token.column < column]
    at = next((token for token in tokens if token.column == column), None)
    name = shorten(at.text) if at else "the end of the query"
    place = f"{name} after {shorten(before[-1].text)}" if before else f"{name} at the beginning"
    if _inside_range(before):
        return QueryError(f"{place} in a range", column, "[FROM TO UNTIL]")
    if not before or before[-1].kind not in _OPERAND_ENDS:
        return QueryError(f"nothing to search for: {place}", column, _OPERAND)
    return QueryError(f"{place} makes no sense here", column, "AND, OR, NOT, another term or the end")


def _inside_range(tokens: list[_Token]) -> bool:
    opened = [token.kind for token in tokens if token.kind in ("LBRACKET", "RBRACKET")]
    return bool(opened) and opened[-1] == "LBRACKET"
