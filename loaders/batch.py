"""Loading many keys of one request in one go."""

from asyncio import CancelledError, Future, shield
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

from aiodataloader import DataLoader

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
# Any: what a coroutine yields and is sent concerns the event loop alone; values are of any type.
Batch = Callable[[list[K]], Coroutine[Any, Any, list[V]]]


class Loader(Generic[K, V]):
    """Collects the keys asked for in one turn of the event loop and loads each of them once.

    `batch` receives distinct keys and gives their values in the same order. One loader belongs to
    one request: it never forgets a value.
    """

    __slots__ = ("_loader",)

    def __init__(self, batch: Batch[K, V]) -> None:
        self._loader: DataLoader[K, V] = DataLoader(batch)

    async def load(self, key: K) -> V:
        """The value of `key`; a failure of the batch is raised to each who waits for it.

        Shielded, since one who stops waiting must not take the value away from the others.
        """
        value = self._loader.load(key)
        try:
            return await shield(value)
        except CancelledError:
            value.add_done_callback(_disregard)
            raise

    def prime(self, key: K, value: V) -> None:
        """Take `value` for the key's, which need not be loaded then; one that was loaded stays."""
        self._loader.prime(key, value)


def _disregard(value: "Future[Any]") -> None:
    """Take a failure for noticed of which the only one who waited has left."""
    if not value.cancelled():
        value.exception()
