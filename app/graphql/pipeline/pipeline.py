"""The one pipeline of operations: find, coerce, charge, execute, format, observe.

Every exception becomes a response here, and every charge is settled here, for all transports.
"""

from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from time import perf_counter
from typing import TypeVar, cast

from graphql import GraphQLError, GraphQLSchema

from app.graphql.documents.lookup import OperationLookup
from app.graphql.metering.charge import Throttled
from app.graphql.metering.meter import Meter
from app.graphql.pipeline.budget_monitor import BudgetMonitor
from app.graphql.pipeline.call import UNREAD, OperationCall
from app.graphql.pipeline.contexts import ContextFactory
from app.graphql.pipeline.failures import FailureResponses, operation_error
from app.graphql.pipeline.operation_facts import OperationFacts, OperationFactsCache
from app.graphql.pipeline.operation_run import OperationRun
from app.graphql.pipeline.operation_runner import OperationRunner
from app.graphql.pipeline.responses import Answer, OperationResponse, ResponseStream
from app.graphql.pipeline.usage_reports import UsageReports
from app.graphql.request.graphql_request import GraphQLRequest
from app.graphql.request.parsing import ParsedRequest
from cache import VersionedCache
from db.database import Database
from gql.context import Services
from gql.documents.operation import UNTRUSTED, Operation, RequestRefused
from gql.errors import BadUserInput
from gql.runtime.deadline import ClientDisconnected
from metrics.observations import Observations
from services.billing.records import Subscription
from services.callers.write_positions import WritePositions
from services.clock import Clock
from services.enterprise.records import UsageContract
from spans.current import current_trace
from spans.exporter import Exporter
from spans.part import Kind, Part
from spans.tracer import Tracer

T = TypeVar("T")
_PREPARATION = Part(Kind.PREPARATION, "preparation")
_ADMISSION = Part(Kind.ADMISSION, "admission")
_EXECUTION = Part(Kind.EXECUTION, "execution")
_NOT_IN_A_BATCH = GraphQLError("A subscription cannot be part of a batch.")


