"""What the commands share: folders, exit codes, consoles."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand

from tasks.settings import Config, ConfigError
from tasks.store.publish import published_path
from tasks.store.state import StoreError, state_path

FAILED, BAD_USAGE, BUSY, INTERRUPTED = 1, 2, 3, 130


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the configuration and the data are; `data_given` tells whether the user named the data folder."""

    config: Path
    data: Path
    data_given: bool


def folders(context: typer.Context) -> Folders:
    """The folders that the root command was given."""
    found = context.find_object(Folders)
    assert found is not None
    return found


def checked_config(where: Folders) -> Config:
    """The configuration; raises ConfigError."""
    from flows.configuration import load_checked  # the query parser and the matcher: 0.1 s that most commands save

    return load_checked(where.config)


def published(where: Folders) -> Path:
    """The published database; raises StoreError where there is none yet."""
    path = published_path(where.data)
    if not path.exists():
        raise StoreError(f"{path}: no database yet; make it with: newsdesk run")
    return path


def require_data(where: Folders) -> None:
    """For commands that work on what is stored: raises ConfigError where nothing is, and creates nothing there."""
    if not (state_path(where.data).exists() or published_path(where.data).exists()):
        raise ConfigError(f"{where.data}: there is no newsdesk data here; check --data, or begin with: newsdesk run")


class QueryCommand(TyperCommand):
    """A command with a query as argument, which may begin with `-` as an option does."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            if type(error).__name__ == "NoSuchOption":  # of Typer's own copy of Click, which it does not export
                hint = f"a query that begins with - goes behind --, for example: {ctx.command_path} -- '-word other'"
                vars(error)["message"] += f"; {hint}"
            raise


@contextmanager
def printing() -> Iterator[None]:
    """For output that may be long: a reader such as `head` may end it early."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:  # it has seen enough; nothing more is to be flushed at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
