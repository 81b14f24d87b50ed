"""Reading the error code in the body of an error response, up to a limit."""

import json

from aiohttp import ClientError, ClientResponse

MOST_ERROR_BYTES = 64 * 1024


async def error_code(response: ClientResponse) -> object:
    """The `code` of a chat API error; None if there is none, since the status is enough.

    Raises `TimeoutError` at the deadline of the request.
    """
    try:
        body = json.loads(await _first_bytes(response))
    except (ClientError, ValueError, RecursionError):
        return None
    error = body.get("error", body) if isinstance(body, dict) else None
    return error.get("code") if isinstance(error, dict) else None


async def _first_bytes(response: ClientResponse) -> bytes:
    read = bytearray()
    while len(read) < MOST_ERROR_BYTES and (piece := await response.content.readany()):
        read += piece
    return bytes(read[:MOST_ERROR_BYTES])
