"""How long the database is waited for, unless settings say otherwise."""

from dataclasses import dataclass

DEFAULT_ANSWER_SECONDS = 3.0
"""How long a request waits for a connection, or for an answer."""
DEFAULT_BACKGROUND_SECONDS = 300.0
"""How long a background job waits for an answer."""
DEFAULT_MAX_AGE_SECONDS = 1_800.0
"""The age at which a connection is replaced."""


@dataclass(frozen=True, slots=True)
class ConnectionTimeouts:
    """The time limits of a connection.

    PostgreSQL itself ends a statement after `statement_seconds`, even when its client is gone, and
    a transaction in which nothing was sent for `idle_seconds`.
    """

    connect_seconds: float
    idle_seconds: float
    statement_seconds: float
    max_age_seconds: float
