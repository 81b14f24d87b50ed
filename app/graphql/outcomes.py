"""What became of an operation: whose fault a failure is, and what the database being away means."""

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError

from app.graphql.wording import OUTCOME_UNKNOWN
from app.http.error_bodies import SERVICE_UNAVAILABLE
from db.unavailable import SessionLost
from db.work import current_work
from gql.context import RequestContext
from gql.documents.budgets import Budget, Protection
from metrics.observations import Outcome
from services.refusal import UserErrorCode

RETRY_SECONDS = 1
"""After so long a client may ask again: whether the database is back is then another question."""
_AWAY = frozenset({SERVICE_UNAVAILABLE, OUTCOME_UNKNOWN})
_PROTECTIONS = {
    UserErrorCode.QUOTA_EXCEEDED: Protection.QUOTA,
    UserErrorCode.USAGE_LIMIT_EXCEEDED: Protection.QUOTA,
    UserErrorCode.NO_ACTIVE_SUBSCRIPTION: Protection.QUOTA,
    UserErrorCode.CONFLICT: Protection.CONFLICT,
    UserErrorCode.IDEMPOTENCY_KEY_REUSED: Protection.CONFLICT,
}


def outcome_in(context: RequestContext, said: Outcome, budget: Budget) -> Outcome:
    """The outcome of which the answer's errors say `said`.

    What failed through us is an error though its status is 200. What was refused on purpose is
    counted apart where the operation's flow accepts that, and otherwise is the client's mistake.
    """
    if context.is_excused:
        return Outcome.SERVER_ERROR
    if said is not Outcome.OK or context.refusal is None:
        return said
    is_accepted = _PROTECTIONS.get(context.refusal) in budget.accepts
    return Outcome.PROTECTED if is_accepted else Outcome.CLIENT_ERROR


def is_retryable(errors: Sequence[GraphQLError]) -> bool:
    """Whether a new connection may do what failed, and nothing was changed that would be twice."""
    work = current_work()
    return (
        work is not None
        and not work.has_changed
        and any(isinstance(error.original_error, SessionLost) for error in errors)
    )


# Any: data and errors are JSON.
def is_database_unavailable(errors: Sequence[dict[str, Any]]) -> bool:
    """Whether it is the database that kept something from being answered."""
    return any(error["extensions"]["code"] in _AWAY for error in errors)


# Any: data is JSON.
def has_no_data(data: dict[str, Any] | None) -> bool:
    """Whether an answer has nothing of what was asked for."""
    return data is None or all(value is None for value in data.values())
