"""/graphql over WebSocket: accepting a socket, serving it, and closing it."""

import asyncio
from collections.abc import Container
from contextlib import suppress

import structlog
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.authentication.authenticator import Authenticator, NotAuthenticated
from app.authentication.routers import Routers
from app.graphql.metering.charge import THROTTLED
from app.graphql.pipeline.pipeline import Pipeline
from app.graphql.transports.heartbeats import Heartbeats
from app.graphql.transports.http.statuses import CLIENT_GONE
from app.graphql.transports.websocket.connection import (
    DEFAULT_TIMEOUTS,
    PROTOCOL,
    CloseCode,
    Connection,
    ConnectionRefused,
    ConnectionTimeouts,
)
from app.graphql.transports.websocket.operations import SocketOperations
from app.http.connections.websocket_limits import TooManyWebSockets, websocket_registry_of
from app.http.error_responses import error_body
from app.http.exchange import exchange_of
from app.http.origins import is_origin_allowed, origin_refusal
from app.http.peer import peer_of
from app.http.protocol.websocket import WEBSOCKET_PROTOCOL, WebSocketProtocol
from gql.errors import Forbidden
from services.clock import Clock

_CLOSE_TIMEOUT_SECONDS = 1.0
_LONGEST_REASON = 120
_RETRY_SECONDS = 5
_log = structlog.get_logger("guidance.socket")


class GraphQLWebSocket:
    """Serves the subprotocol graphql-transport-ws to pages of `allowed_origins`."""

    def __init__(
        self,
        pipeline: Pipeline,
        authenticator: Authenticator,
        clock: Clock,
        *,
        allowed_origins: Container[str],
        max_message_bytes: int,
        times: ConnectionTimeouts = DEFAULT_TIMEOUTS,
        routers: Routers | None = None,
    ) -> None:
        self._routers = routers
        self._pipeline = pipeline
        self._authenticator = authenticator
        self._clock = clock
        self._allowed_origins = allowed_origins
        self._max_message_bytes = max_message_bytes
        self._times = times
        self._heartbeats = Heartbeats(times.ping_seconds)

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one socket until either side closes it; all its operations have ended then."""
        headers = websocket.headers
        origin = headers.get("origin")
        if not is_origin_allowed(origin, headers.get("host"), self._allowed_origins):
            refusal = JSONResponse(error_body(origin_refusal(origin), Forbidden.code), 403)
            await websocket.send_denial_response(refusal)
            return
        carrier: WebSocketProtocol = websocket.scope["state"].pop(WEBSOCKET_PROTOCOL)
        sockets = websocket_registry_of(carrier.app_state)
        client = websocket.client
        try:
            place = sockets.enter(client.host if client else "")
        except TooManyWebSockets as error:
            await websocket.send_denial_response(_too_many(error))
            return
        carrier.place = place
        try:
            await self._open(websocket, carrier)
        except WebSocketDisconnect:
            exchange_of(websocket.scope).status = CLIENT_GONE
        finally:
            sockets.leave(place)

    async def _open(self, websocket: WebSocket, carrier: WebSocketProtocol) -> None:
        if PROTOCOL not in websocket.scope["subprotocols"]:
            await websocket.accept()
            await _close(websocket, CloseCode.SUBPROTOCOL, f"The subprotocol is {PROTOCOL}")
            return
        await websocket.accept(PROTOCOL)
        router = None
        if self._routers is not None:
            try:
                router = self._routers.identify(websocket.headers, peer_of(websocket.scope))
            except NotAuthenticated:
                await _close(websocket, CloseCode.FORBIDDEN, "Forbidden")
                return
        operations = SocketOperations(websocket, self._pipeline, carrier.writable, router)
        try:
            await self._serve(websocket, operations)
        finally:
            await operations.end()

    async def _serve(self, websocket: WebSocket, operations: SocketOperations) -> None:
        connection = Connection(
            websocket,
            self._authenticator,
            operations,
            self._clock,
            self._times,
            self._heartbeats,
            max_message_bytes=self._max_message_bytes,
        )
        try:
            await connection.serve()
        except WebSocketDisconnect as gone:
            exchange_of(websocket.scope).log["code"] = gone.code
        except ConnectionRefused as refused:
            operations.stop()
            await _close(websocket, refused.code, str(refused))
        except Exception:  # noqa: BLE001 - it is logged, and reported to the client
            _log.exception("a socket failed", request_id=exchange_of(websocket.scope).request_id)
            operations.stop()
            await _close(websocket, CloseCode.INTERNAL_ERROR, "Something went wrong on our side")


def _too_many(error: TooManyWebSockets) -> JSONResponse:
    fields = {"retry-after": f"{_RETRY_SECONDS}"}
    return JSONResponse(error_body(str(error), THROTTLED), 429, fields)


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    exchange_of(websocket.scope).log["code"] = int(code)
    # A stalled client will not read the close frame either.
    with suppress(TimeoutError, WebSocketDisconnect):
        async with asyncio.timeout(_CLOSE_TIMEOUT_SECONDS):
            await websocket.close(code, reason[:_LONGEST_REASON])
