"""`labels/TOPIC-ID.jsonl`: what people said an article is about, a line for each time they said it.

Lines are only ever appended, so that the file can be shared and merged; of several lines for one text the newest
counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tasks.settings import ConfigError

Grade = Literal[0, 1, 2]
"""2: the article is about the topic, 1: it touches it, 0: not at all."""
How = Literal["random", "chosen"]
"""Why it was shown: drawn at random, for figures; or chosen because a grade would teach much."""
_WRONG = {
    "missing": "missing",
    "extra_forbidden": "unknown key",
    "string_pattern_mismatch": "expected 32 hexadecimal digits",
    "date": "expected a day or a time in UTC, such as 2026-05-31T08:00:00Z",
}


class Label(BaseModel):
    """One grade, of the text with this `content_hash` as it was seen at `url`; `date` is UTC.

    `weight` is the number of texts that a randomly drawn one stands for; 1 for chosen ones.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    url: str = Field(min_length=1)
    content_hash: str = Field(pattern="^[0-9a-f]{32}$")
    grade: Grade
    date: str = Field(pattern=r"^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?$")
    how: How
    weight: float = Field(default=1.0, gt=0, allow_inf_nan=False)


def read_labels(path: Path) -> list[Label]:
    """The labels, one for each url and hash: the newest by date, and of one date the last. None where there is no file.

    Raises ConfigError that names file and line.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return []
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    labels = [_label(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    newest = {(label.url, label.content_hash): label for label in sorted(labels, key=lambda label: label.date)}
    return list(newest.values())


def _label(path: Path, number: int, line: str) -> Label:
    try:
        return Label.model_validate_json(line)
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(step) for step in problem["loc"]) or "the line"
        wrong = _WRONG.get(problem["type"], problem["msg"].replace("Input should be", "expected"))
        raise ConfigError(f"{path}:{number}: {key}: {wrong if key != 'date' else _WRONG['date']}") from error


def append_label(path: Path, label: Label) -> None:
    """Append one line. Raises ConfigError where the file cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            file.seek(max(0, file.seek(0, 2) - 1))
            torn = file.read(1) not in (b"", b"\n")
            file.write((b"\n" if torn else b"") + label.model_dump_json().encode() + b"\n")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error
