"""What compiled code asks about a value that is not exactly what it hoped for."""

from collections.abc import Callable, Mapping
from types import FunctionType, GeneratorType
from typing import Any, TypeAlias
from weakref import ProxyType

from graphql.pyutils import Undefined, is_awaitable
from orjson import dumps, loads

# Any: values are whatever a resolver or an attribute gave.
Coerce: TypeAlias = Callable[[Any], Any]

_MOST_CLASSES = 10_000
"""Of which is remembered that they are ordinary; a program may make classes without end."""


_TELLING = frozenset({"__await__", "__call__", "__class__", "__getattr__"})
_NOT_ORDINARY = frozenset({type(None), type(Undefined), GeneratorType, ProxyType})


class Unexpected(Exception):
    """A value that compiled code does not complete; graphql-core's executor completes it."""


class _Ordinary(set[type]):
    """The classes found to be ordinary so far."""

    def has(self, cls: type) -> bool:
        if cls in self:
            return True
        if not is_ordinary(cls):
            return False
        if len(self) >= _MOST_CLASSES:
            self.clear()
        self.add(cls)
        return True


ORDINARY = _Ordinary()


def is_ordinary(cls: type) -> bool:
    """Whether graphql-core takes instances of `cls` for plain values.

    They are no errors, cannot be awaited or called, answer truly for their class and attributes,
    are not null, and are no mappings but dictionaries.
    """
    return not (
        cls in _NOT_ORDINARY
        or issubclass(cls, Exception)
        or any(not _TELLING.isdisjoint(vars(base)) for base in cls.__mro__ if base is not object)
        or isinstance(cls.__getattribute__, FunctionType)
        or (issubclass(cls, Mapping) and cls is not dict)
    )


def is_to_be_awaited(value: Any) -> bool:
    """Whether graphql-core awaits a value; that none of an ordinary class is, is remembered.

    An `__await__` that a single instance has is then no longer seen: Python does not see it either.
    """
    if is_awaitable(value):
        return True
    if value is not None:
        ORDINARY.has(type(value))
    return False


def admit(value: Any) -> None:
    """Let an object pass whose class nobody named; raises `Unexpected` unless it is ordinary."""
    if not ORDINARY.has(type(value)):
        raise Unexpected


def leaf_encoder(coerce: Coerce) -> Callable[[Any], bytes]:
    """What writes a leaf that is not exactly of the expected class, completed by `coerce`.

    It raises `Unexpected`, or what `coerce` raises, for what has no place in an answer, or is
    something else once it has been written.
    """

    def encode(value: Any) -> bytes:
        if not ORDINARY.has(type(value)):
            raise Unexpected
        completed = coerce(value)
        if completed is None or completed is Undefined:
            raise Unexpected
        text = dumps(completed)
        if type(completed) not in _PLAIN and not _is_same(loads(text), completed):
            raise Unexpected
        return text

    return encode


_PLAIN = frozenset({str, int, bool})


def _is_same(read: Any, written: Any) -> bool:
    """Whether JSON that was read is what was written, and of the same classes."""
    if type(read) is not type(written):
        return False
    if isinstance(read, dict):
        return list(read) == list(written) and all(
            _is_same(read[name], written[name]) for name in read
        )
    if isinstance(read, list):
        return len(read) == len(written) and all(map(_is_same, read, written))
    return bool(read == written)
