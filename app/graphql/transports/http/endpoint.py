"""/graphql over HTTP: POST and GET, after the GraphQL-over-HTTP draft of August 2026."""

from collections.abc import AsyncGenerator, Awaitable, Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.authentication.authenticator import (
    AuthenticationUnavailable,
    Authenticator,
    NotAuthenticated,
)
from app.authentication.verified_tokens import Identity
from app.graphql.pipeline.responses import (
    OperationResponse,
    ResponseSummary,
    internal_error_response,
    refusal_response,
)
from app.graphql.pipeline.service import GraphQLService
from app.graphql.request.bad_request import BadRequest
from app.graphql.request.content_negotiation import (
    ACCEPTS_ANYTHING,
    EVENT_STREAM,
    GRAPHQL_JSON,
    JSON,
    AcceptedTypes,
)
from app.graphql.request.graphql_request import GraphQLRequest
from app.graphql.request.http_request import GraphQLHttpRequest
from app.graphql.request.parsing import RequestLimits, read_request
from app.graphql.transports.credential_expiry import CredentialExpiry
from app.graphql.transports.heartbeats import Heartbeats
from app.graphql.transports.http.json_response import JsonResponse, rejection_response
from app.graphql.transports.http.multipart import MultipartResponse
from app.graphql.transports.http.refusal_charges import UNAUTHENTICATED, RefusalCharges
from app.graphql.transports.http.response_headers import response_headers, server_timing
from app.graphql.transports.http.sse import HEARTBEAT_SECONDS, EventStreamResponse
from app.graphql.transports.http.statuses import CLIENT_GONE, status_of
from app.settings.field_types import StatusProfile
from gql.documents.operation import Operation, RequestRefused
from gql.runtime.deadline import ClientDisconnected
from services.callers.principal import Principal
from services.clock import Clock
from spans.current import current_trace
from spans.part import Kind, Part

_REQUEST = Part(Kind.REQUEST, "http")
_AUTHENTICATION = Part(Kind.AUTHENTICATION, "authentication")
_READING = Part(Kind.READING, "reading")
_PREPARATION = Part(Kind.PREPARATION, "preparation")
NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
_OTHER_TYPES = f"This endpoint answers with {GRAPHQL_JSON}, {JSON} or {EVENT_STREAM}."


