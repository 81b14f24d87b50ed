"""Loading many keys of one request in one go."""

from asyncio import CancelledError, Future, get_running_loop, shield
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, Self, TypeVar

from aiodataloader import DataLoader, dispatch_queue_batch
from aiodataloader import Loader as Queued

from db.work import current_work
from spans.attribution import attributed
from spans.current import current_trace
from spans.part import Kind, Part

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
# Any: what a coroutine yields and is sent concerns the event loop alone; values are of any type.
Batch = Callable[[list[K]], Coroutine[Any, Any, list[V]]]
AtHand = Callable[[K], V | None]
"""Gives the value of a key that is known already."""


class Loader(Generic[K, V]):
    """Collects the keys asked for in one turn of the event loop and loads each of them once.

    `batch` receives distinct keys and gives their values in the same order; those that `at_hand`
    has are not asked of it. One loader belongs to one request: it never forgets a value.
    """

    __slots__ = ("_loader",)

    def __init__(self, batch: Batch[K, V], at_hand: AtHand[K, V] | None = None) -> None:
        self._loader: _Queue[K, V] = _Queue(batch, at_hand)

    async def load(self, key: K) -> V:
        """The value of `key`; a failure of the batch is raised to each who waits for it.

        Shielded, since one who stops waiting must not take the value away from the others.
        """
        value = self._loader.load(key)
        try:
            return await shield(value)
        except CancelledError:
            value.add_done_callback(disregard)
            raise

    def called(self, name: str) -> Self:
        """The same loader, of which traces speak by this name."""
        self._loader.name = name
        return self

    def start(self, key: K) -> "Future[V]":
        """The future of the value of `key`, for who shares it with others and cancels none."""
        return self._loader.load(key)

    def prime(self, key: K, value: V) -> None:
        """Take `value` for the key's, which need not be loaded then; one that was loaded stays."""
        self._loader.prime(key, value)


class _Queue(DataLoader[K, V]):
    """aiodataloader's queue, dispatched by one task, which ends with the request's work."""

    def __init__(self, batch: Batch[K, V], at_hand: AtHand[K, V] | None) -> None:
        """Set what the library sets, without its questions: several are made for each request."""
        self.loop = get_running_loop()
        self.batch_load_fn = batch
        self.get_cache_key = _itself
        self._cache = {}
        self._queue = []
        self._at_hand = at_hand
        self.name = ""

    def do_resolve_reject(self, key: K, future: "Future[V]") -> None:
        """Take a key in; the first one has all loaded that come until the turn after the next.

        One turn would be too soon: who asks because something else has just been loaded is to be
        in the same batch as those who asked for that.
        """
        value = self._at_hand(key) if self._at_hand is not None else None
        if value is not None:
            future.set_result(value)
            return
        self._queue.append(Queued(key=key, future=future))
        if len(self._queue) == 1:
            self.loop.call_soon(self.loop.call_soon, self._begin)

    def _begin(self) -> None:
        queue, self._queue = self._queue, []
        loading = dispatch_queue_batch(self, queue)
        if current_trace() is not None:
            loading = attributed(Part(Kind.BATCH, self.name), loading)
        task = self.loop.create_task(loading)
        work = current_work()
        if work is not None:
            work.bound(task)


def _itself(key: K) -> K:
    return key


def disregard(value: "Future[Any]") -> None:
    """Take a failure for noticed of which the only one who waited has left."""
    if not value.cancelled():
        value.exception()
