"""Invalidations that wait for the store to be back."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice

KEPT_SECONDS = 3_600.0
"""As long as the longest lifetime of a value: nothing is left to invalidate afterwards."""
_AT_ONCE = 500


class PendingInvalidations:
    """Keys to invalidate, each for an hour, the oldest first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._added_at: dict[str, float] = {}

    def add(self, keys: Sequence[str]) -> None:
        """Remember keys, and drop those that are too old to matter."""
        now = self._clock()
        for key in keys:
            self._added_at.pop(key, None)
            self._added_at[key] = now
        while now - next(iter(self._added_at.values()), now) >= KEPT_SECONDS:
            del self._added_at[next(iter(self._added_at))]

    def some(self) -> dict[str, float]:
        """Give some of the keys that wait, and since when; none when none is left."""
        return dict(islice(self._added_at.items(), _AT_ONCE))

    def delivered(self, keys: Mapping[str, float]) -> None:
        """Forget keys, but for those that were added again since."""
        for key, added_at in keys.items():
            if self._added_at.get(key) == added_at:
                del self._added_at[key]