class GraphQLEndpoint:
    """Answers HTTP requests: reads, runs and frames; every exception becomes a response."""

    def __init__(
        self,
        service: GraphQLService,
        authenticator: Authenticator,
        clock: Clock,
        charge_refusal: Callable[[Principal], Awaitable[None]],
        limits: RequestLimits,
        *,
        statuses: StatusProfile = StatusProfile.CURRENT,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        sends_server_timing: bool = False,
    ) -> None:
        self._service = service
        self._sends_server_timing = sends_server_timing
        self._authenticator = authenticator
        self._clock = clock
        self._refusal_charges = RefusalCharges(charge_refusal)
        self._limits = limits
        self._statuses = statuses
        self._heartbeats = Heartbeats(heartbeat_seconds)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request, traced if it is sampled."""
        request, tracer = GraphQLHttpRequest(scope, receive), self._service.tracer
        types = request.options.types
        answering = (
            self._not_acceptable(request, send)
            if types is None
            else self._answering(request, types, send)
        )
        if not (tracer.should_trace() or request.exchange.head.asks_for_trace):
            return answering
        exchange = request.exchange
        return tracer.run(_REQUEST, answering, lambda: exchange.operation)

    # Inlined: each branch saves every request a function call.
    async def _answering(
        self, request: GraphQLHttpRequest, types: AcceptedTypes, send: Send
    ) -> None:
        log, trace = request.exchange.log, current_trace()
        identity, service = UNAUTHENTICATED, self._service
        answer: OperationResponse | ASGIApp
        try:
            if trace is not None:
                trace.stage(_AUTHENTICATION)
            known = self._authenticator.cached_identity(request.headers)
            identity = known or await self._authenticator.identity(
                request.headers, address=request.address
            )
            if trace is not None:
                trace.stage(_READING)
            graphql_request = await read_request(request, self._limits)
            if trace is not None:
                trace.stage(_PREPARATION)
            if isinstance(graphql_request, GraphQLRequest):
                name = request.options.client_name
                operation = service.find_trusted(graphql_request, identity.principal, name)
                if operation is None:
                    operation = await service.prepare(graphql_request, identity.principal, name)
                log["operation"] = operation.label
                if _has_single_response(request, types, operation):
                    answer = await service.answer(
                        operation,
                        graphql_request,
                        identity.principal,
                        request.exchange.request_id,
                        gone=request.until_gone,
                    )
                else:
                    answer = await self._run(request, types, operation, graphql_request, identity)
            else:
                answer = await self._batch(request, graphql_request, identity)
        except Exception as error:  # noqa: BLE001 - every exception becomes a response
            answer = await self._failed(error, request, types, identity)
        reply = (
            self._logged_reply(answer, request, types)
            if isinstance(answer, OperationResponse)
            else answer
        )
        if not (isinstance(reply, JsonResponse) and reply.try_send_now(send)):
            await reply(request.scope, request.receive, send)

    async def _failed(
        self,
        error: Exception,
        request: GraphQLHttpRequest,
        types: AcceptedTypes,
        identity: Identity,
    ) -> OperationResponse | ASGIApp:
        if isinstance(error, RequestRefused):
            answer = refusal_response(
                await self._refusal_charges.charge(error, request, identity) or error
            )
            if types.prefers_stream:
                return self._events(_only(answer), request, identity)
            return answer
        if isinstance(error, ClientDisconnected):
            request.exchange.log["outcome"] = "gone"
            return Response(status_code=CLIENT_GONE)
        if isinstance(error, BadRequest | NotAuthenticated | AuthenticationUnavailable):
            unpaid = await self._refusal_charges.charge(error, request, identity)
            return rejection_response(error, types) if unpaid is None else refusal_response(unpaid)
        return internal_error_response(error, request.exchange.request_id)

    async def _not_acceptable(self, request: GraphQLHttpRequest, send: Send) -> None:
        """Answer 406, as JSON although the client does not accept it."""
        error = BadRequest(406, _OTHER_TYPES, code=NOT_ACCEPTABLE)
        unpaid = await self._refusal_charges.charge(error, request, UNAUTHENTICATED)
        reply = (
            rejection_response(error, ACCEPTS_ANYTHING)
            if unpaid is None
            else self._logged_reply(refusal_response(unpaid), request, ACCEPTS_ANYTHING)
        )
        await reply(request.scope, request.receive, send)

    async def _run(
        self,
        request: GraphQLHttpRequest,
        types: AcceptedTypes,
        operation: Operation,
        graphql_request: GraphQLRequest,
        identity: Identity,
    ) -> ASGIApp:
        if operation.kind == "mutation" and request.method != "POST":
            raise BadRequest(405, "A mutation must be sent with POST.", [(b"allow", b"POST")])
        if request.options.asks_cost:
            return self._reply(self._service.cost(operation, graphql_request), types)
        if types.prefers_stream or operation.kind == "subscription":
            return self._stream(request, types, operation, graphql_request, identity)
        return await self._parts(request, types, operation, graphql_request, identity)

    def _logged_reply(
        self, answer: OperationResponse, request: GraphQLHttpRequest, types: AcceptedTypes
    ) -> JsonResponse:
        log = request.exchange.log
        if "operation" not in log:
            log["operation"] = answer.operation_name
        log["outcome"] = answer.outcome
        log["statements"] = len(answer.statements)
        return self._reply(answer, types)

    async def _batch(
        self,
        request: GraphQLHttpRequest,
        graphql_request: tuple[GraphQLRequest, ...],
        identity: Identity,
    ) -> ASGIApp:
        """Answer one after the other, so that a batch needs no more resources at once."""
        record, bodies = ResponseSummary(), []
        for number, one in enumerate(graphql_request, 1):
            request_id = f"{request.exchange.request_id}.{number}"
            answer = await self._service.answer_of_batch(
                one, identity.principal, request.options.client_name, request_id
            )
            if answer.refusal is not None:
                unpaid = await self._refusal_charges.charge_code(answer.refusal, request, identity)
                answer = answer if unpaid is None else refusal_response(unpaid)
            record.add(answer)
            bodies.append(answer.body)
        request.exchange.log.update(record.log_fields)
        return JsonResponse(200, bodies, JSON, response_headers(answer))

    def _reply(self, answer: OperationResponse, types: AcceptedTypes) -> JsonResponse:
        status = status_of(answer, self._statuses, is_plain_json=types.wants_plain_json)
        fields = response_headers(answer)
        if self._sends_server_timing and answer.seconds:
            fields.append(server_timing(answer, current_trace()))
        return JsonResponse(status, answer.body, types.json, fields)

    async def _parts(
        self,
        request: GraphQLHttpRequest,
        types: AcceptedTypes,
        operation: Operation,
        graphql_request: GraphQLRequest,
        identity: Identity,
    ) -> ASGIApp:
        answers = self._service.answers(
            operation,
            graphql_request,
            identity.principal,
            request.exchange.request_id,
            in_parts=True,
            gone=request.until_gone,
        )
        first = await anext(answers)
        if first.body.get("hasNext"):
            return MultipartResponse(first, answers, request)
        await answers.aclose()
        return self._logged_reply(first, request, types)

    def _stream(
        self,
        request: GraphQLHttpRequest,
        types: AcceptedTypes,
        operation: Operation,
        graphql_request: GraphQLRequest,
        identity: Identity,
    ) -> ASGIApp:
        if not types.allows_stream:
            message = (
                f"A subscription is answered as {EVENT_STREAM}, which the Accept header must "
                "list, or over a WebSocket."
            )
            raise BadRequest(406, message, code=NOT_ACCEPTABLE)
        answers = self._service.answers(
            operation,
            graphql_request,
            identity.principal,
            request.exchange.request_id,
            last_event_id=request.last_event_id,
            in_parts=types.allows_incremental_events,
        )
        return self._events(answers, request, identity)

    def _events(
        self,
        answers: AsyncGenerator[OperationResponse, None],
        request: GraphQLHttpRequest,
        identity: Identity,
    ) -> EventStreamResponse:
        def expires(expired: Callable[[], None]) -> CredentialExpiry | None:
            if identity.expires_at is None:
                return None
            return CredentialExpiry(identity.expires_at, self._clock, expired)

        return EventStreamResponse(answers, request, heartbeats=self._heartbeats, expires=expires)


def _has_single_response(
    request: GraphQLHttpRequest, types: AcceptedTypes, operation: Operation
) -> bool:
    """Whether the operation runs with a single response (the common case)."""
    return not (
        types.prefers_stream
        or request.options.asks_cost
        or operation.kind == "subscription"
        or (operation.kind == "mutation" and request.method != "POST")
        or (operation.uses_incremental_delivery and types.allows_multipart)
    )


async def _only(answer: OperationResponse) -> AsyncGenerator[OperationResponse, None]:
    yield answer
