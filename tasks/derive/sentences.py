"""The sentence around a place in a text: enough of it to judge a match by."""

from __future__ import annotations

import re

MAX_SENTENCE = 400
"""Characters; a longer sentence is cut at spaces, around the place."""

# A full stop ends no sentence after an initial or a common abbreviation, nothing does before a small letter. One class
# of characters comes first, so that the search can skip to the next of them.
_END = re.compile(
    r"[\r\n。！？.!?…](?:"
    r"(?<=[\r\n])[\r\n]*"
    r"|(?<=[。！？])[。！？]*[」』”）]*"
    r"|(?<=[.!?…])(?<!\b[^\W\d_]\.)"
    r"(?<!\b(?i:mr|ms|dr|sr|st|lt|jr|no|nº|vs|ee|uu)\.)"
    r"(?<!\b(?i:mrs|dra|sra|sgt|gen|gov|sen|rep|col|hon|núm|art|etc|inc|ltd|jan|feb|mar|apr|aug|sep|oct|nov|dec)\.)"
    r"(?<!\b(?i:capt|prof|corp|dept|sept)\.)"
    r"[.!?…]*[\"'”’»)\]]*(?=\s)(?![ \t\xa0\"'“‘«(\[]*[a-zß-öø-ÿα-ωа-яё]))"
)


def sentence_span(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the sentence around `text[start:end]` begins and ends: part of one line unless the place itself is not.

    At most `MAX_SENTENCE` characters, or the place alone where that is longer.
    """
    begin = max(0, start - MAX_SENTENCE)
    for found in _END.finditer(text, begin, start + 1):
        begin = min(found.end(), start)
    stop = min(len(text), end + MAX_SENTENCE)
    if found_end := _END.search(text, end, stop):
        stop = found_end.end()
    if stop - begin > MAX_SENTENCE:
        begin, stop = _bounded(text, begin, stop, start, end)
    while begin < start and text[begin].isspace():
        begin += 1
    while stop > end and text[stop - 1].isspace():
        stop -= 1
    return begin, stop


def _bounded(text: str, begin: int, stop: int, start: int, end: int) -> tuple[int, int]:
    room = max(0, MAX_SENTENCE - (end - start))
    left = max(begin, min(start - room // 2, stop - MAX_SENTENCE))
    left = min(left, start)
    right = max(end, min(stop, left + MAX_SENTENCE))
    if left > begin:
        left = text.find(" ", left, start) + 1 or left
    if right < stop:
        space = text.rfind(" ", end, right)
        right = space if space >= 0 else right
    return left, right
