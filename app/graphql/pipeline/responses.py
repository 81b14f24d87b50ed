"""Responses to operations, before a transport frames them."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from graphql import ExecutionResult, GraphQLError

from app.graphql.metering.charge import API_KEY, Charge, Throttled
from app.graphql.pipeline.error_formatting import format_errors, outcome_of, refusal_body
from app.graphql.pipeline.outcomes import RETRY_SECONDS, has_no_data, is_database_unavailable
from gql.documents.operation import UNTRUSTED, RequestRefused
from gql.errors import DeadlineExceeded
from metrics.observations import OperationSample, Outcome
from services.throttling.records import BucketLevel

_WORST_FIRST = (Outcome.SERVER_ERROR, Outcome.CLIENT_ERROR, Outcome.PROTECTED, Outcome.OK)


@dataclass(slots=True)
class OperationResponse:
    """The body of a response, and what headers, logs and metrics need to know of it.

    A subscription has one for each event; `number` is the event's id. `level` is the caller's
    remaining budget, if it has one. `refusal` is the error code of what was not executed.
    `is_unavailable` means that nothing could be answered because the database is away. `cost` is
    the estimate.
    """

    # Any: data is JSON of the shape that was asked for.
    body: dict[str, Any]
    was_executed: bool
    outcome: Outcome
    operation_name: str = UNTRUSTED
    statements: Sequence[str] = ()
    number: int | None = None
    level: BucketLevel | None = None
    retry_after_seconds: int | None = None
    refusal: str | None = None
    is_unavailable: bool = False
    cost: int = 0
    seconds: float = 0.0
    database_seconds: float = 0.0


def response_of(
    name: str,
    result: ExecutionResult,
    request_id: str,
    statements: Sequence[str],
    number: int | None = None,
) -> OperationResponse:
    """The response to an operation that ran; errors of fields are part of it."""
    if not result.errors:
        return OperationResponse(
            {"data": result.data}, True, Outcome.OK, name, tuple(statements), number
        )
    errors = format_errors(result.errors, request_id)
    body = {"data": result.data, "errors": errors}
    answer = OperationResponse(body, True, outcome_of(errors), name, tuple(statements), number)
    if is_database_unavailable(errors):
        answer.retry_after_seconds = RETRY_SECONDS
        answer.is_unavailable = has_no_data(result.data)
    return answer


def with_costs(
    answer: OperationResponse,
    charge: Charge,
    outcome: Outcome,
    seconds: float,
    database_seconds: float,
) -> OperationResponse:
    """Add to the response its cost (for API keys), the remaining budget, outcome and duration."""
    account = charge.account
    if account is not None:
        answer.level = BucketLevel(account.policy, charge.available)
        if account.kind == API_KEY:
            answer.body["extensions"] = charge.extensions
    answer.cost, answer.outcome = charge.estimate, outcome
    answer.seconds, answer.database_seconds = seconds, database_seconds
    return answer


def failure_response(
    name: str, error: GraphQLError, request_id: str, statements: Sequence[str]
) -> OperationResponse:
    """The response to an operation that failed as a whole: errors, and no `data`."""
    errors = format_errors([error], request_id)
    code = errors[0]["extensions"]["code"]
    is_passing = is_database_unavailable(errors) or code == DeadlineExceeded.code
    return OperationResponse(
        {"errors": errors},
        was_executed=False,
        outcome=outcome_of(errors),
        operation_name=name,
        statements=tuple(statements),
        retry_after_seconds=RETRY_SECONDS if is_passing else None,
        refusal=code,
    )


def internal_error_response(error: Exception, request_id: str) -> OperationResponse:
    """The response to an unexpected exception, which is masked and logged."""
    return failure_response(
        UNTRUSTED, GraphQLError(str(error), original_error=error), request_id, ()
    )


def refusal_response(refusal: RequestRefused, name: str = UNTRUSTED) -> OperationResponse:
    """The response to a request that is refused instead of executed."""
    body = refusal_body(refusal.errors, refusal.code)
    if not isinstance(refusal, Throttled):
        outcome = outcome_of(body["errors"])
        return OperationResponse(body, was_executed=False, outcome=outcome, refusal=refusal.code)
    if refusal.extensions is not None:
        body["extensions"] = refusal.extensions
    return OperationResponse(
        body,
        was_executed=False,
        outcome=Outcome.PROTECTED,
        operation_name=name,
        level=refusal.level,
        retry_after_seconds=refusal.retry_after_seconds,
        refusal=refusal.code,
    )


class ResponseSummary:
    """Aggregates the responses of one operation, of which its latency is that of the first."""

    def __init__(self) -> None:
        self.operation_name = UNTRUSTED
        self.answers = 0
        self.statements = 0
        self.cost = 0
        self.outcome = Outcome.OK
        self.seconds = 0.0
        self._started = perf_counter()

    @property
    def elapsed_seconds(self) -> float:
        """The time since the start of the operation."""
        return perf_counter() - self._started

    def observed(self, operation: str) -> OperationSample:
        """The observation for the metrics of `operation`."""
        return OperationSample(operation, self.seconds, self.statements, self.cost, self.outcome)

    def add(self, answer: OperationResponse) -> None:
        """Add the next response."""
        if not self.answers:
            self.seconds = self.elapsed_seconds
        self.operation_name = answer.operation_name
        self.answers += 1
        self.statements += len(answer.statements)
        self.cost = max(self.cost, answer.cost)
        if answer.outcome is not self.outcome:
            self.outcome = min(self.outcome, answer.outcome, key=_WORST_FIRST.index)

    @property
    def log_fields(self) -> dict[str, object]:
        """The fields of the log line."""
        return {
            "operation": self.operation_name,
            "outcome": self.outcome.value,
            "statements": self.statements,
            "answers": self.answers,
        }
