"""Futures with a function applied to their result, without a task of their own."""

from asyncio import Future, get_running_loop, shield
from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar

from loaders.batching.loader import LoaderFuture

V = TypeVar("V")
T = TypeVar("T")


def failed_future(error: Exception) -> "LoaderFuture[Any]":
    """A future that has failed: what a resolver returns for one failed item of a list."""
    future: LoaderFuture[Any] = LoaderFuture(loop=get_running_loop())
    future.set_exception(error)
    return future


class MappedFuture(Generic[V, T]):
    """The result of `future` with `then` applied; others may await the same future."""

    __slots__ = ("future", "then")

    def __init__(self, future: "Future[V]", then: Callable[[V], T]) -> None:
        self.future = future
        self.then = then

    # Any: what is sent and yielded is the event loop's business.
    def __await__(self) -> Generator[Any, Any, T]:
        value = yield from shield(self.future).__await__()
        return self.then(value)


def map_future(future: "Future[V]", then: Callable[[V], T]) -> T:
    """Apply `then` to the result of `future`, now if it is there and otherwise when it arrives.

    A resolver returns this instead of awaiting, which would cost a task. The executor awaits it,
    so the annotation `T` is what the field's type says.
    """
    if future.done() and not future.cancelled() and future.exception() is None:
        return then(future.result())
    return MappedFuture(future, then)  # type: ignore[return-value]  # see above
