"""Loading many keys of one request in one go."""

from asyncio import shield
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

from aiodataloader import DataLoader

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
# Any: what a coroutine yields and is sent concerns the event loop alone.
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
        return await shield(self._loader.load(key))
