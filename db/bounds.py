"""How long the database is waited for, unless settings say otherwise."""

from dataclasses import dataclass

ANSWER_SECONDS = 3.0
"""How long a connection is waited for, or an answer, on behalf of a request."""
BACKGROUND_SECONDS = 300.0
"""How long an answer is waited for where no request waits."""
MAX_AGE_SECONDS = 1_800.0
"""How long a connection is used."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a connection is waited for, how long it is used, and what the server gives up.

    The server ends a statement after `longest_seconds` whatever becomes of its client, and a
    transaction in which nothing is asked after `idle_seconds`.
    """

    connect_seconds: float
    idle_seconds: float
    longest_seconds: float
    max_age_seconds: float
