"""The open WebSockets of a process by client address, and the rate limits of addresses."""

from typing import Any

from app.http.connections.limits import WebSocketLimits
from app.http.connections.token_bucket import TokenBucket
from services.throttling.networks import network

WEBSOCKET_REGISTRY = "sockets"
"""Key of the server's `WebSocketRegistry` in the state that its requests share."""
_HANDSHAKE_UNITS = 10
_FORGET_AT = 1_000


class TooManyWebSockets(Exception):
    """The address has too many open sockets, or has exceeded its rate limit."""


class AddressUsage:
    """One address: how many sockets it has open, and their common token bucket."""

    __slots__ = ("bucket", "open_count")

    def __init__(self, limits: WebSocketLimits) -> None:
        self.open_count = 0
        self.bucket = TokenBucket(limits.address_units, limits.address_units_per_second)


class WebSocketRegistry:
    """Counts sockets by address; the bucket of an address outlives its sockets."""

    def __init__(self, limits: WebSocketLimits) -> None:
        self.limits = limits
        self._places: dict[str, AddressUsage] = {}
        self._forget_at = _FORGET_AT

    def __len__(self) -> int:
        """How many addresses are remembered."""
        return len(self._places)

    def enter(self, address: str) -> AddressUsage:
        """Add a socket; raises `TooManyWebSockets`."""
        name = network(address)
        place = self._places.get(name)
        if place is None:
            self._forget()
            place = self._places[name] = AddressUsage(self.limits)
        if place.open_count >= self.limits.max_per_address:
            raise TooManyWebSockets("There are too many sockets from this address.")
        if not place.bucket.take(_HANDSHAKE_UNITS):
            raise TooManyWebSockets("Too much has come from this address.")
        place.open_count += 1
        return place

    def leave(self, place: AddressUsage) -> None:
        """Remove a socket."""
        place.open_count -= 1

    def _forget(self) -> None:
        """Now and then, drop addresses without open sockets whose buckets are full."""
        if len(self._places) < self._forget_at:
            return
        self._places = {
            name: place
            for name, place in self._places.items()
            if place.open_count or not place.bucket.is_full
        }
        self._forget_at = max(_FORGET_AT, 2 * len(self._places))


# Any: the state that requests share is a dictionary of anything.
def websocket_registry_of(state: dict[str, Any]) -> WebSocketRegistry:
    """The server's own, from the state that its requests share; made when first asked for."""
    found: WebSocketRegistry | None = state.get(WEBSOCKET_REGISTRY)
    if found is None:
        found = state[WEBSOCKET_REGISTRY] = WebSocketRegistry(WebSocketLimits())
    return found
