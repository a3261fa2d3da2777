"""The unpacked model tells the same as the library's own, and is done without or made anew where that must be."""

from __future__ import annotations

from pathlib import Path

import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from tasks.derive import language_model

TEXTS = {
    "en": "The ministers visited the prison on Monday and spoke with the people who are held there.",
    "es": "Los ministros visitaron la cárcel el lunes y hablaron con las personas detenidas.",
    "pt": "Os ministros visitaram a prisão na segunda-feira e falaram com as pessoas detidas.",
    "fr": "Les ministres ont visité la prison lundi et ont parlé avec les personnes détenues.",
    "de": "Die Minister besuchten am Montag das Gefängnis und sprachen mit den Gefangenen.",
    "ru": "Министры посетили тюрьму в понедельник и поговорили с заключёнными.",
    "ja": "閣僚らは月曜日に刑務所を訪れ、収容されている人々と話をした。",
}


@pytest.fixture(scope="module")
def expected() -> dict[str, tuple[str, float]]:
    library = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    return {text: library.classify(text) for text in TEXTS.values()}


def told() -> dict[str, tuple[str, float]]:
    identifier = language_model.load()
    return {text: identifier.classify(text) for text in TEXTS.values()}


def test_unpacked_model_tells_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected: dict[str, tuple[str, float]]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert told() == expected
    (unpacked,) = (tmp_path / "newsdesk").iterdir()
    monkeypatch.setattr(LanguageIdentifier, "from_model_file", None)
    assert told() == expected
    assert list((tmp_path / "newsdesk").iterdir()) == [unpacked]


@pytest.mark.parametrize("harm", ["cut off", "empty", "gone"])
def test_damaged_model_is_unpacked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected: dict[str, tuple[str, float]], harm: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    language_model.load()
    (file,) = tmp_path.glob("newsdesk/*/tk_nextmove.npy")
    whole = file.read_bytes()
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes(whole[: len(whole) // 2 if harm == "cut off" else 0])
    assert told() == expected
    assert file.read_bytes() == whole


@pytest.mark.parametrize("place", ["a file", "no home"])
def test_model_without_a_folder_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected: dict[str, tuple[str, float]], place: str
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file") if place == "a file" else "")
    monkeypatch.setattr(Path, "home", homeless)
    assert told() == expected
