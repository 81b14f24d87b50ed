"""/chat/stream: POST sends, GET `/{id}/stream` resumes, POST `/{id}/stop` stops."""

from collections.abc import Awaitable, Callable

from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.authentication.authenticator import Authenticator, NotAuthenticated
from app.authentication.verified_tokens import Identity
from app.graphql.pipeline.call import OperationCall
from app.graphql.pipeline.pipeline import Pipeline
from app.graphql.request.bad_request import BadRequest
from app.graphql.request.http_request import GraphQLHttpRequest
from app.graphql.transports.chat_stream.chats import (
    FollowedReply,
    UserErrors,
    begin_reply,
    is_message_id,
    reply_being_written,
    stop_reply,
)
from app.graphql.transports.chat_stream.own_documents import OwnDocuments, Refused
from app.graphql.transports.chat_stream.posted_chat import posted_chat
from app.graphql.transports.chat_stream.refusals import (
    response_to_refused,
    response_to_user_errors,
)
from app.graphql.transports.chat_stream.ui_message_stream import UIMessageFraming
from app.graphql.transports.credential_expiry import CredentialExpiry
from app.graphql.transports.heartbeats import Heartbeats
from app.graphql.transports.http.sse import HEARTBEAT_SECONDS, EventStreamResponse
from app.graphql.transports.http.statuses import CLIENT_GONE
from app.http.chat_stream_path import CHAT_STREAM_PATH
from app.http.exchange import IS_CHARGED
from app.http.shutdown import SHUTDOWN
from gql.runtime.deadline import ClientDisconnected
from services.callers.principal import Person, Principal
from services.clock import Clock
from spans.part import Kind, Part
from spans.tracer import Answered

_REQUEST = Part(Kind.REQUEST, "chat stream")
_NOTHING = 204
_FOR_PEOPLE = "Sign in as a person to chat."
_MESSAGE_ID = "messageId"
"""The parameter by which a client names the reply that it has a part of."""


class ChatStreamEndpoint:
    """Reads requests of the AI SDK, and frames replies for it."""

    def __init__(
        self,
        pipeline: Pipeline,
        authenticator: Authenticator,
        clock: Clock,
        *,
        max_body_bytes: int,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._pipeline = pipeline
        self._authenticator = authenticator
        self._clock = clock
        self._max_body_bytes = max_body_bytes
        self._heartbeats = Heartbeats(heartbeat_seconds)

    def routes(self) -> list[Route]:
        """The routes; the ids of chats may have slashes."""
        chat = f"{CHAT_STREAM_PATH}/{{id:path}}"
        return [
            Route(CHAT_STREAM_PATH, _Action(self, self._send), methods=["POST"]),
            Route(f"{chat}/stream", _Action(self, self._resume), methods=["GET"]),
            Route(f"{chat}/stop", _Action(self, self._stop), methods=["POST"]),
        ]

    async def answer(self, action: "_Steps", scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, traced if it is sampled."""
        request, tracer = GraphQLHttpRequest(scope, receive), self._pipeline.tracer
        answering = self._answering(action, request, send)
        exchange = request.exchange
        if tracer.should_trace() or exchange.head.sampled:
            answered = Answered(exchange.log, lambda: exchange.status)
            await tracer.run(
                _REQUEST, answering, lambda: exchange.operation, exchange.head, answered
            )
        else:
            await answering

    async def _answering(self, action: "_Steps", request: GraphQLHttpRequest, send: Send) -> None:
        request.scope["state"][IS_CHARGED] = True
        call = OperationCall(
            request.exchange.request_id, request.exchange.log, address=request.address
        )
        try:
            call.principal, call.expires_at = await self._authenticator.identity(
                request.headers, address=request.address
            )
            _check_person(call.principal)
            documents = OwnDocuments(self._pipeline, request, call.principal)
            reply = await action(request, documents, Identity(call.principal, call.expires_at))
        except Refused as refused:
            reply = response_to_refused(refused.response)
        except UserErrors as refused:
            reply = response_to_user_errors(refused)
        except ClientDisconnected:
            reply = Response(status_code=CLIENT_GONE)
        except Exception as error:  # noqa: BLE001 - every exception becomes a response
            reply = response_to_refused(await self._pipeline.refusal(error, call))
        await reply(request.scope, request.receive, send)

    async def _send(
        self, request: GraphQLHttpRequest, documents: OwnDocuments, identity: Identity
    ) -> ASGIApp:
        if not request.options.is_json or request.options.is_encoded:
            raise BadRequest(415, "Send the chat as application/json, not encoded.")
        body = await request.body(self._max_body_bytes, None)
        reply = await begin_reply(documents, posted_chat(body))
        return self._stream(request, documents, reply, identity)

    async def _resume(
        self, request: GraphQLHttpRequest, documents: OwnDocuments, identity: Identity
    ) -> ASGIApp:
        named = request.parameters.get(_MESSAGE_ID)
        if named is not None and is_message_id(named):
            reply: FollowedReply | None = FollowedReply(named, None)
        else:
            reply = await reply_being_written(documents, request.scope["path_params"]["id"])
        if reply is None:
            return Response(status_code=_NOTHING)
        return self._stream(request, documents, reply, identity)

    async def _stop(
        self, request: GraphQLHttpRequest, documents: OwnDocuments, _identity: Identity
    ) -> ASGIApp:
        reply = await reply_being_written(documents, request.scope["path_params"]["id"])
        if reply is not None:
            await stop_reply(documents, reply.id)
        return Response(status_code=_NOTHING)

    def _stream(
        self,
        request: GraphQLHttpRequest,
        documents: OwnDocuments,
        reply: FollowedReply,
        identity: Identity,
    ) -> EventStreamResponse:
        def expires(expired: Callable[[], None]) -> CredentialExpiry | None:
            if identity.expires_at is None:
                return None
            return CredentialExpiry(identity.expires_at, self._clock, expired)

        return EventStreamResponse(
            documents.reply(reply.id),
            shutdown=request.scope["state"][SHUTDOWN],
            heartbeats=self._heartbeats,
            expires=expires,
            framing=UIMessageFraming(reply.id, reply.conversation_id),
        )


def _check_person(principal: Principal) -> None:
    if not isinstance(principal, Person):
        raise NotAuthenticated(_FOR_PEOPLE)


_Steps = Callable[[GraphQLHttpRequest, OwnDocuments, Identity], Awaitable[ASGIApp]]


class _Action:
    """One route of the endpoint, as an ASGI application."""

    def __init__(self, endpoint: ChatStreamEndpoint, steps: _Steps) -> None:
        self._endpoint = endpoint
        self._steps = steps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._endpoint.answer(self._steps, scope, receive, send)
