"""Requests as bytes on a connection, and what comes back."""

import socket

BODY = b'{"query":"{ __typename }"}'
ANSWER = b'{"data":{"__typename":"Query"}}'


def encode_post(*fields: bytes, body: bytes = BODY, version: bytes = b"1.1") -> bytes:
    lines = [
        b"POST /graphql HTTP/" + version,
        b"host: test",
        b"content-type: application/json",
        b"content-length: %d" % len(body),
        *fields,
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def read_until(connection: socket.socket, end: bytes, times: int = 1) -> bytes:
    """What comes until it has `end` so many times."""
    received = b""
    while received.count(end) < times:
        piece = connection.recv(65_536)
        assert piece, received
        received += piece
    return received
