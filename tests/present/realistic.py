"""A month of a newsroom, made up: what the report looks like when there is something to report.

`python -m tests.present.realistic DATA [ARTICLES]` writes the database and its report into a folder, to look at.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from tasks.urls import make_id
from tests.present.newsroom import DAY, HOUR, NOW, Newsroom, article

TOPICS = {
    "prison-reform": ("Prison reform", "(prison* OR jail* OR cárcel*) AND (reform* OR overcrowd* OR hacinamiento)"),
    "human-rights": ("Human rights", '"human rights" OR "derechos humanos" OR "droits humains" OR detention'),
    "security-latam": ("Security in Latin America", "(cartel OR homicid*) AND (Sorvania OR frontera)"),
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
        "text": "La cárcel fue construida para 400 personas. El hacinamiento obliga a dormir por turnos, según el "
        "informe de la defensoría. La reforma prometida hace dos años sigue sin presupuesto.",
        "terms": {"cárcel*": "cárcel", "hacinamiento": "hacinamiento", "reform*": "reforma"},
        "topics": {"prison-reform": 0.91, "human-rights": 0.52},
        "language": "es",
        "published_from": "meta",
        "age": 6 * HOUR,
    },
    {
        "title": "UN panel finds torture in Kasimbo detention centre",
        "site": "meridianwire.example",
        "text": "Inspectors counted 38 people in a room built for nine. The detention of minors continues despite a "
        "court order, the panel said. The government called the human rights findings one-sided.",
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
        "text": "La fiscalía presentó cargos contra 17 personas. El cartel cobraba por cada camión que cruzaba la "
        "frontera. Los homicidios bajaron un tercio desde la operación.",
        "terms": {"cartel": "cartel", "frontera": "frontera", "homicid*": "homicidios"},
        "topics": {"security-latam": 0.86},
        "language": "es",
        "copies": 3,
        "age": 20 * HOUR,
    },
)

PLACES = ("Port Ellery", "Valdehermosa", "Lindgren County", "Quillabaya", "Arvain", "Tamarack", "Sorvania", "Kalavros")
EVENTS = {
    "prison-reform": ("jail audit finds cells empty", "reform of prison health delayed", "prison wing to close"),
    "human-rights": ("detention report withheld", "human rights office loses staff", "detention of minors ends"),
    "security-latam": ("cartel trial opens under guard", "homicide rate falls again", "cartel leader extradited"),
    "courts": ("court sets aside sentence", "tribunal hears witness", "sentencing guidelines challenged"),
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
        "el-faro-viejo": {"last_outcome": "failed", "last_error": "connect_error: certificate has expired"}
        | {"consecutive_failures": 4, "last_success_at": NOW - DAY, "next_poll_at": NOW + 2 * HOUR},
        "courrier-archives": {"last_outcome": "not_a_feed", "last_error": "an HTML page without a feed link"}
        | {"consecutive_failures": 2, "last_success_at": NOW - 5 * HOUR},
        "valley-weekly": {"last_outcome": "unchanged", "seen": 16},
        "moved-times": {"last_outcome": "ok", "moved_to": "https://moved.example/new-feed.xml", "seen": 0},
    }
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
