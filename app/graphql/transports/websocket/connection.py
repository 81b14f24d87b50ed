"""One connection of the protocol graphql-transport-ws: its messages, caller and timers.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

import asyncio
from collections.abc import Mapping
from contextvars import Context
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from app.authentication.authenticator import (
    AuthenticationUnavailable,
    Authenticator,
    NotAuthenticated,
)
from app.authentication.verified_tokens import Identity
from app.graphql.transports.cancel_scope import CancelScope
from app.graphql.transports.credential_expiry import CredentialExpiry
from app.graphql.transports.heartbeats import Heartbeats, try_send
from app.graphql.transports.websocket.messages import (
    ClientMessage,
    Complete,
    ConnectionInit,
    InvalidMessage,
    Ping,
    Pong,
    Subscribe,
    read_message,
)
from app.graphql.transports.websocket.operations import SocketOperations, send
from gql.runtime.incremental import INCREMENTAL_SPEC
from services.callers.principal import ApiClient
from services.clock import Clock

PROTOCOL = "graphql-transport-ws"
_CREDENTIALS = ("authorization", "x-api-key")


class CloseCode(IntEnum):
    """Why we close a connection."""

    TOO_LARGE = 1009
    TRY_AGAIN_LATER = 1013
    BAD_MESSAGE = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL = 4406
    INIT_TIMEOUT = 4408
    DUPLICATE_ID = 4409
    TOO_MANY_INITS = 4429
    INTERNAL_ERROR = 4500


_INIT_TIMEOUT = CloseCode.INIT_TIMEOUT, "Connection initialisation timeout"


class ConnectionRefused(Exception):
    """The connection is to be closed with this code and message."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class ConnectionTimeouts:
    """Time-outs: for the initialisation, between pings, and for a client that does not read."""

    init_seconds: float = 10.0
    ping_seconds: float = 20.0
    stalled_seconds: float = 60.0


DEFAULT_TIMEOUTS = ConnectionTimeouts()


class Connection:
    """Handles the messages of one client."""

    def __init__(
        self,
        websocket: WebSocket,
        authenticator: Authenticator,
        operations: SocketOperations,
        clock: Clock,
        times: ConnectionTimeouts,
        heartbeats: Heartbeats,
        *,
        max_message_bytes: int,
    ) -> None:
        self._websocket = websocket
        self._authenticator = authenticator
        self._operations = operations
        self._clock = clock
        self._times = times
        self._max_message_bytes = max_message_bytes
        self._credentials: Mapping[str, str] = {}
        self._reads_parts = False
        self._identity: Identity | None = None
        self._heartbeats = heartbeats
        self._cancel_scope = CancelScope()
        self._refusal: ConnectionRefused | None = None

    async def serve(self) -> None:
        """Serve until the client disconnects (`WebSocketDisconnect`) or `ConnectionRefused`."""
        loop = asyncio.get_running_loop()
        self._pinged_at = loop.time()
        self._ending: asyncio.TimerHandle | CredentialExpiry | None = loop.call_later(
            self._times.init_seconds, self._end, *_INIT_TIMEOUT, context=Context()
        )
        self._heartbeats.add(self)
        try:
            with self._cancel_scope:
                await self._read()
        finally:
            self._heartbeats.remove(self)
            if self._ending is not None:
                self._ending.cancel()
        if self._refusal is not None:
            raise self._refusal

    def beat_if_silent_since(self, instant: float) -> None:
        """Send a ping, to keep proxies from closing; end the connection of a stalled client."""
        if self._pinged_at > instant:
            return
        try:
            is_sent = try_send(send(self._websocket, {"type": "ping"}))
        except WebSocketDisconnect:
            return  # the task that reads notices the disconnect too
        if is_sent:
            self._pinged_at = asyncio.get_running_loop().time()
        elif self._pinged_at < instant - self._times.stalled_seconds:
            self._end(CloseCode.TRY_AGAIN_LATER, "Nothing is read")

    def _end(self, code: CloseCode, reason: str) -> None:
        if self._refusal is None:
            self._refusal = ConnectionRefused(code, reason)
            self._cancel_scope.cancel()

    async def _read(self) -> None:
        while True:
            frame = await self._websocket.receive()
            if frame["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(frame["code"])
            text = frame.get("text")
            if len(text or "") > self._max_message_bytes:
                raise ConnectionRefused(CloseCode.TOO_LARGE, "The message is too large")
            try:
                message = read_message(text)
            except InvalidMessage as error:
                raise ConnectionRefused(CloseCode.BAD_MESSAGE, str(error)) from None
            await self._take(message)
            # Buffered messages are received without waiting: let other tasks run in between.
            await asyncio.sleep(0)

    async def _take(self, message: ClientMessage) -> None:
        match message:
            case ConnectionInit():
                await self._initialise(message.payload)
            case Subscribe():
                await self._subscribe(message)
            case Complete():
                self._operations.complete(message.id)
            case Ping():
                said = {"payload": message.payload} if message.payload else {}
                await send(self._websocket, {"type": "pong", **said})
            case Pong():
                pass

    # Any: the payload is JSON of any shape.
    async def _initialise(self, payload: Mapping[str, Any]) -> None:
        if self._identity is not None:
            raise ConnectionRefused(CloseCode.TOO_MANY_INITS, "Too many initialisation requests")
        self._reads_parts = payload.get("incrementalSpec") == INCREMENTAL_SPEC
        self._credentials = _credentials(payload) or self._websocket.headers
        self._identity = await self._identify()
        await send(self._websocket, {"type": "connection_ack"})
        self._await_expiry(self._identity.expires_at)

    def _await_expiry(self, expires_at: float | None) -> None:
        """Replace the initialisation time-out by the expiry of the credential."""
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        if expires_at is not None:
            expired = partial(self._end, CloseCode.FORBIDDEN, "Forbidden")
            self._ending = CredentialExpiry(expires_at, self._clock, expired)

    async def _subscribe(self, message: Subscribe) -> None:
        if self._identity is None:
            raise ConnectionRefused(CloseCode.UNAUTHORIZED, "Unauthorized")
        if message.id in self._operations:
            reason = "A subscriber for this id already exists"
            raise ConnectionRefused(CloseCode.DUPLICATE_ID, reason)
        if await self._operations.refuse_if_overloaded(message):
            return
        if isinstance(self._identity.principal, ApiClient):
            # Unlike a token, a key may have been revoked since the last operation.
            self._identity = await self._identify()
        if not await self._authenticator.still_exists(self._identity.principal):
            raise ConnectionRefused(CloseCode.FORBIDDEN, "Forbidden")
        await self._operations.start(message, self._identity.principal, in_parts=self._reads_parts)

    async def _identify(self) -> Identity:
        try:
            client = self._websocket.client
            return await self._authenticator.identity(
                self._credentials, address=client and client.host
            )
        except NotAuthenticated:
            raise ConnectionRefused(CloseCode.FORBIDDEN, "Forbidden") from None
        except AuthenticationUnavailable as error:
            raise ConnectionRefused(CloseCode.TRY_AGAIN_LATER, str(error)) from error


# Any: the payload is JSON of any shape.
def _credentials(payload: Mapping[str, Any]) -> dict[str, str]:
    """The credentials in a payload, by the names of header fields; values are made texts."""
    named = {name.lower(): value for name, value in payload.items() if value is not None}
    return {name: str(named[name]) for name in _CREDENTIALS if name in named}
