"""The configuration folder: what it means, and one line for each kind of mistake."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tasks import __version__
from tasks.model import Kind, Source
from tasks.settings import Config, ConfigError, HttpSettings, Settings, load_config

REPOSITORY = Path(__file__).parents[1]
SOURCE = {"id": "gazette", "name": "Gazette", "url": "https://example.com/feed"}
TOPIC = {"id": "prison", "name": "Prison", "query": "prison*"}


def item(base: dict[str, str], **changes: str) -> str:
    """One item of a list as YAML; a value of "-" leaves its key out."""
    fields = {**base, **changes}
    return "  - " + "\n    ".join(f"{key}: {value}" for key, value in fields.items() if value != "-") + "\n"


def folder(
    path: Path,
    sources: str | bytes | None = "sources: []\n",
    topics: str | bytes | None = "topics: []\n",
    settings: str | bytes | None = None,
) -> Path:
    for name, text in {"sources": sources, "topics": topics, "settings": settings}.items():
        if text is not None:
            (path / f"{name}.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def mistake(path: Path) -> str:
    """The one line that a user reads, without the folder."""
    with pytest.raises(ConfigError) as raised:
        load_config(path)
    line = str(raised.value)
    assert "\n" not in line
    assert len(line) < 400
    return line.replace(f"{path}/", "")


def test_a_source_has_what_the_file_says(tmp_path: Path) -> None:
    full = item(
        SOURCE,
        kind="page",
        country="MX",
        language="es-MX",
        tags="[criminal-justice, latam]",
        interval="30m",
        enabled="false",
    )
    config = load_config(folder(tmp_path, f"sources:\n{full}{item(SOURCE, id='other')}"))
    assert config.sources == (
        Source(
            "gazette",
            "Gazette",
            "https://example.com/feed",
            Kind.PAGE,
            "MX",
            "es-MX",
            ("criminal-justice", "latam"),
            timedelta(minutes=30),
            False,
        ),
        Source("other", "Gazette", "https://example.com/feed"),
    )


def test_topics_have_a_query_or_one_for_each_language(tmp_path: Path) -> None:
    languages = item(TOPIC, id="by-language", query="-", queries="{en: prison*, es: cárcel*}", min_score="0.5")
    config = load_config(folder(tmp_path, topics=f"topics:\n{item(TOPIC)}{languages}"))
    assert [topic.query for topic in config.topics] == ["prison*", ""]
    assert (config.topics[1].queries, config.topics[1].min_score) == ({"en": "prison*", "es": "cárcel*"}, 0.5)


@pytest.mark.parametrize("text", [None, "", "{}", "http:\n", "# http:\n#   timeout: 30s\n", "http: {}\npolling:\n"])
def test_without_settings_the_defaults_hold(tmp_path: Path, text: str | None) -> None:
    config = load_config(folder(tmp_path, settings=text))
    assert config.settings == Settings()
    http = config.settings.http
    assert (http.timeout, http.max_bytes, http.concurrency) == (timedelta(seconds=30), 10_000_000, 64)
    assert (http.per_host_delay, http.respect_robots, http.allow_private_hosts) == (timedelta(seconds=1), True, ())
    assert config.settings.polling.min_interval == timedelta(minutes=5)
    assert config.settings.archive.keep == timedelta(days=365)


def test_the_settings_in_the_repository_are_the_defaults() -> None:
    config = load_config(REPOSITORY / "config")
    assert config.settings == Settings()
    assert config.sources
    assert config.topics


UNITS: list[tuple[str, timedelta]] = [
    ("30s", timedelta(seconds=30)),
    ("15m", timedelta(minutes=15)),
    ("24h", timedelta(days=1)),
    ("365d", timedelta(days=365)),
    ("2w", timedelta(days=14)),
    ("0.5s", timedelta(seconds=0.5)),
    ("1.5 h", timedelta(minutes=90)),
]


@pytest.mark.parametrize(("text", "expected"), UNITS)
def test_durations(tmp_path: Path, text: str, expected: timedelta) -> None:
    assert load_config(folder(tmp_path, settings=f"archive: {{keep: {text}}}")).settings.archive.keep == expected


SIZES = [
    ("500", 500),
    ("500B", 500),
    ("500KB", 500_000),
    ("10mb", 10_000_000),
    ("1.5 GB", 1_500_000_000),
    ("1MiB", 2**20),
]


@pytest.mark.parametrize(("text", "expected"), SIZES)
def test_sizes(tmp_path: Path, text: str, expected: int) -> None:
    assert load_config(folder(tmp_path, settings=f"http: {{max_bytes: {text}}}")).settings.http.max_bytes == expected


@pytest.mark.parametrize(("contact", "expected"), [
    ("", f"newsdesk/{__version__}"),
    ("mailto:desk@example.com", f"newsdesk/{__version__} (+mailto:desk@example.com)"),
])  # fmt: skip
def test_the_user_agent_names_us_and_who_to_ask(contact: str, expected: str) -> None:
    assert HttpSettings(contact=contact).user_agent_header == expected


TEXT = "expected text (in quotes where YAML takes it for something else), got"
MAPPING = "expected a mapping of keys to values, got"

SOURCE_MISTAKES: list[tuple[dict[str, str], str]] = [
    ({"id": "-"}, "sources[0].id: missing"),
    ({"name": "-"}, "sources[0] (gazette).name: missing"),
    ({"url": "-"}, "sources[0] (gazette).url: missing"),
    ({"colour": "red"}, "sources[0] (gazette).colour: unknown key"),
    ({'"two\\nlines"': "1"}, "sources[0] (gazette).two lines: unknown key"),
    ({"7": "1"}, "sources[0] (gazette).7: expected text for a key, got 7"),
    ({"id": "The Gazette"}, "sources[0] (The Gazette).id: expected a slug: a-z, 0-9, - and _, got 'The Gazette'"),
    ({"id": "7"}, f"sources[0] (7).id: {TEXT} 7"),
    ({"name": '""'}, "sources[0] (gazette).name: expected some text, got ''"),
    ({"name": ""}, f"sources[0] (gazette).name: {TEXT} None"),
    ({"url": "example.com"}, "sources[0] (gazette).url: expected an absolute http or https address, got 'example.com'"),
    ({"url": "ftp://example.com/"}, "sources[0] (gazette).url: expected an absolute http or https address"),
    ({"url": "http://[::1"}, "sources[0] (gazette).url: expected an absolute http or https address"),
    ({"kind": "rss"}, "sources[0] (gazette).kind: expected 'feed', 'page', 'sitemap' or 'article', got 'rss'"),
    # YAML reads Norway and Norwegian as "false".
    ({"country": "NO"}, f"sources[0] (gazette).country: {TEXT} False"),
    ({"language": "no"}, f"sources[0] (gazette).language: {TEXT} False"),
    ({"country": "Mexico"}, "sources[0] (gazette).country: expected two capital letters (ISO 3166-1 alpha-2), got"),
    ({"language": "Spanish!"}, "sources[0] (gazette).language: expected a language tag (BCP 47), got 'Spanish!'"),
    ({"tags": "news"}, "sources[0] (gazette).tags: expected a list, got 'news'"),
    ({"tags": "[2026]"}, f"sources[0] (gazette).tags[0]: {TEXT} 2026"),
    ({"interval": "30"}, "sources[0] (gazette).interval: expected a duration such as 30s, 15m, 24h or 365d, got 30"),
    ({"interval": "0s"}, "sources[0] (gazette).interval: expected more than 0, got '0s'"),
    ({"interval": "-5m"}, "sources[0] (gazette).interval: expected a duration such as 30s"),
    ({"interval": "99999999999999d"}, "sources[0] (gazette).interval: expected a duration of at most 36500d"),
    ({"enabled": "perhaps"}, "sources[0] (gazette).enabled: expected true or false, got 'perhaps'"),
    ({"kind": "rss", "tags": "news"}, "(and 1 more)"),
    ({"name": "[" + "x, " * 500 + "x]"}, "..."),
]


@pytest.mark.parametrize(("changes", "expected"), SOURCE_MISTAKES)
def test_mistakes_in_a_source(tmp_path: Path, changes: dict[str, str], expected: str) -> None:
    line = mistake(folder(tmp_path, f"sources:\n{item(SOURCE, **changes)}"))
    assert line.startswith("sources.yaml: ")
    assert expected in line


TOPIC_MISTAKES: list[tuple[dict[str, str], str]] = [
    ({"query": "-"}, "topics.yaml: topics[0] (prison).query: expected a query"),
    ({"query": '" "'}, "topics.yaml: topics[0] (prison).query: expected a query"),
    ({"query": "5"}, f"topics.yaml: topics[0] (prison).query: {TEXT} 5"),
    ({"queries": "[en]"}, f"topics.yaml: topics[0] (prison).queries: {MAPPING} ['en']"),
    ({"queries": "{english: x}"}, "topics.yaml: topics[0] (prison).queries.english: expected a language tag (BCP 47)"),
    ({"min_score": "2"}, "topics.yaml: topics[0] (prison).min_score: expected less than or equal to 1, got 2"),
    ({"min_score": "high"}, "topics.yaml: topics[0] (prison).min_score: expected a number, got 'high'"),
]


@pytest.mark.parametrize(("changes", "expected"), TOPIC_MISTAKES)
def test_mistakes_in_a_topic(tmp_path: Path, changes: dict[str, str], expected: str) -> None:
    assert mistake(folder(tmp_path, topics=f"topics:\n{item(TOPIC, **changes)}")).startswith(expected)


SETTINGS_MISTAKES: list[tuple[str, str]] = [
    ("htpp: {}", "htpp: unknown key"),
    ("http: {time_out: 30s}", "http.time_out: unknown key"),
    ("http: []", f"http: {MAPPING} []"),
    ("- http", f"the file: {MAPPING} ['http']"),
    ("http", f"the file: {MAPPING} 'http'"),
    ("http: {timeout: 30}", "http.timeout: expected a duration such as 30s, 15m, 24h or 365d, got 30"),
    ("http: {timeout: 1:30}", "http.timeout: expected a duration such as 30s, 15m, 24h or 365d, got 90"),
    ("http: {timeout: .inf}", "http.timeout: expected a duration such as 30s, 15m, 24h or 365d, got inf"),
    ("http: {timeout: 0s}", "http.timeout: expected more than 0, got '0s'"),
    ("http: {max_bytes: large}", "http.max_bytes: expected a size such as 500KB or 10MB, got 'large'"),
    ("http: {max_bytes: 0}", "http.max_bytes: expected more than 0, got 0"),
    ("http: {concurrency: 0}", "http.concurrency: expected greater than or equal to 1, got 0"),
    ("http: {concurrency: many}", "http.concurrency: expected a whole number, got 'many'"),
    ("http: {concurrency: 1.5}", "http.concurrency: expected a whole number, got 1.5"),
    ("http: {concurrency: yes}", "http.concurrency: expected a whole number, got True"),
    ("http: {respect_robots: sometimes}", "http.respect_robots: expected true or false, got 'sometimes'"),
    ("http: {allow_private_hosts: 127.0.0.0/8}", "http.allow_private_hosts: expected a list, got '127.0.0.0/8'"),
    ("http: {allow_private_hosts: [localhost]}", "http.allow_private_hosts[0]: expected a network such as 127.0.0.0/8"),
    ("http: {allow_private_hosts: [10.0.0.0/99]}", "http.allow_private_hosts[0]: expected a network such as"),
    ("http: {contact: 'Søren'}", "http.contact: expected ASCII text on one line, got 'Søren'"),
    ('http: {user_agent: "a\\r\\nCookie: b"}', "http.user_agent: expected ASCII text on one line"),
    ("http: {user_agent: ''}", "http.user_agent: expected some text, got ''"),
    ("extract: {workers: 0}", "extract.workers: expected auto or a whole number from 1 to 256, got 0"),
    ("extract: {workers: all}", "extract.workers: expected auto or a whole number from 1 to 256, got 'all'"),
    ("polling: {min_interval: 2d}", "polling: expected min_interval <= default_interval <= max_interval"),
    ("polling: {default_interval: 1m}", "polling: expected min_interval <= default_interval <= max_interval"),
    ("archive: {keep: forever}", "archive.keep: expected a duration such as 30s, 15m, 24h or 365d, got 'forever'"),
    ("publish: {parquet: sure}", "publish.parquet: expected true or false, got 'sure'"),
    ("alerts: [{topics: [prison]}]", "alerts[0].url: missing"),
]


@pytest.mark.parametrize(("text", "expected"), SETTINGS_MISTAKES)
def test_mistakes_in_the_settings(tmp_path: Path, text: str, expected: str) -> None:
    assert mistake(folder(tmp_path, settings=text)).startswith(f"settings.yaml: {expected}")


ENTRY = item(SOURCE)
FILE_MISTAKES: list[tuple[str | bytes | None, str]] = [
    (None, "sources.yaml: missing; see config/sources.yaml in the repository"),
    ("", "sources.yaml: sources: missing"),
    ("# nothing yet\n", "sources.yaml: sources: missing"),
    ("sources:\n", "sources.yaml: sources: expected a list, got None"),
    ("sources: {}", "sources.yaml: sources: expected a list, got {}"),
    ("sources: [gazette]", f"sources.yaml: sources[0]: {MAPPING} 'gazette'"),
    ("sources: [\n", "sources.yaml:2:1: not valid YAML: "),
    ("sources:\n\t- id: a\n", "sources.yaml:2:1: not valid YAML: "),
    ("sources: *other\n", "sources.yaml:1:10: not valid YAML: found undefined alias 'other'"),
    ("sources: !!python/object:os.system x\n", "sources.yaml:1:10: not valid YAML: could not determine a constructor"),
    ("sources: []\n---\nsources: []\n", "sources.yaml:2:1: not valid YAML: expected a single document"),
    ("sources: []\nsources: []\n", "sources.yaml:2:1: not valid YAML: the key 'sources' is there twice"),
    (f"sources:\n{ENTRY}    name: Again\n", "sources.yaml:5:5: not valid YAML: the key 'name' is there twice"),
    (f"sources:\n{ENTRY}{ENTRY}", "sources.yaml: sources[1].id: 'gazette' is used twice (first at sources[0])"),
    ("sources: \0", "sources.yaml: not valid YAML: "),
    ("sources: 2026-02-30\n", "sources.yaml: not valid YAML: "),
    ("[" * 5000, "sources.yaml: not valid YAML: "),
    ("sources: &a [*a]\n", f"sources.yaml: sources[0]: {MAPPING} [[...]]"),
    ("sources: []".encode("utf-16"), "sources.yaml: not UTF-8 text (byte 0)"),
    (b"sources: [] # a\xf1o", "sources.yaml: not UTF-8 text (byte 15)"),
]


@pytest.mark.parametrize(("text", "expected"), FILE_MISTAKES, ids=range(len(FILE_MISTAKES)))
def test_mistakes_in_a_file(tmp_path: Path, text: str | bytes | None, expected: str) -> None:
    assert mistake(folder(tmp_path, text)).startswith(expected)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    config = load_config(folder(tmp_path, b"\xef\xbb\xbfsources:\n" + ENTRY.encode()))
    assert isinstance(config, Config) and len(config.sources) == 1


def test_topics_are_needed_and_unique(tmp_path: Path) -> None:
    assert mistake(folder(tmp_path, topics=None)).startswith("topics.yaml: missing")
    twice = f"topics:\n{item(TOPIC)}{item(TOPIC)}"
    assert "'prison' is used twice" in mistake(folder(tmp_path, topics=twice))


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere: no such folder; expected a folder with sources\.yaml"):
        load_config(tmp_path / "nowhere")


def test_a_file_that_is_a_folder(tmp_path: Path) -> None:
    (folder(tmp_path, sources=None) / "sources.yaml").mkdir()
    assert mistake(tmp_path) == "sources.yaml: cannot be read: Is a directory"
