"""The configuration folder (`sources.yaml`, `topics.yaml`, `settings.yaml`) as typed, checked settings.

Every mistake is a `ConfigError` whose one line names the file, the key and what was expected.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from tasks import __version__, urls
from tasks.model import Kind, Source
from tasks.yamlfile import ConfigError as ConfigError
from tasks.yamlfile import load

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_MAX_SECONDS = 100 * 365 * 86400
_SIZES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhdw])", str(value).strip())
    if not match:
        raise ValueError("a duration such as 30s, 15m, 24h or 365d")
    seconds = float(match[1]) * _UNITS[match[2]]
    if seconds > _MAX_SECONDS:
        raise ValueError("a duration of at most 36500d")
    return timedelta(seconds=seconds)


def _size(value: object) -> object:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]?I?B|)", str(value).strip().upper())
    if not match:
        raise ValueError("a size such as 500KB or 10MB")
    return int(float(match[1]) * _SIZES[match[2]])


def _workers(value: object) -> object:
    if value != "auto" and not (type(value) is int and 1 <= value <= 256):
        raise ValueError("auto or a whole number from 1 to 256")
    return value


def _expect(test: Callable[[str], object], expected: str) -> AfterValidator:
    def check(value: str) -> str:
        if not test(value):
            raise ValueError(expected)
        return value

    return AfterValidator(check)


def _is_web_address(value: str) -> bool:
    try:
        return bool(urls.clean(value))
    except ValueError:
        return False


def _is_network(value: str) -> bool:
    try:
        return bool(ipaddress.ip_network(value, strict=False))
    except ValueError:
        return False


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Positive = Annotated[timedelta, BeforeValidator(_duration), Field(gt=timedelta(0))]
Size = Annotated[int, BeforeValidator(_size), Field(gt=0)]
Slug = Annotated[str, _expect(re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*").fullmatch, "a slug: a-z, 0-9, - and _")]
WebAddress = Annotated[str, _expect(_is_web_address, "an absolute http or https address")]
Country = Annotated[str, _expect(re.compile(r"[A-Z]{2}").fullmatch, "two capital letters (ISO 3166-1 alpha-2)")]
Language = Annotated[str, _expect(re.compile(r"[a-zA-Z]{2,3}(?:-[A-Za-z0-9]+)*").fullmatch, "a language tag (BCP 47)")]
HeaderText = Annotated[str, _expect(re.compile(r"[\x20-\x7e]*").fullmatch, "ASCII text on one line")]
Network = Annotated[str, _expect(_is_network, "a network such as 127.0.0.0/8")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _empty(cls, data: Any) -> Any:
        """A section with nothing in it (all its keys commented out) has the defaults."""
        return {} if data is None else data


class SourceEntry(_Strict):
    """One item of `sources.yaml`."""

    id: Slug
    name: str = Field(min_length=1)
    url: WebAddress
    kind: Kind | None = None
    country: Country | None = None
    language: Language | None = None
    tags: tuple[str, ...] = ()
    interval: Positive | None = None
    enabled: bool = True

    def source(self) -> Source:
        """The same as the pipeline's own type."""
        return Source(
            self.id, self.name, self.url, self.kind, self.country, self.language, self.tags, self.interval, self.enabled
        )


class TopicEntry(_Strict):
    """One item of `topics.yaml`: a query, or a query per language, or both."""

    id: Slug
    name: str = Field(min_length=1)
    query: str = ""
    queries: dict[Language, str] = Field(default_factory=dict)
    min_score: float = Field(default=0.0, ge=0, le=1)


class SourcesFile(_Strict):
    """`sources.yaml`."""

    sources: tuple[SourceEntry, ...]


class TopicsFile(_Strict):
    """`topics.yaml`."""

    topics: tuple[TopicEntry, ...]


