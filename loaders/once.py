"""A loader that is made when it is first asked for."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

from loaders.batch import Loader

S = TypeVar("S")
# Any: a loader of whatever.
T = TypeVar("T", bound=Loader[Any, Any])


class once(Generic[S, T]):  # noqa: N801 - it is used as a decorator, as functools.cached_property is
    """As functools.cached_property, without its lock: a request is answered by one thread.

    Traces speak of the loader by the name of the attribute.
    """

    def __init__(self, make: Callable[[S], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, _owner: type[S], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type[S]) -> "once[S, T]": ...

    @overload
    def __get__(self, instance: S, owner: type[S]) -> T: ...

    def __get__(self, instance: S | None, owner: type[S]) -> "once[S, T] | T":
        if instance is None:
            return self
        value = self._make(instance)
        value.name = self._name
        # Found there from now on, before this is.
        instance.__dict__[self._name] = value
        return value
