"""Answers from elsewhere, read no further than what is wanted of them."""

import httpx2

PLAIN = {"accept-encoding": "identity"}
"""What to ask with: a compressed body says nothing of how large it is."""


class UnreadableAnswer(Exception):
    """The body is larger than is wanted, or compressed although nobody asked for that."""


async def bounded_body(answer: httpx2.Response, most_bytes: int) -> bytes:
    """The body of a streamed answer, of which at most a piece more than `most_bytes` is read.

    Raises `UnreadableAnswer`. How long that may take is the caller's to bound: a peer can send a
    byte a second, and each of them is in time.
    """
    encoding = answer.headers.get("content-encoding", "")
    if encoding.strip().lower() not in {"", "identity"}:
        raise UnreadableAnswer("the body is compressed")
    pieces: list[bytes] = []
    received = 0
    async for piece in answer.aiter_raw():
        received += len(piece)
        if received > most_bytes:
            raise UnreadableAnswer(f"the body has more than {most_bytes} bytes")
        pieces.append(piece)
    return b"".join(pieces)
