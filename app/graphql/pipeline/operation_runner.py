"""Runs an operation that was found: coerce, charge, execute, format."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing, nullcontext
from functools import partial
from typing import TypeVar

from graphql import ExecutionResult, GraphQLSchema
from graphql.execution.values import VariableValues

from app.graphql.documents.lookup import OperationLookup
from app.graphql.documents.refusals import without_type_names
from app.graphql.metering.meter import Meter
from app.graphql.pipeline.budget_monitor import BudgetMonitor
from app.graphql.pipeline.contexts import ContextFactory
from app.graphql.pipeline.incremental import IncrementalResponses
from app.graphql.pipeline.incremental_execution import execute_in_parts
from app.graphql.pipeline.known_answers import Validation
from app.graphql.pipeline.operation_facts import OperationFacts
from app.graphql.pipeline.operation_run import OperationRun
from app.graphql.pipeline.outcomes import is_retryable
from app.graphql.pipeline.responses import OperationResponse, not_modified, response_of
from app.graphql.request.graphql_request import GraphQLRequest
from db.request_scope import RequestScope
from gql.documents.operation import Operation, RequestRefused
from gql.runtime.deadline import DeadlineScope
from gql.runtime.error_behavior import ErrorBehavior
from gql.runtime.execution import begin, coerce_variables
from gql.runtime.execution import run as execute
from gql.runtime.subscriptions import subscribe
from metrics.observations import Outcome
from services.callers.principal import for_later
from spans.current import current_trace
from spans.part import Kind, Part

T = TypeVar("T")
_NO_DEADLINE = nullcontext()
_ADMISSION = Part(Kind.ADMISSION, "admission")


class OperationRunner:
    """Gives the responses to an operation, and ends its run with the last one.

    It raises what fails the operation as a whole; the run has to be ended then.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        documents: OperationLookup,
        contexts: ContextFactory,
        meter: Meter,
        budget_monitor: BudgetMonitor,
    ) -> None:
        self._schema = schema
        self._documents = documents
        self._contexts = contexts
        self._new_context = contexts.new
        self._meter = meter
        self._budget_monitor = budget_monitor

    # Whatever is moved out of it costs every request a call.
    async def answer(self, run: OperationRun, facts: OperationFacts) -> OperationResponse:  # noqa: C901, PLR0912 - see above
        """Run a query or mutation with a single response; errors of fields are part of it.

        A query raises `DeadlineExceeded` at its deadline, and `ClientDisconnected` when its client
        is gone. A mutation that has started is finished.
        """
        call, operation, trace = run.call, facts.operation, current_trace()
        if facts.needs_coercion or call.request.variables:
            run.values = self._coerced(operation, call.request)
        with RequestScope(operation.trusted_name) as run.work:
            if self._budget_monitor.exporter is not None:
                run.work.timings = []
            context = run.context = self._new_context(
                operation, call.principal, call.request_id, None, call.read_after
            )
            if trace is not None:
                trace.stage(_ADMISSION)
            run.charge = self._meter.try_charge(operation, run.values, call.principal)
            if run.charge is None:
                run.charge = await self._meter.charge(operation, run.values, call.principal)
            if trace is not None:
                trace.stage(facts.part)
            if call.validation is not None:
                unchanged = await self._unchanged(call.validation, run, facts)
                if unchanged is not None:
                    return unchanged
            if operation.cost.is_introspection:
                begun = partial(begin, self._schema, operation, run.values, context)
                result = await self._documents.run_in_thread(begun)
            else:
                result = begin(
                    self._schema,
                    operation,
                    run.values,
                    context,
                    is_encoded=True,
                    on_error=call.request.on_error,
                )
            if not isinstance(result, ExecutionResult):
                is_mutation = operation.kind == "mutation"
                seconds = facts.deadline_seconds
                with _NO_DEADLINE if is_mutation else DeadlineScope(seconds, call.gone):
                    result = await result
                    if result.errors and is_retryable(result.errors):
                        context.reset()
                        result = await execute(
                            self._schema,
                            operation,
                            run.values,
                            context,
                            is_encoded=True,
                            on_error=call.request.on_error,
                        )
            response = response_of(result, call.request_id)
            if run.work.has_changed:
                response.write_position = await self._contexts.record_write(call.principal)
            response.has_secret = facts.has_secret
            if call.validation is not None:
                call.validation.end(response, run.work)
            if trace is not None:
                trace.stage(None)
        run.add(response)
        run.end(self._budget_monitor, response, result)
        return response

    async def _unchanged(
        self, validation: Validation, run: OperationRun, facts: OperationFacts
    ) -> OperationResponse | None:
        """The response that the client has the answer already; None if it has to be made.

        What is made then is read from the primary database, if it may be remembered.
        """
        call, operation = run.call, facts.operation
        tag = await validation.begin(operation, call.principal, call.read_after)
        if tag is None:
            if validation.is_watched and run.context is not None:
                run.context.loaders = run.context.loaders.watched()
            return None
        response = not_modified(tag, operation.caching)
        run.add(response)
        run.end(self._budget_monitor, response, ExecutionResult(None))
        return response

    def responses(
        self, run: OperationRun, facts: OperationFacts
    ) -> AsyncGenerator[OperationResponse, None]:
        """The responses to an operation of any kind.

        Cancelling the consumer closes a subscription's source, and waits for a mutation to finish.
        """
        if facts.operation.kind == "subscription":
            return self._events(run, facts)
        if run.call.supports_incremental and facts.operation.uses_incremental_delivery:
            return self._parts(run, facts)
        return self._single(run, facts)

    async def _single(
        self, run: OperationRun, facts: OperationFacts
    ) -> AsyncGenerator[OperationResponse, None]:
        answering = self.answer(run, facts)
        is_mutation = facts.operation.kind == "mutation"
        yield await (_finish_despite_cancellation(answering) if is_mutation else answering)

    async def _events(
        self, run: OperationRun, facts: OperationFacts
    ) -> AsyncGenerator[OperationResponse, None]:
        """The events of a subscription."""
        call, operation, trace = run.call, facts.operation, current_trace()
        values = run.values = self._coerced(operation, call.request)
        new_context = partial(
            self._new_context,
            operation,
            for_later(call.principal),
            call.request_id,
            call.last_event_id,
        )
        with RequestScope(operation.trusted_name) as run.work:
            context = run.context = new_context()
            if trace is not None and trace.recording is not None:
                trace.stage(facts.part)
            run.charge = await self._meter.charge(operation, values, call.principal)
            events = subscribe(
                self._schema,
                operation,
                values,
                context,
                new_context,
                deadline_seconds=facts.deadline_seconds,
                on_error=call.request.on_error,
            )
            async with aclosing(events):
                async for event in events:
                    response = response_of(event.result, call.request_id, event.number)
                    if event.number is None:
                        # Not a piece of a stream: it tells of a change, which reads must see.
                        await self._contexts.record_write(call.principal)
                    run.add(response)
                    yield response
                    if trace is not None and trace.is_open:
                        # The latency of a subscription is that of its first event.
                        trace.finish()
                    # A source that is always ready must not starve other tasks.
                    await asyncio.sleep(0)

    async def _parts(
        self, run: OperationRun, facts: OperationFacts
    ) -> AsyncGenerator[OperationResponse, None]:
        """The parts of an incremental response to a query."""
        call, operation = run.call, facts.operation
        values = run.values = self._coerced(operation, call.request)
        with RequestScope(operation.trusted_name) as run.work:
            context = run.context = self._new_context(
                operation, call.principal, call.request_id, None, call.read_after
            )
            charge = run.charge = await self._meter.charge(operation, values, call.principal)
            trace = current_trace()
            if trace is not None and trace.recording is not None:
                trace.stage(facts.part)
            on_error = call.request.on_error
            formatting = run.parts = IncrementalResponses(
                call.request_id, halts=on_error is ErrorBehavior.HALT
            )
            parts = execute_in_parts(self._schema, facts, values, context, call.gone, on_error)
            async with aclosing(parts):
                async for part in parts:
                    response = formatting.answer(part)
                    run.add(response)
                    if response.body.get("hasNext"):
                        response.level = charge.level
                    else:
                        whole = ExecutionResult(formatting.data)
                        run.end(self._budget_monitor, response, whole)
                    yield response
                    if not response.body.get("hasNext"):
                        return

    def cost(self, run: OperationRun, facts: OperationFacts) -> OperationResponse:
        """The estimated cost of an operation, without running it."""
        operation = facts.operation
        values = self._coerced(operation, run.call.request)
        extensions = self._meter.cost_report(operation, values)
        response = OperationResponse({"extensions": extensions}, True, Outcome.OK)
        run.add(response)
        return response

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
