"""Text as the matcher sees it: folded words, with an exact way back to the characters of the original.

Folding maps every character on its own: case and accents go (`Cárcel` → `carcel`), letters with no decomposition get
their usual spelling (`ß` → `ss`, `æ` → `ae`), invisible characters vanish, and all that is no letter or digit becomes a
space. Words are what lies between spaces; in scripts that are written without spaces each character is a word.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

SPACE = " "
_SPELLED = {
    "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ħ": "h", "ŧ": "t", "ŋ": "n", "ı": "i",
}  # fmt: skip
_ACCENT_NAMES = ("COMBINING ", "ARABIC ", "HEBREW ", "SYRIAC ", "VARIATION SELECTOR", "MONGOLIAN FREE VARIATION")
# They tell か from が: another letter, not an accent.
_VOICING_MARKS = "\u3099\u309a"
_ZERO_WIDTH_SPACE = "\u200b"
_ARABIC_TATWEEL = "\u0640"
_LETTER_APOSTROPHES = "\u02bb\u02bc"
# Normal forms would take these apart into several words (Thai, Lao, kana digraphs) or into single sounds (Korean: a
# prefix would then match half a syllable).
_KEPT_WHOLE = re.compile("[\u0e33\u0eb3\u0edc\u0edd\u309f\u30ff\uac00-\ud7a3]")

_NOT_ASCII = re.compile("[^\x00-\x7f]")
_MANY_DISTINCT = 64
_LONG = 200
"""Characters from which a text is an article's, and its folded form remembered until the next ones come."""

# Thai, Lao, Myanmar, Khmer, Han, kana: blocks, and the marks in them that belong to the character before.
_UNSPACED = (
    "\u0e01-\u0e5b\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fd5\u3005-\u3007\u3021-\u3029\u3031-\u303b"
    "\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_UNSPACED_MARKS = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u1056-\u1059\u105e-\u1060"
    "\u1062-\u1064\u1067-\u106d\u1071-\u1074\u1082-\u108d\u108f\u109a-\u109d\u17b4-\u17d3\u17dd\u3099\u309a"
)
_UNSPACED_CHARACTER = re.compile(f"[{_UNSPACED}]")
_UNSPACED_WORD = re.compile(f"[{_UNSPACED}][{_UNSPACED_MARKS}]*|[^ {_UNSPACED}]+")
_SPACED_WORD = re.compile("[^ ]+")
_SPACES = re.compile("  +")


def _is_accent(mark: str) -> bool:
    if unicodedata.category(mark) == "Me":
        return True
    return mark not in _VOICING_MARKS and unicodedata.name(mark, "").startswith(_ACCENT_NAMES)


def _fold_letter(character: str) -> str:
    if _KEPT_WHOLE.match(character):
        return character
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
    if any(unicodedata.category(part)[0] not in "LNM" for part in folded):
        return SPACE
    kept = (part for part in folded if unicodedata.category(part)[0] != "M" or not _is_accent(part))
    return "".join(_SPELLED.get(part, part) for part in kept)


def _fold_character(character: str) -> str:
    category = unicodedata.category(character)
    if character == _ARABIC_TATWEEL or (category == "Cf" and character != _ZERO_WIDTH_SPACE):
        return ""
    if category[0] == "M":
        return "" if _is_accent(character) else character
    if category[0] not in "LN" or character in _LETTER_APOSTROPHES:
        return SPACE
    return _fold_letter(character)


class _FoldTable(dict[int, str]):
    """For `str.translate`; every character is worked out once."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_character(chr(code))
        return folded


_FOLD = _FoldTable()


def fold(text: str) -> str:
    """`text` with each character folded (see above); not of the same length where one character folds to two or none.

    The signature, the topics and the places of an article ask for the same text.
    """
    return _fold_again(text) if len(text) > _LONG else _fold(text)


def _fold(text: str) -> str:
    """Folding what is folded changes nothing, so few distinct characters can be replaced one after the other:
    `translate` is five times faster on the ASCII that most European text then is."""
    if not text.isascii():
        others = set(_NOT_ASCII.findall(text))
        if len(others) <= _MANY_DISTINCT:
            for character in others:
                text = text.replace(character, _FOLD[ord(character)])
    return text.translate(_FOLD)


_fold_again = lru_cache(2)(_fold)


def _word_pattern(folded: str) -> re.Pattern[str]:
    return _SPACED_WORD if folded.isascii() or not _UNSPACED_CHARACTER.search(folded) else _UNSPACED_WORD


def split_words(folded: str) -> list[str]:
    """The words of folded text, in order."""
    pattern = _word_pattern(folded)
    return folded.split() if pattern is _SPACED_WORD else pattern.findall(folded)


def words_line(folded: str) -> str:
    """The words of folded text with single spaces between and around them.

    Double spaces are all there is to mend: a regular expression does so sooner than words are split and joined.
    """
    if _word_pattern(folded) is _SPACED_WORD:
        return _SPACES.sub(SPACE, f" {folded} ")
    return f" {' '.join(split_words(folded))} "


def is_unspaced(word: str) -> bool:
    """Whether a word is one character of a script that is written without spaces."""
    return _UNSPACED_CHARACTER.match(word) is not None


@dataclass(frozen=True, slots=True)
class OffsetMap:
    """From offsets in folded text to offsets in the original: `shifts[i]` holds from `positions[i]` on."""

    positions: list[int]
    shifts: list[int]

    def original(self, position: int) -> int:
        """The original offset of a word's start or end; an end takes in the accents that vanished after it."""
        return position + self.shifts[bisect_right(self.positions, position) - 1]


def offset_map(text: str) -> OffsetMap | None:
    """The map for `fold(text)`; None where folding keeps every offset."""
    changing = [c for c in set(_NOT_ASCII.findall(text)) if len(_FOLD[ord(c)]) != 1]
    if not changing:
        return None
    positions, shifts = [0], [0]
    for found in re.finditer("[" + "".join(map(re.escape, changing)) + "]", text):
        after = found.start() - shifts[-1] + len(_FOLD[ord(found.group())])
        positions.append(after)
        shifts.append(found.end() - after)
    return OffsetMap(positions, shifts)


def word_spans(text: str, folded: str, numbers: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Start and end of the words with these numbers in `split_words(folded)`, as offsets into the original `text`."""
    pattern = _word_pattern(folded)
    wanted = sorted(set(numbers))
    spans = _spaced_spans(folded, wanted) if pattern is _SPACED_WORD else _pattern_spans(folded, pattern, wanted)
    offsets = offset_map(text)
    if offsets is None:
        return spans
    return {number: (offsets.original(start), offsets.original(end)) for number, (start, end) in spans.items()}


def _spaced_spans(folded: str, wanted: list[int]) -> dict[int, tuple[int, int]]:
    """Splits off what lies before each word: a quarter of the time of a regular expression over all of them."""
    spans = {}
    rest, done = folded, 0
    for number in wanted:
        rest = rest.split(None, number - done)[-1]
        done = number
        start = len(folded) - len(rest)
        end = folded.find(SPACE, start)
        spans[number] = (start, end if end >= 0 else len(folded))
    return spans


def _pattern_spans(folded: str, pattern: re.Pattern[str], wanted: list[int]) -> dict[int, tuple[int, int]]:
    spans = [found.span() for found in pattern.finditer(folded)]
    return {number: spans[number] for number in wanted}
