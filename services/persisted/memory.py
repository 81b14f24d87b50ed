"""Registered texts in the memory of one process."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from services.persisted.records import Bounds


class MemoryTexts:
    """The texts of this process; of too many the one that was kept first is forgotten.

    `seconds` gives a clock that only runs forward.
    """

    def __init__(self, bounds: Bounds, *, seconds: Callable[[], float] = monotonic) -> None:
        self._bounds = bounds
        self._seconds = seconds
        self._kept: OrderedDict[str, tuple[float, str]] = OrderedDict()

    async def get(self, id_: str) -> str | None:
        """The text, while it is kept."""
        kept = self._kept.get(id_)
        if kept is None:
            return None
        until, text = kept
        if until > self._seconds():
            return text
        del self._kept[id_]
        return None

    async def keep(self, id_: str, text: str) -> None:
        """Keep a text; one that is too long is not kept."""
        if len(text) > self._bounds.characters:
            return
        self._kept[id_] = (self._seconds() + self._bounds.lifetime_seconds, text)
        self._kept.move_to_end(id_)
        if len(self._kept) > self._bounds.count:
            self._kept.popitem(last=False)
