"""The values of records whose fields hold plain values."""

from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


# Any: as the fields are typed.
def values_of(record: "DataclassInstance") -> dict[str, Any]:
    """The values by field, as they are; `dataclasses.asdict` would copy each, at far more calls."""
    return {name: getattr(record, name) for name in _names(type(record))}


@cache
def _names(kind: "type[DataclassInstance]") -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))
