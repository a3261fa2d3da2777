"""The content hash: when two texts count as the same."""

from __future__ import annotations

import hashlib
import re

from tasks.derive.strings import fold

_WORD = re.compile(r"\w+")


def content_hash(text: str) -> str:
    """The first 32 hexadecimal digits of the SHA-256 over the casefolded words of `text`.

    White space, punctuation and case do not matter, so a text that was only re-wrapped or re-quoted keeps its hash.
    """
    return hashlib.sha256(_words(text).encode("utf-8", "replace")).hexdigest()[:32]


def _words(text: str) -> str:
    """The casefolded words with single spaces between them."""
    if "_" in text:  # which `fold` takes for no part of a word
        return " ".join(_WORD.findall(text.casefold()))
    return " ".join(filter(None, map(fold, text.split("\n\n"))))  # its paragraphs are folded already
