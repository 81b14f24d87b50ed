"""Registered texts in the memory of one process."""

import asyncio
import sys
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import NamedTuple

from services.persisted.records import BRIEFLY_SECONDS, Bounds

_ENTRY_BYTES = 300
"""Of the id, the time and the places in the table."""


class _Kept(NamedTuple):
    """A text as it is held: in UTF-8, as one emoji would make each character take four bytes."""

    until: float
    text: bytes

    @property
    def size(self) -> int:
        return sys.getsizeof(self.text) + _ENTRY_BYTES


class MemoryTexts:
    """The texts of this process; of too many the one that was kept first is forgotten.

    `seconds` gives a clock that only runs forward.
    """

    def __init__(self, bounds: Bounds, *, seconds: Callable[[], float] = monotonic) -> None:
        self._bounds = bounds
        self._seconds = seconds
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self.held_bytes = 0

    async def get(self, id_: str) -> str | None:
        """The text, while it is kept."""
        kept = self._kept.get(id_)
        if kept is None:
            return None
        if kept.until > self._seconds():
            return kept.text.decode()
        self._forget(id_)
        return None

    async def keep(self, id_: str, text: str, *, is_brief: bool = False) -> None:
        """See `Texts`."""
        bounds = self._bounds
        if len(text) > bounds.characters:
            return
        if id_ in self._kept:
            self._forget(id_)
        seconds = bounds.lifetime_seconds
        if is_brief:
            seconds = min(BRIEFLY_SECONDS, seconds)
            asyncio.get_running_loop().call_later(seconds + 1, self._forget_expired, id_)
        kept = _Kept(self._seconds() + seconds, text.encode())
        self._kept[id_] = kept
        self.held_bytes += kept.size
        while len(self._kept) > bounds.count or self.held_bytes > bounds.total_bytes:
            self._forget(next(iter(self._kept)))

    def _forget_expired(self, id_: str) -> None:
        kept = self._kept.get(id_)
        if kept is not None and kept.until <= self._seconds():
            self._forget(id_)

    def _forget(self, id_: str) -> None:
        self.held_bytes -= self._kept.pop(id_).size
