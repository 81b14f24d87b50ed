"""Batch loading within one request, as Facebook's DataLoader does it.

https://github.com/graphql/dataloader
"""

from asyncio import CancelledError, Future, get_running_loop
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any, Generic, TypeVar

from db.request_scope import current_scope
from spans.attribution import attributed
from spans.current import current_trace
from spans.part import Kind, Part
from spans.recording import RecordedSpan

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
# Any: what a coroutine yields and is sent concerns the event loop alone; values are of any type.
Batch = Callable[[list[K]], Coroutine[Any, Any, list[V]]]
GetIfCached = Callable[[K], V | None]
"""Returns the value of a key that is known already, or None."""


class LoaderFuture(Future[V]):
    """The value of a key. Several may await it, so nobody may cancel it.

    In a traced request `requested_by` names the field that asked for it, where that is known.
    """

    requested_by: str | None = None
    waiting: list[RecordedSpan] | None = None
    """The fields that wait for it, where spans are recorded."""
    # Any: loaders have keys of every type.
    loader: "Loader[Any, V] | None" = None
    """The loader that loads it; None once it has: nothing is left to the garbage collector."""
    is_known: bool = False
    """Whether the value was known when it was asked for."""


class Loader(Generic[K, V]):
    """Collects the keys requested within one turn of the event loop, and loads each once.

    `batch` receives distinct keys and returns their values in the same order; a key for which
    `get_if_cached` has a value is not in a batch. A loader belongs to one request, and keeps every
    value until the request ends.
    """

    __slots__ = ("_batch", "_get_if_cached", "_loop", "_queue", "_values", "name")

    def __init__(self, batch: Batch[K, V], get_if_cached: GetIfCached[K, V] | None = None) -> None:
        self.name = ""
        """The name under which it appears in traces."""
        self._batch = batch
        self._get_if_cached = get_if_cached
        self._loop = get_running_loop()
        self._values: dict[K, LoaderFuture[V]] = {}
        self._queue: dict[K, LoaderFuture[V]] = {}

    async def load(self, key: K) -> V:
        """The value of `key`; a failure of the batch is raised for each of its keys.

        A future of its own is awaited, so that cancelling this call does not cancel the value for
        the others.
        """
        value = self.start(key)
        if not value.done():
            own: Future[None] = self._loop.create_future()
            value.add_done_callback(partial(_wake, own))
            try:
                await own
            except CancelledError:
                value.add_done_callback(ignore_failure)
                raise
        return value.result()

    def start(self, key: K) -> LoaderFuture[V]:
        """The future value of `key`.

        A batch takes every key that is requested until two turns of the event loop after its first
        one. One turn would be too short: what is requested as soon as another batch has arrived
        should share one batch.
        """
        value = self._values.get(key)
        if value is not None:
            return value
        value = self._values[key] = LoaderFuture(loop=self._loop)
        known = None if self._get_if_cached is None else self._get_if_cached(key)
        if known is not None:
            value.set_result(known)
            value.is_known = True
            return value
        if not self._queue:
            self._loop.call_soon(self._loop.call_soon, self._begin)
        self._queue[key] = value
        value.loader = self
        return value

    # Any: as above.
    def take_batch(self) -> Coroutine[Any, Any, None] | None:
        """Loads what is requested so far when awaited, without a task of its own; None if nothing.

        Only for whoever knows that nobody will request more in this turn.
        """
        if not self._queue:
            return None
        return self._load() if current_trace() is None else self._traced_load()

    def prime(self, key: K, value: V) -> None:
        """Use `value` for `key` instead of loading it, unless the key was requested already."""
        if key not in self._values:
            known = self._values[key] = LoaderFuture(loop=self._loop)
            known.set_result(value)
            known.is_known = True

    def _begin(self) -> None:
        """Load the requested keys in a task, which is cancelled when the request's work ends."""
        # Mostly it was taken meanwhile.
        batch = self.take_batch() if self._queue else None
        if batch is None:
            return
        task = self._loop.create_task(batch)
        work = current_scope()
        if work is not None:
            work.cancel_on_exit(task)

    def _traced_load(self) -> Coroutine[Any, Any, None]:
        part = Part(Kind.BATCH, self._traced_name())
        return attributed(part, self._load(), list(self._queue.values()))

    def _traced_name(self) -> str:
        """The batch's name in traces: the loader, and the fields that requested its keys."""
        fields = sorted({one.requested_by for one in self._queue.values() if one.requested_by})
        return f"{self.name} for {', '.join(fields)}" if fields else self.name

    async def _load(self) -> None:
        queue, self._queue = self._queue, {}
        if not queue:  # Somebody took it after this was begun.
            return
        try:
            loaded = await self._batch(list(queue))
            for waiting, value in zip(queue.values(), loaded, strict=True):
                waiting.loader = None
                if not waiting.done():
                    waiting.set_result(value)
        except CancelledError:
            for waiting in queue.values():
                waiting.loader = None
                waiting.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - it is raised for each key
            for key, waiting in queue.items():
                waiting.loader = None
                # The next request for this key loads it again.
                del self._values[key]
                if not waiting.done():
                    waiting.set_exception(error)


# Any: as above.
def _wake(waiting: "Future[None]", _value: "Future[Any]") -> None:
    if not waiting.done():
        waiting.set_result(None)


# Any: as above.
def ignore_failure(value: "Future[Any]") -> None:
    """Mark a failure as retrieved that nobody awaits any more, so that asyncio does not log it."""
    if not value.cancelled():
        value.exception()
