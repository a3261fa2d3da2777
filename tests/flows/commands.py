"""The command `newsdesk` in this process, as a user types it."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from flows.cli import main


class Said(NamedTuple):
    """What a command left."""

    code: int
    out: str
    err: str


Newsdesk = Callable[..., Said]
"""Takes the arguments, and `stdin`."""


def newsdesk_in(folder: Path, monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> Newsdesk:
    """The command, run in `folder`, so with its folders `config` and `data`; it never shows a traceback."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("NEWSDESK_CONFIG", raising=False)
    monkeypatch.delenv("NEWSDESK_DATA", raising=False)

    def run(*arguments: str, stdin: str = "") -> Said:
        monkeypatch.setattr(sys, "argv", ["newsdesk", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capture.readouterr()
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        said = Said(code, *capture.readouterr())
        assert "Traceback" not in said.out + said.err
        return said

    return run


def one_line(said: Said) -> str:
    """The only line on stderr, where a command says nothing else."""
    (line,) = said.err.splitlines()
    assert line.startswith("newsdesk: ") and said.out == ""
    return line.removeprefix("newsdesk: ")
