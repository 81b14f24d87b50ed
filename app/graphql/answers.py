"""What a client asks, what it gets, and what an operation's answers come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, NamedTuple

from graphql import ExecutionResult, GraphQLError

from app.graphql.charging import TOLD, Charge, Throttled
from app.graphql.outages import RETRY_SECONDS, is_away, is_empty
from app.graphql.wording import outcome_of, refusal_body, worded
from gql.documents.operation import UNTRUSTED, RequestRefused
from gql.errors import DeadlineExceeded
from metrics.observations import Observed, Outcome
from services.throttling.records import Level

_WORST_FIRST = (Outcome.SERVER_ERROR, Outcome.CLIENT_ERROR, Outcome.PROTECTED, Outcome.OK)


class GraphQLRequest(NamedTuple):
    """What a client asks, whichever way it came.

    It has the text of a document in `query`, or the id of one. Both together register the text
    under its hash, where the id came as that of an automatic persisted query.
    """

    query: str | None
    operation_name: str | None = None
    # Any: variables are JSON until they are coerced.
    variables: Mapping[str, Any] | None = None
    document_id: str | None = None
    is_automatic: bool = False


@dataclass(slots=True)
class Answer:
    """What the client gets, and what the log says of it.

    A subscription has one for each event, with the event's number where it has one. `level` is
    what is left of the caller's budget, where there is one, `refusal` the code of what was not
    executed; `is_unavailable` says that nothing could be answered without the database. `cost` is
    what it was to cost, and `seconds` what it took, in the database besides.
    """

    # Any: data is JSON of the shape that was asked for.
    body: dict[str, Any]
    was_executed: bool
    outcome: Outcome
    operation_name: str = UNTRUSTED
    statements: Sequence[str] = ()
    number: int | None = None
    level: Level | None = None
    retry_after_seconds: int | None = None
    refusal: str | None = None
    is_unavailable: bool = False
    cost: int = 0
    seconds: float = 0.0
    database_seconds: float = 0.0


def executed(
    name: str,
    result: ExecutionResult,
    request_id: str,
    statements: Sequence[str],
    number: int | None = None,
) -> Answer:
    """The answer to what ran; failures of single fields are part of it."""
    if not result.errors:
        return Answer({"data": result.data}, True, Outcome.OK, name, tuple(statements), number)
    errors = worded(result.errors, request_id)
    body = {"data": result.data, "errors": errors}
    answer = Answer(body, True, outcome_of(errors), name, tuple(statements), number)
    if is_away(errors):
        answer.retry_after_seconds = RETRY_SECONDS
        answer.is_unavailable = is_empty(result.data)
    return answer


def told(
    answer: Answer,
    charge: Charge,
    outcome: Outcome,
    seconds: float,
    database_seconds: float,
) -> Answer:
    """The answer with what it cost, for callers who are told, what is left, and what it took."""
    account = charge.account
    if account is not None:
        answer.level = Level(account.policy, charge.available)
        if account.kind == TOLD:
            answer.body["extensions"] = charge.extensions
    answer.cost, answer.outcome = charge.estimate, outcome
    answer.seconds, answer.database_seconds = seconds, database_seconds
    return answer


def failed(name: str, error: GraphQLError, request_id: str, statements: Sequence[str]) -> Answer:
    """The last answer of a subscription whose source failed: no `data`."""
    errors = worded([error], request_id)
    code = errors[0]["extensions"]["code"]
    is_passing = is_away(errors) or code == DeadlineExceeded.code
    return Answer(
        {"errors": errors},
        was_executed=False,
        outcome=outcome_of(errors),
        operation_name=name,
        statements=tuple(statements),
        retry_after_seconds=RETRY_SECONDS if is_passing else None,
        refusal=code,
    )


def broken(error: Exception, request_id: str) -> Answer:
    """The answer where no field is to blame; the log says what happened."""
    return failed(UNTRUSTED, GraphQLError(str(error), original_error=error), request_id, ())


def refused(refusal: RequestRefused, name: str = UNTRUSTED) -> Answer:
    """The answer to a request that is not executed."""
    body = refusal_body(refusal.errors, refusal.code)
    if not isinstance(refusal, Throttled):
        outcome = outcome_of(body["errors"])
        return Answer(body, was_executed=False, outcome=outcome, refusal=refusal.code)
    if refusal.extensions is not None:
        body["extensions"] = refusal.extensions
    return Answer(
        body,
        was_executed=False,
        outcome=Outcome.PROTECTED,
        operation_name=name,
        level=refusal.level,
        retry_after_seconds=refusal.retry_after_seconds,
        refusal=refusal.code,
    )


class Record:
    """What the answers of one operation come to: its latency is that of the first."""

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
        """The time since this was made."""
        return perf_counter() - self._started

    def observed(self, operation: str) -> Observed:
        """What is counted of the answers of `operation`."""
        return Observed(operation, self.seconds, self.statements, self.cost, self.outcome)

    def add(self, answer: Answer) -> None:
        """Note the next answer."""
        if not self.answers:
            self.seconds = self.elapsed_seconds
        self.operation_name = answer.operation_name
        self.answers += 1
        self.statements += len(answer.statements)
        self.cost = max(self.cost, answer.cost)
        if answer.outcome is not self.outcome:
            self.outcome = min(self.outcome, answer.outcome, key=_WORST_FIRST.index)

    @property
    def line(self) -> dict[str, object]:
        """What the log says of it."""
        return {
            "operation": self.operation_name,
            "outcome": self.outcome.value,
            "statements": self.statements,
            "answers": self.answers,
        }
