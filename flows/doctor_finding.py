"""One thing that `newsdesk doctor` has looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found. `message` says what to do where it is not good, `commands` how, as typed in a shell."""

    subject: str
    good: bool
    message: str
    commands: str = ""
