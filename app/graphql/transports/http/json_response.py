"""JSON responses over HTTP."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from orjson import Fragment
from starlette.types import Receive, Scope, Send

from app.http.content_coding import LEAST_BYTES, ContentCoding
from app.http.exchange import Exchange
from app.http.json_encoding import encode_json


class JsonResponse:
    """A status, a JSON body and header fields; an ASGI application that sends them.

    The body is compressed with `coding` if it is long.
    """

    __slots__ = ("_body", "_fields", "_status")

    # Any: the body is JSON.
    def __init__(
        self,
        status: int,
        body: dict[str, Any] | list[Any] | Fragment,
        media_type: str,
        fields: Sequence[tuple[bytes, bytes]] = (),
        coding: ContentCoding | None = None,
    ) -> None:
        self._status = status
        encoded = encode_json(body)
        if coding is not None and len(encoded) >= LEAST_BYTES:
            encoded = coding.compress(encoded)
            fields = (*fields, (b"content-encoding", coding.name))
        self._body = encoded
        self._fields = [
            (b"content-length", b"%d" % len(encoded)),
            (b"content-type", _content_type(media_type)),
            *fields,
        ]

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        head = {"type": "http.response.start", "status": self._status, "headers": self._fields}
        await send(head)
        await send({"type": "http.response.body", "body": self._body})

    def try_send_now(self, send: Send) -> bool:
        """Send it without waiting if `send` is an exchange that can; otherwise give false."""
        return type(send) is Exchange and send.answer(self._status, self._fields, self._body)


@lru_cache(maxsize=16)
def _content_type(media_type: str) -> bytes:
    return f"{media_type}; charset=utf-8".encode()
