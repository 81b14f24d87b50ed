"""The one Redis client: its connections, time-outs, circuit breaker, recovery and metrics.

Whoever keeps something in Redis asks this client, and has an answer of its own, its fallback, for
`KeyValueError`.
"""

from keyvalue.breaker import CircuitBreaker
from keyvalue.client import KeyValueClient
from keyvalue.clock import ServerClock
from keyvalue.connection import Argument, Reply
from keyvalue.errors import CommandRefused, KeyValueError, Unavailable
from keyvalue.patience import Patience
from keyvalue.script import Script

__all__ = [
    "Argument",
    "CircuitBreaker",
    "CommandRefused",
    "KeyValueClient",
    "KeyValueError",
    "Patience",
    "Reply",
    "Script",
    "ServerClock",
    "Unavailable",
]
