"""One YAML file as a checked pydantic model; a mistake is one line naming the file, the key and what was expected."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)

_EXPECTED = {
    "string_type": "text (in quotes where YAML takes it for something else)",
    "string_too_short": "some text",
    "tuple_type": "a list",
    "list_type": "a list",
    "model_type": "a mapping of keys to values",
    "dict_type": "a mapping of keys to values",
    "invalid_key": "text for a key",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
}
"""What pydantic's error types mean in the words of someone who writes YAML."""
_SHOWN_CHARS = 60


class ConfigError(Exception):
    """A mistake in the configuration; the message is one line for the user."""


def load(path: Path, model: type[Model], *, optional: bool = False) -> Model:
    """The file as a `model`; the model's defaults where it is `optional` and absent.

    Raises ConfigError.
    """
    try:
        data: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        if optional:
            return model()
        raise ConfigError(f"{path}: missing; see config/{path.name} in the repository for an example") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ConfigError(_one_line(f"{path}{_yaml_problem(error)}")) from error
    except (RecursionError, ValueError) as error:  # nested without end; a date such as 2024-02-30
        raise ConfigError(_one_line(f"{path}: not valid YAML: {error}")) from error
    try:
        return model.model_validate({} if data is None else data)
    except ValidationError as error:
        raise ConfigError(_one_line(f"{path}: {_first_problem(error, data, model)}")) from error


class _Loader(yaml.SafeLoader):
    """YAML's safe loader, except that a key may stand only once: the later one would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} is there twice", key.start_mark
                )
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else "")
        return super().construct_mapping(node, deep)


def _yaml_problem(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        mark = error.problem_mark
        said = ", ".join(part for part in (error.context, error.problem) if part)
        return f":{mark.line + 1}:{mark.column + 1}: not valid YAML: {said}"
    return f": not valid YAML: {error}"


def _first_problem(error: ValidationError, data: object, model: type[BaseModel]) -> str:
    """The first mistake as `key: what is wrong`, with how many more there are."""
    problems = error.errors()
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{_key(problems[0]['loc'], data)}: {_wrong(problems[0], model)}{more}"


def _wrong(problem: ErrorDetails, model: type[BaseModel]) -> str:
    kind = problem["type"]
    if kind == "extra_forbidden":
        return f"unknown key; {_meant(str(problem['loc'][-1]), _keys(model, problem['loc'][:-1]))}"
    if kind == "missing":
        return "missing"
    if kind == "greater_than":
        expected = "more than 0"
    else:
        message = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
        expected = _EXPECTED.get(kind, message)
    return f"expected {expected}, got {_shown(problem['input'])}"


def _meant(key: str, known: Sequence[str]) -> str:
    nearest = get_close_matches(key, known, n=1)
    return f"did you mean {nearest[0]}?" if nearest else f"expected one of {', '.join(known)}"


def _keys(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """The keys that there can be at a place of the file."""
    for name in location:
        if isinstance(name, str):
            kind = model.model_fields[name].annotation
            inner = (kind, *get_args(kind))
            model = next(part for part in inner if isinstance(part, type) and issubclass(part, BaseModel))
    return list(model.model_fields)


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except RecursionError:
        text = "something that contains itself"
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 3] + "..."


def _key(location: tuple[int | str, ...], data: object) -> str:
    """`sources[3] (an-id).url` rather than pydantic's tuple: a reader looks for the id, not for the number."""
    key = ""
    for step in location:
        if isinstance(data, list) and isinstance(step, int):
            data = data[step] if step < len(data) else None
            name = data.get("id") if isinstance(data, dict) else None
            key += f"[{step}]" + (f" ({name})" if name else "")
        elif isinstance(data, dict) and step in data:
            data = data[step]
            key += f".{step}" if key else str(step)
        elif step != "[key]":
            key += f".{step}" if key else str(step)
    return key or "the file"


def _one_line(text: str) -> str:
    return " ".join(text.split())
