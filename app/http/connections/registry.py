"""The open connections of a process: counted, and checked for time-outs once a second."""

import asyncio
from collections import Counter, deque
from typing import Any, Protocol

from app.http.connections.limits import ConnectionLimits
from metrics.admission import connections_open
from services.throttling.networks import network

CONNECTION_REGISTRY = "connections"
"""Key of the server's `ConnectionRegistry` in the state that its requests share."""
NEVER = 2**62
"""The number of a tick that never comes."""
_TICK_SECONDS = 1.0
_IDLE_GRACE_TICKS = 2
"""Ticks that a connection may be idle before it may be closed to make room for another."""


class WatchedConnection(Protocol):
    """A connection in the registry."""

    def check_timeouts(self, now: int) -> None:
        """Close the connection if its client is too slow; `now` is the number of the tick."""

    def is_idle_since(self, now: int) -> bool:
        """Whether no request is active, nor was at the tick `now`."""

    def close_idle(self) -> None:
        """Close the connection to make room for another."""


class ConnectionRegistry:
    """Counts connections, and checks each once a second; `now` is the number of the last tick.

    Time-outs are counted in ticks instead of clock time: so input that arrived while the process
    was busy is read before it could be found late.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self.now = 0
        self.is_draining = False
        """Whether each connection is closed after the next answer, as the server is to end."""
        self._open: dict[WatchedConnection, str | None] = {}
        self._count_by_network: Counter[str] = Counter()
        self._idle: deque[WatchedConnection] = deque()
        self._next_tick: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def admit(self, connection: WatchedConnection, address: str | None) -> bool:
        """Add a new connection; false if there are too many, and it is to be refused.

        If the process has too many, an idle one is closed for it.
        """
        if len(self._open) >= self.limits.max_connections and not self._close_an_idle_connection():
            is_admitted = False
        else:
            is_admitted = not self._has_too_many(address)
        self.add(connection, address)
        return is_admitted

    def drain(self) -> None:
        """From now on close each connection after its next answer, which says so."""
        self.is_draining = True

    @property
    def is_flooded(self) -> bool:
        """Whether there are so many that new ones are aborted instead of answered."""
        return len(self._open) > self.limits.max_connections + self.limits.max_connections // 4

    def add(self, connection: WatchedConnection, address: str | None) -> None:
        """Add a connection, and check it until it is removed."""
        place = None if address is None else network(address)
        self._open[connection] = place
        if place is not None:
            self._count_by_network[place] += 1
        if self._next_tick is None:
            self._plan()

    def remove(self, connection: WatchedConnection) -> None:
        """Count a connection no more."""
        place = self._open.pop(connection, None)
        if place is None:
            return
        if self._count_by_network[place] == 1:
            del self._count_by_network[place]
        else:
            self._count_by_network[place] -= 1

    def _has_too_many(self, address: str | None) -> bool:
        if address is None or self.limits.is_proxy(address):
            return False
        return self._count_by_network[network(address)] >= self.limits.max_per_address

    def _close_an_idle_connection(self) -> bool:
        while self._idle:
            connection = self._idle.popleft()
            if connection in self._open and connection.is_idle_since(self.now - _IDLE_GRACE_TICKS):
                connection.close_idle()
                return True
        return False

    def _plan(self) -> None:
        loop = asyncio.get_running_loop()
        self._next_tick = loop.call_later(_TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        self.now += 1
        for connection in tuple(self._open):
            connection.check_timeouts(self.now)
        connections_open(len(self._open))
        is_full = len(self._open) >= self.limits.max_connections
        since = self.now - _IDLE_GRACE_TICKS
        self._idle = deque(
            connection for connection in self._open if is_full and connection.is_idle_since(since)
        )
        self._next_tick = None
        if self._open:
            self._plan()


# Any: the state that requests share is a dictionary of anything.
def connection_registry_of(state: dict[str, Any]) -> ConnectionRegistry:
    """The server's own, from the state that its requests share; made when first asked for."""
    found: ConnectionRegistry | None = state.get(CONNECTION_REGISTRY)
    if found is None:
        found = state[CONNECTION_REGISTRY] = ConnectionRegistry(ConnectionLimits())
    return found
