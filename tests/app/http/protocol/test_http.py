"""What goes over the wire: answers in one piece, in order, on connections that last."""

import gc
import socket
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from app.http.exchange import Exchange
from tests.app.http.protocol.raw_exchange import ANSWER, BODY, encode_post, read_until
from tests.fixtures.servers.server import Api, token_of
from tests.fixtures.stores.world import ADA
from tests.waiting import until

LARGEST_BODY = 262_144


@pytest.fixture
def connection(api: Api) -> Iterator[socket.socket]:
    """A connection to the server."""
    place = urlsplit(str(api.http.base_url))
    with closing(socket.create_connection((place.hostname, place.port), 10)) as opened:
        yield opened


def read_to_the_end(connection: socket.socket) -> bytes:
    """What comes until the server closes."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_an_answer_is_one_head_and_one_body(connection: socket.socket) -> None:
    connection.sendall(encode_post(b"x-request-id: of-the-test"))
    head, _, body = read_until(connection, ANSWER).partition(b"\r\n\r\n")
    status, *fields = head.split(b"\r\n")
    named = dict(field.split(b": ", 1) for field in fields)
    assert (status, body) == (b"HTTP/1.1 200 OK", ANSWER)
    assert len(named) == len(fields), "no field comes twice"
    assert named[b"content-length"] == b"%d" % len(ANSWER)
    assert named[b"x-request-id"] == b"of-the-test"
    assert {b"date", b"content-type"} < named.keys()


def test_requests_that_come_at_once_are_answered_in_their_order(connection: socket.socket) -> None:
    connection.sendall(
        encode_post(b"x-request-id: number-1") + encode_post(b"x-request-id: number-2")
    )
    received = read_until(connection, ANSWER, times=2)
    assert received.index(b"number-1") < received.index(ANSWER) < received.index(b"number-2")


@pytest.mark.parametrize(
    ("fields", "version"), [((b"connection: close",), b"1.1"), ((), b"1.0")], ids=["1.1", "1.0"]
)
def test_a_connection_that_is_not_to_last_is_closed(
    connection: socket.socket, fields: tuple[bytes, ...], version: bytes
) -> None:
    connection.sendall(encode_post(*fields, version=version))
    received = read_to_the_end(connection)
    assert received.endswith(b"\r\nconnection: close\r\n\r\n" + ANSWER)


def test_a_body_that_waits_for_100_continue_is_requested_once(connection: socket.socket) -> None:
    request = encode_post(b"expect: 100-continue")
    head = request[: -len(BODY)]
    connection.sendall(head)
    assert read_until(connection, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(BODY)
    assert read_until(connection, ANSWER).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_body_that_is_refused_is_not_requested(connection: socket.socket) -> None:
    connection.sendall(
        b"POST /graphql HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n"
        b"content-length: 99999999\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n"
    )
    received = read_to_the_end(connection)
    assert received.startswith(b"HTTP/1.1 413 ")
    assert received.count(b"HTTP/1.1") == 1


def test_a_head_has_the_fields_of_the_answer_and_no_body(connection: socket.socket) -> None:
    connection.sendall(
        b"HEAD /graphql?query=%7B__typename%7D HTTP/1.1\r\nhost: test\r\nconnection: close\r\n"
        b"graphql-require-preflight: 1\r\n\r\n"
    )
    head, _, body = read_to_the_end(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert (b"content-length: %d" % len(ANSWER) in head, body) == (True, b"")


def test_a_body_that_comes_a_byte_at_a_time_is_read(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    request = encode_post()
    connection.sendall(request[: -len(BODY)])
    for number in range(len(BODY)):
        connection.sendall(BODY[number : number + 1])
    assert read_until(connection, ANSWER).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(("over", "status"), [(0, b"200"), (1, b"413")])
@pytest.mark.parametrize("is_chunked", [False, True], ids=["reported", "chunked"])
def test_a_body_as_large_as_may_be_and_one_byte_more(
    connection: socket.socket, over: int, status: bytes, *, is_chunked: bool
) -> None:
    body = BODY.ljust(LARGEST_BODY + over)
    head = encode_post(body=body).removesuffix(body)
    if is_chunked:
        head = head.replace(b"content-length: %d" % len(body), b"transfer-encoding: chunked")
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    connection.sendall(head + body + encode_post(b"connection: close"))
    received = read_to_the_end(connection)
    assert received.startswith(b"HTTP/1.1 " + status)
    assert received.count(b"HTTP/1.1 ") == 2, "the next request is answered"
    assert received.endswith(ANSWER)


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        b'{"query":"{ nothing }"}',
        b'{"query":"{ "}',
        b'{"query":"{ viewer { usage(from: 3.5, to: 4) { date } } }"}',
        b'{"query":"query($n: ID!) { node(id: $n) { id } }","variables":{"n":[]}}',
        b'{"query":"{ viewer { conversations(first: 1, after: \\"x\\") { edges { cursor } } } }"}',
        b'{"query":"{ node(id: \\"x\\") { id } }"}',
        b'{"query":"{ conversation(id: \\"x\\") { id } viewer { email } }"}',
    ],
)
def test_a_request_leaves_nothing_to_the_collector(connection: socket.socket, body: bytes) -> None:
    """Nor to anything that is kept of it, as a document is that was refused."""
    whole = encode_post(b"authorization: Bearer " + token_of(ADA).encode(), body=body)
    connection.sendall(whole)
    read_until(connection, b"}")
    # What other tests have asked may still be about to end.
    until(lambda: gc.collect() >= 0 and not exchanges())
    gc.disable()
    try:
        for _ in range(5):
            connection.sendall(whole)
        read_until(connection, b"HTTP/1.1 ", times=5)
        until(lambda: not exchanges())
    finally:
        gc.enable()


def exchanges() -> list[object]:
    return [one for one in gc.get_objects() if type(one) is Exchange]


def test_a_head_that_does_not_end_is_refused(connection: socket.socket) -> None:
    connection.sendall(encode_post())
    read_until(connection, ANSWER)
    connection.sendall(b"POST /graphql HTTP/1.1\r\nhost: test\r\nx-long: ")
    connection.sendall(b"x" * 70_000)
    assert read_to_the_end(connection).startswith(b"HTTP/1.1 431 ")


def test_long_heads_that_end_are_read(connection: socket.socket) -> None:
    for number in range(3):
        connection.sendall(
            encode_post(b"x-request-id: number-%d" % number, b"x-long: " + b"x" * 50_000)
        )
        assert b"x-request-id: number-%d" % number in read_until(connection, ANSWER)
