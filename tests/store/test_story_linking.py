"""Articles on one event become one story as they arrive; other events, other weeks and other languages stay apart."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tasks import urls
from tasks.derive.details import details
from tasks.derive.fingerprint import content_hash
from tasks.derive.minhash import signature
from tasks.derive.storyterms import story_terms
from tasks.model import Derived, Fingerprint
from tests.store import samples
from tests.store.samples import NOW, Desk, address, derived

DAY = timedelta(days=1)
HARBOUR = ("Ellery", "Marram", "Tolby", "Quern", "6.1")
COUNCIL = ("Oxhaven", "Wexby", "Firle", "Dunmere", "480")
COMMON = "the a of in on said were that with for was by has after it from as at will new"


def about(path: str, *names: str, seed: int = 0, language: str = "en", **fields: object) -> Derived:
    """An article with these names in it; the seed makes the other words, so that another seed is another text."""
    chance = random.Random(seed)
    words = [chance.choice([*COMMON.split(), f"word{chance.randrange(4000)}"]) for _ in range(160)]
    for number in range(50):
        words[3 * number] = names[number % len(names)]
    return printed(path, " ".join(words), title=" and ".join(names[:3]), language=language, **fields)


def printed(path: str, text: str, *, title: str = "A title", language: str = "en", **fields: object) -> Derived:
    """An article with this text and its fingerprint."""
    given = {"title": title, "language": language, "content_hash": content_hash(text), **fields}
    fingerprint = Fingerprint(signature(text), *story_terms(title, text, language), details(text))
    return derived(path, text, fingerprint=fingerprint, **given)  # type: ignore[arg-type]


def background(desk: Desk) -> None:
    """Other news, so that it is known which words are common; long enough ago not to be compared."""
    past = NOW - 60 * DAY
    others = [
        about(f"other/{n}", f"Name{n}", f"Place{n}", f"Person{n}", seed=1000 + n, published_at=past) for n in range(30)
    ]
    desk.publish(*others)


def story(desk: Desk, path: str) -> str:
    return str(desk.row(f"SELECT story_id FROM articles WHERE url = '{address(path)}'")[0])


def text_of(desk: Desk, path: str) -> str:
    return str(desk.row(f"SELECT text_id FROM articles WHERE url = '{address(path)}'")[0])


def test_story_grows_over_several_passes_and_keeps_its_id(desk: Desk) -> None:
    background(desk)
    for number in range(5):
        desk.publish(about(f"h{number}", *HARBOUR, seed=number, published_at=NOW + number * DAY))
        desk.publish(about(f"c{number}", *COUNCIL, seed=50 + number, published_at=NOW + number * DAY))
    assert {story(desk, f"h{number}") for number in range(5)} == {urls.page_id(address("h0"))}
    assert {story(desk, f"c{number}") for number in range(5)} == {urls.page_id(address("c0"))}
    counts = f"SELECT articles, unique_texts FROM stories WHERE story_id = '{urls.page_id(address('h0'))}'"
    assert desk.row(counts) == (5, 5)
    assert desk.rows("FROM story_redirects") == []


def test_bridging_article_merges_two_stories_and_leaves_a_redirect(desk: Desk) -> None:
    background(desk)
    desk.publish(about("h", *HARBOUR, seed=1, published_at=NOW))
    desk.publish(about("c", *COUNCIL, seed=2, published_at=NOW + DAY))
    first, second = story(desk, "h"), story(desk, "c")
    assert first != second
    desk.publish(about("both", *HARBOUR, *COUNCIL, seed=3, published_at=NOW + 2 * DAY))
    assert {story(desk, path) for path in ("h", "c", "both")} == {first}
    assert desk.rows("SELECT story_id, merged_into FROM story_redirects") == [(second, first)]
    assert desk.row(f"SELECT articles, unique_texts FROM stories WHERE story_id = '{first}'") == (3, 3)
    assert desk.rows(f"FROM stories WHERE story_id = '{second}'") == []


def test_redirects_lead_to_the_story_that_is_there(desk: Desk) -> None:
    """An earlier redirect to a story that is merged itself."""
    background(desk)
    desk.publish(about("h", *HARBOUR, seed=1, published_at=NOW))
    desk.publish(about("c", *COUNCIL, seed=2, published_at=NOW + DAY))
    first, second = story(desk, "h"), story(desk, "c")
    desk.connection.execute("INSERT INTO story_redirects VALUES ('earlier', ?, ?)", [second, NOW])
    desk.publish(about("both", *HARBOUR, *COUNCIL, seed=3, published_at=NOW + 2 * DAY))
    found = desk.rows("SELECT story_id, merged_into FROM story_redirects")
    assert set(found) == {("earlier", first), (second, first)}


WINDOWS = [(13, True), (15, False)]


@pytest.mark.parametrize(("days", "same"), WINDOWS)
def test_articles_two_weeks_apart_are_not_compared(desk: Desk, days: int, same: bool) -> None:
    background(desk)
    desk.publish(about("a", *HARBOUR, seed=1))
    desk.publish(
        about("b", *HARBOUR, seed=2, published_at=NOW + days * DAY),
        about("copy", *HARBOUR, seed=1, published_at=NOW + days * DAY),
    )
    assert (story(desk, "a") == story(desk, "b")) is same
    assert (text_of(desk, "a") == text_of(desk, "copy")) is same


def test_story_spans_no_more_than_the_window(desk: Desk) -> None:
    """Neither do articles that are each within two weeks of the next make one endless story."""
    background(desk)
    for number in range(4):
        desk.publish(about(f"h{number}", *HARBOUR, seed=number, published_at=NOW + number * 6 * DAY))
    spans = desk.rows("SELECT last_published_at - first_published_at FROM stories WHERE title LIKE 'Ellery%'")
    assert len(spans) == 2 and max(spans)[0] <= 14 * DAY


def test_two_events_of_one_kind_are_two_stories(desk: Desk) -> None:
    background(desk)
    quakes = [("Qeshm", "Bandar", "quake", "magnitude"), ("Aceh", "Bireuen", "quake", "magnitude")]
    for number, names in enumerate(quakes):
        desk.publish(*(about(f"q{number}{n}", *names, seed=10 * number + n) for n in range(4)))
    assert [len({story(desk, f"q{number}{n}") for n in range(4)}) for number in range(2)] == [1, 1]
    assert story(desk, "q00") != story(desk, "q10")


def test_other_languages_are_not_joined(desk: Desk) -> None:
    background(desk)
    desk.publish(about("en", *HARBOUR, seed=1), about("es", *HARBOUR, seed=2, language="es"))
    assert story(desk, "en") != story(desk, "es")


def test_light_rewrite_is_a_copy_and_credits_its_origin(desk: Desk) -> None:
    background(desk)
    original = about("https://wire.example/a", *HARBOUR, seed=1, published_at=NOW + DAY)
    assert original.article is not None
    words = original.article.text.split()
    for place in range(5, len(words), 9):
        words[place] = "otherwise"
    rewrite = "\n".join(["A headline of their own", " ".join(words), "Reporting by the wire"])
    desk.publish(printed("copy", rewrite, published_at=NOW, original_source="wire.example"))
    desk.publish(original)
    assert text_of(desk, "copy") == text_of(desk, "https://wire.example/a")
    found = desk.row("SELECT articles, unique_texts, origin_article_id FROM stories WHERE sites = 2")
    assert found == (2, 1, urls.page_id("https://wire.example/a"))


QUAKE = (
    "A magnitude {} earthquake struck {} km south of {} at {} on {}, the National Seismological Centre said. The "
    "quake was at a depth of {} km. There were no immediate reports of damage or casualties. A tsunami warning was "
    "not issued. People in {} said that they had felt the tremor for several seconds."
)
BRIEFS = {
    # language and kind: two reports made by one template
    "en, earthquake": (
        QUAKE.format("4.8", 12, "Tolby", "03:14", "Monday", 10, "Quern"),
        QUAKE.format("5.3", 31, "Marram", "17:52", "Friday", 24, "Sallow"),
    ),
    "en, weather": (
        "The forecast for Ellery: rain in the morning with wind from the west, brighter later. Temperatures reach 14 "
        "degrees on the coast. At night it cools to 6 degrees, and fog may form.",
        "The forecast for Oxhaven: rain in the morning with wind from the west, brighter later. Temperatures reach "
        "19 degrees on the coast. At night it cools to 11 degrees, and fog may form.",
    ),
    "es, market close": (
        "La bolsa de Orvieda cerró hoy con un alza de 0,4 por ciento. Su índice principal quedó en 9.120 puntos. "
        "Lideró las ganancias Acerías Belmonte con 2,1 por ciento; en el otro extremo, Banco Perravia perdió 1,7 por "
        "ciento.",
        "La bolsa de Orvieda cerró hoy con un alza de 1,2 por ciento. Su índice principal quedó en 9.233 puntos. "
        "Lideró las ganancias Navieras Castanho con 3,6 por ciento; en el otro extremo, Seguros Carrizo perdió 0,9 "
        "por ciento.",
    ),
    "fr, obituary": (
        "La famille a la tristesse d'annoncer le décès de Henri Moreau, de Firle, à l'âge de 84 ans. La cérémonie "
        "aura lieu jeudi à 14 h 30 en l'église de Holm, suivie de l'inhumation au cimetière du village.",
        "La famille a la tristesse d'annoncer le décès de Clara Lacombe, de Wexby, à l'âge de 91 ans. La cérémonie "
        "aura lieu jeudi à 10 h 15 en l'église de Tolby, suivie de l'inhumation au cimetière du village.",
    ),
    "de, court roll": (
        "Das Amtsgericht Steinfurt hat am Montag Oskar Brandt, 34, aus Quern wegen Fahrens ohne Führerschein zu "
        "einer Geldstrafe von 900 Euro verurteilt. Er muss die Kosten des Verfahrens tragen.",
        "Das Amtsgericht Steinfurt hat am Montag Viktor Sokol, 57, aus Sallow wegen Fahrens ohne Führerschein zu "
        "einer Geldstrafe von 1400 Euro verurteilt. Er muss die Kosten des Verfahrens tragen.",
    ),
    "ja, earthquake": (
        "12日午前3時14分ごろ、港湾市で震度4の地震があった。震源の深さは10キロ、規模は4.8と推定される。津波の心配はないという。",
        "19日午後5時52分ごろ、東丘市で震度3の地震があった。震源の深さは24キロ、規模は5.3と推定される。津波の心配はないという。",
    ),
}


@pytest.mark.parametrize("case", BRIEFS)
def test_short_reports_made_by_one_template_are_texts_and_stories_of_their_own(desk: Desk, case: str) -> None:
    one, other = BRIEFS[case]
    desk.publish(printed("one", one, language=case[:2]))
    desk.publish(printed("other", other, language=case[:2]), printed("elsewhere/copy", one, language=case[:2]))
    assert text_of(desk, "one") != text_of(desk, "other")
    assert story(desk, "one") != story(desk, "other")
    assert text_of(desk, "one") == text_of(desk, "elsewhere/copy")


BRIEF = BRIEFS["en, earthquake"][0]
COPIES: dict[str, Callable[[str], str]] = {
    "another dateline": lambda text: f"OXHAVEN, 3 April (Harbour News) - {text}",
    "a typo in a name": lambda text: text.replace("Tolby", "Tobly"),
    "a corrected number": lambda text: text.replace("4.8", "4.9"),
    "a word in place of another": lambda text: text.replace("struck", "hit").replace("for several seconds", "briefly"),
    "capitals": str.upper,
    "a credit at the end": lambda text: f"{text}\nReporting by Anna Holm for Harbour News",
}


@pytest.mark.parametrize("change", COPIES)
def test_copy_of_a_short_report_is_a_copy(desk: Desk, change: str) -> None:
    dateline = "PORT ELLERY, 12 March (Agency) - "
    desk.publish(printed("one", dateline + BRIEF))
    desk.publish(printed("copy", COPIES[change](BRIEF)))
    assert text_of(desk, "one") == text_of(desk, "copy")


def test_stories_of_one_template_stay_apart_when_an_article_joins_one_of_them(desk: Desk) -> None:
    one, other = BRIEFS["en, earthquake"]
    background(desk)
    desk.publish(printed("one", one), printed("other", other))
    more = one.replace(
        "There were no immediate reports of damage", "The mayor of Quern spoke of cracks in three houses"
    )
    desk.publish(printed("more", f"{more} Schools in Tolby stay closed."))
    assert story(desk, "more") == story(desk, "one") != story(desk, "other")


def test_texts_that_were_stored_before_details_were_kept_have_copies(desk: Desk) -> None:
    desk.publish(printed("one", BRIEF))
    desk.connection.execute("UPDATE pipeline.texts SET details = NULL")
    desk.publish(printed("copy", f"Wire. {BRIEF}"))
    assert text_of(desk, "one") == text_of(desk, "copy")


def test_article_that_becomes_another_text_stays_in_its_story(desk: Desk) -> None:
    background(desk)
    desk.publish(about("a", *HARBOUR, seed=1), about("b", *HARBOUR, seed=2))
    before = story(desk, "a")
    desk.store(about("b", *COUNCIL, seed=3))
    assert desk.settle() == 0
    assert story(desk, "b") == before
    assert desk.row(f"SELECT articles, unique_texts FROM stories WHERE story_id = '{before}'") == (2, 2)


def test_same_pages_in_the_same_passes_give_the_same_ids(tmp_path: Path) -> None:
    pages = [
        about(f"{names[0]}{n}", *names, seed=10 * part + n, published_at=NOW + n * DAY)
        for n in range(3)
        for part, names in enumerate([HARBOUR, COUNCIL])
    ]
    found = set()
    for turn in range(3):
        with samples.desk(tmp_path / str(turn)) as desk:
            background(desk)
            for start in (0, 3):
                shown = pages[start : start + 3]
                random.Random(turn).shuffle(shown)
                desk.publish(*shown)
            found.add((*desk.rows("SELECT article_id, story_id, text_id FROM articles ORDER BY ALL"),))
    assert len(found) == 1
