"""The Jinja2 side of the demo site: its filters, and the words of each language."""

from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import jinja2
import yaml

from tasks.demosite.model import Publisher, slugify


class Templates:
    """The Jinja2 environment of the demo site with its filters and the words of each language.

    `render` raises jinja2.TemplateError where a template is missing or broken; OSError where labels.yaml is.
    """

    def __init__(self, folder: Path) -> None:
        self._env = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self._env.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
        self._env.filters["slug"] = slugify
        self._env.filters["rfc2822"] = format_datetime
        self._env.filters["utc"] = _utc
        self._labels: dict[str, dict[str, str]] = yaml.safe_load((folder / "labels.yaml").read_text("utf-8"))

    def render(self, name: str, **values: object) -> str:
        """The template `name` filled with `values`."""
        return self._env.get_template(name).render(values)

    def labels(self, publisher: Publisher) -> dict[str, str]:
        """The words of the publisher's language, with its own name where they mention it."""
        names = {"{name}": publisher.name, "{domain}": publisher.domain, "{city}": publisher.city}
        words = {key: str(value) for key, value in self._labels[publisher.language].items()}
        for mark, name in names.items():
            words = {key: value.replace(mark, name) for key, value in words.items()}
        return words

    def long_date(self, moment: datetime, language: str) -> str:
        """A date and time as a newspaper in that language writes it."""
        words = self._labels[language]
        month = words["months"][moment.month - 1]
        return words["date"].format(day=moment.day, month=month, year=moment.year, clock=f"{moment:%H:%M}")


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
