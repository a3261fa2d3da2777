"""Databases for the tests of the report: the real tables, filled with what we make up.

`python -m tests.present.newsroom DATA` writes the large one and its report into a folder, to look at.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import orjson

from tasks.urls import make_id

STORE = Path(__file__).parents[2] / "tasks" / "store"
NOW = datetime(2025, 11, 20, 14, 2)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Newsroom:
    """A `news.duckdb` under construction. Each method adds one row, or what belongs together."""

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.data = data
        self.connection = duckdb.connect(data / "news.duckdb")
        for script in (*sorted((STORE / "migrations").glob("*.sql")), STORE / "views.sql"):
            self.connection.execute(script.read_text(encoding="utf-8"))

    def __enter__(self) -> Newsroom:
        return self

    def __exit__(self, *exception: object) -> None:
        self.connection.close()

    def insert(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows by column name; what is left out is NULL or the column's default."""
        part = self.data / "rows.json"
        part.write_bytes(b"\n".join(orjson.dumps(row) for row in rows))
        if part.stat().st_size:
            self.connection.execute(
                f"INSERT INTO {table} BY NAME FROM read_json('{part}', format = 'newline_delimited', sample_size = -1,"
                f" maximum_object_size = 100000000)"
            )
        part.unlink()

    def source(self, source_id: str, *, added: timedelta = 60 * DAY, enabled: bool = True, **state: Any) -> None:
        """A source; with any `state`, one that has been polled."""
        url = f"https://{source_id}.example/feed"
        common = {"source_id": source_id, "url": url}
        row = {"name": source_id.title(), "tags": [], "enabled": enabled, "added_at": NOW - added}
        self.insert("sources", [common | row])
        if state:
            polled = {"last_poll_at": NOW, "last_success_at": NOW, "consecutive_failures": 0, "moves_seen": 0}
            self.insert("pipeline.poll_state", [common | {"configured_url": url} | polled | state])

    def polls(self, source_id: str, days: Iterable[datetime], outcome: str = "ok") -> None:
        """One poll on each day."""
        numbers = {"entries": 0, "entries_new": 0, "bytes": 0, "duration_ms": 10}
        rows = [{"run_id": "r", "source_id": source_id, "polled_at": day, "outcome": outcome} | numbers for day in days]
        self.insert("polls", rows)

    def topic(self, topic_id: str, name: str = "", query: str = "prison*", *, active: bool = True) -> None:
        """A topic of version v1."""
        row = {"topic_version": "v1", "min_score": 0.0, "since": NOW - 60 * DAY, "active": active}
        self.insert("topics", [{"topic_id": topic_id, "name": name or topic_id, "query": query} | row])

    def entry(self, source_id: str, seen: datetime) -> None:
        """A sighting."""
        url = f"https://{source_id}.example/{seen:%Y%m%d%H%M}"
        row = {"entry_id": url, "url": url, "page_id": make_id(url), "authors": [], "tags": []}
        self.insert("entries", [{"source_id": source_id, "first_seen_at": seen, "last_seen_at": seen} | row])

    def runs(self, number: int) -> None:
        """Passes, one every quarter of an hour up to now."""
        counts = {"sources_polled": 44, "sources_failed": 3, "entries_new": 31, "pages_fetched": 29, "articles_new": 27}
        self.insert(
            "runs",
            [
                {"run_id": f"run-{n}", "flow": "monitor", "started_at": NOW - n * HOUR / 4, "outcome": "done"}
                | {"finished_at": NOW - n * HOUR / 4 + HOUR / 200, "duration_s": 18.4}
                | counts
                for n in range(number)
            ],
        )

    def pages(self, outcomes: Mapping[str, int]) -> None:
        """Pages that ended so."""
        self.insert(
            "pages",
            [
                {"page_id": f"{outcome}-{n}", "url": f"https://pages.example/{n}", "outcome": outcome}
                | {"attempts": 1, "first_seen_at": NOW}
                for outcome, number in outcomes.items()
                for n in range(number)
            ],
        )

    def articles(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Articles made by `article`, with their matches and the stories they belong to."""
        kept = list(rows)
        matches = [match for row in kept for match in row["matches"]]
        self.insert("articles", [{k: v for k, v in row.items() if k != "matches"} for row in kept])
        self.insert("article_topics", matches)
        self.connection.execute("DELETE FROM stories")
        self.connection.execute(
            """INSERT INTO stories SELECT story_id, first(title ORDER BY original_source IS NOT NULL, published_at),
               min(published_at), max(published_at), count(*), count(DISTINCT content_hash), count(DISTINCT site),
               first(article_id ORDER BY original_source IS NOT NULL, published_at) FROM articles GROUP BY story_id"""
        )


def article(
    title: str,
    *,
    site: str = "ledger.example",
    text: str = "Nothing of note happened.",
    age: timedelta = HOUR,
    found: timedelta | None = None,
    topics: Mapping[str, float] | None = None,
    terms: Mapping[str, str] | None = None,
    story: str | None = None,
    **columns: Any,
) -> dict[str, Any]:
    """A row of `articles` with `matches`. `terms` are the query's terms and the words of the text that they match."""
    url = columns.pop("url", f"https://{site}/{make_id(title)}")
    article_id = make_id(url)
    row = {
        "article_id": article_id,
        "url": url,
        "site": site,
        "title": title,
        "authors": [],
        "published_at": NOW - age,
        "published_from": "jsonld",
        "fetched_at": NOW - (age if found is None else found),
        "updated_at": NOW - (age if found is None else found),
        "language": "en",
        "text": text,
        "excerpt": text[:200],
        "tags": [],
        "word_count": len(text.split()),
        "access": "unknown",
        "text_from": "page",
        "content_hash": make_id(text),
        "story_id": story or article_id,
        "revision": 1,
    } | columns
    found_terms = [
        piece
        for term, words in (terms or {}).items()
        for field in ("title", "text")
        for piece in _evidence(field, title if field == "title" else text, term, words)
    ]
    row["matches"] = [
        {"article_id": article_id, "topic_id": topic, "topic_version": "v1", "score": score, "evidence": found_terms}
        for topic, score in (topics or {}).items()
    ]
    return row


def _evidence(field: str, value: str, term: str, words: str) -> Iterable[dict[str, Any]]:
    start = value.lower().find(words.lower())
    while start >= 0:
        begin = value.rfind(". ", 0, start) + 2 if ". " in value[:start] else 0
        stop = value.find(". ", start)
        sentence = value[begin:] if stop < 0 else value[begin : stop + 1]
        yield {"field": field, "term": term, "start": start, "end": start + len(words), "sentence": sentence.strip()}
        start = value.lower().find(words.lower(), start + len(words))


TOPICS = {
    "prison-reform": ("Prison reform", '(prison* OR jail* OR cárcel* OR penitenci*) AND (reform* OR overcrowd* OR hacinamiento)'),
    "human-rights": ("Human rights", '"human rights" OR "derechos humanos" OR "droits humains" OR detention'),
    "security-latam": ("Security in Latin America", "(cartel OR homicid* OR pandilla*) AND (Ecuador OR Sorvania OR frontera)"),
    "courts": ("Courts and sentencing", "court OR sentenc* OR tribunal"),
    "press-freedom": ("Press freedom", "journalist* AND (arrest* OR censor*)"),
}

WRITTEN: tuple[dict[str, Any], ...] = (
    {
        "title": "Senate votes to end prison overcrowding with earlier release",
        "site": "justiceledger.example",
        "text": "The chamber voted 31 to 12 for the bill. Prison overcrowding has doubled since the last reform, the "
        "auditors wrote, and no wing of the old jail holds fewer than three people to a cell. Reform of the parole "
        "board is to follow in spring. Two senators abstained.",
        "terms": {"prison*": "prison", "overcrowd*": "overcrowding", "reform*": "reform", "jail*": "jail"},
        "topics": {"prison-reform": 0.94, "courts": 0.41},
        "authors": ["Imani Rourke", "Teodor Vance"],
        "copies": 5,
        "age": 3 * HOUR,
    },
    {
        "title": "El hacinamiento en la cárcel de Quebrada Honda supera el 240 %",
        "site": "elmirador.example",
        "text": "La cárcel fue construida para 400 personas. El hacinamiento obliga a dormir por turnos, según el informe "
        "de la defensoría. La reforma prometida hace dos años sigue sin presupuesto.",
        "terms": {"cárcel*": "cárcel", "hacinamiento": "hacinamiento", "reform*": "reforma"},
        "topics": {"prison-reform": 0.91, "human-rights": 0.52},
        "language": "es",
        "published_from": "meta",
        "age": 6 * HOUR,
    },
    {
        "title": "UN panel finds torture in Kasimbo detention centre",
        "site": "meridianwire.example",
        "text": "Inspectors counted 38 people in a room built for nine. The detention of minors continues despite a court "
        "order, the panel said. The government called the human rights findings one-sided.",
        "terms": {'"human rights"': "human rights", "detention": "detention", "court": "court"},
        "topics": {"human-rights": 0.88, "courts": 0.22},
        "original_source": "unpanel.example",
        "access": "paywalled",
        "published_from": "feed",
        "age": 9 * HOUR,
    },
    {
        "title": "محكمة تأمر بالإفراج عن الصحفية المعتقلة",
        "site": "sahifa.example",
        "text": "أمرت المحكمة بالإفراج عن الصحفية بعد أسبوعين من التوقيف. وقالت نقابة الصحفيين إن القرار خطوة أولى.",
        "terms": {"journalist*": "الصحفية", "arrest*": "التوقيف"},
        "topics": {"press-freedom": 0.81},
        "language": "ar",
        "published_from": "url",
        "age": 14 * HOUR + timedelta(minutes=2),
    },
    {
        "title": "Diecisiete acusados de la red de Los Faroleros en la frontera",
        "site": "cronicaandina.example",
        "text": "La fiscalía presentó cargos contra 17 personas. El cartel cobraba por cada camión que cruzaba la frontera. "
        "Los homicidios bajaron un tercio desde la operación.",
        "terms": {"cartel": "cartel", "frontera": "frontera", "homicid*": "homicidios"},
        "topics": {"security-latam": 0.86},
        "language": "es",
        "copies": 3,
        "age": 20 * HOUR,
    },
)  # fmt: skip

PLACES = ("Port Ellery", "Valdehermosa", "Lindgren County", "Quillabaya", "Arvain", "Tamarack", "Sorvania", "Kalavros")
EVENTS = {
    "prison-reform": ("jail audit finds cells empty on paper", "reform of prison health care delayed", "prison wing to close"),
    "human-rights": ("detention report withheld", "human rights office loses half its staff", "detention of minors ends"),
    "security-latam": ("cartel trial opens under guard", "homicide rate falls for a third month", "cartel leader extradited"),
    "courts": ("court sets aside sentence", "tribunal hears first witness", "sentencing guidelines challenged in court"),
}
OTHER = ("ferry timetable changes", "club stays up in the last minute", "orchard prices fall", "harbour to be dredged")


def realistic(data: Path, background: int = 3000) -> None:
    """A month of a newsroom: sources in trouble, a gap in collection, five topics of which one is nearly silent."""
    chance = random.Random(7)
    with Newsroom(data) as room:
        for topic_id, (name, query) in TOPICS.items():
            room.topic(topic_id, name, query)
        _sources(room)
        room.runs(14)
        pages = {"article": 2950, "duplicate": 210, "http_error": 96, "too_short": 81, "robots": 44, "not_html": 31}
        room.pages(pages | {"pending": 12, "timeout": 9, "gave_up": 4})
        rows = [row for written in WRITTEN for row in _written(dict(written))]
        rows += [_filler(number, chance) for number in range(background)]
        room.articles(rows)


def _written(columns: dict[str, Any]) -> Iterable[dict[str, Any]]:
    copies, title, age = columns.pop("copies", 0), columns.pop("title"), columns.pop("age")
    story = make_id(title)
    yield article(title, story=story, age=age, **columns)
    for number in range(copies):
        columns |= {"site": f"copy{number + 1}.example", "original_source": columns["site"]}
        yield article(title, story=story, age=age - HOUR / 4 * (number + 1), **columns)


def _filler(number: int, chance: random.Random) -> dict[str, Any]:
    days = min(44.0, chance.expovariate(1 / 16)) if chance.random() < 0.2 else 30 * chance.random()
    age, topic = days * DAY + HOUR, chance.choices(["", *EVENTS], [30, 3, 2, 1.5, 4])[0]
    event = chance.choice(EVENTS[topic]) if topic else chance.choice(OTHER)
    place, words = chance.choice(PLACES), event.split()[0]
    title = f"{place}: {event}"
    text = f"The office in {place} confirmed it on day {number}. A spokesman said that {event}, and gave no date."
    return article(
        title,
        url=f"https://site{number % 40}.example/news/{number}",
        site=f"site{number % 40}.example",
        text=text,
        age=age,
        found=min(age, 22 * DAY) - HOUR / 2,
        topics={topic: round(0.3 + 0.5 * chance.random(), 2)} if topic else None,
        terms={f"{words}*": words} if topic else None,
        published_from=chance.choice(["jsonld", "jsonld", "meta", "feed", "text", "fetched"]),
    )


def _sources(room: Newsroom) -> None:
    """46 sources, watched for 22 days, of which two days saw no poll at all."""
    days = [NOW - n * DAY for n in range(22) if n not in (8, 9)]
    trouble: dict[str, dict[str, Any]] = {
        "harbour-sport": {"last_outcome": "gone", "last_error": "http_error: 410 Gone", "last_http_status": 410}
        | {"consecutive_failures": 1, "last_success_at": NOW - 12 * DAY},
        "newsloop": {"last_outcome": "failed", "last_error": "http_error: 503 Service Unavailable"}
        | {"consecutive_failures": 17, "last_success_at": NOW - 2 * DAY, "next_poll_at": NOW + HOUR},
        "el-faro-viejo": {"last_outcome": "failed", "last_error": "connect_error: certificate has expired (elfaroviejo.example)"}
        | {"consecutive_failures": 4, "last_success_at": NOW - DAY, "next_poll_at": NOW + 2 * HOUR},
        "courrier-archives": {"last_outcome": "not_a_feed", "last_error": "not_a_feed: an HTML page without a feed link"}
        | {"consecutive_failures": 2, "last_success_at": NOW - 5 * HOUR},
        "valley-weekly": {"last_outcome": "unchanged", "seen": 16},
        "moved-times": {"last_outcome": "ok", "moved_to": "https://moved.example/new-feed.xml", "seen": 0},
    }  # fmt: skip
    for number in range(39):
        room.source(f"source-{number:02}", added=21 * DAY, last_outcome="ok")
        room.entry(f"source-{number:02}", NOW - HOUR)
        room.polls(f"source-{number:02}", [day for n, day in enumerate(days) if (n + number) % 9 or number % 5])
    for source_id, state in trouble.items():
        seen = state.pop("seen", 3)
        room.source(source_id, added=21 * DAY, **state)
        room.entry(source_id, NOW - seen * DAY)
        room.polls(source_id, days[12:])
    room.source("just-added", added=HOUR)
    room.source("switched-off", enabled=False)


if __name__ == "__main__":
    from tasks.present.report import write_report

    folder = Path(sys.argv[1])
    realistic(folder, int(sys.argv[2]) if len(sys.argv) > 2 else 3000)
    print(write_report(folder))
