"""Trusted proxies, by address and network."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network


class Proxies:
    """A set of addresses and networks."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._networks = [ip_network(address) for address in addresses]
        self._is_one = lru_cache(maxsize=1_000)(self._look_up)

    def __contains__(self, address: object) -> bool:
        """Whether it is one of them."""
        return isinstance(address, str) and self._is_one(address)

    def client_of(self, forwarded_for: bytes) -> str | None:
        """The client in an `X-Forwarded-For` field: the last address that is no trusted proxy.

        What is before it may be forged by the client.
        """
        addresses = [one.strip() for one in forwarded_for.decode("latin-1").split(",")]
        return next((one for one in reversed(addresses) if one not in self), addresses[0]) or None

    def _look_up(self, address: str) -> bool:
        try:
            place = ip_address(address)
        except ValueError:
            return False
        # A socket of both versions names its peers of IPv4 in the form of IPv6.
        mapped = (isinstance(place, IPv6Address) and place.ipv4_mapped) or place
        return any(place in network or mapped in network for network in self._networks)
