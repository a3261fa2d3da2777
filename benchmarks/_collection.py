"""A made-up collection of any size, built set-wise in SQL into the real schema: what a newsroom has after a while.

Every size is the same newsroom, watched for longer: 1,370 articles a day from 100 sites, which makes a million in two
years. A tenth of the articles match a topic, an eighth are copies, more than half share their event with others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from benchmarks._newsroom import made_article
from benchmarks._words import Words, sentences
from tasks.derive.details import details
from tasks.derive.minhash import signature
from tasks.derive.storyterms import story_terms
from tasks.model import DateCandidate, Derived, Entry, Evidence, Place, Poll, PollOutcome, PollState, TopicMatch
from tasks.store import search, sites, stories
from tasks.store.rows import reading, to_json
from tasks.store.state import Connection

SPACING = timedelta(days=730) / 1_000_000
"""From one article to the next."""
SITES, SOURCES = 100, 87
POLLS_A_DAY = 16
"""Of one source: every half hour at first, less often where nothing is new."""
SETTLED = timedelta(days=16)
"""The newest articles, of which stories are found as in a pass; the earlier ones get theirs when they are made."""
PARAGRAPHS = 20_000
"""From which texts are put together, nine in a text."""
CHUNK = 50_000
"""Articles that are made at a time."""
TOPICS = {
    "prison-reform": "prison reform",
    "prison-conditions": "inspectors found",
    "criminal-justice-policy": "sentencing guidelines",
    "death-penalty": "death row",
    "policing": "police chief",
    "organized-crime": "money laundering",
    "migration-detention": "detention centre",
    "political-prisoners": "held incommunicado",
}
"""Each with words that its articles hold."""
COUNTRIES = [
    "US",
    "GB",
    "BR",
    "MX",
    "AR",
    "ES",
    "PT",
    "FR",
    "DE",
    "IT",
    "NL",
    "ZA",
    "NG",
    "KE",
    "IN",
    "PK",
    "CN",
    "JP",
    "KR",
    "AU",
]


@dataclass(frozen=True, slots=True)
class Collection:
    """A state database that holds `size` articles; `end` is when the newest was published."""

    connection: Connection
    size: int
    end: datetime

    def fill(self) -> None:
        """Make everything, the search index and the stories of the newest articles included."""
        self.prepare()
        for first in range(0, self.size, CHUNK):
            self._make(first, min(CHUNK, self.size - first))
            for statement in _FROM_MADE:
                self._run(statement)
        for statement in _REST:
            self._run(statement)
        self._settle()
        sites.learn(self.connection)
        search.index(self.connection)
        search.merge_all(self.connection)
        self.connection.execute("CHECKPOINT")

    def prepare(self) -> None:
        """Make what articles are made of."""
        for name, body in _MACROS.items():
            self.connection.execute(f"CREATE OR REPLACE TEMP MACRO {name} AS {body}")
        words = Words()
        rows = [{"id": n, "text": _paragraph(words)} for n in range(PARAGRAPHS)]
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE paragraphs AS {reading({'id': 'UBIGINT', 'text': 'VARCHAR'})}",
            {"rows": to_json(rows)},
        )
        topics = [{"number": n, "topic_id": t, "terms": terms} for n, (t, terms) in enumerate(TOPICS.items())]
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE subjects AS "
            + reading({"number": "UBIGINT", "topic_id": "VARCHAR", "terms": "VARCHAR"}),
            {"rows": to_json(topics)},
        )
        self._run(_PLAN)

    def arrivals(self, first: int, number: int) -> list[Derived]:
        """Articles `first` to `first + number - 1`, as derive hands them over."""
        self._make(first, number)
        matched: dict[int, list[TopicMatch]] = {}
        for n, topic, score, evidence in self.connection.execute(_MATCHED).fetchall():
            found = tuple(Evidence(**place) for place in evidence)
            matched.setdefault(n, []).append(TopicMatch(topic, "v1", score, found))
        return [_derived(row, tuple(matched.get(row[0], ()))) for row in self.connection.execute(_MADE_ROWS).fetchall()]

    def polls(self, derived: Sequence[Derived]) -> list[Poll]:
        """A round of all feeds, each with its share of the new articles and thirty entries that are known."""
        rows = self.connection.execute(
            """SELECT source_id, entry_id, url, title, published_at FROM entries
               QUALIFY row_number() OVER (PARTITION BY source_id ORDER BY first_seen_at DESC) <= 30"""
        ).fetchall()
        known: dict[str, list[Entry]] = {}
        for source, *fields in rows:
            known.setdefault(source, []).append(Entry(*fields))
        polled = []
        for number in range(SOURCES):
            source_id, url = f"source{number}", f"https://source{number}.example/feed"
            new = [Entry(d.page.url, d.page.url, "A title") for d in derived[number::SOURCES]]
            state = PollState(source_id, url, url, last_success_at=self.end)
            entries = (*new, *known.get(source_id, ()))
            polled.append(Poll(source_id, self.end, PollOutcome.OK, state, entries=entries))
        return polled

    def _make(self, first: int, number: int) -> None:
        self._run(_MADE, first=first, last=first + number)
        self._run(_MADE_MATCHES)

    def _settle(self) -> None:
        """Find the stories of the newest articles as passes do."""
        query = "SELECT article_id, title, text, language FROM articles WHERE published_at > $since"
        newest = self.connection.execute(query, {"since": self.end - SETTLED}).fetchall()
        for first in range(0, len(newest), 5_000):
            fingerprints = [_fingerprint(*row) for row in newest[first : first + 5_000]]
            self.connection.execute(_ARRIVE, {"rows": to_json(fingerprints)})
        stories.settle(self.connection)

    def _run(self, statement: str, **more: Any) -> None:
        polls = POLLS_A_DAY * self.size * SPACING // timedelta(days=1)
        known = {"size": self.size, "end": self.end, "polls": polls, "countries": COUNTRIES, **more}
        self.connection.execute(statement, {name: known[name] for name in known if f"${name}" in statement})


def _paragraph(words: Words) -> str:
    return ". ".join(sentences(words.draw(60), 15)) + "."


def _fingerprint(article_id: str, title: str, text: str, language: str) -> dict[str, Any]:
    terms = story_terms(title, text, language)
    return {
        "article_id": article_id,
        "signature": signature(text),
        "terms": terms[0],
        "weights": terms[1],
        "details": details(text),
    }


def _derived(row: tuple[Any, ...], matches: tuple[TopicMatch, ...]) -> Derived:
    _, url, title, text, language, published_at, country = row
    made = made_article(f"https://{url}", title, text, language, published_at)
    return Derived(
        made.page,
        made.outcome,
        made.article,
        matches=matches,
        dates=(
            DateCandidate("jsonld", published_at, f"{published_at:%Y-%m-%d}", chosen=True),
            DateCandidate("feed", published_at + timedelta(seconds=60), f"{published_at:%Y-%m-%d}"),
        ),
        blocks=tuple(range(5)),
        places=(Place(country, 3, True), Place("US" if country != "US" else "GB", 1, False)),
    )


# u: a number from 0 to 1 that depends on n and a salt alone.
_SYLLABLES = "babebibobudadedidodufafefifofugagegigogukakekikokulalelilolumamemimomunaneninonupapepipopu"
_MACROS = {
    "u(n, salt)": "(hash(n, salt) % 1000003) / 1000003",
    "id_of(string)": "left(sha256(string), 16)",
    "url_of(site, n)": "'site' || site || '.example/news/' || n",
    "syllable(h)": f"substr('{_SYLLABLES}', 1 + 2 * (h % 45)::INTEGER, 2)",
    "name_of(h)": "upper(left(syllable(h), 1)) || substr(syllable(h), 2) || syllable(h // 45) || "
    "syllable(h // 2025) || syllable(h // 91125) || 'n'",
}

# Of 40 articles in a row, some 16 stand alone and the others tell one of eight events, two fifths of these in one text.
_PLAN = """
    CREATE OR REPLACE TEMP TABLE plan AS
    WITH numbered AS (
        SELECT n, u(n, 'alone') < 0.4 AS alone, (n // 40) * 48 AS block, floor(8 * u(n, 'event') ** 2)::BIGINT AS place
        FROM range($size + 5000) AS r(n)
    ), told AS (
        SELECT n, CASE WHEN alone THEN block + 8 + n % 40 ELSE block + place END AS event,
            NOT alone AND u(n, 'copy') < 0.4 AS is_copy
        FROM numbered
    )
    SELECT n, event, CASE WHEN is_copy THEN 2 * event + 1 ELSE 2 * n END AS text,
        floor(100 * u(n, 'site') ** 1.6)::INTEGER AS site,
        $end::TIMESTAMP - to_microseconds(63072000::BIGINT * ($size - n)) AS published_at
    FROM told"""

# Names and subjects belong to the event, so that texts on one event have much in common.
_MADE = """
    CREATE OR REPLACE TEMP TABLE made AS
    WITH chosen AS (
        FROM plan WHERE n >= $first AND n < $last
    ), texts AS (
        SELECT DISTINCT text AS text_no, event, u(event, 'topic') AS topic FROM chosen
    ), named AS (
        SELECT t.*, s.topic_id, s.terms, o.topic_id AS other_id, o.terms AS other_terms,
            list_transform(range(6), lambda i: name_of(hash(t.event, i) % 600000)) AS names
        FROM texts AS t
        LEFT JOIN subjects AS s ON s.number = floor(80 * topic)::UBIGINT
        LEFT JOIN subjects AS o ON o.number = hash(t.event, 'other') % 30 AND o.number <> s.number
    ), drawn AS (
        SELECT text_no, i, hash(text_no, i) % (SELECT count(*) FROM paragraphs) AS id FROM texts, range(9) AS r(i)
    ), bodies AS (
        SELECT text_no, string_agg(text, chr(10) ORDER BY i) AS body
        FROM drawn JOIN paragraphs USING (id) GROUP BY text_no
    ), written AS (
        SELECT * EXCLUDE (body),
            names[1] || ' ' || names[2] || ' ' || coalesce(terms, 'council met') || ' '
                || name_of(hash(text_no, 'title') % 600000) AS title,
            names[1] || ' ' || names[2] || ' of ' || names[3] || ' told ' || names[4] || ' yesterday. '
                || coalesce('The ' || terms || ' what the report says. ', '')
                || coalesce('The ' || other_terms || ' too. ', '') || body
                || chr(10) || names[5] || ' and ' || names[6] || ' of ' || names[3] || ' answered ' || names[1] || '.'
                AS text
        FROM named JOIN bodies USING (text_no)
    )
    SELECT c.n, c.event, c.text AS text_no, c.site, c.published_at, w.title, w.text, w.topic_id, w.terms, w.other_id,
        w.other_terms, url_of(c.site, c.n) AS url,
        ['en', 'en', 'en', 'en', 'en', 'en', 'es', 'es', 'pt', 'fr'][1 + c.event % 10] AS language,
        $countries[1 + (20 * u(c.event, 'country') ** 2)::INTEGER % 20] AS country
    FROM chosen AS c JOIN written AS w ON w.text_no = c.text AND w.event = c.event
    ORDER BY c.n"""

_MADE_MATCHES = """
    CREATE OR REPLACE TEMP TABLE made_matches AS
    SELECT n, topic_id, 0.5 + 0.45 * u(text_no, topic_id) AS score, [
        {'field': 'title', 'term': terms, 'start': 10, 'end': 10 + length(terms), 'sentence': title},
        {'field': 'text', 'term': terms, 'start': instr(text, terms) - 1, 'end': instr(text, terms) - 1 + length(terms),
         'sentence': 'The ' || terms || ' what the report says.'}] AS evidence
    FROM (SELECT n, text_no, topic_id, terms, title, text FROM made
          UNION ALL SELECT n, text_no, other_id, other_terms, title, text FROM made)
    WHERE topic_id IS NOT NULL"""

_MATCHED = "SELECT n, topic_id, score, evidence FROM made_matches ORDER BY n"
_MADE_ROWS = "SELECT n, url, title, text, language, published_at, country FROM made ORDER BY n"

_ARTICLES = """
    INSERT INTO articles BY NAME
    SELECT id_of(url) AS article_id, 'https://' || url AS url, 'source' || site % 87 AS source_id,
        'site' || site || '.example' AS site, title, ['A. ' || name_of(hash(n % 3000))] AS authors, published_at,
        ['jsonld', 'jsonld', 'jsonld', 'meta', 'feed', 'fetched'][1 + floor(6 * u(n, 'date'))::INTEGER]
            AS published_from,
        published_at + INTERVAL 20 MINUTE AS fetched_at,
        published_at + CASE WHEN n % 33 = 0 THEN INTERVAL 5 HOUR ELSE INTERVAL 20 MINUTE END AS updated_at,
        language, text, left(text, 200) AS excerpt, 'https://' || url || '.jpg' AS image_url, ['news'] AS tags,
        400 AS word_count, CASE WHEN n % 20 = 0 THEN 'site' || event % 30 || '.example' END AS original_source,
        'free' AS access, 'page' AS text_from, left(sha256(text), 32) AS content_hash,
        id_of('text' || text_no) AS text_id, id_of('story' || event) AS story_id,
        CASE WHEN n % 33 = 0 THEN 2 ELSE 1 END AS revision
    FROM made ORDER BY n"""

_FROM_MADE = [
    _ARTICLES,
    """INSERT INTO entries BY NAME
       SELECT 'source' || (site + other * 7) % 87 AS source_id, 'https://' || url AS entry_id, 'https://' || url AS url,
           id_of(url) AS page_id, title, published_at, published_at + INTERVAL 15 MINUTE AS first_seen_at,
           published_at + INTERVAL 1 DAY AS last_seen_at, [] AS authors, left(text, 200) AS summary, [] AS tags
       FROM made, range(2) AS r(other) WHERE other = 0 OR n % 8 = 0 ORDER BY n""",
    """INSERT INTO pages BY NAME
       SELECT id_of(url) AS page_id, 'https://' || url AS url, 'https://' || url AS final_url, 'article' AS outcome,
           200 AS http_status, 1 AS attempts, published_at + INTERVAL 20 MINUTE AS fetched_at,
           'archive/' || strftime(published_at, '%Y/%m/%Y%m%d') || '.warc.gz' AS warc_file,
           30000 * (n % 1370) AS warc_offset,
           id_of(url) AS article_id, published_at + INTERVAL 15 MINUTE AS first_seen_at
       FROM made ORDER BY n""",
    """INSERT INTO pages BY NAME
       SELECT id_of(url || '/x') AS page_id, 'https://' || url || '/x' AS url,
           ['duplicate', 'too_short', 'http_error', 'robots'][1 + n % 4] AS outcome, [200, 200, 404, NULL][1 + n % 4]
           AS http_status, 1 AS attempts, published_at + INTERVAL 20 MINUTE AS fetched_at,
           CASE WHEN n % 4 = 0 THEN id_of(url) END AS article_id, published_at + INTERVAL 15 MINUTE AS first_seen_at
       FROM made WHERE hash(n, 'other page') % 8 = 0 ORDER BY n""",
    """INSERT INTO article_revisions BY NAME
       SELECT id_of(url) AS article_id, 1 AS revision,
           CASE WHEN n % 2 = 0 THEN title ELSE 'At first: ' || title END AS title,
           replace(text, ' yesterday. ', ' today. ') || chr(10) || 'More soon.' AS text,
           published_at + INTERVAL 20 MINUTE AS fetched_at, left(sha256(title), 32) AS content_hash,
           CASE WHEN n % 5 = 0 OR topic_id IS NULL THEN [] ELSE [topic_id] END AS topics
       FROM made WHERE n % 33 = 0 ORDER BY n""",
    """INSERT INTO article_topics BY NAME
       SELECT id_of(url) AS article_id, topic_id, 'v1' AS topic_version, score, evidence
       FROM made_matches AS m JOIN (SELECT n, url FROM made) USING (n) ORDER BY n""",
    """INSERT INTO article_dates BY NAME
       SELECT a.article_id, e.evidence, e.value, a.published_at::DATE AS day, e.chosen
       FROM (FROM articles WHERE article_id IN (SELECT id_of(url) FROM made)) AS a, unnest([
           {'evidence': a.published_from, 'value': a.published_at, 'chosen': true},
           {'evidence': 'url', 'value': a.published_at::DATE::TIMESTAMP, 'chosen': false},
           {'evidence': 'visible', 'value': a.published_at + INTERVAL 1 SECOND, 'chosen': false}]) AS x(e)
       ORDER BY a.fetched_at""",
    """INSERT INTO article_places BY NAME
       SELECT id_of(url) AS article_id, c.country, CASE WHEN c.place = 1 THEN 3 ELSE 1 END AS mentions,
           c.place = 1 AS in_title
       FROM made, unnest([country, CASE WHEN country = 'US' THEN 'GB' ELSE 'US' END]) WITH ORDINALITY
           AS c(country, place)
       WHERE c.place = 1 OR n % 2 = 0 ORDER BY n""",
]

_REST = [
    """INSERT INTO sources BY NAME
       SELECT 'source' || n AS source_id, 'Source ' || n AS name, 'https://source' || n || '.example/feed' AS url,
           'feed' AS kind, $countries[1 + n % 20] AS country, 'en' AS language, [] AS tags, true AS enabled,
           $end::TIMESTAMP - to_microseconds(63072000::BIGINT * $size) - INTERVAL 1 DAY AS added_at
       FROM range(87) AS r(n)""",
    "INSERT INTO source_watches SELECT source_id, added_at, NULL FROM sources",
    """INSERT INTO topics BY NAME
       SELECT topic_id, 'v1' AS topic_version, topic_id AS name, terms AS query, 0.5 AS min_score,
           (SELECT min(added_at) FROM sources) AS since, true AS active FROM subjects""",
    """INSERT INTO polls BY NAME
       SELECT id_of('run' || k) AS run_id, 'source' || n AS source_id, added_at + to_minutes(90 * (k + 1)) AS polled_at,
           CASE WHEN h < 20 THEN 'failed' WHEN h < 600 THEN 'unchanged' ELSE 'ok' END AS outcome,
           CASE WHEN h < 20 THEN 503 WHEN h < 600 THEN 304 ELSE 200 END AS http_status,
           CASE WHEN h < 600 THEN 0 ELSE 30 END AS entries, CASE WHEN h < 600 THEN 0 ELSE 2 END AS entries_new,
           40000 AS bytes, 300 AS duration_ms, CASE WHEN h < 20 THEN 'http_error: 503' END AS error
       FROM (SELECT k, n, hash(k, n) % 1000 AS h, s.added_at
             FROM range($polls) AS r(k), range(87) AS q(n), (SELECT min(added_at) AS added_at FROM sources) AS s)
       ORDER BY k, n""",
    """INSERT INTO pipeline.poll_state BY NAME
       SELECT source_id, url AS configured_url, url, 'feed' AS kind, 1800 AS interval_s,
           $end::TIMESTAMP AS last_poll_at, $end::TIMESTAMP AS last_success_at,
           CASE WHEN source_id = 'source7' THEN 3 ELSE 0 END AS consecutive_failures,
           'ok' AS last_outcome, 0 AS moves_seen
       FROM sources""",
    """INSERT INTO runs BY NAME
       SELECT id_of('run' || k) AS run_id, 'monitor' AS flow, added_at + to_minutes(90 * (k + 1)) AS started_at,
           started_at + INTERVAL 2 MINUTE AS finished_at, 'done' AS outcome, 87 AS sources_polled, 85 AS articles_new
       FROM range($polls) AS r(k), (SELECT min(added_at) AS added_at FROM sources) ORDER BY k""",
    """INSERT INTO stories BY NAME
       SELECT story_id, arg_min(title, published_at) AS title, min(published_at) AS first_published_at,
           max(published_at) AS last_published_at, count(*) AS articles, count(DISTINCT text_id) AS unique_texts,
           count(DISTINCT site) AS sites, arg_min(article_id, published_at) AS origin_article_id
       FROM articles GROUP BY story_id ORDER BY first_published_at""",
    """INSERT INTO pipeline.site_pages BY NAME
       SELECT site, article_id, fetched_at AS seen_at, 0 AS age_days,
           list_transform(range(12), lambda i: hash(site, i, CASE WHEN i > 3 THEN article_id END)) AS blocks,
           false AS is_counted, false AS awaits_cleaning
       FROM articles QUALIFY row_number() OVER (PARTITION BY site ORDER BY fetched_at DESC) <= 200
       ORDER BY site, article_id""",
]

_ARRIVE = f"""
    INSERT INTO pipeline.arrivals BY NAME
    SELECT f.*, true AS is_new, a.published_at, a.language, a.content_hash, a.story_id
    FROM ({
    reading(
        {
            "article_id": "VARCHAR",
            "signature": ["UINTEGER"],
            "terms": ["UINTEGER"],
            "weights": ["FLOAT"],
            "details": ["USMALLINT"],
        }
    )
}) AS f JOIN articles AS a USING (article_id)"""
