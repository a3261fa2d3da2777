"""The article's text: trafilatura on the tree that is already there."""

from __future__ import annotations

import re
from copy import deepcopy

from lxml.html import HtmlElement
from trafilatura.core import bare_extraction
from trafilatura.settings import Extractor

from tasks.derive.strings import printable

_BULLET = re.compile(r"^(?:[-*•▪●◦‣]\s+)+")
_SPACE = re.compile(r"[ \t\r\f\v\u00a0]+")


def extract_paragraphs(tree: HtmlElement) -> list[str]:
    """The paragraphs of the page's main text, without markup; empty where none is found. `tree` is left as it is."""
    document = bare_extraction(deepcopy(tree), options=Extractor(output_format="python", comments=False, fast=True))
    text = getattr(document, "text", None) or ""
    lines = (_BULLET.sub("", _SPACE.sub(" ", line)).strip() for line in printable(text).split("\n"))
    return [line for line in lines if any(c.isalnum() for c in line)]
