"""How a value is written down: JSON with the version of its shape."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Shape(Generic[V]):
    """The shape of a frozen dataclass; `version` is raised whenever its JSON changes.

    `from_json` may raise `KeyError`, `TypeError` or `ValueError` for what it cannot take.
    """

    version: int
    # Any: JSON.
    from_json: Callable[[Any], V]

    def dump(self, value: V) -> bytes:
        """Write down a value."""
        return orjson.dumps({"shape": self.version, "value": value})

    def load(self, payload: bytes) -> V | None:
        """Read a value; None where it has another shape."""
        try:
            read = orjson.loads(payload)
            return self.from_json(read["value"]) if read["shape"] == self.version else None
        except (KeyError, TypeError, ValueError):
            return None
