"""/graphql over HTTP: POST and GET, after the GraphQL-over-HTTP draft of August 2026."""

from collections.abc import Awaitable, Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.authentication.authenticator import Authenticator
from app.authentication.routers import Routers
from app.graphql.pipeline.call import OperationCall
from app.graphql.pipeline.known_answers import KnownAnswers, Validation
from app.graphql.pipeline.pipeline import Pipeline
from app.graphql.pipeline.responses import OperationResponse, ResponseStream
from app.graphql.request.bad_request import BadRequest
from app.graphql.request.content_negotiation import (
    ACCEPTS_ANYTHING,
    EVENT_STREAM,
    GRAPHQL_JSON,
    JSON,
    AcceptedTypes,
)
from app.graphql.request.http_request import GraphQLHttpRequest
from app.graphql.request.parsing import ParsedRequest, RequestLimits, read_request
from app.graphql.transports.credential_expiry import CredentialExpiry
from app.graphql.transports.heartbeats import Heartbeats
from app.graphql.transports.http.json_response import JsonResponse
from app.graphql.transports.http.multipart import MultipartResponse
from app.graphql.transports.http.response_headers import response_headers, server_timing
from app.graphql.transports.http.sse import HEARTBEAT_SECONDS, EventStreamResponse
from app.graphql.transports.http.statuses import CLIENT_GONE, status_of
from app.graphql.transports.http.validators import validated_response, validation_of
from app.http.peer import peer_of
from app.http.shutdown import SHUTDOWN
from app.settings.fields.field_types import StatusProfile
from gql.documents.caching import CachePolicy
from gql.documents.operation import Operation
from gql.runtime.deadline import ClientDisconnected
from services.callers.principal import Anonymous
from services.clock import Clock
from spans.current import current_trace
from spans.part import Kind, Part
from spans.tracer import Answered

_REQUEST = Part(Kind.REQUEST, "http")
_AUTHENTICATION = Part(Kind.AUTHENTICATION, "authentication")
_READING = Part(Kind.READING, "reading")
NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
_OTHER_TYPES = f"This endpoint answers with {GRAPHQL_JSON}, {JSON} or {EVENT_STREAM}."
_UNKNOWN_POSITION = "The field Consistency-Token is not one that was answered here."
_NEEDS_STREAM = (
    f"A subscription is answered as {EVENT_STREAM}, which the Accept header must list, or over a "
    "WebSocket."
)


