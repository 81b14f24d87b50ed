"""Operations with several answers: a subscription's events, and answers in parts."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial

from graphql import GraphQLSchema
from graphql.execution.values import VariableValues

from app.graphql.answers import Answer, Record, executed, failed, refused, told
from app.graphql.charging import Charge, Throttled
from app.graphql.contexts import Contexts
from app.graphql.metering import Meter
from app.graphql.outcomes import outcome_in
from app.graphql.parts import Parts
from db.request_scope import RequestScope
from gql.context import RequestContext
from gql.documents.prepare import Operation
from gql.errors import DeadlineExceeded
from gql.runtime.attention import Attention, Gone
from gql.runtime.incremental import Part, run_in_parts
from gql.runtime.subscribe import StreamFailed, subscribe
from metrics.observations import Observed, Outcome
from services.principal import Principal
from spans.current import current_trace


@dataclass(frozen=True, slots=True)
class Asked:
    """An operation with its coerced variables, and who asks for it."""

    operation: Operation
    values: VariableValues
    principal: Principal
    request_id: str
    deadline_seconds: float
    last_event_id: int | None = None
    gone: Gone | None = None

    @property
    def name(self) -> str:
        """What the log calls it."""
        return self.operation.label


class Streams:
    """Gives answers one after the other; each operation is metered and observed once."""

    def __init__(
        self,
        schema: GraphQLSchema,
        contexts: Contexts,
        meter: Meter,
        observe: Callable[[Operation, Observed, str, VariableValues, Principal], None],
    ) -> None:
        self._schema = schema
        self._contexts = contexts
        self._meter = meter
        self._observe = observe

    async def events(self, asked: Asked) -> AsyncGenerator[Answer, None]:
        """Give the events of a subscription; the failure of its source is the last answer."""
        record, context, trace = Record(), self._context(asked), current_trace()
        events = subscribe(
            self._schema,
            asked.operation,
            asked.values,
            context,
            partial(self._context, asked),
            deadline_seconds=asked.deadline_seconds,
        )
        with RequestScope(asked.operation.trusted_name) as work:
            try:
                with await self._meter.charge(
                    asked.operation, asked.values, asked.principal
                ) as charge:
                    charge.actual = charge.estimate
                    async with aclosing(events):
                        async for event in events:
                            answer = executed(
                                asked.name,
                                event.result,
                                asked.request_id,
                                work.statements,
                                event.number,
                            )
                            work.statements.clear()
                            answer.outcome = outcome_in(
                                context, answer.outcome, asked.operation.budget
                            )
                            if context.is_excused:
                                charge.actual = 0
                            record.add(answer)
                            yield answer
                            if trace is not None and trace.is_open:
                                # Its latency is that of the first answer.
                                trace.finish()
                            # A source that always has something ready must not starve the others.
                            await asyncio.sleep(0)
            except Throttled as throttled:
                record.add(refused(throttled, asked.name))
                await self._meter.hold_back()
                raise
            except StreamFailed as failure:
                answer = failed(asked.name, failure.error, asked.request_id, work.statements)
                record.add(answer)
                yield answer
            finally:
                if record.answers:
                    self._note(asked, record)

    async def parts(self, asked: Asked) -> AsyncGenerator[Answer, None]:
        """Give a query's answer in parts; the deadline is that of all of them together."""
        record = Record()
        with RequestScope(asked.operation.trusted_name) as work:
            parts = Parts(asked.name, asked.request_id, work.statements)
            context = self._context(asked)
            results = run_in_parts(self._schema, asked.operation, asked.values, context)
            try:
                with await self._meter.charge(
                    asked.operation, asked.values, asked.principal
                ) as charge:
                    # Whoever goes away has had us work all the same.
                    charge.actual = charge.estimate
                    async with aclosing(results):
                        async for answer in _in_time(results, parts, asked):
                            record.add(answer)
                            if not _is_last(answer):
                                yield replace(answer, level=charge.level)
                    self._settle(charge, asked, parts, record, context)
                yield told(
                    answer,
                    charge,
                    outcome_in(context, answer.outcome, asked.operation.budget),
                    record.elapsed_seconds,
                    work.seconds,
                )
            except Throttled as throttled:
                record.add(refused(throttled, asked.name))
                await self._meter.hold_back()
                raise
            finally:
                if record.answers:
                    self._note(asked, record)

    def _note(self, asked: Asked, record: Record) -> None:
        observed = record.observed(asked.name)
        self._observe(asked.operation, observed, asked.request_id, asked.values, asked.principal)

    def _settle(
        self, charge: Charge, asked: Asked, parts: Parts, record: Record, context: RequestContext
    ) -> None:
        is_ours = context.is_excused or record.outcome is Outcome.SERVER_ERROR
        cost, values = asked.operation.cost, asked.values.coerced
        charge.actual = 0 if is_ours or not parts.data else cost.actual(values, parts.data)

    def _context(self, asked: Asked) -> RequestContext:
        return self._contexts.new(
            asked.operation, asked.principal, asked.request_id, asked.last_event_id
        )


async def _in_time(
    results: AsyncGenerator[Part, None], parts: Parts, asked: Asked
) -> AsyncGenerator[Answer, None]:
    loop = asyncio.get_running_loop()
    ends, gone = loop.time() + asked.deadline_seconds, asked.gone
    while True:
        try:
            with Attention(max(0.0, ends - loop.time()), gone):
                part = await anext(results, None)
        except DeadlineExceeded:
            error = DeadlineExceeded(asked.deadline_seconds)
            yield (
                parts.broken_off(error)
                if parts.have_begun
                else failed(asked.name, error, asked.request_id, ())
            )
            return
        if part is None:
            return
        # From the first part on, the transport knows whether the client is there.
        gone = None
        yield parts.answer(part)


def _is_last(answer: Answer) -> bool:
    return not answer.body.get("hasNext", False)
