"""A value that a resolver has asked for and will make something of, without a task of its own."""

from asyncio import Future, get_running_loop, shield
from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar

from loaders.batch import Loaded

V = TypeVar("V")
T = TypeVar("T")


def failed(error: Exception) -> "Loaded[Any]":
    """What a resolver gives for an item that failed, in a list of which the others are good."""
    future: Loaded[Any] = Loaded(loop=get_running_loop())
    future.set_exception(error)
    return future


class Later(Generic[V, T]):
    """What `then` makes of the result of `future`, which others may be waiting for too."""

    __slots__ = ("future", "then")

    def __init__(self, future: "Future[V]", then: Callable[[V], T]) -> None:
        self.future = future
        self.then = then

    # Any: what is sent and yielded concerns the event loop alone.
    def __await__(self) -> Generator[Any, Any, T]:
        value = yield from shield(self.future).__await__()
        return self.then(value)


def later(future: "Future[V]", then: Callable[[V], T]) -> T:
    """What a resolver gives instead of awaiting `future` itself, which takes a task.

    Executors await it, so that a field may say that its resolver gives a `T`; which it does where
    the future has its result already.
    """
    if future.done() and not future.cancelled() and future.exception() is None:
        return then(future.result())
    return Later(future, then)  # type: ignore[return-value]  # see above
