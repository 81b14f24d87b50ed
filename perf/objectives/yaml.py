"""A minimal YAML writer: maps, lists, and scalars as in JSON."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import orjson

Yaml: TypeAlias = str | float | bool | Sequence["Yaml"] | Mapping[str, "Yaml"]


def to_yaml(value: Yaml, indent: str = "") -> str:
    """The value in block style; all strings are quoted, so none is read as another type."""
    if isinstance(value, Mapping):
        return "".join(f"{indent}{key}:{_nested(one, indent)}" for key, one in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = (to_yaml(one, f"{indent}  ") for one in value)
        return "".join(f"{indent}- {item.removeprefix(f'{indent}  ')}" for item in items)
    return f"{indent}{orjson.dumps(value).decode()}\n"


def _nested(value: Yaml, indent: str) -> str:
    if isinstance(value, Mapping | Sequence) and not isinstance(value, str):
        return f"\n{to_yaml(value, f'{indent}  ')}"
    return f" {to_yaml(value)}"
