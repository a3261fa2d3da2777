"""Topics of articles: score, evidence, languages, versions, limits, and the documentation page."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import pickle
import random
import re
import unicodedata
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

import duckdb
import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from flows.configuration import load_checked, topic_definitions
from tasks.derive import tokens
from tasks.derive.query import And, Node, Not, Or, QueryError, Words, parse_query
from tasks.derive.query_tree import is_positive
from tasks.derive.score import score
from tasks.derive.topics import Document, TopicDefinition, TopicMatcher, topic_version
from tasks.model import TopicMatch

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "query-syntax.md").read_text(encoding="utf-8")
EVAL = Path(os.environ.get("NEWSDESK_EVAL", ROOT.parent / "shared" / "eval"))

REFORM = TopicDefinition(
    "prison-reform", "Prison reform", '(prison* OR jail* OR cárcel*) AND (reform* OR overcrowd* OR "human rights")'
)
FILLER = "The council met on Tuesday and spoke about roads, schools and the price of bread in the valley. "


def match(query: str, document: Document) -> TopicMatch | None:
    found = TopicMatcher([TopicDefinition("topic", "Topic", query)]).match(document)
    return found[0] if found else None


def matched(query: str, document: Document) -> TopicMatch:
    found = match(query, document)
    assert found is not None
    return found


# Score


def test_an_article_about_the_topic_scores_high() -> None:
    lead = "Prisons are overcrowded, says a report. Reform is near: jails must respect human rights.\n\n"
    article = Document("Parliament debates prison reform", lead + FILLER * 20)
    assert matched(REFORM.query, article).score > 0.7


def test_a_passing_mention_at_the_end_scores_low() -> None:
    for mention in ("He once wrote on prison reform.", "She spoke of prison reform, of jails and human rights."):
        assert matched(REFORM.query, Document("Roads and bread", FILLER * 60 + mention)).score < 0.4


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [
        pytest.param(Document("", FILLER * 9 + "Prison."), Document("", "Prison. " + FILLER * 9), id="lead"),
        pytest.param(Document("News", "Prison. " + FILLER), Document("Prison", "News. " + FILLER), id="title"),
        pytest.param(Document("", FILLER * 9 + "A prison."), Document("", FILLER * 9 + "Prison, prison."), id="often"),
        pytest.param(Document("", FILLER * 30 + "Prison."), Document("", FILLER * 9 + "Prison."), id="dense"),
        pytest.param(Document("", FILLER * 9 + "Jail, jail."), Document("", FILLER * 9 + "Prison, jail."), id="varied"),
    ],
)
def test_score_grows_with(weaker: Document, stronger: Document) -> None:
    query = "prison OR jail"
    assert matched(query, weaker).score < matched(query, stronger).score


def test_score_saturates_below_one() -> None:
    scores = [matched("prison", Document("", "prison " * count + FILLER * 9)).score for count in (1, 5, 20, 50)]
    assert scores == sorted(scores)
    assert scores[1] - scores[0] > scores[3] - scores[2]
    assert scores[-1] < 1


def test_boost_weighs() -> None:
    document = Document("", FILLER * 9 + "A prison and a court.")
    assert matched("prison^3 court", document).score > matched("prison court", document).score
    assert matched("prison^0.2 court", document).score < matched("prison court", document).score


def test_conditions_alone_score_one_and_show_themselves() -> None:
    document = Document("News", "Text", source="bbc", published_at=datetime(2024, 5, 31, 18, 30))
    found = matched("source:bbc published:2024", document)
    assert found.score == 1
    assert [(item.field, item.start, item.end, item.sentence) for item in found.evidence] == [
        ("source", 0, 3, "bbc"),
        ("published_at", 0, 19, "2024-05-31 18:30:00"),
    ]


def test_conditions_do_not_weigh_beside_words() -> None:
    document = Document("News", FILLER * 9 + "A prison.", source="bbc")
    assert matched("prison source:bbc", document).score == matched("prison", document).score


def test_min_score_decides() -> None:
    document = Document("", FILLER * 60 + "A prison in need of reform.")
    low = matched(REFORM.query, document).score
    assert TopicMatcher([replace(REFORM, min_score=low)]).match(document)
    assert not TopicMatcher([replace(REFORM, min_score=low + 0.01)]).match(document)


# Evidence


def test_evidence_of_an_article() -> None:
    text = 'The mayor spoke. "Our prisons are full," said Dr. Ana Ruiz on Jan. 5. Reform, she says, is due.\n\nMore.'
    found = matched(REFORM.query, Document("Jails: what next?", text))
    assert [(item.field, item.term, item.sentence) for item in found.evidence] == [
        ("title", "jail*", "Jails: what next?"),
        ("text", "prison*", '"Our prisons are full," said Dr. Ana Ruiz on Jan. 5.'),
        ("text", "reform*", "Reform, she says, is due."),
    ]
    assert [text[item.start : item.end] for item in found.evidence[1:]] == ["prisons", "Reform"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("One. A prison here. Two.", "A prison here."),
        ("One! A prison here? Two.", "A prison here?"),
        ("At 5 p.m. the prison closed. Then.", "At 5 p.m. the prison closed."),
        ("In the U.S. the prison of J. R. Smith grew. Then.", "In the U.S. the prison of J. R. Smith grew."),
        ("Mr. Smith left prison. Then.", "Mr. Smith left prison."),
        ("El Sr. Gil dejó la prison. Luego.", "El Sr. Gil dejó la prison."),
        ('He said: "A prison." Then he left.', 'He said: "A prison."'),
        ("A headline\nA prison here\nA footer", "A prison here"),
        ("¿Una? ¿La prison? ¡No!", "¿La prison?"),
        ("前文。这里有prison吗？后文。", "这里有prison吗？"),
        ("Up by 3.5 percent in prison. Then.", "Up by 3.5 percent in prison."),
        ("It ended... in prison. Then.", "It ended... in prison."),
    ],
)
def test_sentence_around_a_hit(text: str, sentence: str) -> None:
    assert matched("prison", Document("", text)).evidence[0].sentence == sentence


@pytest.mark.parametrize("before", [0, 50, 1_000])
@pytest.mark.parametrize("separator", ["word ", "word", "😀"])
def test_long_sentence_is_cut_around_the_hit(before: int, separator: str) -> None:
    text = separator * before + " prison " + separator * 1_000
    (item,) = matched("prison", Document("", text)).evidence
    assert "prison" in item.sentence
    assert item.sentence in text
    assert len(item.sentence) <= 400


def test_evidence_is_capped_with_each_term_kept() -> None:
    found = matched("prison OR jail", Document("Prison", "prison " * 500 + "jail"))
    assert len(found.evidence) == 50
    assert found.evidence[0].field == "title"
    assert [item.term for item in found.evidence].count("jail") == 1
    places = [item.start for item in found.evidence[1:]]
    assert places == sorted(places)


def test_evidence_does_not_depend_on_other_topics() -> None:
    document = Document("Prison", ("a prison of the law and its jail, " * 60 + ". Reform of the prison. ") * 3)
    definitions = [TopicDefinition(query, query, query) for query in ("jail", "prison", '"the law"', "reform")]
    together = TopicMatcher(definitions).match(document)
    assert together == tuple(
        sorted((TopicMatcher([d]).match(document)[0] for d in definitions), key=lambda m: m.topic_id)
    )


def test_no_topic_is_lost_among_hundreds_that_share_its_words() -> None:
    chance = random.Random(4)
    terms = [
        "prison",
        "jail*",
        '"the law"',
        '"law reform"~3',
        "r*form",
        "title:court",
        "tags:jail",
        "site:news.example",
    ]

    def group() -> str:
        return "(" + " OR ".join(chance.sample(terms, chance.randint(1, 3))) + ")"

    queries = {
        " ".join(group() for _ in range(chance.randint(1, 3))) + chance.choice(["", " -lottery"]) for _ in range(400)
    }
    definitions = [TopicDefinition(query, query, query) for query in sorted(queries)]
    matcher = TopicMatcher(definitions)
    for text in ("The law on jails is due.", "A reform of the law, and a lottery.", "Prison. Reform!", "Nothing."):
        document = Document("In court", text, site="news.example", tags=("jail",))
        alone = [match for each in definitions for match in TopicMatcher([each]).match(document)]
        assert list(matcher.match(document)) == sorted(alone, key=lambda match: match.topic_id)
        assert 0 < len(alone) < len(definitions)


# Definitions


def test_matches_are_sorted_and_carry_their_version() -> None:
    definitions = [TopicDefinition(name, name, "prison") for name in ("zebra", "ant", "mole")]
    found = TopicMatcher(definitions).match(Document("Prison", ""))
    assert [item.topic_id for item in found] == ["ant", "mole", "zebra"]
    assert found[0].topic_version == topic_version(definitions[1])


def test_version_follows_the_meaning() -> None:
    version = topic_version(REFORM)
    assert re.fullmatch("[0-9a-f]{12}", version)
    assert topic_version(replace(REFORM, name="Other", query=f"\n  {REFORM.query.replace(' ', '  ')}\n")) == version
    assert topic_version(replace(REFORM, query=REFORM.query + " NOT football")) != version
    assert topic_version(replace(REFORM, min_score=0.5)) != version
    assert topic_version(replace(REFORM, queries=(("es", "cárcel"),))) != version


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "the jail", True),
        ("en", "la cárcel", False),
        ("es", "la cárcel", True),
        ("es-MX", "la cárcel", True),
        ("es", "the jail", False),
        ("es", "gefängnis", False),
        ("de", "gefängnis", True),
        ("", "gefängnis", True),
        ("de", "the jail", False),
    ],
)
def test_query_per_language(language: str, text: str, found: bool) -> None:
    definition = TopicDefinition("t", "T", "gefängnis", queries=(("en", "jail"), ("es", "cárcel")))
    assert bool(TopicMatcher([definition]).match(Document("", text, language=language))) is found


@pytest.mark.parametrize("language", ["", "ca", "de-AT"])
def test_without_a_query_for_all_each_is_tried(language: str) -> None:
    matcher = TopicMatcher([TopicDefinition("t", "T", queries=(("en", "jail"), ("es", "cárcel OR jail")))])
    (found,) = matcher.match(Document("", "jail, cárcel", language=language))
    assert [item.term for item in found.evidence] == ["jail", "cárcel"]


def test_error_names_the_topic_and_the_language() -> None:
    with pytest.raises(QueryError, match=r"topic prison-reform, query es, column 7: "):
        TopicMatcher([replace(REFORM, queries=(("en", "jail"), ("es", "cárcel)")))])
    with pytest.raises(QueryError, match=r"topic empty, column 1: the query is empty"):
        TopicMatcher([TopicDefinition("empty", "Empty")])


def test_matcher_goes_to_worker_processes() -> None:
    matcher = pickle.loads(pickle.dumps(TopicMatcher([REFORM])))
    assert matcher.match(Document("Prison reform", ""))


def test_no_topics_and_no_text() -> None:
    assert TopicMatcher([]).match(Document("Prison", "reform")) == ()
    assert TopicMatcher([REFORM]).match(Document("", "")) == ()


# Limits


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("prison* OR p* OR *son OR *riso* OR pri*n", "prison " * 1_500_000),
        ('"prison reform"~1000', ("prison x " * 5 + "reform ") * 200_000),
        ('"' + "a " * 32 + '"~1000', "a b " * 2_500_000),
        ("*aa*a*a*a*a*a*b OR a*a*a*a*a*a*a*b OR prison", "prison " + ("a" * 1_000 + " ") * 10_000),
        ("监狱 OR 改革", "监狱改革" * 2_500_000),
        ("prison", "prison" + "\u0301" * 10_000_000),
        ("prison", "." * 5_000_000 + " prison " + "! " * 2_500_000),
        (" OR ".join(f"a{n}*" for n in range(4_000)), " ".join(f"a{n}" for n in range(1_500_000))),
    ],
)
def test_hostile_text(query: str, text: str) -> None:
    found = match(query, Document("", text))
    if found:
        assert len(found.evidence) <= 50
        assert all(len(item.sentence) <= 400 or item.end - item.start >= 400 for item in found.evidence)


# Against a slow, obvious evaluator

VOCABULARY = ["prison", "prisons", "reform", "law", "jail", "Prison", "PRISÓN", "prisio\u0301n", "straße", "监", "狱"]
PATTERNS = ["prison", "prison*", "pri?on", "*on", "p*n", "reform", "law", "jail*", "strasse", "prisión"]
Span = tuple[str, int, int]


def slow_words(text: str) -> list[tuple[str, int, int]]:
    found = []
    for part in re.finditer(r"[监狱]|(?:[^\W监狱]|\u0301)+", text):
        plain = unicodedata.normalize("NFKD", part.group()).casefold().replace("\u0301", "")
        found.append((plain, *part.span()))
    return found


def slow_places(node: Words, document: Document) -> set[Span]:
    places: set[Span] = set()
    for field in node.fields:
        words = slow_words(getattr(document, field))
        rows = [[n for n, word in enumerate(words) if fnmatchcase(word[0], pattern)] for pattern in node.words]
        for chosen in itertools.product(*rows):
            starts = [place - number for number, place in enumerate(chosen)]
            if len(set(chosen)) == len(chosen) and max(starts) - min(starts) <= node.slop:
                places.add((field, words[min(chosen)][1], words[max(chosen)][2]))
    return places


def slow_evaluate(node: Node, document: Document) -> set[Span] | None:
    """The evidence, None without a match."""
    match node:
        case Words():
            return slow_places(node, document) or None
        case Not(inner):
            return None if slow_evaluate(inner, document) is not None else set()
        case And(nodes):
            parts = [slow_evaluate(child, document) for child in nodes]
            return None if None in parts else set().union(*(part for part in parts if part))
        case Or(nodes):
            met = [part for part in (slow_evaluate(child, document) for child in nodes) if part is not None]
            return set().union(*met) if met else None
    raise AssertionError(node)


def queries() -> st.SearchStrategy[str]:
    term = st.sampled_from(PATTERNS)
    plain = st.sampled_from(["prison", "reform", "law", "监", "狱"])
    phrase = st.lists(term, min_size=1, max_size=3).map(lambda words: f'"{" ".join(words)}"')
    near = st.tuples(st.lists(plain, min_size=2, max_size=3), st.integers(1, 4)).map(
        lambda p: f'"{" ".join(p[0])}"~{p[1]}'
    )
    leaf = term | phrase | near | st.sampled_from(["title:prison*", "text:(law OR jail)", "监狱"])
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' AND '.join(parts)})"),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' OR '.join(parts)})"),
            st.lists(inner, min_size=2, max_size=2).map(lambda parts: f"({' '.join(parts)})"),
            inner.map(lambda part: f"NOT {part}"),
        ),
        max_leaves=6,
    )


TEXTS = st.lists(
    st.tuples(st.sampled_from(VOCABULARY), st.sampled_from([" ", ", ", "\n\n", "-", " 😀 ", "’"])), max_size=12
).map(lambda parts: "".join(word + separator for word, separator in parts))


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(queries(), TEXTS, TEXTS)
def test_matcher_agrees_with_the_slow_evaluator(query: str, title: str, text: str) -> None:
    try:
        tree = parse_query(query)
    except QueryError as error:
        assume("NOT alone" not in str(error))
        raise
    assert is_positive(tree)
    document = Document(title, text)
    expected = slow_evaluate(tree, document)
    found = match(query, document)
    assert (found is not None) is (expected is not None)
    if found is not None and expected is not None:
        shown = {(item.field, item.start, item.end) for item in found.evidence}
        # Of places of a proximity phrase that overlap only the tightest are shown.
        assert shown == expected if "~" not in query else shown <= expected


# The evaluation set, where it is at hand

QUERIES = [
    REFORM.query,
    '"death penalty" OR execution* OR "pena de muerte" OR "pena di morte" OR "prisoner* of conscience"',
    '(migra* OR immigra* OR asyl*) AND (detain* OR deport* OR frontera OR border) NOT football',
    '"human rights"~4 OR "police violence"~6 OR *ment OR pol?c*',
    "gang* OR cartel* OR mafia* OR narcotráfic* OR 监狱 OR title:(court OR corte OR tribunal)",
]  # fmt: skip


@pytest.mark.skipif(not (EVAL / "topics").is_dir(), reason="the evaluation data is not at hand (NEWSDESK_EVAL)")
def test_evidence_is_exact_on_real_articles() -> None:
    matcher = TopicMatcher([TopicDefinition(f"t{number}", "T", query) for number, query in enumerate(QUERIES)])
    rows = 0
    with gzip.open(EVAL / "topics" / "articles.jsonl.gz", "rt", encoding="utf-8") as lines:
        for article in map(json.loads, lines):
            document = Document(article["title"] or "", article["text"], language=article["lang"] or "")
            for found in matcher.match(document):
                for item in found.evidence:
                    rows += 1
                    original = getattr(document, item.field)
                    check_evidence_text(item.term, original[item.start : item.end])
                    assert original[item.start : item.end] in item.sentence
                    assert item.sentence in original
                    assert len(item.sentence) <= 400
                assert found.score == score(found.evidence, len(document.text))
                assert 0 < found.score < 1
    assert rows > 4_000


def check_evidence_text(term: str, text: str) -> None:
    """The text is what the term asks for: its words in a row, or, for a proximity phrase, all of them."""
    words = tokens.split_words(tokens.fold(text))
    patterns = [
        word
        for part in re.split(r"[ \"]+", re.sub(r"~\d+$", "", term))
        for word in tokens.split_words("".join(c if c in "*?" else tokens.fold(c) for c in part))
    ]
    if "~" in term:
        assert all(any(fnmatchcase(word, pattern) for word in words) for pattern in patterns)
    else:
        assert len(words) == len(patterns)
        assert all(map(fnmatchcase, words, patterns))


# The shipped topics

FALSE_FRIENDS = yaml.safe_load((ROOT / "tests" / "data" / "false_friends.yaml").read_text(encoding="utf-8"))
REAL = [
    # The same words beside words of a real case.
    ("en", "organized-crime", "Mafia boss arrested at his restaurant", "Police arrested the mafia boss over a murder."),
    ("en", "organized-crime", "Gang leader shot", "A gang leader was shot in a bar. He sold drugs, police said."),
    ("en", "death-penalty", "Singer sentenced to death over a song", "A court passed the death sentence on a singer."),
    ("en", "death-penalty", "Ohio ends the death penalty", "The last inmate left death row on Friday."),
    (
        "en",
        "prison-conditions",
        "Escape like in a film",
        "Two inmates escaped from the prison after a riot. Officials said that a prison guard was hurt.",
    ),
    ("es", "organized-crime", "Cae banda en concierto", "La policía detuvo a una banda de la mafia y su capo."),
    ("es", "prison-conditions", "Motín en el penal", "Un motín de reclusos tras una fuga de reos dejó tres heridos."),
    ("pt", "organized-crime", "Máfia do futebol", "A máfia lavava dinheiro do tráfico de drogas, diz a Justiça."),
    ("fr", "organized-crime", "Un gang arrêté au restaurant", "La police a arrêté le chef du gang, un trafiquant."),
    ("it", "organized-crime", "Arrestato il boss", "Il boss della mafia è stato arrestato dai carabinieri."),
    (
        "it",
        "prison-conditions",
        "Film girato in carcere",
        "I detenuti del carcere hanno girato un film: il progetto racconta la vita in cella e i suicidi in carcere.",
    ),
]


@pytest.fixture(scope="module")
def shipped() -> TopicMatcher:
    return TopicMatcher(topic_definitions(load_checked(ROOT / "config")))


@pytest.mark.parametrize(
    ("language", "article"),
    [
        pytest.param(language, article, id=f"{language}-{article['title']}")
        for language, articles in FALSE_FRIENDS.items()
        for article in articles
    ],
)
def test_culture_and_sport_are_no_topic(shipped: TopicMatcher, language: str, article: dict[str, str]) -> None:
    found = shipped.match(Document(article["title"], article["text"], language=language))
    assert [match.topic_id for match in found] == []


@pytest.mark.parametrize(("language", "topic", "title", "text"), REAL)
def test_real_cases_stay(shipped: TopicMatcher, language: str, topic: str, title: str, text: str) -> None:
    found = shipped.match(Document(title, text, language=language))
    assert topic in {match.topic_id for match in found}


# The documentation page


def fenced(kind: str) -> str:
    found = re.search(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found, kind
    return found.group(1)


def table(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading."""
    section = PAGE.split(f"## {heading}\n", 1)[1]
    rows = [line for line in section.split("\n## ", 1)[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows[2:]]


def code(cell: str) -> list[str]:
    return [part.replace("\\|", "|") for part in re.findall(r"`+ ?(.+?) ?`+", cell)]


def test_every_query_in_the_page_parses() -> None:
    shown = [query for row in table("Syntax") + table("Fields") for query in code(row[0])]
    assert len(shown) >= 20
    for query in shown:
        parse_query(query)


def test_every_refusal_in_the_page_is_one() -> None:
    refused = [query for row in table("What is refused") for query in code(row[0])]
    assert len(refused) >= 8
    for query in refused:
        with pytest.raises(QueryError):
            parse_query(query)


def example() -> tuple[Document, TopicMatch]:
    title, text = fenced("text").rstrip("\n").split("\n\n", 1)
    document = Document(title, text)
    return document, matched(fenced("lucene"), document)


def test_worked_example() -> None:
    document, found = example()
    rows = [[item.field, f"`{item.term}`", str(item.start), str(item.end)] for item in found.evidence]
    assert [row[:4] for row in table("A worked example") if row[0] in ("title", "text")] == rows
    assert f"{len(document.text)} characters" in PAGE
    assert f"**{found.score:.4f}**" in PAGE


def test_score_can_be_recomputed_in_sql() -> None:
    document, found = example()
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE articles (article_id VARCHAR, title VARCHAR, text VARCHAR)")
        connection.execute("INSERT INTO articles VALUES ('a', ?, ?)", [document.title, document.text])
        connection.execute(
            "CREATE TABLE article_topics (article_id VARCHAR, topic_id VARCHAR, score DOUBLE, evidence "
            'STRUCT(field VARCHAR, term VARCHAR, start INTEGER, "end" INTEGER, sentence VARCHAR)[])'
        )
        rows = [
            {"field": e.field, "term": e.term, "start": e.start, "end": e.end, "sentence": e.sentence}
            for e in found.evidence
        ]
        connection.execute("INSERT INTO article_topics VALUES ('a', 'topic', ?, ?)", [found.score, rows])
        recomputed = connection.execute(fenced("sql")).fetchall()
    assert [(row[0], row[1]) for row in recomputed] == [("a", "topic")]
    assert recomputed[0][2] == pytest.approx(recomputed[0][3], abs=1e-4)
    assert recomputed[0][2] == found.score
