"""What `backfill` and `replay` are given, checked before anything begins: files, addresses, days."""

from __future__ import annotations

import glob
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tasks import urls
from tasks.model import FetchedPage, PageRef, Source
from tasks.settings import Config, ConfigError


@dataclass(frozen=True, slots=True)
class Choice:
    """Which pages of a WARC file are kept; empty: all."""

    sites: tuple[str, ...] = ()
    """Hosts; those below one are meant too."""
    languages: tuple[str, ...] = ()
    """ISO 639-1, lower case."""

    def key(self) -> str:
        """The same text for the same choice."""
        return json.dumps([sorted(self.sites), sorted(self.languages)])

    def wants_site(self, page: FetchedPage) -> bool:
        """Whether the page's host is chosen."""
        host = urls.site(page.url)
        return not self.sites or any(host == site or host.endswith(f".{site}") for site in self.sites)

    def wants_language(self, language: str | None) -> bool:
        """Whether an article in this language is chosen; one whose language is unknown is not."""
        return not self.languages or (language or "").lower().partition("-")[0] in self.languages


def choice(sites: Sequence[str] | None, languages: Sequence[str] | None) -> Choice:
    """The choice as people write it: hosts with or without `https://` and `www.`, language tags. Raises ConfigError."""
    hosts = []
    for site in sites or ():
        host = urls.site(site if "://" in site else f"https://{site}")
        if not host:
            raise ConfigError(f"--site {site}: expected a host such as example.com")
        hosts.append(host)
    codes = []
    for language in languages or ():
        code = language.strip().lower().replace("_", "-").partition("-")[0]
        if not (code.isalpha() and len(code) in (2, 3)):
            raise ConfigError(f"--language {language}: expected a language code such as es")
        codes.append(code)
    return Choice(tuple(hosts), tuple(codes))


def warc_files(patterns: Sequence[str]) -> list[Path]:
    """The files that the patterns name, in order and each once. Raises ConfigError for one that names none."""
    found: dict[Path, None] = {}
    for pattern in patterns:
        names = [pattern] if Path(pattern).is_file() else sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207
        files = [Path(name).resolve() for name in names if Path(name).is_file()]
        if not files and Path(pattern).is_dir():
            raise ConfigError(f"--warc {pattern}: a folder; name the files in it, as {_all_in(Path(pattern))}")
        if not files:
            raise ConfigError(f"--warc {pattern}: no such file; expected WARC files, or a pattern that finds some")
        found.update(dict.fromkeys(files))
    return list(found)


def _all_in(folder: Path) -> str:
    """The pattern, for a shell, that finds the WARC files in a folder, or in those below it."""
    kind = "*.warc" if any(folder.rglob("*.warc")) and not any(folder.rglob("*.warc.gz")) else "*.warc.gz"
    is_deep = not any(folder.glob(kind)) and any(folder.rglob(kind))
    return f"'{folder / '**' / kind if is_deep else folder / kind}'"


def configured_source(config: Config, source_id: str) -> Source:
    """The source with this id; raises ConfigError where there is none."""
    for source in config.sources:
        if source.source_id == source_id:
            return source
    raise ConfigError(f"--source {source_id}: no source with this id in {config.folder / 'sources.yaml'}")


def addresses(path: Path) -> tuple[list[PageRef], list[str]]:
    """(the pages that a list names, a line for each address that is none).

    One address a line, also without `https://`; empty lines and those that begin with `#` do not count. Raises
    ConfigError where the file cannot be read, or is no text.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"--urls {path}: {error.strerror}; expected a file with an address on each line") from error
    if b"\0" in content:
        raise ConfigError(f"--urls {path}: not a text file in UTF-8; expected an address on each line")
    text = content.decode("utf-8-sig", errors="replace")
    pages: dict[str, PageRef] = {}
    problems = []
    for number, line in enumerate(text.splitlines(), 1):
        address = line.strip()
        if not address or address.startswith("#"):
            continue
        try:
            url = listed_address(address)
            pages.setdefault(urls.page_id(url), PageRef(urls.page_id(url), url))
        except ValueError as error:
            problems.append(f"{path}:{number}: {error}")
    return list(pages.values()), problems


def as_typed(address: str) -> list[str]:
    """What somebody means who types an address, and what to try next: https, then http, where no scheme is named.

    `feed:https://…` and `feed://…`, by which browsers once started feed readers, are the address behind, and http.
    """
    address = _FEED_SCHEME.sub("http", _FEED_PREFIX.sub("", address.strip()))
    return [address] if "://" in address else [f"https://{address}", f"http://{address}"]


def listed_address(line: str) -> str:
    """The address that a line of a list names, cleaned; raises ValueError where it names none."""
    if "://" not in line and not _HOST_FIRST.match(line):
        raise ValueError(f"not an http or https address: {line[:200]!r}")
    return urls.clean(as_typed(line)[0])


_FEED_PREFIX = re.compile(r"^feed:(?://)?(?=https?://)", re.IGNORECASE)
_FEED_SCHEME = re.compile(r"^feed(?=://)", re.IGNORECASE)
_HOST_FIRST = re.compile(r"[^\s/?#@:]+\.[^\s/?#@:]+(?::\d+)?(?:[/?#]|$)")
"""A host with a dot in it, as people write addresses without a scheme."""


def day(text: str, option: str = "--since") -> datetime:
    """The date, or date and time, that an option was given, as naive UTC; raises ConfigError."""
    try:
        return naive_utc(datetime.fromisoformat(text))
    except ValueError as error:
        raise ConfigError(f"{option} {text}: expected a date such as 2026-01-31") from error


def naive_utc(when: datetime) -> datetime:
    """The same instant without a zone; where it has none, it is UTC already."""
    return when.astimezone(UTC).replace(tzinfo=None) if when.tzinfo else when
