"""Incremental delivery over HTTP: `multipart/mixed`, for `@defer` and `@stream`.

https://github.com/graphql/graphql-over-http/blob/main/rfcs/IncrementalDelivery.md
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from functools import partial

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.graphql.pipeline.responses import OperationResponse
from app.graphql.request.content_negotiation import MULTIPART_MIXED
from app.graphql.request.http_request import until_gone
from app.graphql.transports.http.response_headers import response_headers
from app.http.content_coding import ContentCoding
from app.http.json_encoding import encode_json
from gql.errors import DeadlineExceeded
from gql.runtime.deadline import ClientDisconnected, DeadlineScope
from gql.runtime.incremental import INCREMENTAL_SPEC

_LONGEST_SECONDS = 600.0
"""For a client that reads very slowly."""
_BOUNDARY = "part"
_HEADERS = {
    "cache-control": "no-cache, no-transform",
    "content-type": (
        f'{MULTIPART_MIXED}; boundary="{_BOUNDARY}"; incrementalSpec={INCREMENTAL_SPEC}'
    ),
    "x-accel-buffering": "no",
}
_DELIMITER = b"\r\n--" + _BOUNDARY.encode()
_PART = b"\r\ncontent-type: application/json; charset=utf-8\r\n\r\n%b" + _DELIMITER
_END = b"--\r\n"


class MultipartResponse(Response):
    """Sends `first`, then the other responses as they come, until the last or a disconnect."""

    def __init__(
        self,
        first: OperationResponse,
        others: AsyncGenerator[OperationResponse, None],
        coding: ContentCoding | None = None,
    ) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self.raw_headers += response_headers(first)
        self._coder = None if coding is None else coding.stream()
        if coding is not None:
            self.raw_headers.append((b"content-encoding", coding.name))
        self._first = first
        self._others = others

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send all; the source of the responses is closed when this returns."""
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        # Not in a task of its own: observations belong to the context of the first response.
        with (
            suppress(ClientDisconnected, DeadlineExceeded),
            DeadlineScope(_LONGEST_SECONDS, partial(until_gone, receive)),
        ):
            await self._send(send)

    async def _send(self, send: Send) -> None:
        async with aclosing(self._others) as others:
            await _send(send, self._encoded(_DELIMITER + _part(self._first)))
            async for answer in others:
                answer.body.setdefault("hasNext", False)  # a failure between parts is the last
                await _send(send, self._encoded(_part(answer)))
        # Each part ends with a delimiter, so that a client can parse it at once.
        end = _END if self._coder is None else self._coder.encode(_END) + self._coder.end()
        await send({"type": "http.response.body", "body": end})

    def _encoded(self, piece: bytes) -> bytes:
        return piece if self._coder is None else self._coder.encode(piece)


def _part(answer: OperationResponse) -> bytes:
    return _PART % encode_json(answer.body)


async def _send(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})