class HttpSettings(_Strict):
    """How newsdesk behaves towards publishers."""

    user_agent: HeaderText = Field(default="newsdesk/{version} (+{contact})", min_length=1)
    contact: HeaderText = ""
    timeout: Positive = timedelta(seconds=30)
    max_bytes: Size = 10_000_000
    concurrency: int = Field(default=64, strict=True, ge=1, le=1000)
    per_host_delay: Duration = timedelta(seconds=1)
    respect_robots: bool = True
    allow_private_hosts: tuple[Network, ...] = ()

    @property
    def user_agent_header(self) -> str:
        """The User-Agent as sent: without a contact, the empty brackets are left out."""
        text = self.user_agent.replace("{version}", __version__).replace("{contact}", self.contact)
        return text.replace(" (+)", "").strip()


class ExtractSettings(_Strict):
    """Worker processes, and how long one page may take."""

    workers: Annotated[Literal["auto"] | int, BeforeValidator(_workers)] = "auto"
    timeout: Positive = timedelta(seconds=20)


class PollingSettings(_Strict):
    """The bounds between which a source's polling interval adapts."""

    min_interval: Positive = timedelta(minutes=5)
    max_interval: Positive = timedelta(hours=24)
    default_interval: Positive = timedelta(hours=1)


class ArchiveSettings(_Strict):
    """The WARC archive of fetched pages."""

    enabled: bool = True
    keep: Positive = timedelta(days=365)


class PublishSettings(_Strict):
    """What is written beside news.duckdb."""

    parquet: bool = False


class AlertEntry(_Strict):
    """Where the matches of a topic are announced (an Apprise URL)."""

    url: str
    topics: tuple[Slug, ...] = ()


class Settings(_Strict):
    """`settings.yaml`: every key is optional."""

    http: HttpSettings = HttpSettings()
    extract: ExtractSettings = ExtractSettings()
    polling: PollingSettings = PollingSettings()
    archive: ArchiveSettings = ArchiveSettings()
    publish: PublishSettings = PublishSettings()
    alerts: tuple[AlertEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration folder, checked."""

    folder: Path
    sources: tuple[Source, ...]
    topics: tuple[TopicEntry, ...]
    settings: Settings
    models: Mapping[str, str] = field(default_factory=dict)
    """The text of `models/TOPIC-ID.json` for each topic that has a relevance model; derive knows what it means."""


def load_config(folder: Path) -> Config:
    """Read and check the three files of `folder`; `settings.yaml` may be absent.

    Raises ConfigError. Topic queries are parsed by derive, not here.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder; expected a folder with sources.yaml and topics.yaml")
    sources = load(folder / "sources.yaml", SourcesFile)
    topics = load(folder / "topics.yaml", TopicsFile)
    settings = load(folder / "settings.yaml", Settings, optional=True)
    _unique(folder / "sources.yaml", "sources", [source.id for source in sources.sources])
    _unique(folder / "topics.yaml", "topics", [topic.id for topic in topics.topics])
    for number, topic in enumerate(topics.topics):
        if not topic.query.strip() and not topic.queries:
            raise ConfigError(f"{folder / 'topics.yaml'}: topics[{number}] ({topic.id}).query: expected a query")
    polling = settings.polling
    if not polling.min_interval <= polling.default_interval <= polling.max_interval:
        raise ConfigError(
            f"{folder / 'settings.yaml'}: polling: expected min_interval <= default_interval <= max_interval"
        )
    models = {topic.id: _text(folder / "models" / f"{topic.id}.json") for topic in topics.topics}
    return Config(
        folder,
        tuple(entry.source() for entry in sources.sources),
        topics.topics,
        settings,
        {topic_id: text for topic_id, text in models.items() if text is not None},
    )


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def _unique(path: Path, what: str, ids: list[str]) -> None:
    seen: dict[str, int] = {}
    for number, name in enumerate(ids):
        if name in seen:
            raise ConfigError(f"{path}: {what}[{number}].id: {name!r} is used twice (first at {what}[{seen[name]}])")
        seen[name] = number
