"""The connections of a process: how many there may be, and a look at each once a second."""

import asyncio
from collections import Counter, deque
from typing import Any, Protocol

from app.connections.bounds import ConnectionBounds
from metrics.admission import connections_open
from services.throttling.networks import network

CONNECTIONS = "connections"
"""Key of the server's `Connections` in the state that its requests share."""
NEVER = 2**62
"""A look that never comes."""
_LOOK_SECONDS = 1.0
_SOON_GIVEN_UP = 2
"""Looks that a connection has to say something before others may have its place."""


class WatchedConnection(Protocol):
    """A connection that is looked at once a second."""

    def look(self, now: int) -> None:
        """Close it where it has waited too long; `now` is the number of the look."""

    def is_idle_since(self, now: int) -> bool:
        """Whether nothing is under way on it, and was not at that look."""

    def give_up(self) -> None:
        """Close it, since others need its place."""


class Connections:
    """Counts connections, and looks at them; `now` is the number of the last look.

    Waiting is counted in looks, not in seconds: what a client sent while the process was busy
    is not found to be late before it was read.
    """

    def __init__(self, bounds: ConnectionBounds) -> None:
        self.bounds = bounds
        self.now = 0
        self._open: dict[WatchedConnection, str | None] = {}
        self._of_address: Counter[str] = Counter()
        self._idle: deque[WatchedConnection] = deque()
        self._next_look: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """How many there are."""
        return len(self._open)

    def admit(self, connection: WatchedConnection, address: str | None) -> bool:
        """Count a new connection; false where there are too many, and it is to be refused.

        Where there are too many altogether, one that does nothing makes room.
        """
        if len(self._open) >= self.bounds.most and not self._make_room():
            is_admitted = False
        else:
            is_admitted = not self._has_too_many(address)
        self.keep(connection, address)
        return is_admitted

    @property
    def is_overrun(self) -> bool:
        """Whether there are so many that not even a refusal can be answered."""
        return len(self._open) > self.bounds.most + self.bounds.most // 4

    def keep(self, connection: WatchedConnection, address: str | None) -> None:
        """Count a connection, and look at it until it leaves."""
        place = None if address is None else network(address)
        self._open[connection] = place
        if place is not None:
            self._of_address[place] += 1
        if self._next_look is None:
            self._plan()

    def leave(self, connection: WatchedConnection) -> None:
        """Count a connection no more."""
        place = self._open.pop(connection, None)
        if place is None:
            return
        if self._of_address[place] == 1:
            del self._of_address[place]
        else:
            self._of_address[place] -= 1

    def _has_too_many(self, address: str | None) -> bool:
        if address is None or self.bounds.is_proxy(address):
            return False
        return self._of_address[network(address)] >= self.bounds.most_of_address

    def _make_room(self) -> bool:
        while self._idle:
            connection = self._idle.popleft()
            if connection in self._open and connection.is_idle_since(self.now - _SOON_GIVEN_UP):
                connection.give_up()
                return True
        return False

    def _plan(self) -> None:
        loop = asyncio.get_running_loop()
        self._next_look = loop.call_later(_LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self.now += 1
        for connection in tuple(self._open):
            connection.look(self.now)
        connections_open(len(self._open))
        is_full = len(self._open) >= self.bounds.most
        since = self.now - _SOON_GIVEN_UP
        self._idle = deque(
            connection for connection in self._open if is_full and connection.is_idle_since(since)
        )
        self._next_look = None
        if self._open:
            self._plan()


# Any: the state that requests share is a dictionary of anything.
def connections_of(state: dict[str, Any]) -> Connections:
    """Those of a server, in the state that its requests share."""
    found: Connections | None = state.get(CONNECTIONS)
    if found is None:
        found = state[CONNECTIONS] = Connections(ConnectionBounds())
    return found