class GraphQLEndpoint:
    """Reads HTTP requests, and frames what the pipeline answers."""

    def __init__(
        self,
        pipeline: Pipeline,
        authenticator: Authenticator,
        clock: Clock,
        limits: RequestLimits,
        *,
        statuses: StatusProfile = StatusProfile.CURRENT,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        sends_server_timing: bool = False,
        known_answers: KnownAnswers | None = None,
        routers: Routers | None = None,
    ) -> None:
        self._routers = routers
        self._pipeline = pipeline
        self._sends_server_timing = sends_server_timing
        self._authenticator = authenticator
        self._clock = clock
        self._limits = limits
        self._statuses = statuses
        self._heartbeats = Heartbeats(heartbeat_seconds)
        self._known_answers = known_answers

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request, traced if it is sampled."""
        request, tracer = GraphQLHttpRequest(scope, receive), self._pipeline.tracer
        answering = self._answering(request, send)
        exchange = request.exchange
        if not (tracer.should_trace() or exchange.head.sampled):
            return answering
        answered = Answered(exchange.log, lambda: exchange.status)
        return tracer.run(_REQUEST, answering, lambda: exchange.operation, exchange.head, answered)

    async def _answering(self, request: GraphQLHttpRequest, send: Send) -> None:
        options, exchange = request.options, request.exchange
        types = options.types or ACCEPTS_ANYTHING

        # It is given the call and does not refer to it: that would be a circle for the collector.
        def found(call: OperationCall, operation: Operation) -> None:
            _check_deliverable(operation, request, types)
            call.last_event_id = request.last_event_id

        call = OperationCall(
            exchange.request_id,
            exchange.log,
            address=request.address,
            client_name=options.client_name,
            wants_stream=types.prefers_stream,
            supports_incremental=types.supports_incremental,
            asks_cost=options.asks_cost,
            # An event stream watches the client itself.
            gone=None if types.prefers_stream else request.until_gone,
            found=found,
            fields=exchange.head.fields,
        )
        if request.method != "POST":
            call.validation = validation_of(request, types.json, self._known_answers)
        try:
            answer = await self._pipeline.respond(call, self._read(request, call))
            if isinstance(answer, OperationResponse):
                reply: ASGIApp = (
                    self._json(answer, request, types)
                    if call.validation is None or not answer.can_be_validated
                    else self._validated(answer, call.validation, request)
                )
            else:
                reply = await self._framed(answer, request, call, types)
        except ClientDisconnected:
            exchange.log["outcome"] = "gone"
            reply = Response(status_code=CLIENT_GONE)
        if not (isinstance(reply, JsonResponse) and reply.try_send_now(send)):
            await reply(request.scope, request.receive, send)

    async def _read(self, request: GraphQLHttpRequest, call: OperationCall) -> ParsedRequest:
        """Authenticate the caller, then read the request; raises what is wrong with either."""
        trace = current_trace()
        if request.options.types is None:
            raise BadRequest(406, _OTHER_TYPES, code=NOT_ACCEPTABLE)
        if trace is not None:
            trace.stage(_AUTHENTICATION)
        known = self._authenticator.cached_identity(request.headers)
        read_after = request.options.read_after
        if read_after is None:
            raise BadRequest(400, _UNKNOWN_POSITION)
        call.read_after = read_after
        call.principal, call.expires_at = known or await self._authenticator.identity(
            request.headers, address=request.address
        )
        if self._routers is not None:
            self._add_router(call, request, self._routers)
        if trace is not None:
            trace.stage(_READING)
        return await read_request(request, self._limits)

    def _add_router(
        self, call: OperationCall, request: GraphQLHttpRequest, routers: Routers
    ) -> None:
        call.router = routers.identify(request.headers, peer_of(request.scope))
        if call.router is not None and isinstance(call.principal, Anonymous):
            call.principal = call.router

    async def _framed(
        self,
        answer: list[OperationResponse] | ResponseStream,
        request: GraphQLHttpRequest,
        call: OperationCall,
        types: AcceptedTypes,
    ) -> ASGIApp:
        if isinstance(answer, list):
            bodies = [one.body for one in answer]
            coding = None if any(one.has_secret for one in answer) else request.options.codings.best
            return JsonResponse(200, bodies, JSON, response_headers(answer[-1]), coding)
        if types.prefers_stream or not answer.is_incremental:
            return self._events(answer, request, call)
        first = await anext(answer.responses)
        if first.body.get("hasNext"):
            coding = None if answer.has_secret else request.options.codings.best
            return MultipartResponse(first, answer.responses, coding)
        await answer.responses.aclose()
        return self._json(first, request, types)

    def _json(
        self, answer: OperationResponse, request: GraphQLHttpRequest, types: AcceptedTypes
    ) -> JsonResponse:
        status = status_of(answer, self._statuses, is_plain_json=types.wants_plain_json)
        fields = response_headers(answer)
        if self._sends_server_timing and answer.seconds:
            fields.append(server_timing(answer, current_trace()))
        coding = None if answer.has_secret else request.options.codings.best
        return JsonResponse(status, answer.body, types.json, fields, coding)

    def _validated(
        self,
        answer: OperationResponse,
        validation: Validation,
        request: GraphQLHttpRequest,
    ) -> ASGIApp:
        """An answer that may be kept, or 304 where the client has it."""
        options, caching = request.options, answer.caching or CachePolicy()
        fields = [] if caching.is_public else response_headers(answer)
        if self._sends_server_timing and answer.seconds and not caching.is_public:
            fields.append(server_timing(answer, current_trace()))
        coding = None if answer.has_secret else options.codings.best
        types = options.types or ACCEPTS_ANYTHING
        return validated_response(answer, caching, validation, types.json, fields, coding)

    def _events(
        self, answer: ResponseStream, request: GraphQLHttpRequest, call: OperationCall
    ) -> EventStreamResponse:
        def expires(expired: Callable[[], None]) -> CredentialExpiry | None:
            if call.expires_at is None:
                return None
            return CredentialExpiry(call.expires_at, self._clock, expired)

        return EventStreamResponse(
            answer.responses,
            shutdown=request.scope["state"][SHUTDOWN],
            heartbeats=self._heartbeats,
            expires=expires,
            is_compressed=request.options.codings.has_gzip and not answer.has_secret,
        )


def _check_deliverable(
    operation: Operation, request: GraphQLHttpRequest, types: AcceptedTypes
) -> None:
    """Raise `BadRequest` for a mutation by GET, and a subscription to whom accepts no stream."""
    if operation.kind == "mutation" and request.method != "POST":
        raise BadRequest(405, "A mutation must be sent with POST.", [(b"allow", b"POST")])
    is_stream = operation.kind == "subscription" and not request.options.asks_cost
    if is_stream and not types.allows_stream:
        raise BadRequest(406, _NEEDS_STREAM, code=NOT_ACCEPTABLE)
