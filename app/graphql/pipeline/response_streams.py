"""Operations with several responses: subscriptions, and incremental delivery."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial

from graphql import GraphQLSchema
from graphql.execution.values import VariableValues

from app.graphql.metering.charge import Charge, Throttled
from app.graphql.metering.meter import Meter
from app.graphql.pipeline.contexts import ContextFactory
from app.graphql.pipeline.incremental import IncrementalResponses
from app.graphql.pipeline.outcomes import final_outcome
from app.graphql.pipeline.responses import (
    OperationResponse,
    ResponseSummary,
    failure_response,
    refusal_response,
    response_of,
    with_costs,
)
from db.request_scope import RequestScope
from gql.context import RequestContext
from gql.documents.operation import Operation
from gql.errors import DeadlineExceeded
from gql.runtime.deadline import DeadlineScope, WaitForDisconnect
from gql.runtime.incremental import Part, run_in_parts
from gql.runtime.subscriptions import StreamFailed, subscribe
from metrics.observations import OperationSample, Outcome
from services.callers.principal import Principal
from spans.current import current_trace


@dataclass(frozen=True, slots=True)
class ExecutionRequest:
    """An operation with its coerced variables and its caller."""

    operation: Operation
    values: VariableValues
    principal: Principal
    request_id: str
    deadline_seconds: float
    last_event_id: int | None = None
    gone: WaitForDisconnect | None = None

    @property
    def name(self) -> str:
        """The operation's name in logs and metrics."""
        return self.operation.label


class ResponseStreams:
    """Gives responses one after the other; each operation is charged and observed once."""

    def __init__(
        self,
        schema: GraphQLSchema,
        contexts: ContextFactory,
        meter: Meter,
        observe: Callable[[Operation, OperationSample, str, VariableValues, Principal], None],
    ) -> None:
        self._schema = schema
        self._contexts = contexts
        self._meter = meter
        self._observe = observe

    async def events(self, request: ExecutionRequest) -> AsyncGenerator[OperationResponse, None]:
        """Give the events of a subscription; the failure of its source is the last response."""
        record, context, trace = ResponseSummary(), self._context(request), current_trace()
        events = subscribe(
            self._schema,
            request.operation,
            request.values,
            context,
            partial(self._context, request),
            deadline_seconds=request.deadline_seconds,
        )
        with RequestScope(request.operation.trusted_name) as work:
            try:
                with await self._meter.charge(
                    request.operation, request.values, request.principal
                ) as charge:
                    charge.actual = charge.estimate
                    async with aclosing(events):
                        async for event in events:
                            answer = response_of(
                                request.name,
                                event.result,
                                request.request_id,
                                work.statements,
                                event.number,
                            )
                            work.statements.clear()
                            answer.outcome = final_outcome(
                                context, answer.outcome, request.operation.budget
                            )
                            if context.is_server_fault:
                                charge.actual = 0
                            record.add(answer)
                            yield answer
                            if trace is not None and trace.is_open:
                                # The latency of a subscription is that of its first event.
                                trace.finish()
                            # A source that is always ready must not starve other tasks.
                            await asyncio.sleep(0)
            except Throttled as throttled:
                record.add(refusal_response(throttled, request.name))
                await self._meter.hold_back()
                raise
            except StreamFailed as failure:
                answer = failure_response(
                    request.name, failure.error, request.request_id, work.statements
                )
                record.add(answer)
                yield answer
            finally:
                if record.answers:
                    self._note(request, record)

    async def parts(self, request: ExecutionRequest) -> AsyncGenerator[OperationResponse, None]:
        """Give an incremental response to a query; the deadline covers all its parts."""
        record = ResponseSummary()
        with RequestScope(request.operation.trusted_name) as work:
            parts = IncrementalResponses(request.name, request.request_id, work.statements)
            context = self._context(request)
            results = run_in_parts(self._schema, request.operation, request.values, context)
            try:
                with await self._meter.charge(
                    request.operation, request.values, request.principal
                ) as charge:
                    # A client that disconnects is charged for the work that was begun.
                    charge.actual = charge.estimate
                    async with aclosing(results):
                        async for answer in _in_time(results, parts, request):
                            record.add(answer)
                            if not _is_last(answer):
                                yield replace(answer, level=charge.level)
                    self._settle(charge, request, parts, record, context)
                yield with_costs(
                    answer,
                    charge,
                    final_outcome(context, answer.outcome, request.operation.budget),
                    record.elapsed_seconds,
                    work.seconds,
                )
            except Throttled as throttled:
                record.add(refusal_response(throttled, request.name))
                await self._meter.hold_back()
                raise
            finally:
                if record.answers:
                    self._note(request, record)

    def _note(self, request: ExecutionRequest, record: ResponseSummary) -> None:
        observed = record.observed(request.name)
        self._observe(
            request.operation, observed, request.request_id, request.values, request.principal
        )

    def _settle(
        self,
        charge: Charge,
        request: ExecutionRequest,
        parts: IncrementalResponses,
        record: ResponseSummary,
        context: RequestContext,
    ) -> None:
        is_ours = context.is_server_fault or record.outcome is Outcome.SERVER_ERROR
        cost, values = request.operation.cost, request.values.coerced
        charge.actual = 0 if is_ours or not parts.data else cost.actual(values, parts.data)

    def _context(self, request: ExecutionRequest) -> RequestContext:
        return self._contexts.new(
            request.operation, request.principal, request.request_id, request.last_event_id
        )


async def _in_time(
    results: AsyncGenerator[Part, None], parts: IncrementalResponses, request: ExecutionRequest
) -> AsyncGenerator[OperationResponse, None]:
    loop = asyncio.get_running_loop()
    ends, gone = loop.time() + request.deadline_seconds, request.gone
    while True:
        try:
            with DeadlineScope(max(0.0, ends - loop.time()), gone):
                part = await anext(results, None)
        except DeadlineExceeded:
            error = DeadlineExceeded(request.deadline_seconds)
            yield (
                parts.aborted(error)
                if parts.has_pending
                else failure_response(request.name, error, request.request_id, ())
            )
            return
        if part is None:
            return
        # After the first part the transport itself notices a disconnect.
        gone = None
        yield parts.answer(part)


def _is_last(answer: OperationResponse) -> bool:
    return not answer.body.get("hasNext", False)
