"""The line before a pool: who waits for a session, how long, and how quickly it moves."""

import asyncio
from collections import deque
from time import perf_counter
from typing import TypeAlias

from db.session import Session

Turn: TypeAlias = "asyncio.Future[Session | None]"
_REMEMBERED = 32
"""How many that were served last tell how quickly the line moves."""


class Line:
    """Turns in the order of their coming; one that is done has been given up."""

    def __init__(self) -> None:
        self._turns: deque[tuple[Turn, float]] = deque()
        self._moved_at = 0.0
        self._seconds_between = 0.0

    def __len__(self) -> int:
        """How many wait, with those that have given up and are not forgotten yet."""
        return len(self._turns)

    def append(self, turn: Turn) -> None:
        """Come to the end."""
        now = perf_counter()
        if not self._turns:
            self._moved_at = now
        self._turns.append((turn, now))

    def popleft(self) -> Turn:
        """Take out who has waited longest."""
        turn, _ = self._turns.popleft()
        if not turn.done():
            now = perf_counter()
            passed, self._moved_at = now - self._moved_at, now
            self._seconds_between += (passed - self._seconds_between) / _REMEMBERED
        return turn

    def expected_wait(self, now: float, beside: int = 0) -> float:
        """For how many seconds who comes now is going to wait, after so many more.

        It is no less than what whoever is next has waited already; 0 where nobody waits. `now` is
        the time of `perf_counter`.
        """
        while self._turns and self._turns[0][0].done():
            self._turns.popleft()
        if not self._turns:
            return 0.0
        expected = (len(self._turns) + beside) * self._seconds_between
        return max(expected, now - self._turns[0][1])
