"""The only Redis client: its connections, time-outs, circuit breaker, recovery and metrics.

Everything that is stored in Redis goes through this client. Its users have a fallback for
`KeyValueError`.
"""

from keyvalue.breaker import CircuitBreaker
from keyvalue.client import KeyValueClient
from keyvalue.clock import ServerClock
from keyvalue.cluster import KeyValueCluster
from keyvalue.connection import Argument, Reply
from keyvalue.errors import CommandRefused, KeyValueError, KeyValueUnavailable
from keyvalue.protocol import KeyValue, Script
from keyvalue.sentinel import SENTINEL_SCHEMES, SentinelUrl
from keyvalue.timeout import LoopAwareTimeout
from keyvalue.topology import CLUSTER_SCHEMES

__all__ = [
    "CLUSTER_SCHEMES",
    "SENTINEL_SCHEMES",
    "Argument",
    "CircuitBreaker",
    "CommandRefused",
    "KeyValue",
    "KeyValueClient",
    "KeyValueCluster",
    "KeyValueError",
    "KeyValueUnavailable",
    "LoopAwareTimeout",
    "Reply",
    "Script",
    "SentinelUrl",
    "ServerClock",
    "open_keyvalue",
]


def open_keyvalue(url: str) -> KeyValueClient | KeyValueCluster:
    """The client for a URL of any form, to be entered."""
    is_cluster = url.partition("://")[0] in CLUSTER_SCHEMES
    return KeyValueCluster(url) if is_cluster else KeyValueClient(url)
