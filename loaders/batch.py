"""Loading many keys of one request in one go, as Facebook's DataLoader does.

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

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
# Any: what a coroutine yields and is sent concerns the event loop alone; values are of any type.
Batch = Callable[[list[K]], Coroutine[Any, Any, list[V]]]
AtHand = Callable[[K], V | None]
"""Gives the value of a key that is known already."""


class Loaded(Future[V]):
    """The value of a key, which several may wait for: who stops waiting must not cancel it.

    Of a traced request it says which field `asked`, where that is known.
    """

    asked: str | None = None


class Loader(Generic[K, V]):
    """Collects the keys asked for in one turn of the event loop and loads each of them once.

    `batch` receives distinct keys and gives their values in the same order; those that `at_hand`
    has are not asked of it. One loader belongs to one request: it never forgets a value.
    """

    __slots__ = ("_at_hand", "_batch", "_loop", "_queue", "_values", "name")

    def __init__(self, batch: Batch[K, V], at_hand: AtHand[K, V] | None = None) -> None:
        self.name = ""
        """What traces call it."""
        self._batch = batch
        self._at_hand = at_hand
        self._loop = get_running_loop()
        self._values: dict[K, Loaded[V]] = {}
        self._queue: dict[K, Loaded[V]] = {}

    async def load(self, key: K) -> V:
        """The value of `key`; a failure of the batch is raised to each who waits for it.

        Waited for by a future of its own, since one who stops waiting must not take the value away
        from the others.
        """
        value = self.start(key)
        if not value.done():
            own: Future[None] = self._loop.create_future()
            value.add_done_callback(partial(_wake, own))
            try:
                await own
            except CancelledError:
                value.add_done_callback(disregard)
                raise
        return value.result()

    def start(self, key: K) -> Loaded[V]:
        """The future of the value of `key`.

        The first key of a batch has all loaded that come until the turn after the next. One turn
        would be too soon: who asks because something else has just been loaded is to be in the same
        batch as those who asked for that.
        """
        value = self._values.get(key)
        if value is not None:
            return value
        value = self._values[key] = Loaded(loop=self._loop)
        known = None if self._at_hand is None else self._at_hand(key)
        if known is not None:
            value.set_result(known)
            return value
        if not self._queue:
            self._loop.call_soon(self._loop.call_soon, self._begin)
        self._queue[key] = value
        return value

    def prime(self, key: K, value: V) -> None:
        """Take `value` for the key's, which need not be loaded then; one that was loaded stays."""
        if key not in self._values:
            self._values[key] = Loaded(loop=self._loop)
            self._values[key].set_result(value)

    def _begin(self) -> None:
        """Load what was asked for in a task, which ends with the request's work."""
        loading = self._load()
        if current_trace() is not None:
            loading = attributed(Part(Kind.BATCH, self._traced_name()), loading)
        task = self._loop.create_task(loading)
        work = current_scope()
        if work is not None:
            work.cancel_on_exit(task)

    def _traced_name(self) -> str:
        """What traces call the batch: the loader, and the fields that asked it."""
        fields = sorted({one.asked for one in self._queue.values() if one.asked})
        return f"{self.name} for {', '.join(fields)}" if fields else self.name

    async def _load(self) -> None:
        queue, self._queue = self._queue, {}
        try:
            loaded = await self._batch(list(queue))
            for waiting, value in zip(queue.values(), loaded, strict=True):
                if not waiting.done():
                    waiting.set_result(value)
        except CancelledError:
            for waiting in queue.values():
                waiting.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - it is raised to each who waits
            for key, waiting in queue.items():
                # Whoever asks again has it loaded again.
                del self._values[key]
                if not waiting.done():
                    waiting.set_exception(error)


# Any: as above.
def _wake(waiting: "Future[None]", _value: "Future[Any]") -> None:
    if not waiting.done():
        waiting.set_result(None)


# Any: as above.
def disregard(value: "Future[Any]") -> None:
    """Take a failure for noticed of which the only one who waited has left."""
    if not value.cancelled():
        value.exception()
