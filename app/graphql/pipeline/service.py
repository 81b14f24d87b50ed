"""The pipeline of an operation from any transport: coerce, charge, run, format, observe."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing, nullcontext
from functools import partial
from time import perf_counter
from typing import TypeVar

from graphql import ExecutionResult, GraphQLError, GraphQLSchema
from graphql.execution.values import VariableValues

from app.graphql.documents.lookup import OperationLookup
from app.graphql.documents.refusals import without_type_names
from app.graphql.metering.charge import Charge, Throttled
from app.graphql.metering.meter import Meter, actual_cost
from app.graphql.pipeline.budget_monitor import BudgetMonitor
from app.graphql.pipeline.contexts import ContextFactory
from app.graphql.pipeline.operation_facts import OperationFacts, OperationFactsCache
from app.graphql.pipeline.outcomes import final_outcome, is_retryable
from app.graphql.pipeline.response_streams import ExecutionRequest, ResponseStreams
from app.graphql.pipeline.responses import (
    OperationResponse,
    failure_response,
    internal_error_response,
    refusal_response,
    response_of,
    with_costs,
)
from app.graphql.request.graphql_request import GraphQLRequest
from cache import VersionedCache
from db.database import Database
from db.request_scope import RequestScope
from gql.context import RequestContext, Services
from gql.documents.operation import Operation, RequestRefused
from gql.errors import BadUserInput, DeadlineExceeded
from gql.runtime.deadline import ClientDisconnected, DeadlineScope, WaitForDisconnect
from gql.runtime.execution import begin, coerce_variables, run
from metrics.observations import Observations, Outcome
from services.billing.records import Subscription
from services.callers.principal import Principal
from services.clock import Clock
from services.enterprise.records import UsageContract
from spans.current import current_trace
from spans.part import Kind, Part
from spans.tracer import Tracer

T = TypeVar("T")
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
        documents: OperationLookup,
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
        self.prepare = documents.find
        """Finds the operation of a request; raises `RequestRefused`."""
        self.find_trusted = documents.find_trusted
        """Finds a trusted operation without waiting; None if `prepare` is needed."""
        contexts = ContextFactory(
            database,
            services,
            subscriptions=subscriptions,
            contract=contract,
            observations=observations,
            clock=clock,
        )
        self._context = contexts.new
        self._meter = meter
        self._budget_monitor = BudgetMonitor(observations)
        self.tracer = Tracer(trace_share, observations.parts.record)
        """Traces a sample of the requests of all transports."""
        self._streams = ResponseStreams(schema, contexts, meter, self._budget_monitor.note)
        operations = OperationFactsCache(observations, deadline_seconds=deadline_seconds)
        self._known_facts, self._facts = operations.known, operations.facts

    async def answer(
        self,
        operation: Operation,
        request: GraphQLRequest,
        principal: Principal,
        request_id: str,
        *,
        gone: WaitForDisconnect | None = None,
    ) -> OperationResponse:
        """Run a query or mutation; errors of fields are part of the response.

        Raises `RequestRefused` for invalid variables, for a cost over the maximum, and for an
        exhausted budget. A query is cancelled at its deadline, which gives a response too, and
        when `gone` returns, which raises `ClientDisconnected`. A mutation that has started is
        finished.
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
                charge = self._meter.try_charge(operation, values, principal)
                if charge is None:
                    charge = await self._meter.charge(operation, values, principal)
            except Throttled:
                came = (perf_counter() - started, 0, 0, Outcome.PROTECTED)
                self._budget_monitor.record_run(facts, came, request_id, values, principal)
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
        if context.is_server_fault or context.refusal is not None:
            outcome = final_outcome(context, outcome, operation.budget)
        answer.statements = work.statements
        seconds = perf_counter() - started
        with_costs(answer, charge, outcome, seconds, work.seconds)
        came = (seconds, len(work.statements), charge.estimate, outcome)
        self._budget_monitor.record_run(facts, came, request_id, values, principal)
        return answer

    async def _executed(
        self,
        facts: OperationFacts,
        values: VariableValues,
        context: RequestContext,
        charge: Charge,
        gone: WaitForDisconnect | None,
    ) -> OperationResponse:
        """Run the operation, and set the actual cost of its charge."""
        operation, request_id = facts.operation, context.request_id
        label = operation.label
        try:
            if operation.cost.is_introspection:
                begun = partial(begin, self._schema, operation, values, context)
                result = await self._documents.run_in_thread(begun)
            else:
                result = begin(self._schema, operation, values, context, is_encoded=True)
            if not isinstance(result, ExecutionResult):
                is_mutation = operation.kind == "mutation"
                with _NO_DEADLINE if is_mutation else DeadlineScope(facts.deadline_seconds, gone):
                    result = await result
                    if result.errors and is_retryable(result.errors):
                        context.reset()
                        result = await run(
                            self._schema, operation, values, context, is_encoded=True
                        )
        except DeadlineExceeded as error:
            return failure_response(label, error, request_id, ())
        except (ClientDisconnected, asyncio.CancelledError):
            # A client that disconnects is charged for the work that was begun.
            charge.actual = charge.estimate
            raise
        answer = response_of(label, result, request_id, ())
        if charge.estimate and not (
            context.is_server_fault or answer.outcome is Outcome.SERVER_ERROR
        ):
            charge.actual = actual_cost(operation, values, result)
        return answer

    async def answer_of_batch(
        self,
        request: GraphQLRequest,
        principal: Principal,
        client_name: str | None,
        request_id: str,
    ) -> OperationResponse:
        """Answer one operation of a batch; exceptions become responses too."""
        try:
            operation = await self.prepare(request, principal, client_name)
            if operation.kind == "subscription":
                return refusal_response(RequestRefused(BadUserInput.code, [_NOT_IN_A_BATCH]))
            return await self.answer(operation, request, principal, request_id)
        except RequestRefused as refusal:
            return refusal_response(refusal)
        except Exception as error:  # noqa: BLE001 - it is logged, and the others are answered
            return internal_error_response(error, request_id)

    def cost(self, operation: Operation, request: GraphQLRequest) -> OperationResponse:
        """The estimated cost of an operation, without running it; raises `RequestRefused`."""
        values = self._coerced(operation, request)
        extensions = self._meter.cost_report(operation, values)
        return OperationResponse({"extensions": extensions}, True, Outcome.OK, operation.label)

    async def answers(
        self,
        operation: Operation,
        request: GraphQLRequest,
        principal: Principal,
        request_id: str,
        *,
        last_event_id: int | None = None,
        in_parts: bool = False,
        gone: WaitForDisconnect | None = None,
    ) -> AsyncGenerator[OperationResponse, None]:
        """The responses to an operation of any kind; a refusal is the last.

        Cancelling the consumer closes a subscription's source, and waits for a mutation to finish.
        `last_event_id` is the last event that the client has received of this stream. `in_parts`
        means that the client supports incremental delivery.
        """
        try:
            if operation.kind == "mutation":
                yield await _finish_despite_cancellation(
                    self.answer(operation, request, principal, request_id)
                )
            elif operation.kind == "query" and not (
                in_parts and operation.uses_incremental_delivery
            ):
                yield await self.answer(operation, request, principal, request_id)
            else:
                execution = ExecutionRequest(
                    operation,
                    self._coerced(operation, request),
                    principal,
                    request_id,
                    self._facts(operation).deadline_seconds,
                    last_event_id,
                    gone,
                )
                is_query = operation.kind == "query"
                several = (
                    self._streams.parts(execution) if is_query else self._streams.events(execution)
                )
                async with aclosing(several) as answers:
                    async for answer in answers:
                        yield answer
        except RequestRefused as refusal:
            yield refusal_response(refusal)

    def _coerced(self, operation: Operation, request: GraphQLRequest) -> VariableValues:
        try:
            return coerce_variables(self._schema, operation, request.variables)
        except RequestRefused as misfit:
            if self._documents.is_trusted_only:
                raise without_type_names(misfit) from None
            raise


async def _finish_despite_cancellation(work: Coroutine[object, object, T]) -> T:
    """Finish `work` before passing on a cancellation; a second cancellation ends it."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
