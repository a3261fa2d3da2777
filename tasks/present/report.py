"""Placeholder until the report helper writes it."""
from pathlib import Path


def write_report(data: Path) -> Path:
    """Nothing yet."""
    return data / "report" / "index.html"
