"""What became of an operation that ran, also where its answer is a value and not an error."""

from gql.context import RequestContext
from gql.documents.budgets import Budget, Protection
from metrics.observations import Outcome
from services.refusal import UserErrorCode

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
