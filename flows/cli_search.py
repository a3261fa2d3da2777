"""The command `search`."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer

from flows.cli_shared import folders, printing, published
from flows.searching import Found, search, search_like
from tasks.present.cells import spreadsheet_safe
from tasks.present.terminal import console
from tasks.settings import ConfigError
from tasks.store.hits import Filter

_MOST = 2**31
"""More articles than a database holds: a limit that is none."""
_OTHER_LANGUAGE = re.compile(r"(?<!\S)(?:AND|OR|NOT)(?!\S)|(?<![^\s(+-])[A-Za-z_]+:(?=[^\s/])")
"""Operators and fields of the language of topics."""
_HINT = (
    "newsdesk: search takes plain words; AND, OR, NOT and fields such as title: are words to it. "
    'It has "phrases", beginnings* and -exclusions; newsdesk topics test takes the language of topics.'
)


class SearchFormat(StrEnum):
    """How hits are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def search_command(
    context: typer.Context,
    query: Annotated[
        str | None, typer.Argument(help='Words, "exact phrases", beginnings*, -words that must not be there.')
    ] = None,
    like: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Instead of QUERY: articles near in meaning to this text.")
    ] = None,
    topic: Annotated[str | None, typer.Option(metavar="ID", help="Only articles that match this topic.")] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Published on this day or later (UTC).")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Articles to show.")] = 20,
    output: Annotated[SearchFormat, typer.Option("--format", help="How to print them.")] = SearchFormat.TABLE,
) -> None:
    """Full-text search, best first, with the matching sentence.

    Example: newsdesk search 'prison* "human rights" -football' --since 2026-01-31
    """
    path = published(folders(context))
    wanted = Filter(topic, _day(since) if since else None, min(limit, _MOST))
    if query and _OTHER_LANGUAGE.search(query):
        print(_HINT, file=sys.stderr)
    found = _found(path, query, like, wanted)
    with printing():
        _print(found, output)


def _found(path: Path, query: str | None, like: str | None, wanted: Filter) -> list[Found]:
    if (query is None) == (like is None):
        raise ConfigError("search: expected one of QUERY and --like TEXT")
    if not (like or query or "").strip():
        raise ConfigError("search: the query is empty; expected a word, for example: newsdesk search prison")
    if like is None:
        return search(path, query or "", wanted)
    from tasks.store import search_vectors

    if not search_vectors.available():
        raise ConfigError(f"search --like: the extra is not installed; expected: {search_vectors.INSTALL}")
    return search_like(path, search_vectors.embed([like])[0], wanted)


def _day(text: str) -> datetime:
    from flows.inputs import day

    return day(text)


def _print(found: Sequence[Found], output: SearchFormat) -> None:
    if output is SearchFormat.TABLE:
        _print_hits(found)
        return
    records = [_record(hit) for hit in found]
    if output is SearchFormat.JSON:
        print(orjson.dumps(records, default=str, option=orjson.OPT_INDENT_2).decode())
        return
    writer = csv.DictWriter(sys.stdout, list(_record(_NOTHING)), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in record.items()} for record in records)


def _record(hit: Found) -> dict[str, object]:
    return {
        "article_id": hit.article_id,
        "score": round(hit.score, 4),
        "title": hit.title,
        "url": hit.url,
        "published_at": str(hit.published_at),
        "site": hit.site,
        "sentence": "".join(segment.text for segment in hit.sentence),
    }


def _cell(value: object) -> object:
    return spreadsheet_safe(value) if isinstance(value, str) else value


_NOTHING = Found("", 0.0, "", "", datetime.min, "", ())


def _print_hits(found: Sequence[Found]) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from tasks.present.topics import highlighted

    out = console()
    for hit in found:
        out.print(Text(" ".join(hit.title.split()), "bold"), soft_wrap=True)
        sentence = highlighted(hit.sentence)
        if out.is_terminal:
            out.print(Padding(sentence, (0, 0, 0, 2)))
        else:
            out.print(Text.assemble("  ", sentence), soft_wrap=True)
        place = f"  {hit.published_at:%Y-%m-%d}  {hit.site}  {hit.url}"
        out.print(Text(place, "dim"), soft_wrap=True)
    if not found:
        print("No article matches.")
