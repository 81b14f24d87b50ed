"""Limits of connections and WebSockets."""

from collections.abc import Callable
from dataclasses import dataclass


def _no_proxy(_address: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Limits of the connections of one process; seconds are counted in ticks of the registry.

    An address for which `is_proxy` is true has no limit of its own, since many clients share it.
    """

    max_connections: int = 4_000
    max_per_address: int = 500
    head_seconds: int = 10
    body_seconds: int = 30
    idle_seconds: int = 75
    unread_seconds: int = 30
    is_proxy: Callable[[str], bool] = _no_proxy


@dataclass(frozen=True, slots=True)
class WebSocketLimits:
    """Limits of WebSockets: how many an address may open, and token buckets for frames.

    A frame costs one unit, and one more for every 4 KB. There is a bucket for each socket and one
    for each address.
    """

    max_per_address: int = 200
    units: int = 400
    units_per_second: int = 100
    address_units: int = 4_000
    address_units_per_second: int = 400
