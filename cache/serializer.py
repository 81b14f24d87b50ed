"""The form of values in a store: JSON with the version of the format, or the values themselves."""

from functools import lru_cache
from typing import Any, Generic, Protocol, TypeVar

import orjson
from pydantic import TypeAdapter

V = TypeVar("V")
_MOST_DECODED = 10_000


# Any, in this module: what a store gives back may be anything.
class ValueForm(Protocol[V]):
    """How values of a type are put into a store."""

    def dump(self, value: V) -> Any:
        """Serialize a value."""

    def load(self, payload: Any) -> V | None:
        """Deserialize a value; None if the payload is not valid."""


class AsItIs(Generic[V]):
    """For a store in this process: values are immutable, so they are their own payloads."""

    def dump(self, value: V) -> V:
        """Give the value."""
        return value

    def load(self, payload: V) -> V:
        """Give the value."""
        return payload


class CacheSerializer(Generic[V]):
    """Serializes a frozen dataclass; raise `version` whenever its JSON changes.

    A payload is accepted only if dumping its value gives exactly the same bytes: anything else may
    have been written by somebody else.
    """

    def __init__(self, version: int, value_type: type[V]) -> None:
        self._prefix = b'{"shape":%d,"value":' % version
        self._adapter: TypeAdapter[V] = TypeAdapter(value_type)
        # Values are immutable, so a payload that is served again need not be decoded again.
        self.load = lru_cache(_MOST_DECODED)(self._decode)
        """Deserializes a value; None if the payload is not valid."""

    def dump(self, value: V) -> bytes:
        """Serialize a value."""
        return self._prefix + orjson.dumps(value) + b"}"

    def _decode(self, payload: bytes) -> V | None:
        if not payload.startswith(self._prefix):
            return None
        try:
            value = self._adapter.validate_json(payload[len(self._prefix) : -1], strict=True)
            return value if self.dump(value) == payload else None
        except (TypeError, ValueError):
            return None
