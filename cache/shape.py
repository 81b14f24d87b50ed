"""How a value is written down: JSON with the version of its shape."""

from typing import Generic, TypeVar

import orjson
from pydantic import TypeAdapter

V = TypeVar("V")


class Shape(Generic[V]):
    """The shape of a frozen dataclass; `version` is raised whenever its JSON changes.

    What is read is what was written, to the byte and with the types of the dataclass's fields:
    anything else under a key may be anybody's.
    """

    def __init__(self, version: int, kind: type[V]) -> None:
        self._before = b'{"shape":%d,"value":' % version
        self._adapter: TypeAdapter[V] = TypeAdapter(kind)

    def dump(self, value: V) -> bytes:
        """Write down a value."""
        return self._before + orjson.dumps(value) + b"}"

    def load(self, payload: bytes) -> V | None:
        """Read a value; None where it is no value of this shape."""
        if not payload.startswith(self._before):
            return None
        try:
            value = self._adapter.validate_json(payload[len(self._before) : -1], strict=True)
            return value if self.dump(value) == payload else None
        except (TypeError, ValueError):
            return None
