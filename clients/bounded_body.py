"""Reading the bodies of HTTP responses up to a limit."""

import httpx2

UNCOMPRESSED = {"accept-encoding": "identity"}
"""Request headers: the size of a compressed body does not limit its content."""


class UnreadableBody(Exception):
    """The body is too large, or compressed although that was not requested."""


async def bounded_body(response: httpx2.Response, most_bytes: int) -> bytes:
    """The body of a streamed response; stops reading once it is longer than `most_bytes`.

    Raises `UnreadableBody`. The caller must limit the time: a peer can send one byte per second
    without ever exceeding a read time-out.
    """
    encoding = response.headers.get("content-encoding", "")
    if encoding.strip().lower() not in {"", "identity"}:
        raise UnreadableBody("the body is compressed")
    pieces: list[bytes] = []
    received = 0
    async for piece in response.aiter_raw():
        received += len(piece)
        if received > most_bytes:
            raise UnreadableBody(f"the body has more than {most_bytes} bytes")
        pieces.append(piece)
    return b"".join(pieces)
