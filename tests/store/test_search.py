"""search(q): what it finds, in which order, in every language, over all segments, and from any client."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tasks.store import publish, search, state
from tests.store.samples import NOW, Desk, derived
from tests.store.samples import desk as open_desk

TEXTS = {
    "riot": ("Riot at the prison", "Guards lost control of the jail for a day. Human lives, rights of inmates."),
    "reform": ("Reform debated", "The prison bill, the prison budget and the prison staff were debated."),
    "rights": ("A long report", "The prisons were inspected. It is about human rights, it is about long delays."),
    "carcel": ("Cárcel de mujeres", "La cárcel fue inspeccionada en Bogotá."),
    "budget": ("Budget passed", "The town's COVID-19 budget for schools passed. An imprisonment was not mentioned."),
    "beijing": ("监狱改革", "北京市的监狱改革开始了。火"),
    "tokyo": ("東京の刑務所", "刑務所の改革について、AI監視が始まる。"),
}
SEARCHES = {
    "title counts more, shorter counts more": ("prison", ["riot", "reform", "rights"]),
    "every word": ("prison debated", ["reform"]),
    "accents and case": ("CARCEL bogota", ["carcel"]),
    "accents in the query": ("cárcel", ["carcel"]),
    "no other words with that beginning": ("inspec", []),
    "beginnings of words": ("inspec*", ["carcel", "rights"]),
    "beginning and word": ("insp* human", ["rights"]),
    "not inside words": ("son", []),
    "a word twice": ("prison prison", ["riot", "reform", "rights"]),
    "marks are no words": ("prison! (riot)", ["riot"]),
    "phrase": ('"human rights"', ["rights"]),
    "phrase across marks": ('"jail for a day human"', ["riot"]),
    "phrase in the title": ('"prison" "at the prison"', ["riot"]),
    "phrase ends within a word": ('"human righ*"', ["rights"]),
    "phrase begins within a word": ('"uman rights"', []),
    "title and text are no phrase": ('"debated the prison"', []),
    "quotes: this form only": ('"prisons"', ["rights"]),
    "quote that is not closed": ('"human rights', ["rights"]),
    "hyphen": ("covid-19", ["budget"]),
    "hyphen is no exclusion": ("covid-20", []),
    "without a word": ("prison -debated", ["riot", "rights"]),
    "without its other forms": ("human -delay", ["riot"]),
    "without a phrase": ('human -"human rights"', ["riot"]),
    "without what nobody has": ("prison -zebra", ["riot", "reform", "rights"]),
    "without a beginning": ("prison -insp*", ["riot", "reform"]),
    "only what must not be": ("-prison", []),
    "an unknown word": ("prison zebra", []),
    "quotation marks": ("'; DROP TABLE articles; --", []),
    "nothing": ("", []),
    "only marks": ("*+? - \"\" -\"", []),
    "Chinese": ("监狱", ["beijing"]),
    "Chinese, longer": ("北京市的监狱", ["beijing"]),
    "Chinese, not in a row": ("改革监狱", []),
    "Chinese, two words": ("北京 改革", ["beijing"]),
    "one character": ("火", ["beijing"]),
    "two scripts": ("AI監視", ["tokyo"]),
    "Japanese": ("刑務所", ["tokyo"]),
    "Japanese and Chinese": ("改革", ["beijing", "tokyo"]),
}  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_desk(tmp_path_factory.mktemp("data")) as opened:
        for path, (title, text) in TEXTS.items():
            opened.publish(derived(path, text, title=title, language="es" if path == "carcel" else "en"))
        search.index(opened.connection)
        yield opened


def found(desk: Desk, query: str) -> list[str]:
    """The last part of the addresses of what is found, best first."""
    rows = desk.connection.execute("SELECT url, score FROM search($q)", {"q": query}).fetchall()
    assert all(score > 0 for _, score in rows)
    assert [score for _, score in rows] == sorted((score for _, score in rows), reverse=True)
    return [url.rpartition("/")[2] for url, _ in rows]


@pytest.mark.parametrize(("query", "expected"), SEARCHES.values(), ids=SEARCHES)
def test_search(library: Desk, query: str, expected: list[str]) -> None:
    assert found(library, query) == expected


STEMS = {
    # language: (in the text, asked for)
    "en": ("Inspectors visited the prisons.", "prison inspector visit"),
    "es": ("Las cárceles fueron inspeccionadas.", "cárcel inspeccionado"),
    "pt": ("Os presos foram libertados das cadeias.", "cadeia preso libertada"),
    "fr": ("Les prisonnières ont été libérées.", "prisonnière libérée"),
    "it": ("Le prigioni sono sovraffollate di detenuti.", "prigione sovraffollato detenuto"),
    "de": ("Die Gefängnisse wurden geprüft.", "gefängnis geprüften"),
    "xx": ("Die Gefängnisse wurden geprüft.", "gefangnisse gepruft"),
}


@pytest.mark.parametrize(("language", "text", "query"), [(name, *pair) for name, pair in STEMS.items()], ids=STEMS)
def test_other_forms_of_a_word(desk: Desk, language: str, text: str, query: str) -> None:
    desk.publish(
        derived("asked", text, language=language),
        # The forms that the query has are known from articles of that language.
        derived("known", query, language=language),
    )
    search.index(desk.connection)
    assert "asked" in found(desk, query)


# language: singulars and plurals.
NUMBERS = {
    "en": "prison prisons, inspection inspections, party parties, city cities, immigrant immigrants, judge judges",
    "es": "prisión prisiones, cárcel cárceles, inspección inspecciones, manifestante manifestantes, político políticos",
    "pt": "prisão prisões, eleição eleições, preso presos, manifestante manifestantes, política políticas",
    "fr": "prison prisons, inspection inspections, étudiant étudiants, cheval chevaux, détenu détenus, œuvre œuvres",
    "it": "prigione prigioni, ispezione ispezioni, detenuto detenuti, manifestante manifestanti, giudice giudici",
    "de": "gefängnis gefängnisse, wahl wahlen, urteil urteile, straße straßen, haus häuser",
    "ru": "тюрьма тюрьмы, заключённый заключённые, суд суды, выборы выборов, приговор приговора",
    "sv": "domstol domstolar, fånge fångar",
}
# Other words: what endings a language has is learned from those there are.
SEEN = {
    "en": "bodies body", "fr": "journal journaux", "pt": "canção canções", "it": "venduto venduti", "sv": "hund hundar",
    "de": "hindernisse",
}  # fmt: skip


@pytest.mark.parametrize("language", NUMBERS)
def test_singular_finds_the_plural_and_the_plural_the_singular(desk: Desk, language: str) -> None:
    pairs = [pair.split() for pair in NUMBERS[language].split(", ")]

    def publish_all(prefix: str, form: int) -> None:
        pages = [derived(f"{prefix}{n}", pair[form], language=language, title="-") for n, pair in enumerate(pairs)]
        desk.publish(*pages)
        search.index(desk.connection)

    def all_found() -> list[tuple[list[str], list[str]]]:
        return [(sorted(found(desk, singular)), sorted(found(desk, plural))) for singular, plural in pairs]

    desk.publish(derived("seen", SEEN.get(language), language=language))
    publish_all("one", 0)
    assert all_found() == [([f"one{n}"], [f"one{n}"]) for n in range(len(pairs))]
    publish_all("one", 1)  # edited: only the plural is there now, but the dictionary has both
    assert all_found() == [([f"one{n}"], [f"one{n}"]) for n in range(len(pairs))]
    desk.rows("DELETE FROM fts.words WHERE word IN (SELECT unnest(['" + "','".join(pair[0] for pair in pairs) + "']))")
    assert all_found() == [([f"one{n}"], [f"one{n}"]) for n in range(len(pairs))]


def test_form_that_only_articles_in_another_language_have(desk: Desk) -> None:
    desk.publish(
        derived("en", "Inspections of the parties", language="en"),
        derived("fr", "Une inspection, un party", language="fr"),
        derived("de", "Marken und ein Mark", language="de"),
    )
    search.index(desk.connection)
    assert sorted(found(desk, "inspection")) == ["en", "fr"]
    assert found(desk, "market") == []


UNKNOWN_FORMS = [("A prison.", "prisons"), ("Una cárcel.", "cárceles"), ("It ends.", "ended"), ("Delays.", "delay")]


@pytest.mark.parametrize(("text", "query"), UNKNOWN_FORMS)
def test_form_that_no_article_has(desk: Desk, text: str, query: str) -> None:
    desk.publish(derived("a", text, language="en"), derived("b", "Carps and carpets."))
    search.index(desk.connection)
    assert found(desk, query) == ["a"]
    assert found(desk, "carpeting") == []


# Two spellings of a word, in whatever language.
SPELLINGS = [("œuvre", "oeuvre"), ("Straße", "strasse"), ("Lærer", "laerer"), ("Łódź", "lodz"), ("Tromsø", "tromso"),
             ("Đoković", "dokovic"), ("Ísland", "island"), ("ıslak", "islak")]  # fmt: skip


def test_letters_have_their_usual_spelling_too(desk: Desk) -> None:
    for one, other in SPELLINGS:
        desk.publish(
            derived(one, f"About {one} again.", title=one, language="xx"), derived(other, f"About {other} again.")
        )
    search.index(desk.connection)
    for one, other in SPELLINGS:
        for query in (one, other, one.upper(), f'"about {one}"', f'"about {other}"', f"{other[:5]}*"):
            assert sorted(found(desk, query)) == sorted((one, other)), query


def test_index_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    known = state._migrations()
    state.state_path(tmp_path).parent.mkdir()
    with pytest.MonkeyPatch.context() as patch, duckdb.connect(state.state_path(tmp_path)) as connection:
        patch.setattr(state, "_migrations", lambda: {n: each for n, each in known.items() if n < 8})
        patch.setattr(state, "_DEFINITIONS", ())
        state.migrate(connection, state.state_path(tmp_path))
        connection.execute(
            """INSERT INTO fts.words VALUES
                (1, 'fr', 'œuvres', 'œuvres', 'œuvr'), (2, 'pt', 'prisões', 'prisoes', 'priso'),
                (3, 'en', 'party', 'party', 'parti')"""
        )
    with open_desk(tmp_path) as opened:
        opened.publish(derived("a", "Anything."))
        search.index(opened.connection)
        words = opened.rows("SELECT word, folded, stem FROM fts.words WHERE word_id <= 3 ORDER BY word_id")
        assert words == [("œuvres", "oeuvres", "oeuvr"), ("prisões", "prisoes", "prisa"), ("party", "party", "parti")]
        endings = opened.rows("SELECT language, ending, becomes FROM fts.endings ORDER BY ALL")
        assert endings == [("en", "y", "i"), ("fr", "es", ""), ("pt", "oes", "a")]


def test_updated_article_is_found_by_its_new_text_only(desk: Desk) -> None:
    desk.publish(derived("a", "A riot in the harbour."), derived("b", "A riot in the town."))
    search.index(desk.connection)
    desk.store(derived("a", "A concert in the harbour."))
    search.index(desk.connection)
    assert (found(desk, "riot"), found(desk, "concert"), found(desk, "harbour")) == (["b"], ["a"], ["a"])
    search.merge_all(desk.connection)
    assert (found(desk, "riot"), found(desk, "concert"), found(desk, "harbour")) == (["b"], ["a"], ["a"])
    assert desk.row("SELECT count(*) FROM fts.documents") == (2,)
    assert desk.row("SELECT count(*) FROM fts.postings JOIN fts.words USING (word_id) WHERE word = 'riot'") == (1,)


def test_order_does_not_depend_on_segments(tmp_path: Path) -> None:
    orders = []
    for name, size in {"one": 40, "many": 3}.items():
        with open_desk(tmp_path / name) as opened:
            pages = [derived(str(n), "riot " * (1 + n % 4) + "word " * (n % 7)) for n in range(40)]
            for first in range(0, 40, size):
                opened.publish(*pages[first : first + size])
                search.index(opened.connection)
            orders.append(found(opened, "riot"))
            assert opened.row("SELECT count(*) FROM fts.segments") == (-(-40 // size),)
    assert len(orders[0]) == 40
    assert orders[0] == orders[1]


def test_segments_merge_by_size(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SMALL", 4)
    monkeypatch.setattr(search, "FULL", 10)

    def segments() -> list[int]:
        rows = desk.rows("SELECT last_doc - first_doc + 1 FROM fts.segments ORDER BY first_doc")
        return [size for (size,) in rows]

    sizes = []
    for n in range(11):
        desk.publish(derived(str(n), f"riot {n}"))
        search.index(desk.connection)
        search.merge_small(desk.connection)
        sizes.append(segments())
    assert sizes[2:5] == [[1, 1, 1], [4], [4, 1]]
    assert sizes[-1] == [4, 4, 1, 1, 1]
    assert search.merge_all(desk.connection) == 4
    assert segments() == [10, 1]
    assert search.merge_all(desk.connection) == 0
    desk.publish(derived("next", "riot"))
    search.index(desk.connection)
    assert search.merge_all(desk.connection) == 2
    assert segments() == [10, 2]
    assert len(found(desk, "riot")) == 12
    postings = desk.rows("SELECT word_id, doc FROM fts.postings WHERE doc <= 10")
    assert postings == sorted(postings)


def test_articles_stored_before_are_indexed_in_batches(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "BATCH", 2)
    desk.publish(*(derived(str(n), "riot", published_at=NOW.replace(day=n)) for n in range(1, 8)))
    assert search.index(desk.connection, limit=3) == (3, 4)
    assert found(desk, "riot") == ["7", "6", "5"]
    assert desk.rows("SELECT first_doc, last_doc FROM fts.segments") == [(1, 2), (3, 3)]
    assert search.index(desk.connection) == (4, 0)
    assert len(found(desk, "riot")) == 7


def test_without_the_extension_words_are_found_with_other_endings(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk.publish(derived("a", "The prisons were inspected.", language="en"), derived("b", "A prison.", language="en"))
    with monkeypatch.context() as absent:
        absent.setattr("tasks.store.search.resources.files", missing)
        search.index(desk.connection)
    assert "no stemming" in caplog.text
    assert [found(desk, query) for query in ("prisons", "prison", '"prison"', "pris*")] == [
        ["b", "a"], ["b", "a"], ["b"], ["b", "a"]
    ]  # fmt: skip
    assert found(desk, "pris") == []
    # Once it is there, the next pass makes up for it.
    desk.publish(derived("c", "Nothing of that kind."))
    search.index(desk.connection)
    assert sorted(found(desk, "prison")) == ["a", "b"]


def missing(package: str) -> Path:
    raise ModuleNotFoundError(f"No module named '{package}'", name=package)


def test_any_client_can_search(library: Desk, tmp_path: Path) -> None:
    with open_desk(tmp_path) as opened:
        opened.publish(derived("a", "Prisons reformed.", language="en"), derived("b", "A prison.", language="en"))
        search.index(opened.connection)
    path = publish.publish(tmp_path)
    settings = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    with duckdb.connect(path, read_only=True, config={**settings, "enable_external_access": "false"}) as connection:
        rows = connection.execute("FROM search('prison') LIMIT 10").fetchall()
        assert len(rows) == 2
        assert connection.execute("SELECT count(*) FROM search('\"prisons reformed\"')").fetchall() == [(1,)]


def test_extension_is_there_for_this_version_of_duckdb(caplog: pytest.LogCaptureFixture) -> None:
    with duckdb.connect() as connection, caplog.at_level(logging.WARNING):
        assert search.load_stemmers(connection), caplog.text
        for stemmer in set(search.STEMMERS.values()):
            assert connection.execute("SELECT stem('word', $stemmer)", {"stemmer": stemmer}).fetchall()[0][0]


def test_nothing_is_indexed_twice(desk: Desk) -> None:
    desk.publish(derived("a", "riot"))
    search.index(desk.connection)
    before = desk.rows("FROM fts.postings")
    assert search.index(desk.connection) == (0, 0)
    assert desk.rows("FROM fts.postings") == before


def test_longest_words_and_most_frequent_ones(desk: Desk) -> None:
    desk.publish(derived("a", "riot " * 70_000 + "x" * 50_000))
    search.index(desk.connection)
    assert found(desk, "riot") == ["a"]
    assert desk.row("SELECT max(length), (SELECT max(weight) FROM fts.postings) FROM fts.documents") == (65535, 15)
