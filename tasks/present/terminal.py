"""Consoles."""

from __future__ import annotations

from rich.console import Console

WIDTH_ELSEWHERE = 200
"""Columns where the output is no terminal: wide enough that no table is cut."""


def console(*, stderr: bool = False) -> Console:
    """A console as wide as the terminal that it writes to, if it is one."""
    # Without emoji, which rich would put where a text says ":x:": what is printed is what is stored.
    found = Console(stderr=stderr, emoji=False)
    return found if found.is_terminal else Console(stderr=stderr, emoji=False, width=WIDTH_ELSEWHERE)
