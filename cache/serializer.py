"""Serializing values for the cache: JSON, with the version of the format."""

from typing import Generic, TypeVar

import orjson
from pydantic import TypeAdapter

V = TypeVar("V")


class CacheSerializer(Generic[V]):
    """Serializes a frozen dataclass; raise `version` whenever its JSON changes.

    A payload is accepted only if dumping its value gives exactly the same bytes: anything else may
    have been written by somebody else.
    """

    def __init__(self, version: int, value_type: type[V]) -> None:
        self._prefix = b'{"shape":%d,"value":' % version
        self._adapter: TypeAdapter[V] = TypeAdapter(value_type)

    def dump(self, value: V) -> bytes:
        """Serialize a value."""
        return self._prefix + orjson.dumps(value) + b"}"

    def load(self, payload: bytes) -> V | None:
        """Deserialize a value; None if the payload is not valid."""
        if not payload.startswith(self._prefix):
            return None
        try:
            value = self._adapter.validate_json(payload[len(self._prefix) : -1], strict=True)
            return value if self.dump(value) == payload else None
        except (TypeError, ValueError):
            return None
