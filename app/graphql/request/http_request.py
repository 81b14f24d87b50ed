"""An HTTP request as the GraphQL endpoint reads it."""

import re
from collections.abc import Mapping

from starlette.datastructures import QueryParams
from starlette.types import Receive, Scope

from app.graphql.request.bad_request import BadRequest
from app.graphql.request.header_options import HeaderOptions, header_options_of
from app.http.exchange import EXCHANGE, Exchange

_MOST_PARAMETERS = 100
_EVENT_ID = re.compile(r"\d{1,18}", re.ASCII)


class GraphQLHttpRequest:
    """One HTTP request; of several header fields of one name the first counts."""

    __slots__ = ("address", "exchange", "headers", "method", "options", "receive", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.receive = receive
        self.method: str = scope["method"]
        self.exchange: Exchange = scope["state"][EXCHANGE]
        self.options: HeaderOptions = self.exchange.head.options or header_options_of(
            self.exchange.head
        )
        self.headers: Mapping[str, str] = self.options.headers
        client = scope.get("client")
        self.address: str | None = client[0] if client else None
        """The client's address, if it is known."""

    @property
    def last_event_id(self) -> int | None:
        """The id of the last event that an SSE client has received, if it names a valid one."""
        offered = self.headers.get("last-event-id", "")
        return int(offered) if _EVENT_ID.fullmatch(offered) else None

    async def until_gone(self) -> None:
        """Wait until the client has disconnected."""
        await until_gone(self.receive)

    @property
    def parameters(self) -> dict[str, str]:
        """The URL's parameters; of several of one name the last counts. Raises `BadRequest`."""
        if self.scope["query_string"].count(b"&") >= _MOST_PARAMETERS:
            raise BadRequest(400, f"At most {_MOST_PARAMETERS} parameters of a URL are read.")
        return dict(QueryParams(self.scope["query_string"]))

    async def body(self, max_bytes: int, body: bytes | None) -> bytes:
        """The whole body; raises `BadRequest` if it is too large, or the connection ends before.

        `body` is what the server has read already, if that was all of it.
        """
        if body is None:
            body = await self._parts(max_bytes)
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
        return body

    async def _parts(self, max_bytes: int) -> bytes:
        """Receive the body until it ends, or is too large."""
        declared = self.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > max_bytes:
            raise _too_large(max_bytes)
        body, is_last = bytearray(), False
        while not is_last and len(body) <= max_bytes:
            part, is_last = await self._part()
            body += part
        return bytes(body)

    async def _part(self) -> tuple[bytes, bool]:
        """The next part of the body, and whether it is the last."""
        message = await self.receive()
        if message["type"] == "http.disconnect":
            raise BadRequest(400, "The connection ended before the body did.")
        return message.get("body", b""), not message.get("more_body", False)


def _too_large(max_bytes: int) -> BadRequest:
    return BadRequest(413, f"The body is larger than {max_bytes} bytes.")


async def until_gone(receive: Receive) -> None:
    """Wait until the client of an HTTP request has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass
