"""What became of an operation: whose fault a failure is, and what the database being away means."""

from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError

from app.graphql.pipeline.error_formatting import OUTCOME_UNKNOWN
from app.http.error_responses import SERVICE_UNAVAILABLE
from db.connections.errors import SessionLost
from db.request_scope import current_scope
from gql.context import RequestContext
from gql.documents.budgets.protections import PROTECTION_BY_USER_ERROR
from gql.documents.trusted_documents import Budget
from metrics.observations import Outcome

RETRY_SECONDS = 1
"""When a client may retry while the database is away."""
_AWAY = frozenset({SERVICE_UNAVAILABLE, OUTCOME_UNKNOWN})


def final_outcome(context: RequestContext, said: Outcome, budget: Budget) -> Outcome:
    """The outcome of an operation whose errors alone would mean `said`.

    A failure in the response's data that is our fault is a server error, and a business refusal
    counts as PROTECTED if the operation's budget accepts it, otherwise as a client error.
    """
    if context.is_server_fault:
        return Outcome.SERVER_ERROR
    if said is not Outcome.OK or context.refusal is None:
        return said
    is_accepted = PROTECTION_BY_USER_ERROR.get(context.refusal) in budget.accepts
    return Outcome.PROTECTED if is_accepted else Outcome.CLIENT_ERROR


def is_retryable(errors: Sequence[GraphQLError]) -> bool:
    """Whether a lost connection is the reason, and running again would not repeat a change."""
    work = current_scope()
    return (
        work is not None
        and not work.has_changed
        and any(isinstance(error.original_error, SessionLost) for error in errors)
    )


# Any: data and errors are JSON.
def is_database_unavailable(errors: Sequence[dict[str, Any]]) -> bool:
    """Whether some error is due to the database being away."""
    return any(error["extensions"]["code"] in _AWAY for error in errors)


# Any: data is JSON.
def has_no_data(data: dict[str, Any] | None) -> bool:
    """Whether a response has none of the fields that were asked for."""
    return data is None or all(value is None for value in data.values())
