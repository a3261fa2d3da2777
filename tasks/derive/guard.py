"""Bounds on what a hostile or broken page can cost, before and after it is parsed.

The figures come from 772 real pages: at most 52 levels deep, 9,748 elements, 64 attributes in a tag, 2.1 MB.
"""

from __future__ import annotations

import re
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

MAX_BYTES = 5_000_000
"""A longer body is cut: an article stands near the beginning."""
MAX_DEPTH = 200
MAX_ELEMENTS = 20_000
"""What follows further down is dropped: extraction is quadratic in some lists of elements."""
MAX_ATTRIBUTES = 500
"""Per tag: libxml2 takes 12 s to parse one with 100,000."""
LONG_TEXT = 200_000
LONG_TAG = 20_000
"""Characters of a page, and of a tag in it, from which attributes are counted: fewer cannot cost much."""
MAX_VALUE = 2_000
"""Characters of an attribute's value in a LONG_TAG; a longer one is data for scripts."""

# `*+` gives nothing back: an unclosed tag of a megabyte is looked through once, not once for each of its characters.
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*+)[^<>]*+>")
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)
_TOO_DEEP = etree.XPath("boolean(" + "/*" * MAX_DEPTH + ")")
_TOO_MANY = etree.XPath(f"count(//*) > {MAX_ELEMENTS}")
_NAME = re.compile(r"<([a-zA-Z][\w:-]*+)\s")
_QUOTED = re.compile(r"""=\s*+(?:"[^"]*+"|'[^']*+')""")
_ATTRIBUTE = re.compile(r"[\s/][^\s/]+")
"""What is left of one without its quoted value."""
_LONG_VALUE = re.compile(rf"""\s[\w:-]+=(?:"[^"]{{{MAX_VALUE},}}"|'[^']{{{MAX_VALUE},}}')""")


def slim_tags(text: str) -> str:
    """`text` with the longest tags shortened: without values over MAX_VALUE, and bare where attributes are too many.

    Looks only at stretches of LONG_TAG characters without the end of a tag, which most pages do not have.
    """
    if len(text) < LONG_TEXT:
        return text
    parts, kept, seen = [], 0, 0
    while len(text) - seen > LONG_TAG:
        end = text.rfind(">", seen, seen + LONG_TAG)
        if end < 0:
            end = text.find(">", seen + LONG_TAG)
            if end < 0:
                break
            begin = text.rfind("<", seen, end)
            if begin >= 0 and end - begin > LONG_TAG:
                parts += [text[kept:begin], _slim(text[begin : end + 1])]
                kept = end + 1
        seen = end + 1
    return "".join([*parts, text[kept:]])


def _slim(tag: str) -> str:
    name = _NAME.match(tag)
    if not name:
        return tag
    shorter = _LONG_VALUE.sub("", tag)
    is_crowded = len(_ATTRIBUTE.findall(_QUOTED.sub(" ", shorter))) > MAX_ATTRIBUTES
    return f"<{name[1]}>" if is_crowded else shorter


def flatten(text: str) -> str:
    """`text` without the tags that nest deeper than MAX_DEPTH; their content stays.

    libxml2 stops at 2,048 levels and loses what follows. End tags are matched by count, not by name: this is for
    markup that is broken on purpose.
    """
    depth = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal depth
        if match[2].lower() in _VOID:
            return match[0]
        depth += -1 if match[1] else 1
        inside = depth + bool(match[1]) <= MAX_DEPTH // 2
        depth = max(depth, 0)
        return match[0] if inside else " "

    return _TAG.sub(keep, text)


def is_too_deep(tree: HtmlElement) -> bool:
    """Whether the tree reaches MAX_DEPTH."""
    return bool(_TOO_DEEP(tree))


def bound(tree: HtmlElement) -> None:
    """Cut the body of `tree` in place to MAX_ELEMENTS."""
    body = tree.find(".//body") if _TOO_MANY(tree) else None
    if body is None:
        return
    for element in list(islice(body.iter("*"), MAX_ELEMENTS, None)):
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
