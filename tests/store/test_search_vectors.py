"""related(article_id): articles near in meaning, where the extra `semantic` is installed."""

from __future__ import annotations

import re

import pytest

from tasks.store import embedding, search_vectors
from tests.store.samples import Desk, derived

TEXTS = {
    "prison": "Inspectors found the prison overcrowded, with three inmates in a cell.",
    "jail": "The jail holds twice as many detainees as it has beds, a report says.",
    "cup": "The goalkeeper saved a penalty and the team won the cup final.",
    "league": "A late goal decided the football match at the top of the league.",
}
MIXED = "1,300 m² in São-Paulo’s “Sector 7”\n\nПривет_мир foo_bar1 中文字 हिन्दी\tnaïve… é́ 🙂🙂 <0x0A> x\r\n ."


@pytest.fixture
def library(desk: Desk) -> Desk:
    if not search_vectors.available():
        pytest.skip("the extra `semantic` is not installed")
    desk.publish(*(derived(path, text, title=f"News of {path}") for path, text in TEXTS.items()))
    assert search_vectors.add_vectors(desk.connection) == len(TEXTS)
    return desk


def related(desk: Desk, path: str) -> list[str]:
    """The last part of the addresses, nearest first."""
    (article_id,) = desk.row(f"SELECT article_id FROM articles WHERE url LIKE '%/{path}'")
    rows = desk.connection.execute("SELECT url FROM related($id)", {"id": article_id}).fetchall()
    return [url.rpartition("/")[2] for (url,) in rows]


def test_related(library: Desk) -> None:
    for one, other in (("prison", "jail"), ("cup", "league")):
        assert related(library, one)[0] == other
        assert related(library, other)[0] == one
        assert len(related(library, one)) == len(TEXTS) - 1


def test_updated_article_gets_a_new_vector(library: Desk) -> None:
    library.store(derived("prison", "The striker scored a goal and the team won the football cup.", title="Cup"))
    assert search_vectors.add_vectors(library.connection) == 1
    assert search_vectors.add_vectors(library.connection) == 0
    assert set(related(library, "prison")[:2]) == {"cup", "league"}
    assert library.row("SELECT count(*), count(DISTINCT article_id) FROM article_vectors") == (4, 4)


def test_text_without_words_is_near_nothing(library: Desk) -> None:
    library.publish(derived("empty", "   ", title=""))
    search_vectors.add_vectors(library.connection)
    assert "empty" not in related(library, "prison")


def test_without_the_extra(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_vectors, "available", lambda: False)
    desk.publish(derived("a"), derived("b"))
    assert search_vectors.add_vectors(desk.connection) == 0
    assert related(desk, "a") == []


def test_words_have_the_tokens_that_their_text_has(library: Desk) -> None:
    """What `embedding` relies on, for this model's vocabulary and for texts with all kinds of characters."""
    from tokenizers import Tokenizer, normalizers  # comes with the extra

    original = Tokenizer.from_str(embedding.model().tokenizer.to_str())
    original.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    words = [word for word in original.get_vocab() if not re.fullmatch("<.*>", word)]
    assert not [word for word in words if len(embedding._PIECE.findall(word.replace("▁", " "))) > 1]
    for text in (*TEXTS.values(), MIXED, "", "x", "  two  spaces ", "\n"):
        (tokens,) = embedding.model().tokens([text])
        assert tokens == original.encode(text, add_special_tokens=False).ids


def test_mean_of_a_text_is_that_of_its_tokens(library: Desk) -> None:
    model = embedding.model()
    texts = ["prison prison reform", "", "prison", "reform"]
    twice, nothing, prison, reform = model.means(texts)
    sizes = [len(tokens) for tokens in model.tokens(texts)]
    assert sizes[0] == 2 * sizes[2] + sizes[3]
    expected = (2 * sizes[2] * prison + sizes[3] * reform) / sizes[0]
    assert abs(twice - expected).max() < 1e-5
    assert not nothing.any()


def test_pieces_are_forgotten_in_time(library: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    before = search_vectors.embed([MIXED])
    monkeypatch.setattr(embedding, "_REMEMBERED", 0)
    search_vectors.embed(["other words"])
    assert len(embedding.model()._known) <= 3
    assert search_vectors.embed([MIXED]) == before
