"""What an answer comes to while the database is away."""

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError

from app.graphql.wording import OUTCOME_UNKNOWN, SERVICE_UNAVAILABLE
from db.request_scope import current_scope
from db.unavailable import SessionLost

RETRY_SECONDS = 1
"""After so long a client may ask again: whether the database is back is then another question."""
_AWAY = frozenset({SERVICE_UNAVAILABLE, OUTCOME_UNKNOWN})


def may_run_again(errors: Sequence[GraphQLError]) -> bool:
    """Whether a new connection may do what failed, and nothing was changed that would be twice."""
    work = current_scope()
    return (
        work is not None
        and not work.has_changed
        and any(isinstance(error.original_error, SessionLost) for error in errors)
    )


# Any: data and errors are JSON.
def is_away(errors: Sequence[dict[str, Any]]) -> bool:
    """Whether it is the database that kept something from being answered."""
    return any(error["extensions"]["code"] in _AWAY for error in errors)


# Any: data is JSON.
def is_empty(data: dict[str, Any] | None) -> bool:
    """Whether an answer has nothing of what was asked for."""
    return data is None or all(value is None for value in data.values())
