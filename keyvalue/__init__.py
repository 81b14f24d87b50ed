"""The only Redis client: its connections, time-outs, circuit breaker, recovery and metrics.

Everything that is stored in Redis goes through this client. Its users have a fallback for
`KeyValueError`.
"""

from keyvalue.breaker import CircuitBreaker
from keyvalue.client import KeyValueClient, Script
from keyvalue.clock import ServerClock
from keyvalue.connection import Argument, Reply
from keyvalue.errors import CommandRefused, KeyValueError, KeyValueUnavailable
from keyvalue.timeout import LoopAwareTimeout

__all__ = [
    "Argument",
    "CircuitBreaker",
    "CommandRefused",
    "KeyValueClient",
    "KeyValueError",
    "KeyValueUnavailable",
    "LoopAwareTimeout",
    "Reply",
    "Script",
    "ServerClock",
]
