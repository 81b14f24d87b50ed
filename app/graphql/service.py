"""An operation from any transport: prepared, run, observed."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, nullcontext
from functools import partial
from time import perf_counter

from graphql import ExecutionResult, GraphQLError, GraphQLSchema
from graphql.execution.values import VariableValues

from app.graphql.answers import (
    Answer,
    GraphQLRequest,
    broken,
    executed,
    failed,
    refused,
    told,
)
from app.graphql.charging import Charge, Throttled
from app.graphql.contexts import Contexts
from app.graphql.documents import Documents
from app.graphql.facts import KnownOperations, OperationFacts
from app.graphql.metering import Meter, actual_cost
from app.graphql.observing import Observing
from app.graphql.outages import may_run_again
from app.graphql.outcomes import outcome_in
from app.graphql.racing import to_the_end
from app.graphql.refusals import variables_misfit
from app.graphql.streams import Asked, Streams
from cache import VersionedCache
from db.database import Database
from db.request_scope import RequestScope
from gql.context import RequestContext, Services
from gql.documents.prepare import Operation, RequestRefused
from gql.errors import BadUserInput, DeadlineExceeded
from gql.runtime.attention import Attention, ClientGone, Gone
from gql.runtime.run import begin, coerced, run
from metrics.observations import Observations, Outcome
from services.billing.records import Subscription
from services.clock import Clock
from services.enterprise.records import UsageContract
from services.principal import Principal
from spans.current import current_trace
from spans.part import Kind, Part
from spans.tracer import Tracer

_ADMISSION = Part(Kind.ADMISSION, "admission")
_EXECUTION = Part(Kind.EXECUTION, "execution")
_NO_VARIABLES = VariableValues({}, {})
_NO_DEADLINE = nullcontext()
_NOT_IN_A_BATCH = GraphQLError("A subscription cannot be part of a batch.")


class GraphQLService:
    """Answers operations; one a process."""

    def __init__(
        self,
        schema: GraphQLSchema,
        documents: Documents,
        database: Database,
        *,
        services: Services,
        subscriptions: VersionedCache[Subscription],
        contract: UsageContract,
        meter: Meter,
        observations: Observations,
        clock: Clock,
        deadline_seconds: float = 15.0,
        trace_share: float = 0.0,
    ) -> None:
        self._schema = schema
        self._documents = documents
        self.prepare = documents.operation
        """Finds the operation that is asked for; raises `RequestRefused`."""
        self.known = documents.known
        """The same where it can be had at once; None where it is to be found."""
        contexts = Contexts(
            database,
            services,
            subscriptions=subscriptions,
            contract=contract,
            observations=observations,
            clock=clock,
        )
        self._context = contexts.new
        self._meter = meter
        self._observing = Observing(observations)
        self.tracer = Tracer(trace_share, observations.parts.record)
        """Traces some requests, from whatever transport."""
        self._streams = Streams(schema, contexts, meter, self._observing.note)
        operations = KnownOperations(observations, deadline_seconds=deadline_seconds)
        self._known_facts, self._facts = operations.known, operations.facts

    async def answer(
        self,
        operation: Operation,
        request: GraphQLRequest,
        principal: Principal,
        request_id: str,
        *,
        gone: Gone | None = None,
    ) -> Answer:
        """Run a query or mutation; failures of its fields are part of the answer.

        Raises `RequestRefused` for variables that do not fit, for what costs too much, and for
        who has spent too much. A query is broken off at its deadline, which is an answer too, and
        where `gone` says so, which raises `ClientGone`; a mutation that has begun is finished.
        """
        started, trace = perf_counter(), current_trace()
        facts = self._known_facts(id(operation)) or self._facts(operation)
        needs_coercion = facts.needs_coercion or request.variables
        values = self._coerced(operation, request) if needs_coercion else _NO_VARIABLES
        with RequestScope(operation.trusted_name) as work:
            context = self._context(operation, principal, request_id)
            if trace is not None:
                trace.stage(_ADMISSION)
            try:
                charge = self._meter.charge_at_once(operation, values, principal)
                if charge is None:
                    charge = await self._meter.charge(operation, values, principal)
            except Throttled:
                came = (perf_counter() - started, 0, 0, Outcome.PROTECTED)
                self._observing.note_run(facts, came, request_id, values, principal)
                await self._meter.hold_back()
                raise
            if trace is not None:
                trace.stage(_EXECUTION)
            try:
                answer = await self._executed(facts, values, context, charge, gone)
            finally:
                charge.settle()
            if trace is not None:
                trace.stage(None)
        outcome = answer.outcome
        if context.is_excused or context.refusal is not None:
            outcome = outcome_in(context, outcome, operation.budget)
        answer.statements = work.statements
        seconds = perf_counter() - started
        told(answer, charge, outcome, seconds, work.seconds)
        came = (seconds, len(work.statements), charge.estimate, outcome)
        self._observing.note_run(facts, came, request_id, values, principal)
        return answer

    async def _executed(
        self,
        facts: OperationFacts,
        values: VariableValues,
        context: RequestContext,
        charge: Charge,
        gone: Gone | None,
    ) -> Answer:
        """The answer to what is run now, of which the charge keeps what came of it."""
        operation, request_id = facts.operation, context.request_id
        label = operation.label
        try:
            if operation.cost.is_introspection:
                begun = partial(begin, self._schema, operation, values, context)
                result = await self._documents.run_aside(begun)
            else:
                result = begin(self._schema, operation, values, context, is_encoded=True)
            if not isinstance(result, ExecutionResult):
                is_mutation = operation.kind == "mutation"
                with _NO_DEADLINE if is_mutation else Attention(facts.deadline_seconds, gone):
                    result = await result
                    if result.errors and may_run_again(result.errors):
                        context.start_over()
                        result = await run(
                            self._schema, operation, values, context, is_encoded=True
                        )
        except DeadlineExceeded as error:
            return failed(label, error, request_id, ())
        except (ClientGone, asyncio.CancelledError):
            # Whoever goes away has had us work all the same.
            charge.actual = charge.estimate
            raise
        answer = executed(label, result, request_id, ())
        if charge.estimate and not (context.is_excused or answer.outcome is Outcome.SERVER_ERROR):
            charge.actual = actual_cost(operation, values, result)
        return answer

    async def answer_of_batch(
        self,
        request: GraphQLRequest,
        principal: Principal,
        client_name: str | None,
        request_id: str,
    ) -> Answer:
        """Answer one operation of several; what keeps it from running is an answer too."""
        try:
            operation = await self.prepare(request, principal, client_name)
            if operation.kind == "subscription":
                return refused(RequestRefused(BadUserInput.code, [_NOT_IN_A_BATCH]))
            return await self.answer(operation, request, principal, request_id)
        except RequestRefused as refusal:
            return refused(refusal)
        except Exception as error:  # noqa: BLE001 - it is logged, and the others are answered
            return broken(error, request_id)

    def cost(self, operation: Operation, request: GraphQLRequest) -> Answer:
        """What an operation would cost, without running it; raises `RequestRefused`."""
        values = self._coerced(operation, request)
        extensions = self._meter.validated(operation, values)
        return Answer({"extensions": extensions}, True, Outcome.OK, operation.label)

    async def answers(
        self,
        operation: Operation,
        request: GraphQLRequest,
        principal: Principal,
        request_id: str,
        *,
        last_event_id: int | None = None,
        in_parts: bool = False,
        gone: Gone | None = None,
    ) -> AsyncGenerator[Answer, None]:
        """Give the answers to an operation of any kind; one that was not executed is the last.

        Cancelling who waits for the next closes a subscription's source, and waits for the end of
        a mutation. `last_event_id` is the last event that the client has seen of this stream;
        `in_parts` says that the client reads what a query puts off in answers of their own.
        """
        try:
            if operation.kind == "mutation":
                yield await to_the_end(self.answer(operation, request, principal, request_id))
            elif operation.kind == "query" and not (in_parts and operation.puts_off):
                yield await self.answer(operation, request, principal, request_id)
            else:
                asked = Asked(
                    operation,
                    self._coerced(operation, request),
                    principal,
                    request_id,
                    self._facts(operation).deadline_seconds,
                    last_event_id,
                    gone,
                )
                is_query = operation.kind == "query"
                several = self._streams.parts(asked) if is_query else self._streams.events(asked)
                async with aclosing(several) as answers:
                    async for answer in answers:
                        yield answer
        except RequestRefused as refusal:
            yield refused(refusal)

    def _coerced(self, operation: Operation, request: GraphQLRequest) -> VariableValues:
        try:
            return coerced(self._schema, operation, request.variables)
        except RequestRefused as misfit:
            if self._documents.are_all_known:
                raise variables_misfit(misfit) from None
            raise
