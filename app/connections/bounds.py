"""How many connections there may be, and how long each may wait for its client."""

from collections.abc import Callable
from dataclasses import dataclass


def _no_proxy(_address: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class ConnectionBounds:
    """Bounds of the connections of one process; seconds are counted by a look a second.

    `is_proxy` says of an address that many clients stand behind it.
    """

    max_connections: int = 4_000
    max_per_address: int = 500
    head_seconds: int = 10
    body_seconds: int = 30
    idle_seconds: int = 75
    unread_seconds: int = 30
    is_proxy: Callable[[str], bool] = _no_proxy


@dataclass(frozen=True, slots=True)
class SocketBounds:
    """Bounds of WebSockets: how many of an address, and the frames of one and of an address.

    Frames are counted in units: one each, and one more for every 4 KB. So many may come at once,
    and so many more each second.
    """

    max_per_address: int = 200
    units: int = 400
    units_per_second: int = 100
    units_of_address: int = 4_000
    units_of_address_per_second: int = 400
