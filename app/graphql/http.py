"""/graphql over HTTP: POST and GET, as the GraphQL-over-HTTP draft of August 2026 has it.

Streams of events are answered as the distinct connections mode of GraphQL over SSE has it.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.authentication.authenticator import (
    AuthenticationUnavailable,
    Authenticator,
    NotAuthenticated,
)
from app.authentication.verified import Identity
from app.graphql.accept import ANYTHING, EVENT_STREAM, GRAPHQL_JSON, JSON, Accepted
from app.graphql.answers import Answer, GraphQLRequest, Record, broken, refused
from app.graphql.bad_request import BadRequest
from app.graphql.charging import THROTTLED, Throttled
from app.graphql.events import HEARTBEAT_SECONDS, EventStream
from app.graphql.expiry import Expiry
from app.graphql.header_fields import header_fields, server_timing
from app.graphql.heartbeats import Heartbeats
from app.graphql.incoming import Incoming
from app.graphql.multipart import PartStream
from app.graphql.not_understood import not_understood
from app.graphql.reply import Reply
from app.graphql.request import Acceptance, read_request
from app.graphql.service import GraphQLService
from app.graphql.statuses import CLIENT_GONE, status_of
from app.graphql.wording import SERVICE_UNAVAILABLE
from app.settings.types import StatusProfile
from gql.documents.prepare import Operation, RequestRefused
from gql.runtime.attention import ClientGone
from services.clock import Clock
from services.principal import Anonymous, Principal
from spans.current import current_trace
from spans.part import Kind, Part

_REQUEST = Part(Kind.REQUEST, "http")
_AUTHENTICATION = Part(Kind.AUTHENTICATION, "authentication")
_READING = Part(Kind.READING, "reading")
_PREPARATION = Part(Kind.PREPARATION, "preparation")
NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
_FREE = frozenset({THROTTLED, SERVICE_UNAVAILABLE})
"""What is our doing, or paid for already."""
_NOBODY = Identity(Anonymous(None))
"""The caller until that is found out."""


_OTHER_TYPES = f"This endpoint answers with {GRAPHQL_JSON}, {JSON} or {EVENT_STREAM}."


class GraphQLEndpoint:
    """Answers HTTP requests for operations."""

    def __init__(
        self,
        service: GraphQLService,
        authenticator: Authenticator,
        clock: Clock,
        charge_refusal: Callable[[Principal], Awaitable[None]],
        acceptance: Acceptance,
        *,
        statuses: StatusProfile = StatusProfile.CURRENT,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        tells_timing: bool = False,
    ) -> None:
        self._service = service
        self._tells_timing = tells_timing
        self._authenticator = authenticator
        self._clock = clock
        self._charge_refusal = charge_refusal
        self._acceptance = acceptance
        self._statuses = statuses
        self._heartbeats = Heartbeats(heartbeat_seconds)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request; expected failures have a status, a message and a code."""
        request, tracer = Incoming(scope, receive), self._service.tracer
        types = request.terms.types
        answering = (
            self._not_acceptable(request, send)
            if types is None
            else self._answering(request, types, send)
        )
        if not (tracer.should_trace() or request.exchange.head.asks_for_trace):
            return answering
        exchange = request.exchange
        return tracer.run(_REQUEST, answering, lambda: exchange.operation)

    # Of its branches each is a call less for every request than a function for it.
    async def _answering(self, request: Incoming, types: Accepted, send: Send) -> None:
        log, trace = request.exchange.log, current_trace()
        identity, service = _NOBODY, self._service
        answer: Answer | ASGIApp
        try:
            if trace is not None:
                trace.stage(_AUTHENTICATION)
            known = self._authenticator.known(request.headers)
            identity = known or await self._authenticator.identity(
                request.headers, address=request.address
            )
            if trace is not None:
                trace.stage(_READING)
            asked = await read_request(request, self._acceptance)
            if trace is not None:
                trace.stage(_PREPARATION)
            if isinstance(asked, GraphQLRequest):
                name = request.terms.client_name
                operation = service.known(asked, identity.principal, name)
                if operation is None:
                    operation = await service.prepare(asked, identity.principal, name)
                log["operation"] = operation.label
                if _is_answered_at_once(request, types, operation):
                    answer = await service.answer(
                        operation,
                        asked,
                        identity.principal,
                        request.exchange.request_id,
                        gone=request.until_gone,
                    )
                else:
                    answer = await self._run(request, types, operation, asked, identity)
            else:
                answer = await self._batch(request, asked, identity)
        except Exception as error:  # noqa: BLE001 - the client is told of whatever it is
            answer = await self._failed(error, request, types, identity)
        reply = self._logged_reply(answer, request, types) if isinstance(answer, Answer) else answer
        if not (isinstance(reply, Reply) and reply.try_at_once(send)):
            await reply(request.scope, request.receive, send)

    async def _failed(
        self, error: Exception, request: Incoming, types: Accepted, identity: Identity
    ) -> Answer | ASGIApp:
        if isinstance(error, RequestRefused):
            answer = refused(await self._unpaid(error, request, identity) or error)
            if types.prefers_stream:
                return self._events(_only(answer), request, identity)
            return answer
        if isinstance(error, ClientGone):
            request.exchange.log["outcome"] = "gone"
            return Response(status_code=CLIENT_GONE)
        if isinstance(error, BadRequest | NotAuthenticated | AuthenticationUnavailable):
            unpaid = await self._unpaid(error, request, identity)
            return not_understood(error, types) if unpaid is None else refused(unpaid)
        return broken(error, request.exchange.request_id)

    async def _not_acceptable(self, request: Incoming, send: Send) -> None:
        """Say so as JSON, which is as good as nothing to whoever accepts none of ours."""
        error = BadRequest(406, _OTHER_TYPES, code=NOT_ACCEPTABLE)
        unpaid = await self._unpaid(error, request, _NOBODY)
        reply = (
            not_understood(error, ANYTHING)
            if unpaid is None
            else self._logged_reply(refused(unpaid), request, ANYTHING)
        )
        await reply(request.scope, request.receive, send)

    async def _unpaid(
        self, refusal: Exception, request: Incoming, identity: Identity
    ) -> Throttled | None:
        """What is answered in place of a refusal that who asks cannot pay for; None otherwise."""
        if isinstance(refusal, AuthenticationUnavailable) or (
            isinstance(refusal, RequestRefused) and refusal.code in _FREE
        ):
            return None
        return await self._charged(request, identity)

    async def _charged(self, request: Incoming, identity: Identity) -> Throttled | None:
        """Charge a refusal; gives what is answered instead to who cannot pay for it."""
        is_nobody = identity is _NOBODY
        try:
            await self._charge_refusal(
                Anonymous(request.address) if is_nobody else identity.principal
            )
        except Throttled as throttled:
            return throttled
        return None

    async def _run(
        self,
        request: Incoming,
        types: Accepted,
        operation: Operation,
        asked: GraphQLRequest,
        identity: Identity,
    ) -> ASGIApp:
        if operation.kind == "mutation" and request.method != "POST":
            raise BadRequest(405, "A mutation must be sent with POST.", [(b"allow", b"POST")])
        if request.terms.asks_cost:
            return self._reply(self._service.cost(operation, asked), types)
        if types.prefers_stream or operation.kind == "subscription":
            return self._stream(request, types, operation, asked, identity)
        return await self._parts(request, types, operation, asked, identity)

    def _logged_reply(self, answer: Answer, request: Incoming, types: Accepted) -> Reply:
        log = request.exchange.log
        if "operation" not in log:
            log["operation"] = answer.operation_name
        log["outcome"] = answer.outcome
        log["statements"] = len(answer.statements)
        return self._reply(answer, types)

    async def _batch(
        self, request: Incoming, asked: tuple[GraphQLRequest, ...], identity: Identity
    ) -> ASGIApp:
        """Answer in turn, so that a batch takes no more of the server at once than one does."""
        record, bodies = Record(), []
        for number, one in enumerate(asked, 1):
            request_id = f"{request.exchange.request_id}.{number}"
            answer = await self._service.answer_of_batch(
                one, identity.principal, request.terms.client_name, request_id
            )
            if answer.refusal is not None and answer.refusal not in _FREE:
                unpaid = await self._charged(request, identity)
                answer = answer if unpaid is None else refused(unpaid)
            record.add(answer)
            bodies.append(answer.body)
        request.exchange.log.update(record.line)
        return Reply(200, bodies, JSON, header_fields(answer))

    def _reply(self, answer: Answer, types: Accepted) -> Reply:
        status = status_of(answer, self._statuses, is_plain_json=types.wants_plain_json)
        fields = header_fields(answer)
        if self._tells_timing and answer.seconds:
            fields.append(server_timing(answer, current_trace()))
        return Reply(status, answer.body, types.json, fields)

    async def _parts(
        self,
        request: Incoming,
        types: Accepted,
        operation: Operation,
        asked: GraphQLRequest,
        identity: Identity,
    ) -> ASGIApp:
        answers = self._service.answers(
            operation,
            asked,
            identity.principal,
            request.exchange.request_id,
            in_parts=True,
            gone=request.until_gone,
        )
        first = await anext(answers)
        if first.body.get("hasNext"):
            return PartStream(first, answers, request)
        await answers.aclose()
        return self._logged_reply(first, request, types)

    def _stream(
        self,
        request: Incoming,
        types: Accepted,
        operation: Operation,
        asked: GraphQLRequest,
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
            asked,
            identity.principal,
            request.exchange.request_id,
            last_event_id=request.last_event_id,
            in_parts=types.allows_parts_as_events,
        )
        return self._events(answers, request, identity)

    def _events(
        self, answers: AsyncGenerator[Answer, None], request: Incoming, identity: Identity
    ) -> EventStream:
        def expires(expired: Callable[[], None]) -> Expiry | None:
            if identity.expires_at is None:
                return None
            return Expiry(identity.expires_at, self._clock, expired)

        return EventStream(answers, request, heartbeats=self._heartbeats, expires=expires)


def _is_answered_at_once(request: Incoming, types: Accepted, operation: Operation) -> bool:
    """Whether the operation is to be run, and has one answer."""
    return not (
        types.prefers_stream
        or request.terms.asks_cost
        or operation.kind == "subscription"
        or (operation.kind == "mutation" and request.method != "POST")
        or (operation.puts_off and types.allows_parts)
    )


async def _only(answer: Answer) -> AsyncGenerator[Answer, None]:
    yield answer
