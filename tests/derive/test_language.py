"""The language of a text, with the page's declaration as a prior."""

from __future__ import annotations

import pytest

from tasks.derive.language import detect_language
from tests.derive.pages import PROSE

SPANISH = "El Gobierno anunció el martes que contratará a sesenta funcionarios para la cárcel antes del verano."
PORTUGUESE = "O governo anunciou na terça-feira que vai contratar sessenta guardas para a prisão antes do verão."
FRENCH = "Le gouvernement a annoncé mardi qu'il recruterait soixante surveillants pour la prison avant l'été."

CASES = [
    (PROSE[0], None, "en"),
    (PROSE[0], "de", "en"),
    (SPANISH, None, "es"),
    (SPANISH, "en-US", "es"),
    (PORTUGUESE, "pt-BR", "pt"),
    (FRENCH, "fr-FR", "fr"),
    ("Nein!", "de", "de"),
    ("12 34", "fr", "fr"),
    ("", None, None),
    (PROSE[0], "xx", "en"),
]


@pytest.mark.parametrize(("text", "declared", "language"), CASES)
def test_language(text: str, declared: str | None, language: str | None) -> None:
    assert detect_language(text, declared) == language