class Pipeline:
    """Answers calls; one a process."""

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
        exporter: Exporter | None = None,
        usage: UsageReports | None = None,
        positions: WritePositions | None = None,
    ) -> None:
        self._documents = documents
        self.find = documents.find
        """Finds the operation of a request, without running it; raises `RequestRefused`."""
        self.contexts = ContextFactory(
            database,
            services,
            subscriptions=subscriptions,
            contract=contract,
            observations=observations,
            clock=clock,
            positions=positions,
        )
        self._failures = FailureResponses(meter)
        self._budget_monitor = BudgetMonitor(observations, exporter, usage)
        self._runner = OperationRunner(
            schema, documents, self.contexts, meter, self._budget_monitor
        )
        self.tracer = Tracer(trace_share, observations.parts.record, exporter=exporter)
        """Traces a sample of the requests of all transports."""
        self._facts = OperationFactsCache(observations, deadline_seconds=deadline_seconds)

    async def respond(
        self, call: OperationCall, reading: Awaitable[ParsedRequest] | None = None
    ) -> Answer:
        """Answer a call: by a response, by a stream if it needs one, or as the batch that it is.

        `reading` gives the request of the call, if it has none yet, and may raise what it finds
        wrong with it. A query is cancelled at its deadline, and when the client has disconnected:
        that raises `ClientDisconnected`, and nothing else is raised.
        """
        run = OperationRun(call)
        try:
            if reading is not None:
                asked = await reading
                if not isinstance(asked, GraphQLRequest):
                    return await self._batch(run, asked)
                call.request = asked
            facts = self._find_trusted(run) or await self._find(run)
            if call.asks_cost:
                return self._runner.cost(run, facts)
            operation = facts.operation
            if (
                call.wants_stream
                or operation.kind == "subscription"
                or (operation.uses_incremental_delivery and call.supports_incremental)
            ):
                is_query = operation.kind == "query"
                return ResponseStream(self._stream(run), is_query, facts.has_secret)
            return await self._runner.answer(run, facts)
        except ClientDisconnected:
            raise
        except Exception as error:  # noqa: BLE001 - every exception becomes a response
            response = await self._failed(error, run)
            is_read = call.request is not UNREAD and response.status is None
            if call.wants_stream and is_read:
                call.log["answers"] = run.answers
                return ResponseStream(_only(response))
            return response
        finally:
            if run.charge is not None:
                run.end(self._budget_monitor)

    async def refusal(self, error: Exception, call: OperationCall) -> OperationResponse:
        """The response to what a transport raised before it had an operation to run."""
        return await self._failures.response_to(error, call)

    def stream(self, call: OperationCall) -> AsyncGenerator[OperationResponse, None]:
        """The responses to a call whose request has been read; a refusal or failure is the last.

        Cancelling the consumer closes a subscription's source, and waits for a mutation to finish.
        """
        return self._stream(OperationRun(call))

    async def _stream(self, run: OperationRun) -> AsyncGenerator[OperationResponse, None]:
        try:
            facts = run.facts or self._find_trusted(run) or await self._find(run)
            async with aclosing(self._runner.responses(run, facts)) as responses:
                async for response in responses:
                    yield response
        except ClientDisconnected:
            raise
        except Exception as error:  # noqa: BLE001 - every exception becomes a response
            yield await self._failed(error, run)
        finally:
            if run.charge is not None:
                run.end(self._budget_monitor)
            run.log_totals()

    async def _batch(
        self, run: OperationRun, requests: tuple[GraphQLRequest, ...]
    ) -> list[OperationResponse]:
        """Answer one after the other, so that a batch needs no more resources at once."""
        batch, responses = run.call, []
        position: int | None = None
        for number, request in enumerate(requests, 1):
            call = OperationCall(
                f"{batch.request_id}.{number}",
                {},
                batch.address,
                batch.client_name,
                batch.principal,
                request=request,
                read_after=batch.read_after,
                found=_refuse_in_batch,
                router=batch.router,
            )
            response = cast("OperationResponse", await self.respond(call))  # it has no other
            response.write_position = response.write_position or position
            position = response.write_position
            responses.append(response)
            run.add(response)
            batch.log["operation"] = call.log["operation"]
        run.log_totals()
        return responses

    def _find_trusted(self, run: OperationRun) -> OperationFacts | None:
        """Find the operation of a call by the id of a trusted document; None for any other."""
        call, trace = run.call, current_trace()
        if trace is not None:
            trace.stage(_PREPARATION)
        operation = self._documents.find_trusted(call.request, call.principal, call.client_name)
        return None if operation is None else self._found(run, operation)

    async def _find(self, run: OperationRun) -> OperationFacts:
        """Find the operation of a call; raises `RequestRefused`, or what the transport raises."""
        call = run.call
        return self._found(
            run,
            await self._documents.find(
                call.request, call.principal, call.client_name, router=call.router
            ),
        )

    def _found(self, run: OperationRun, operation: Operation) -> OperationFacts:
        call = run.call
        call.log["operation"] = operation.label
        if operation.kind != "query" and call.found is not None:
            call.found(call, operation)
        facts = run.facts = self._facts.known(id(operation)) or self._facts.facts(operation)
        run.started = perf_counter()
        return facts

    async def _failed(self, error: Exception, run: OperationRun) -> OperationResponse:
        """The response to an exception, which ends the run."""
        call, parts = run.call, run.parts
        if call.request is not UNREAD:
            call.log.setdefault("operation", UNTRUSTED)
        if parts is not None and parts.has_pending:
            response = parts.aborted(operation_error(error))
        else:
            response = await self._failures.response_to(error, call)
        run.add(response)
        if run.charge is not None or isinstance(error, Throttled):
            run.end(self._budget_monitor, response)
        return response


def _refuse_in_batch(_call: OperationCall, operation: Operation) -> None:
    if operation.kind == "subscription":
        raise RequestRefused(BadUserInput.code, [_NOT_IN_A_BATCH])


async def _only(response: OperationResponse) -> AsyncGenerator[OperationResponse, None]:
    yield response
