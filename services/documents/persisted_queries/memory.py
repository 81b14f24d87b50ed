"""Persisted queries in the memory of one process."""

import asyncio
import sys
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import NamedTuple

from services.documents.persisted_queries.records import LOCAL_SECONDS, TextLimits

_ENTRY_BYTES = 300
"""The memory of the id, the expiry time and the dictionary entry."""


class _StoredText(NamedTuple):
    """A text in UTF-8: as a `str`, a single emoji would make each character take four bytes."""

    expires_at: float
    text: bytes

    @property
    def size(self) -> int:
        return sys.getsizeof(self.text) + _ENTRY_BYTES


class MemoryTextStore:
    """The texts of this process; beyond the limits, the oldest is evicted.

    `seconds` is a monotonic clock.
    """

    def __init__(self, limits: TextLimits, *, seconds: Callable[[], float] = monotonic) -> None:
        self._limits = limits
        self._seconds = seconds
        self._texts: OrderedDict[str, _StoredText] = OrderedDict()
        self.used_bytes = 0

    async def get(self, id_: str) -> str | None:
        """The text; None if it is not stored, or has expired."""
        stored = self._texts.get(id_)
        if stored is None:
            return None
        if stored.expires_at > self._seconds():
            return stored.text.decode()
        self._evict(id_)
        return None

    async def put(self, id_: str, text: str, *, is_local: bool = False) -> None:
        """See `TextStore`."""
        limits = self._limits
        if len(text) > limits.characters:
            return
        if id_ in self._texts:
            self._evict(id_)
        seconds = limits.lifetime_seconds
        if is_local:
            seconds = min(LOCAL_SECONDS, seconds)
            asyncio.get_running_loop().call_later(seconds + 1, self._evict_expired, id_)
        stored = _StoredText(self._seconds() + seconds, text.encode())
        self._texts[id_] = stored
        self.used_bytes += stored.size
        while len(self._texts) > limits.count or self.used_bytes > limits.total_bytes:
            self._evict(next(iter(self._texts)))

    def _evict_expired(self, id_: str) -> None:
        stored = self._texts.get(id_)
        if stored is not None and stored.expires_at <= self._seconds():
            self._evict(id_)

    def _evict(self, id_: str) -> None:
        self.used_bytes -= self._texts.pop(id_).size
