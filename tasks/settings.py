"""The configuration folder (`sources.yaml`, `topics.yaml`, `settings.yaml`) as typed, checked settings.

Every mistake is a `ConfigError` whose one line names the file, the key and what was expected.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tasks import __version__, urls
from tasks.model import Kind, Source

Model = TypeVar("Model", bound=BaseModel)

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_SIZES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


class ConfigError(Exception):
    """A mistake in the configuration; the message is one line for the user."""


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhdw])", str(value).strip())
    if not match:
        raise ValueError("a duration such as 30s, 15m, 24h or 365d")
    return timedelta(seconds=float(match[1]) * _UNITS[match[2]])


def _size(value: object) -> object:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMG]?I?B|)", str(value).strip().upper())
    if not match:
        raise ValueError("a size such as 500KB or 10MB")
    return int(float(match[1]) * _SIZES[match[2]])


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
Network = Annotated[str, _expect(_is_network, "a network such as 127.0.0.0/8")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


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

    user_agent: str = Field(default="newsdesk/{version} (+{contact})", min_length=1)
    contact: str = ""
    timeout: Positive = timedelta(seconds=30)
    max_bytes: Size = 10_000_000
    concurrency: int = Field(default=64, ge=1, le=1000)
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

    workers: Literal["auto"] | Annotated[int, Field(ge=1, le=256)] = "auto"
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


def load_config(folder: Path) -> Config:
    """Read and check the three files of `folder`; `settings.yaml` may be absent.

    Raises ConfigError. Topic queries are parsed by derive, not here.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder; expected a folder with sources.yaml and topics.yaml")
    sources = _load(folder / "sources.yaml", SourcesFile)
    topics = _load(folder / "topics.yaml", TopicsFile)
    settings = _load(folder / "settings.yaml", Settings, optional=True)
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
    return Config(folder, tuple(entry.source() for entry in sources.sources), topics.topics, settings)


def _load(path: Path, model: type[Model], *, optional: bool = False) -> Model:
    try:
        data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if optional:
            return model()
        raise ConfigError(f"{path}: missing; see config/{path.name} in the repository for an example") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}{_yaml_place(error)}") from error
    try:
        return model.model_validate({} if data is None and optional else data)
    except ValidationError as error:
        raise ConfigError(f"{path}: {_first_problem(error, data)}") from error


def _yaml_place(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        mark = error.problem_mark
        return f":{mark.line + 1}:{mark.column + 1}: not valid YAML: {error.problem}"
    return f": not valid YAML: {' '.join(str(error).split())}"


def _first_problem(error: ValidationError, data: object) -> str:
    """The first mistake as `key: what is wrong`, with how many more there are."""
    problems = error.errors()
    problem = problems[0]
    key = _key(problem["loc"], data)
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    if problem["type"] == "extra_forbidden":
        return f"{key}: unknown key{more}"
    if problem["type"] == "missing":
        return f"{key}: missing{more}"
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{key}: expected {message}, got {_shown(problem['input'])}{more}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _key(location: tuple[int | str, ...], data: object) -> str:
    """`sources[3] (bolts).url` rather than pydantic's tuple: a reader looks for the id, not for the number."""
    key = ""
    for step in location:
        if isinstance(step, int):
            data = data[step] if isinstance(data, list) and step < len(data) else None
            name = data.get("id") if isinstance(data, dict) else None
            key += f"[{step}]" + (f" ({name})" if name else "")
        elif isinstance(data, dict) and (step in data or not key or hasattr(data, "get")):
            data = data.get(step)
            key += f".{step}" if key else step
    return key or "the file"


def _unique(path: Path, what: str, ids: list[str]) -> None:
    seen: dict[str, int] = {}
    for number, name in enumerate(ids):
        if name in seen:
            raise ConfigError(f"{path}: {what}[{number}].id: {name!r} is used twice (first at {what}[{seen[name]}])")
        seen[name] = number
