"""docs/data-model.md as data: what it says of tables, views, macros and columns; run, it prints that as comments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "data-model.md"
_KINDS = {"view": "VIEW", "table macro": "MACRO TABLE"}


@dataclass(frozen=True, slots=True)
class Section:
    """A table, view or macro: its kind as in `COMMENT ON`, its first sentence, and each column's meaning."""

    kind: str
    name: str
    meaning: str
    columns: dict[str, str]
    example: str | None
    """A macro's call, from its text."""


def sections() -> list[Section]:
    """Everything that the page describes, in its order."""
    found = []
    for text in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        heading, _, body = text.partition("\n")
        if heading.startswith("The schema"):
            continue
        named = re.fullmatch(r"(\w+)(?:\([^)]*\))?(?: \(([a-z ]+)\))?", heading)
        assert named, heading
        table = body.partition("| column |")[2].partition("\n\n")[0]
        sentence = " ".join(body.strip().partition("\n\n")[0].split())
        called = re.search(rf"`FROM ({named[1]}\(.*?\))`", body)
        found.append(
            Section(
                kind=_KINDS.get(named[2] or "", "TABLE"),
                name=named[1],
                meaning=re.split(r"[.:] ?`FROM|(?<=\.)\s", sentence)[0].rstrip("."),
                columns=dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE)),
                example=called[1] if called else None,
            )
        )
    return found


def statements() -> str:
    """All of it as `COMMENT ON` statements; a macro's columns cannot be commented on."""
    lines = ["-- Written by `make comments` from docs/data-model.md."]
    for section in sections():
        lines.append(f"COMMENT ON {section.kind} {section.name} IS {_quoted(section.meaning)};")
        if section.kind != "MACRO TABLE":
            lines += [
                f'COMMENT ON COLUMN {section.name}."{name}" IS {_quoted(meaning)};'
                for name, meaning in section.columns.items()
            ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).replace("`", "").replace("\\|", "|")
    return "'" + plain.replace("'", "''") + "'"


if __name__ == "__main__":
    print(statements(), end="")
