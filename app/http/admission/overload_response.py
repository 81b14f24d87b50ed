"""The 503 response during overload, built in advance: a refusal must cost almost nothing."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import count

from starlette.types import Receive, Scope, Send

from app.http.error_responses import OVERLOADED, OVERLOADED_MESSAGE, error_body
from app.http.json_encoding import encode_json
from app.http.protocol.uvicorn_internals import STATUS_LINE

_MOST_RETRY_SECONDS = 3
_BODY = encode_json(error_body(OVERLOADED_MESSAGE, OVERLOADED))
_numbers = count()


def overload_response() -> tuple[Sequence[tuple[bytes, bytes]], bytes]:
    """The header fields and the body.

    `Retry-After` varies, so that clients do not all retry together. Pages of every origin may read
    the response, as it holds nothing personal.
    """
    return _fields(_seconds()), _BODY


def overload_response_bytes(default_headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """The whole response as bytes; the server's default header fields come first."""
    return _whole(tuple(default_headers), _seconds())


def _seconds() -> int:
    return 1 + next(_numbers) % _MOST_RETRY_SECONDS


def _fields(seconds: int) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (b"content-length", b"%d" % len(_BODY)),
        (b"content-type", b"application/json; charset=utf-8"),
        (b"retry-after", b"%d" % seconds),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"access-control-allow-origin", b"*"),
        (b"access-control-expose-headers", b"retry-after"),
    )


@lru_cache(maxsize=_MOST_RETRY_SECONDS)
def _whole(default_headers: tuple[tuple[bytes, bytes], ...], seconds: int) -> bytes:
    fields = (b"%b: %b\r\n" % field for field in (*default_headers, *_fields(seconds)))
    return b"".join((STATUS_LINE[503], *fields, b"\r\n", _BODY))


async def send_overload_response(_scope: Scope, _receive: Receive, send: Send) -> None:
    """The response as an ASGI application, for when it cannot be written at once."""
    fields, body = overload_response()
    await send({"type": "http.response.start", "status": 503, "headers": list(fields)})
    await send({"type": "http.response.body", "body": body})
