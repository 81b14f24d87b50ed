"""Why a connection cannot be used: one of few words, for the log and as a label of metrics.

In capitals are Redis's own, from the beginning of its errors.
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
    "TRYAGAIN",
    "NOAUTH",
    "WRONGPASS",
    "NOPERM",
    "UNKILLABLE",
)
"""What a server answers that can do nothing of the kind at present, whatever the key."""
TIMEOUT, REFUSED, UNRESOLVED, TLS = "timeout", "refused", "unresolved", "tls"
TOO_MANY_CLIENTS, NOT_WRITTEN = "too_many_clients", "not_written"
CONNECTION = "connection"
"""It broke off, or said what is no answer."""
_KINDS = (
    ((TimeoutError, RedisTimeout), TIMEOUT),
    (ConnectionRefusedError, REFUSED),
    (gaierror, UNRESOLVED),
    (ssl.SSLError, TLS),
    (AuthenticationError, "WRONGPASS"),
)


def reason_of(error: Exception) -> str:
    """In a word, why nothing can be asked."""
    return next((word for one in _causes(error) if (word := _word_of(one))), CONNECTION)


def state_in(error: Exception) -> str | None:
    """The state that Redis says it is in; within an error of a script it is somewhere in it."""
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
    """The error, and what it came of."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
