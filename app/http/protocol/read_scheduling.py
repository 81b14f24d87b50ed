"""Parses buffered input of many connections in turns, so that no event loop iteration is long."""

import asyncio
from time import perf_counter
from typing import Any, Protocol

READ_SCHEDULER = "reading"
"""Key of the server's `ReadScheduler` in the state that its requests share."""
_LONGEST_TURN_SECONDS = 0.002


class ScheduledReader(Protocol):
    """A connection with buffered input."""

    def read_some(self) -> bool:
        """Parse a small chunk; whether more can be parsed now."""


class ReadScheduler:
    """Lets readers parse one chunk each in round-robin order, for at most 2 ms an iteration."""

    def __init__(self) -> None:
        # As an ordered set.
        self._waiting: dict[ScheduledReader, None] = {}
        self._is_planned = False

    def schedule(self, reader: ScheduledReader) -> None:
        """Call `reader.read_some` when it is its turn."""
        self._waiting[reader] = None
        self._plan()

    def _plan(self) -> None:
        if not self._is_planned:
            self._is_planned = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._is_planned = False
        ends = perf_counter() + _LONGEST_TURN_SECONDS
        while self._waiting and perf_counter() < ends:
            reader = next(iter(self._waiting))
            del self._waiting[reader]
            if reader.read_some():
                self._waiting[reader] = None
        if self._waiting:
            self._plan()


# Any: the state that requests share is a dictionary of anything.
def read_scheduler_of(state: dict[str, Any]) -> ReadScheduler:
    """The server's own, from the state that its requests share; made when first asked for."""
    found: ReadScheduler | None = state.get(READ_SCHEDULER)
    if found is None:
        found = state[READ_SCHEDULER] = ReadScheduler()
    return found
