"""What the body of an error says, of which no more is read than that takes."""

import json

from aiohttp import ClientError, ClientResponse

MOST_ERROR_BYTES = 64 * 1024


async def error_code(response: ClientResponse) -> object:
    """The `code` of an error of the chat API; None where it has none, the status says enough.

    Raises `TimeoutError` at the deadline of the request.
    """
    try:
        body = json.loads(await _beginning(response))
    except (ClientError, ValueError, RecursionError):
        return None
    error = body.get("error", body) if isinstance(body, dict) else None
    return error.get("code") if isinstance(error, dict) else None


async def _beginning(response: ClientResponse) -> bytes:
    read = bytearray()
    while len(read) < MOST_ERROR_BYTES and (piece := await response.content.readany()):
        read += piece
    return bytes(read[:MOST_ERROR_BYTES])
