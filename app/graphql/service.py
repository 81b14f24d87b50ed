"""An operation from any transport: prepared, run, worded, observed."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from graphql import GraphQLSchema

from app.graphql.wording import outcome_of, refusal_body, worded
from cache import VersionedCache
from db.database import Database
from db.recording import recorded_statements
from gql.context import RequestContext
from gql.execution.prepare import Operation, Preparation, RequestRefused
from gql.execution.run import run
from loaders import Loaders
from metrics.observations import Observations, Outcome
from services.billing.records import Subscription
from services.clock import Clock
from services.enterprise.records import UsageContract
from services.principal import Person, Principal

UNNAMED = "unnamed"


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What a client asks, whichever way it came."""

    query: str
    operation_name: str | None = None
    # Any: variables are JSON until they are coerced.
    variables: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client gets, and what the log says of it."""

    # Any: data is JSON of the shape that was asked for.
    body: dict[str, Any]
    was_executed: bool
    outcome: Outcome
    operation_name: str = UNNAMED
    statements: tuple[str, ...] = ()


class GraphQLService:
    """Answers operations; one a process."""

    def __init__(
        self,
        schema: GraphQLSchema,
        preparation: Preparation,
        database: Database,
        *,
        subscriptions: VersionedCache[Subscription],
        contract: UsageContract,
        observations: Observations,
        clock: Clock,
    ) -> None:
        self._schema = schema
        self._preparation = preparation
        self._database = database
        self._subscriptions = subscriptions
        self._contract = contract
        self._observations = observations
        self._clock = clock

    def prepare(self, request: GraphQLRequest) -> Operation:
        """The operation that is asked for; raises `RequestRefused`."""
        return self._preparation.operation(request.query, request.operation_name)

    async def answer(
        self, operation: Operation, request: GraphQLRequest, principal: Principal, request_id: str
    ) -> Answer:
        """Run a query or mutation; failures of its fields are part of the answer.

        Raises `RequestRefused` for variables that do not fit.
        """
        started = perf_counter()
        with recorded_statements() as statements:
            result = await run(self._schema, operation, request.variables, self._context(principal))
        errors = [worded(error, request_id) for error in result.errors or ()]
        answer = Answer(
            body={"data": result.data, "errors": errors} if errors else {"data": result.data},
            was_executed=True,
            outcome=outcome_of(errors),
            operation_name=operation.name or UNNAMED,
            statements=tuple(statements),
        )
        self._observations.operation(
            answer.operation_name,
            perf_counter() - started,
            statements=len(answer.statements),
            outcome=answer.outcome,
        )
        return answer

    def _context(self, principal: Principal) -> RequestContext:
        now = self._clock()
        viewer_id = principal.user_id if isinstance(principal, Person) else None
        loaders = Loaders(
            self._database,
            subscriptions=self._subscriptions,
            viewer_id=viewer_id,
            contract=self._contract,
            now=now,
        )
        return RequestContext(principal, loaders, now, self._observations)


def refused(refusal: RequestRefused) -> Answer:
    """The answer to a request that is not executed."""
    body = refusal_body(refusal.errors, refusal.code)
    return Answer(body, was_executed=False, outcome=Outcome.CLIENT_ERROR)
