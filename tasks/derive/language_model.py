"""py3langid's model, unpacked once into the user's cache folder and mapped into memory from there.

Its package has it packed: each process that unpacks it takes 0.4 s of CPU and 70 MB of its own for that. Mapped, it is
there at once, and all processes share what they touch of it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from py3langid.langid import MODEL_FILE, LanguageIdentifier

_ARRAYS = ("nb_ptc", "nb_pc", "nb_classes", "tk_nextmove", "tk_row", "tk_output")
"""What the identifier is made of, by the names of its attributes and parameters."""


def load() -> LanguageIdentifier:
    """The identifier, with its probabilities. Where no cache folder can be written, it is unpacked each time.

    Raises OSError where the folder for temporary files is full: the library unpacks there.
    """
    folder = _folder()
    if folder:
        with suppress(OSError, ValueError, EOFError):  # not there yet, or damaged
            return _mapped(folder)
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    if folder:
        with suppress(OSError):
            _unpack(identifier, folder)
    return identifier


def _folder() -> Path | None:
    """Where the unpacked model belongs (XDG Base Directory Specification); None for a user without a home."""
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return None
    return cache / "newsdesk" / f"py3langid-{version('py3langid')}"


def _mapped(folder: Path) -> LanguageIdentifier:
    arrays: dict[str, NDArray[np.generic]] = {
        name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in _ARRAYS
    }
    return LanguageIdentifier(
        np.asarray(arrays["nb_ptc"]),
        np.array(arrays["nb_pc"]),
        arrays["nb_classes"].tolist(),
        arrays["tk_nextmove"].data,  # of which a number is had three times as fast as of the array
        arrays["tk_output"].tolist(),
        norm_probs=True,
        tk_row=arrays["tk_row"].tolist(),
    )


def _unpack(identifier: LanguageIdentifier, folder: Path) -> None:
    """Write the arrays where another process finds all of them or none."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        for name in _ARRAYS:
            np.save(new / f"{name}.npy", np.array(getattr(identifier, name)), allow_pickle=False)
        shutil.rmtree(folder, ignore_errors=True)  # a damaged one
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
