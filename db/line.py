"""The line before a pool: who waits for a session, how long, and how quickly it moves."""

import asyncio
from collections import deque
from time import perf_counter
from typing import TypeAlias

from db.session import Session

Turn: TypeAlias = "asyncio.Future[Session | None]"
_REMEMBERED = 32
"""How many of the new ones that were served last tell how quickly they are."""


class Line:
    """Turns in the order of their coming, but those of requests that have begun before all others.

    So a request waits here once, not for each of its statements, and what was begun is ended
    before more is. A turn that is done has been given up.
    """

    def __init__(self) -> None:
        self._begun: deque[Turn] = deque()
        self._new: deque[tuple[Turn, float]] = deque()
        self._moved_at = 0.0
        self._seconds_between = 0.0

    def __len__(self) -> int:
        """How many wait, with those that have given up and are not forgotten yet."""
        return len(self._begun) + len(self._new)

    def append(self, turn: Turn, *, has_begun: bool = False) -> None:
        """Come to the end of those that have begun, or of the new ones."""
        if has_begun:
            self._begun.append(turn)
            return
        now = perf_counter()
        if not self._new:
            self._moved_at = now
        self._new.append((turn, now))

    def popleft(self) -> Turn:
        """Take out who is next."""
        if self._begun:
            return self._begun.popleft()
        turn, _ = self._new.popleft()
        if not turn.done():
            now = perf_counter()
            passed, self._moved_at = now - self._moved_at, now
            self._seconds_between += (passed - self._seconds_between) / _REMEMBERED
        return turn

    def expected_wait(self, now: float, beside: int = 0) -> float:
        """For how many seconds who begins now is going to wait, after so many more that do.

        It is no less than what whoever is next of the new ones has waited already. `now` is the
        time of `perf_counter`.
        """
        while self._new and self._new[0][0].done():
            self._new.popleft()
        expected = (len(self._new) + beside) * self._seconds_between
        return max(expected, now - self._new[0][1]) if self._new else expected
