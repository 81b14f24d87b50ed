"""Answers sent and bodies read in one piece, past ASGI's messages.

Head and body are written at once by uvicorn's side of the request. uvicorn's own checks of each
header field are left out, as the fields are ours.
"""

from collections.abc import Sequence

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

CYCLE = "cycle"
"""Key, in the state of a request, of uvicorn's side of it, which `send_whole` takes."""


def send_whole(
    cycle: RequestResponseCycle | None,
    status: int,
    fields: Sequence[tuple[bytes, bytes]],
    body: bytes,
) -> bool:
    """Send an answer that begins with its length; false where it is to be sent as others are.

    The names and values of the fields are sent as they are.
    """
    if cycle is None or cycle.flow.write_paused or cycle.disconnected:
        return False
    if cycle.scope["method"] == "HEAD" or fields[0][0] != b"content-length":
        return False
    pieces = [STATUS_LINE[status]]
    for name, value in (*cycle.default_headers, *fields):
        pieces += name, b": ", value, b"\r\n"
    if not cycle.keep_alive:
        pieces.append(b"connection: close\r\n")
    pieces += b"\r\n", body
    cycle.transport.write(b"".join(pieces))
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True


def whole_body(cycle: RequestResponseCycle) -> bytes | None:
    """What was sent as the body, where all of it is there; none of it is to be received then."""
    if cycle.more_body or cycle.disconnected or cycle.response_complete:
        return None
    body = bytes(cycle.body)
    cycle.body = bytearray()
    cycle.message_event.clear()
    return body
