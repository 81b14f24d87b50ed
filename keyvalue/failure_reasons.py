"""The reasons why a connection failed, as words for the log and for labels of metrics.

Those in capitals are the error codes of Redis.
"""

import ssl
from collections.abc import Iterator
from socket import gaierror

from redis.exceptions import AuthenticationError, RedisError
from redis.exceptions import TimeoutError as RedisTimeout

STATES = (
    "READONLY",
    "OOM",
    "MISCONF",
    "NOREPLICAS",
    "CLUSTERDOWN",
    "MASTERDOWN",
    "LOADING",
    "BUSY",
    "NOAUTH",
    "WRONGPASS",
    "NOPERM",
    "UNKILLABLE",
)
"""Error codes that concern the server and not a key: no command of this kind works now."""
TIMEOUT, REFUSED, UNRESOLVED, TLS = "timeout", "refused", "unresolved", "tls"
TOO_MANY_CLIENTS, NOT_WRITTEN = "too_many_clients", "not_written"
CLUSTER = "cluster"
"""The server is one of a cluster, and REDIS_URL does not say so."""
CONNECTION = "connection"
"""The connection was lost, or the answer could not be parsed."""
_KINDS = (
    ((TimeoutError, RedisTimeout), TIMEOUT),
    (ConnectionRefusedError, REFUSED),
    (gaierror, UNRESOLVED),
    (ssl.SSLError, TLS),
    (AuthenticationError, "WRONGPASS"),
)


def reason_of(error: Exception) -> str:
    """The reason for an error, in a word."""
    return next((word for one in _causes(error) if (word := _word_of(one))), CONNECTION)


def state_in(error: Exception) -> str | None:
    """The server state in an error of Redis; script errors contain it somewhere in their text."""
    code = error.status_code if isinstance(error, RedisError) else None
    if code in STATES:
        return code
    text = str(error)
    return next((state for state in STATES if state in text), None)


def _word_of(error: BaseException) -> str | None:
    if isinstance(error, RedisError):
        if "max number of clients" in str(error):
            return TOO_MANY_CLIENTS
        if state := state_in(error):
            return state
    return next((word for kind, word in _KINDS if isinstance(error, kind)), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
