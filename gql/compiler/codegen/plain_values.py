"""Checks for values that are not exactly of the class that compiled code expects."""

from collections.abc import Callable, Mapping
from types import FunctionType, GeneratorType
from typing import Any, TypeAlias
from weakref import ProxyType

from graphql.pyutils import Undefined, is_awaitable
from orjson import dumps, loads

# Any: values are whatever resolvers return.
CoerceOutput: TypeAlias = Callable[[Any], Any]

_MAX_CLASSES = 10_000
"""Classes that are remembered as plain; a program may create classes without end."""


_SPECIAL_METHODS = frozenset({"__await__", "__call__", "__class__", "__getattr__"})
_NOT_PLAIN = frozenset({type(None), type(Undefined), GeneratorType, ProxyType})


class UnexpectedValue(Exception):
    """A value that compiled code cannot encode; graphql-core's executor completes it."""


class _PlainClasses(set[type]):
    """The classes that have been found to be plain."""

    def has(self, cls: type) -> bool:
        if cls in self:
            return True
        if not is_plain_class(cls):
            return False
        if len(self) >= _MAX_CLASSES:
            self.clear()
        self.add(cls)
        return True


PLAIN_CLASSES = _PlainClasses()


def is_plain_class(cls: type) -> bool:
    """Whether graphql-core treats instances of `cls` as plain values.

    They are not null and no errors, cannot be awaited or called, do not customise `__class__` or
    attribute access, and are no mappings other than dictionaries.
    """
    return not (
        cls in _NOT_PLAIN
        or issubclass(cls, Exception)
        or any(
            not _SPECIAL_METHODS.isdisjoint(vars(base))
            for base in cls.__mro__
            if base is not object
        )
        or isinstance(cls.__getattribute__, FunctionType)
        or (issubclass(cls, Mapping) and cls is not dict)
    )


def needs_await(value: Any) -> bool:
    """Whether graphql-core awaits a value; the answer is remembered for plain classes.

    An `__await__` on a single instance is not seen then, as Python does not see it either.
    """
    if is_awaitable(value):
        return True
    if value is not None:
        PLAIN_CLASSES.has(type(value))
    return False


def require_plain(value: Any) -> None:
    """Accept an object of an undeclared class; raises `UnexpectedValue` unless it is plain."""
    if not PLAIN_CLASSES.has(type(value)):
        raise UnexpectedValue


def leaf_encoder(coerce: CoerceOutput) -> Callable[[Any], bytes]:
    """The encoder of leaves that are not exactly of the expected class, completed by `coerce`.

    It raises `UnexpectedValue`, or what `coerce` raises, for values that are not valid in an
    answer, or that would be different when read back from JSON.
    """

    def encode(value: Any) -> bytes:
        if not PLAIN_CLASSES.has(type(value)):
            raise UnexpectedValue
        completed = coerce(value)
        if completed is None or completed is Undefined:
            raise UnexpectedValue
        text = dumps(completed)
        if type(completed) not in _PLAIN and not _is_same(loads(text), completed):
            raise UnexpectedValue
        return text

    return encode


_PLAIN = frozenset({str, int, bool})


def _is_same(read: Any, written: Any) -> bool:
    """Whether the JSON that was read back equals what was written, with the same classes."""
    if type(read) is not type(written):
        return False
    if isinstance(read, dict):
        return list(read) == list(written) and all(
            _is_same(read[name], written[name]) for name in read
        )
    if isinstance(read, list):
        return len(read) == len(written) and all(map(_is_same, read, written))
    return bool(read == written)
