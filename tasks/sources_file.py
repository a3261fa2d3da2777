"""`sources.yaml` as a file that people edit: sources are appended to it, everything that stands there stays."""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unicodedata import normalize

import yaml
from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from tasks import urls
from tasks.model import Kind, Source
from tasks.settings import ConfigError, SourcesFile

_ID_CHARS = 40
_ITEM = re.compile(r"^( *)- ", re.MULTILINE)
_SPACED = re.compile(r"\n[ \t]*\r?\n(?:[ \t]*#[^\n]*\n)*[ ]*- ")  # a blank line between two items
_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_WIDE = 10_000  # no line is ever folded


@dataclass(frozen=True, slots=True)
class NewSource:
    """A source to append; what is None or empty is not written. Without an id it gets one from `Known.add`."""

    name: str
    url: str
    source_id: str = ""
    kind: Kind | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()

    def item(self) -> CommentedMap:
        """As it stands in the file, keys in the order of the documentation."""
        item = CommentedMap(id=self.source_id, name=self.name, url=self.url)
        optional = {"kind": str(self.kind) if self.kind else None, "language": self.language}
        item.update({key: value for key, value in optional.items() if value})
        if self.tags:
            item["tags"] = CommentedSeq(self.tags)
            item["tags"].fa.set_flow_style()
        return item


def append_sources(path: Path, sources: Sequence[NewSource]) -> None:
    """Append `sources` to the file at `path`; comments, order, quotes, indentation and line ends stay as they are.

    The file is replaced at once, and only by one that is valid. Raises ConfigError where it cannot be read or written,
    or where a source would not be valid in it.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        written = _with(text, sources)
        SourcesFile.model_validate(yaml.safe_load(written))
        _replace(path, written)
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(step) for step in problem["loc"])
        raise ConfigError(f"{path}: {key}: {problem['msg'].removeprefix('Value error, expected ')}") from error
    except (YAMLError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid YAML: {' '.join(str(error).split())[:200]}") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be changed: {error.strerror}") from error


def _with(text: str, sources: Sequence[NewSource]) -> str:
    """The file's text with `sources` at the end of its list: added behind it, or else the whole written anew.

    The first leaves every character where it is, and is right where the list is the last thing in the file; the second
    keeps comments and order, but not each blank.
    """
    ending = "\r\n" if "\r\n" in text else "\n"
    expected = yaml.safe_load(text)
    expected["sources"] = [
        *expected["sources"],
        *(yaml.safe_load(_dumped(YAML(), source.item())) for source in sources),
    ]
    behind = _behind(text, sources).replace("\r\n", "\n").replace("\n", ending)
    return behind if _means(behind, expected) else _anew(text, sources).replace("\n", ending)


def _means(text: str, expected: object) -> bool:
    try:
        return bool(yaml.safe_load(text) == expected)
    except yaml.YAMLError:
        return False


def _behind(text: str, sources: Sequence[NewSource]) -> str:
    first = _ITEM.search(text)
    gap = "\n" if first and _SPACED.search(text, first.end()) else ""
    items = (_dumped(_layout(text), CommentedSeq([source.item()])) for source in sources)
    return text + ("" if text.endswith("\n") else "\n") + "".join(gap + item for item in items)


def _anew(text: str, sources: Sequence[NewSource]) -> str:
    layout = _layout(text)
    document: Any = layout.load(text)
    document["sources"].fa.set_block_style()
    document["sources"].extend(source.item() for source in sources)
    layout.explicit_start = text.lstrip().startswith("---")
    return _dumped(layout, document)


def _dumped(layout: YAML, value: object) -> str:
    out = io.StringIO()
    layout.dump(value, out)
    return out.getvalue().replace("\r\n", "\n")


def _layout(text: str) -> YAML:
    """ruamel's reader and writer, with the indentation of the list that is in the file."""
    layout = YAML(typ="rt")
    layout.preserve_quotes = True
    layout.width = _WIDE
    item = _ITEM.search(text)
    offset = len(item[1]) if item else 2
    layout.indent(mapping=2, sequence=offset + 2, offset=offset)
    return layout


def _replace(path: Path, text: str) -> None:
    """Through a file beside it and a rename; a link's target is replaced, not the link."""
    target = path.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
        temporary.chmod(target.stat().st_mode & 0o777)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


class Known:
    """The sources that are there, by id and by address: what a new one must not repeat."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._ids: set[str] = set()
        self._by_address: dict[str, str] = {}
        for source in sources:
            self._take(source.source_id, source.url)

    def _take(self, source_id: str, url: str) -> None:
        self._ids.add(source_id)
        self._by_address.setdefault(urls.identity(url), source_id)

    def having(self, url: str) -> str | None:
        """The id of the source with this address, however it is written. Raises ValueError for no web address."""
        return self._by_address.get(urls.identity(url))

    def check_id(self, source_id: str) -> None:
        """Raises ConfigError where a new source cannot have this id."""
        if source_id in self._ids:
            raise ConfigError(f"--id {source_id}: another source has this id")
        if not _SLUG.fullmatch(source_id):
            raise ConfigError(f"--id {source_id}: expected a slug: a-z, 0-9, - and _")

    def add(self, source: NewSource) -> NewSource:
        """The source, from now on known; without an id it is given one, from its name or its site's."""
        if not source.source_id:
            source = replace(source, source_id=self._free_id(source.name, source.url))
        self._take(source.source_id, source.url)
        return source

    def _free_id(self, name: str, url: str) -> str:
        slug = _slug(name) or _slug(urls.site(url)) or "source"
        numbered = (slug if number == 1 else f"{slug}-{number}" for number in range(1, len(self._ids) + 2))
        return next(candidate for candidate in numbered if candidate not in self._ids)


def _slug(text: str) -> str:
    words = re.findall(r"[a-z0-9]+", normalize("NFKD", text.lower()).encode("ascii", "ignore").decode())
    while len(words) > 1 and len("-".join(words)) > _ID_CHARS:
        words.pop()
    return "-".join(words)[:_ID_CHARS]
