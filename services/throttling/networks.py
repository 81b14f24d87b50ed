"""The network that anonymous callers share a rate limit by."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

_PREFIX = 64
"""The IPv6 prefix that a customer is assigned; they choose the rest of the address."""


@lru_cache(maxsize=1_000)
def network(address: str) -> str:
    """An IPv4 address, the network of an IPv6 address, or any other text unchanged."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, _PREFIX), strict=False))
