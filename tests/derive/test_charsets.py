"""Pages that are not UTF-8, whether they say so, say nothing, or say that they are."""

from __future__ import annotations

import pytest

from tasks.derive.page import decode

# Our own sentences, with the letters by which the encodings of a script differ.
SENTENCES = {
    "es": ("cp1252", "El señor Núñez dijo que la prisión está llena; mañana habrá una reunión con los niños y más."),
    "fr": ("cp1252", "Où est passé le détenu ? Après la révolte à la maison d’arrêt, la préfète était à son hôtel."),
    "pt": ("cp1252", "A prisão não tem condições; há três mil à espera, e a direção não reagiu às questões."),
    "de": ("cp1252", "Die Häftlinge müssen größere Räume bekommen, sagte der Minister über überfüllte Gefängnisse."),
    "it": ("cp1252", "La città è piena, perché il carcere non può più accogliere; così ha detto il sindaco, già là."),
    "da": ("cp1252", "Fængslet er overfyldt, siger ministeren på øen, og først næste år bliver det større."),
    "pl": ("cp1250", "Więzienie jest przepełnione, powiedział minister; śledztwo prowadzi sąd, rzecznik żąda zmian."),
    "cs": ("cp1250", "Věznice je přeplněná, řekl ministr; příští rok bude lepší, protože vláda přijme nový zákon."),
    "tr": ("cp1254", "Cezaevi aşırı kalabalık, dedi bakan; gelecek yıl yeni bir yasa çıkacak, yeni binalar açılıyor."),
    "ru": ("cp1251", "Тюрьма переполнена, сказал министр; в следующем году будет принят новый закон о заключенных."),
    "ja": ("shift_jis", "刑務所は定員を超えていると大臣は述べた。来年には新しい法律が成立する見込みだ。"),
}  # fmt: skip


@pytest.mark.parametrize("language", SENTENCES)
@pytest.mark.parametrize("content_type", ["text/html", "text/html; charset=utf-8"])
@pytest.mark.parametrize("lang", ["", ' lang="{}"', " lang=en"], ids=["no language", "its language", "English"])
def test_letters_stay_what_they_are(language: str, content_type: str, lang: str) -> None:
    encoding, sentence = SENTENCES[language]
    page = f"<html{lang.format(language)}><p>" + f"{sentence}</p><p>" * 4
    assert decode(page.encode(encoding), content_type) == page


def test_what_is_declared_counts() -> None:
    page = "<html lang='es'><meta charset='windows-1250'><p>" + SENTENCES["pl"][1]
    assert decode(page.encode("cp1250"), None) == page


def test_a_quotation_in_another_encoding_does_not_change_the_rest() -> None:
    page = SENTENCES["es"][1].encode() + " «¡Ánimo!»".encode("cp1252")
    assert decode(page, "text/html; charset=utf-8") == SENTENCES["es"][1] + " «¡Ánimo!»"


def test_a_page_cut_off_inside_a_letter_loses_that_letter() -> None:
    assert decode("mañana, señor, otoño".encode()[:-2], "text/html; charset=utf-8") == "mañana, señor, oto\ufffd"
