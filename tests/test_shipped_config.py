"""The configuration that newsdesk ships with: it loads, its feeds are known ones, and its topics find what they say."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from tasks.derive.topics import Document, TopicDefinition, TopicMatcher
from tasks.settings import Config, load_config

FOLDER = Path(__file__).parents[1] / "config"
LANGUAGES = {"en", "es", "fr", "it", "pt"}

# F1 on all of the evaluation articles, a bit below what was measured (grade 2 against grade 0, 1 left out).
FLOORS = {
    "prison-reform": 0.85,
    "prison-conditions": 0.87,
    "criminal-justice-policy": 0.70,
    "death-penalty": 0.90,
    "policing": 0.78,
    "organized-crime": 0.83,
    "migration-detention": 0.78,
    "political-prisoners": 0.60,
}
MACRO_FLOOR = 0.80

# What a user would try first: an article in a few sentences, and the topic it is about.
ARTICLES = [
    (
        "en",
        "Inmates stab guard as riot spreads through overcrowded county jail",
        "Two prison guards were hurt when inmates rioted in a jail built for 300 and holding 800. "
        "Prisoners had complained of overcrowded cells and of a death in custody.",
        "prison-conditions",
    ),
    (
        "en",
        "Ministers of five countries meet on borders",
        "The ministers promised to combat crime together. The battle against crime, they said, and against organized "
        "crime above all, needs judges and customs officers of all five countries at one table.",
        "organized-crime",
    ),
    (
        "es",
        "La reforma penitenciaria apuesta por la reinserción social",
        "El plan para el sistema penitenciario prevé talleres para los internos, penas alternativas y más educación en "
        "las cárceles. La reinserción social de los reclusos será medida cada año.",
        "prison-reform",
    ),
    (
        "pt",
        "Facções do crime organizado disputam o tráfico de drogas no porto",
        "Traficantes de duas facções trocaram tiros. Para a promotoria, o crime organizado controla o cais.",
        "organized-crime",
    ),
    (
        "fr",
        "Le parlement vote l'abolition de la peine de mort",
        "Neuf personnes restent dans le couloir de la mort. La peine de mort n'était plus appliquée depuis vingt ans.",
        "death-penalty",
    ),
    (
        "it",
        "Migranti, nuovi rimpatri dal Cpr dopo la sentenza",
        "Nel centro di permanenza per i rimpatri la detenzione amministrativa dura fino a diciotto mesi.",
        "migration-detention",
    ),
    (
        "en",
        "Opposition leader among political prisoners freed under amnesty",
        "The government released 40 political prisoners, among them journalists and activists jailed last year.",
        "political-prisoners",
    ),
    (
        "en",
        "Police shooting of unarmed man raises questions about use of force",
        "The police department put the officer on leave. Body camera footage shows him firing twice.",
        "policing",
    ),
]

# Words of the topics in stories that are about something else.
OTHER_ARTICLES = [
    ("en", "Council extends its library's hours", "A pensioner was fined for a minor crime in the car park on Sunday."),
    ("en", "Actor sent to prison for tax fraud", "A judge sentenced the actor to two years in prison on Monday."),
    (
        "en",
        "Can you leave The Jail?",
        "In the new escape room, inmates pay to be locked in cells until they find a key.",
    ),
    ("es", "El equipo escapó del descenso", "El defensa volvió tras una lesión y el gol llegó de penal."),
    ("pt", "Polícia apreende carro roubado", "O veículo foi levado à delegacia e devolvido ao dono na terça-feira."),
    ("fr", "Les prix du cacao prisonniers de la météo", "Les planteurs attendent la pluie depuis deux mois."),
    ("it", "Il regista libero dopo il Festival", "La cella del monastero è diventata il set di una serie in costume."),
]


@pytest.fixture(scope="module")
def config() -> Config:
    return load_config(FOLDER)


@pytest.fixture(scope="module")
def matcher(config: Config) -> TopicMatcher:
    return TopicMatcher(
        [
            TopicDefinition(topic.id, topic.name, topic.query, topic.min_score, tuple(topic.queries.items()))
            for topic in config.topics
        ]
    )


def test_sources_are_many_and_described(config: Config) -> None:
    assert len(config.sources) >= 40
    assert {source.language for source in config.sources} == LANGUAGES
    for source in config.sources:
        assert source.kind == "feed"
        assert source.tags
        assert source.enabled
    assert len({source.url for source in config.sources}) == len(config.sources)


def test_sources_are_known_live_feeds(config: Config, eval_folder: Path) -> None:
    with (eval_folder / "feeds_live.csv").open(encoding="utf-8", newline="") as lines:
        known = {row["url"] for row in csv.DictReader(lines)}
    assert {source.url for source in config.sources} <= known


def test_every_topic_has_a_query_in_each_language(config: Config) -> None:
    assert {topic.id for topic in config.topics} == set(FLOORS)
    for topic in config.topics:
        assert set(topic.queries) == LANGUAGES, topic.id
        assert 0 < topic.min_score < 1


def test_queries_keep_to_lines_an_analyst_can_read() -> None:
    lines = (FOLDER / "topics.yaml").read_text(encoding="utf-8").splitlines()
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize(("language", "title", "text", "topic"), ARTICLES, ids=[row[1] for row in ARTICLES])
def test_finds_the_topic_of_an_article(matcher: TopicMatcher, language: str, title: str, text: str, topic: str) -> None:
    found = matcher.match(Document(title, text, language=language))
    assert topic in {match.topic_id for match in found}


@pytest.mark.parametrize(("language", "title", "text"), OTHER_ARTICLES, ids=[row[1] for row in OTHER_ARTICLES])
def test_leaves_other_articles_alone(matcher: TopicMatcher, language: str, title: str, text: str) -> None:
    assert matcher.match(Document(title, text, language=language)) == ()


@pytest.mark.parametrize("topic", ["prison-reform", "prison-conditions", "organized-crime"])
def test_the_seed_article_is_about_prisons_and_organized_crime(
    matcher: TopicMatcher, eval_folder: Path, topic: str
) -> None:
    seed = (eval_folder.parent / "seed" / "ecuador-cecot-article.txt").read_text(encoding="utf-8")
    title, _, text = seed.partition("\n")
    assert topic in {match.topic_id for match in matcher.match(Document(title, text, language="en"))}


def test_quality_on_the_evaluation_articles(matcher: TopicMatcher, eval_folder: Path) -> None:
    found = _matches(matcher, eval_folder / "topics" / "articles.jsonl.gz")
    figures = _f1(found, eval_folder / "topics" / "labels.tsv")
    assert {topic: round(value, 3) for topic, value in figures.items() if value < FLOORS[topic]} == {}
    assert sum(figures.values()) / len(figures) >= MACRO_FLOOR


def _matches(matcher: TopicMatcher, path: Path) -> set[tuple[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return {
            (article["id"], match.topic_id)
            for article in map(json.loads, lines)
            for match in matcher.match(Document(article["title"] or "", article["text"], language=article["lang"]))
        }


def _f1(found: set[tuple[str, str]], labels: Path) -> dict[str, float]:
    """F1 of each topic."""
    with labels.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    figures = {}
    for topic in FLOORS:
        cells = Counter((row[topic.replace("-", "_")], (row["id"], topic) in found) for row in rows)
        hits, false, missed = cells["2", True], cells["0", True], cells["2", False]
        figures[topic] = 2 * hits / (2 * hits + false + missed)
    return figures
