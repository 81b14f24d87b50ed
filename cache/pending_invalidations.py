"""Invalidations to deliver when the store is back."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice

MOST_AGE_SECONDS = 3_600.0
"""The longest lifetime of a value: after it, there is nothing left to invalidate."""
_BATCH_SIZE = 500


class PendingInvalidations:
    """Keys to invalidate, oldest first, each kept for an hour."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._added_at: dict[str, float] = {}

    def add(self, keys: Sequence[str]) -> None:
        """Add keys, and drop those that are too old to matter."""
        now = self._clock()
        for key in keys:
            self._added_at.pop(key, None)
            self._added_at[key] = now
        while now - next(iter(self._added_at.values()), now) >= MOST_AGE_SECONDS:
            del self._added_at[next(iter(self._added_at))]

    def batch(self) -> dict[str, float]:
        """Some of the oldest keys, with the times they were added; empty if there are none."""
        return dict(islice(self._added_at.items(), _BATCH_SIZE))

    def discard(self, keys: Mapping[str, float]) -> None:
        """Remove delivered keys, except those that were added again since."""
        for key, added_at in keys.items():
            if self._added_at.get(key) == added_at:
                del self._added_at[key]
