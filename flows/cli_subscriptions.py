"""Commands that change or copy the list of sources: `sources add`, `import` and `export`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows import inputs
from flows.cli_shared import FAILED, Folders, checked_config, folders
from tasks import urls
from tasks.model import Kind
from tasks.present.terminal import console
from tasks.settings import Config, ConfigError

if TYPE_CHECKING:
    from tasks.capture.discovery import Discovered, Undiscovered
    from tasks.capture.opml import ListedSource
    from tasks.sources_file import Known, NewSource

_NAME_CHARS = 100


def add_source(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="A feed, a site, a section page, a sitemap or an article.")],
    kind: Annotated[
        Kind | None, typer.Option(help="What it is, where that is known better; it is fetched and checked once.")
    ] = None,
    source_id: Annotated[str, typer.Option("--id", help="Its id; made from its name when left out.")] = "",
    name: Annotated[str, typer.Option("--name", help="Its name; its own title when left out.")] = "",
    tag: Annotated[list[str] | None, typer.Option("--tag", help="A tag (repeatable).")] = None,
) -> None:
    """Find out what an address is, unless --kind says so, and append it to sources.yaml; it may be without https://.

    Example: newsdesk sources add https://www.themarshallproject.org --tag criminal-justice
    """
    from tasks.capture.discovery import Undiscovered
    from tasks.sources_file import Known, NewSource, append_sources

    where = folders(context)
    config = checked_config(where)
    known = Known(config.sources)
    url, *others = inputs.as_typed(url)
    _refuse_known(where, known, url)
    if source_id:
        known.check_id(source_id)
    found = asyncio.run(_discover(url, config, kind))
    for other in others:
        if isinstance(found, Undiscovered) and found.unreachable:
            found = asyncio.run(_discover(other, config, kind))
    if isinstance(found, Undiscovered):
        console(stderr=True).print(f"newsdesk: {found.url}: {found.reason}", soft_wrap=True, markup=False)
        raise typer.Exit(FAILED)
    _refuse_known(where, known, found.url)
    title = " ".join((name or found.title or urls.site(found.url)).split())[:_NAME_CHARS]
    source = known.add(NewSource(title, found.url, source_id, found.kind, found.language, _tags(tag or [])))
    append_sources(_file(where), [source])
    print(f"added {source.source_id}: {source.name}, {found.kind} {found.url} ({_shown(found)})")


def _file(where: Folders) -> Path:
    return where.config / "sources.yaml"


def _refuse_known(where: Folders, known: Known, url: str) -> None:
    try:
        holder = known.having(url)
    except ValueError as error:
        raise ConfigError(f"{url}: expected an absolute http or https address") from error
    if holder:
        raise ConfigError(f"{_file(where)}: {url} is there already, as {holder}")


async def _discover(url: str, config: Config, kind: Kind | None) -> Discovered | Undiscovered:
    from tasks.capture.crawler import open_crawler
    from tasks.capture.discovery import discover
    from tasks.capture.named_kind import confirm
    from tasks.clock import now

    async with open_crawler(config.settings.http, now) as crawler:
        return await (confirm(crawler, url, kind, now()) if kind else discover(crawler, url, now()))


def _tags(given: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag.strip() for tag in given if tag.strip()))


def _shown(found: Discovered) -> str:
    count = len(found.entries)
    return f"{count} entr{'y' if count == 1 else 'ies'} now"


def import_sources(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.opml", help="An OPML file, as feed readers export it.")],
) -> None:
    """Append the sources of an OPML file that are not there yet; nothing is fetched, their kind shows when polled.

    Example: newsdesk sources import subscriptions.opml
    """
    from tasks.capture.opml import NotOpml, read_opml
    from tasks.sources_file import Known, append_sources

    where = folders(context)
    known = Known(checked_config(where).sources)
    try:
        listed = read_opml(file.read_bytes())
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    if isinstance(listed, NotOpml):
        raise ConfigError(f"{file}: {listed.reason}")
    added = [source for source in (_taken(entry, known) for entry in listed) if source]
    if added:
        append_sources(_file(where), added)
    for source in added:
        print(f"added {source.source_id}: {source.url}")
    print(f"{len(added)} added, {len(listed) - len(added)} skipped")


def _taken(listed: ListedSource, known: Known) -> NewSource | None:
    """The source to append, or None after saying why it is skipped."""
    from tasks.sources_file import NewSource

    url = inputs.as_typed(listed.url)[0]
    try:
        holder = known.having(url)
    except ValueError:
        print(f"skipped {listed.url[:200]}: not an http or https address")
        return None
    if holder:
        print(f"skipped {listed.url}: there already, as {holder}")
        return None
    return known.add(NewSource(listed.name or urls.site(url), url, tags=listed.tags))


def export_sources(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.opml", help="Where to write; replaced if it is there.")],
) -> None:
    """Write all sources to an OPML file that feed readers can import.

    Example: newsdesk sources export subscriptions.opml
    """
    from tasks.capture.opml import write_opml

    sources = checked_config(folders(context)).sources
    try:
        file.write_bytes(write_opml(sources, title="newsdesk sources"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written: {error.strerror}") from error
    print(f"{file}: {len(sources)} sources")
