"""The real pages of the evaluation, repeated under other addresses, each copy with a paragraph of its own."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator

from benchmarks._sites import EVAL

_CANONICAL = re.compile(rb"<(?:link|meta)\b[^<>]{0,500}?(?:canonical|og:url)[^<>]{0,2000}>", re.IGNORECASE)
"""Copies that name one canonical address would be duplicates: one article and little work to store."""


def real_pages() -> list[tuple[str, bytes]]:
    """(name, body) of every page; empty where the evaluation is absent."""
    files = sorted((EVAL / "extract" / "pages").glob("*.html.gz"))
    return [(file.name.removesuffix(".html.gz"), gzip.decompress(file.read_bytes())) for file in files]


def copies(count: int) -> Iterator[tuple[str, bytes]]:
    """(path, body) of so many pages: all of the evaluation, and again all of them."""
    pages = [(name, _CANONICAL.sub(b"", body)) for name, body in real_pages()]
    for number in range(count):
        name, body = pages[number % len(pages)]
        own = f"</p><p>This is copy number {number} of the page, and this sentence stands in no other one.</p>"
        yield f"/{name}/{number}", body.replace(b"</p>", own.encode(), 1)
