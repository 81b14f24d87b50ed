"""A property that makes a loader at its first use."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

from loaders.batching.loader import Loader

S = TypeVar("S")
# Any: loaders have keys and values of every type.
T = TypeVar("T", bound=Loader[Any, Any])


class cached_loader(Generic[S, T]):  # noqa: N801 - it is used as a decorator, as functools.cached_property is
    """Like functools.cached_property, without a lock: one thread answers a request.

    The loader gets the attribute's name, under which it appears in traces.
    """

    def __init__(self, make: Callable[[S], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, _owner: type[S], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type[S]) -> "cached_loader[S, T]": ...

    @overload
    def __get__(self, instance: S, owner: type[S]) -> T: ...

    def __get__(self, instance: S | None, owner: type[S]) -> "cached_loader[S, T] | T":
        if instance is None:
            return self
        value = self._make(instance)
        value.name = self._name
        # From now on the attribute is found here, and this descriptor is not asked.
        instance.__dict__[self._name] = value
        return value
