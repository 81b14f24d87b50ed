"""A head that came before need not be parsed again, and means the same; any other is parsed."""

import asyncio
from collections.abc import Iterator
from socket import socket

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from app.http.protocol.complete_messages import CompleteRequestCycle, take_complete_body
from app.http.protocol.head_cache import HeadCache
from app.http.protocol.uvicorn_internals import HttpToolsProtocol, ServerState
from app.http.request_head import RequestHead
from perf.servers.memory_transport import MemoryTransport
from tests.fixtures.clients.raw import connected, read_to_the_end
from tests.fixtures.servers.server import Api, token_of
from tests.fixtures.stores.world import ADA, ALAN

HEAD = b"POST /graphql HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n"
BODIES = (b'{"query":"{ __typename }"}', b'{"query":"{ kind: __typename }"}')
ANSWERS = (b'{"data":{"__typename":"Query"}}', b'{"data":{"kind":"Query"}}')
WHO = b'{"query":"{ viewer { id } }"}'
SCOPE = {"path": "/graphql", "headers": [(b"host", b"test")], "state": {}}


def encode_post(body: bytes, fields: bytes = b"", *, length: int | None = None) -> bytes:
    """A request whose length is said as most clients say it."""
    size = len(body) if length is None else length
    return HEAD + fields + b"Content-Length: %d\r\n\r\n" % size + body


@pytest.fixture
def connection(api: Api) -> Iterator[socket]:
    with connected(api.http.base_url) as opened:
        yield opened


def answered(connection: socket, request: bytes) -> bytes:
    """The body of the answer to one request."""
    connection.sendall(request)
    received = b""
    while not received.endswith(b"}"):
        piece = connection.recv(65_536)
        assert piece, received
        received += piece
    return received.partition(b"\r\n\r\n")[2]


def test_the_same_head_is_answered_for_bodies_of_any_length(connection: socket) -> None:
    for body, answer in (*zip(BODIES, ANSWERS, strict=True),) * 3:
        assert answered(connection, encode_post(body)) == answer


def test_each_caller_is_answered_on_one_connection(connection: socket) -> None:
    def who(fields: bytes) -> bytes:
        return answered(connection, encode_post(WHO, fields))

    ada, alan = (b"Authorization: Bearer %b\r\n" % token_of(one).encode() for one in (ADA, ALAN))
    nobody = who(b"")
    seen = [(who(ada), who(alan)) for _ in range(3)]
    assert len({*seen}) == 1
    assert len({nobody, *seen[0]}) == 3
    assert who(b"") == nobody


@pytest.mark.parametrize("cut", [1, len(HEAD), -len(BODIES[0]), -1])
def test_a_request_that_comes_in_two_pieces(connection: socket, cut: int) -> None:
    request = encode_post(BODIES[0])
    assert answered(connection, request) == ANSWERS[0]
    connection.sendall(request[:cut])
    assert answered(connection, request[cut:]) == ANSWERS[0]


def test_requests_that_come_at_once(connection: socket) -> None:
    assert answered(connection, encode_post(BODIES[0])) == ANSWERS[0]
    connection.sendall(encode_post(BODIES[0]) + encode_post(BODIES[1], b"Connection: close\r\n"))
    received = read_to_the_end(connection)
    assert received.index(ANSWERS[0]) < received.index(ANSWERS[1])


def test_what_follows_a_known_head_and_its_body_is_read_as_what_it_is(connection: socket) -> None:
    assert answered(connection, encode_post(BODIES[0])) == ANSWERS[0]
    connection.sendall(encode_post(BODIES[0] + b"GET /smuggled HTTP/1.1\r\n\r\n", length=26))
    received = read_to_the_end(connection)
    assert received.count(ANSWERS[0]) == 1
    assert b"HTTP/1.1 400 " in received


def test_a_known_head_with_two_lengths_is_refused(connection: socket) -> None:
    assert answered(connection, encode_post(BODIES[0])) == ANSWERS[0]
    connection.sendall(encode_post(BODIES[0], b"Content-Length: 26\r\n"))
    assert read_to_the_end(connection).startswith(b"HTTP/1.1 400 ")


def test_what_differs_each_time_is_not_kept() -> None:
    heads = HeadCache()
    assert heads.store(encode_post(BODIES[0]), SCOPE) is not None
    assert heads.find(encode_post(BODIES[1])) is not None
    for name in (b"traceparent", b"x-request-id", b"transfer-encoding"):
        request = encode_post(BODIES[0], name + b": 1\r\n")
        assert heads.store(request, {**SCOPE, "headers": [(name, b"1")]}) is None
        assert heads.find(request) is None


@pytest.mark.parametrize(
    "request_",
    [
        encode_post(BODIES[0], length=27),
        encode_post(BODIES[0], length=25),
        encode_post(BODIES[0]).replace(b"26", b"026"),
        encode_post(BODIES[0]).replace(b"26", b"+26"),
        encode_post(BODIES[0]).replace(b"Content-Length: 26", b"Content-Length:\t26"),
        encode_post(BODIES[0]).replace(b"Content-Length: 26\r\n", b""),
        encode_post(BODIES[0]).replace(b"/graphql", b"/graphql2"),
        encode_post(BODIES[0])[:-1],
        b"",
    ],
)
def test_what_is_not_the_same_is_not_taken_for_it(request_: bytes) -> None:
    heads = HeadCache()
    heads.store(encode_post(BODIES[0]), SCOPE)
    assert heads.find(request_) is None


def test_what_is_held_is_bounded() -> None:
    heads = HeadCache()
    requests = [encode_post(BODIES[0], b"Authorization: %d\r\n" % one) for one in range(900)]
    for request in requests:
        heads.store(request, SCOPE)
    assert heads.find(requests[0]) is not None
    long = [encode_post(BODIES[0], b"X: %b%d\r\n" % (b"x" * 3_900, one)) for one in range(900)]
    for request in long:
        heads.store(request, SCOPE)
        assert heads.find(request) is not None
    assert heads.find(requests[0]) is None
    assert heads.size_bytes <= 12 * 1024 * 1024


def test_where_no_head_comes_again_few_are_kept() -> None:
    heads = HeadCache()
    requests = [encode_post(BODIES[0], b"X: %d\r\n" % one) for one in range(1_160)]
    kept = [heads.store(request, SCOPE) is not None for request in requests]
    assert kept.count(True) == 1_010
    assert heads.find(requests[999]) is not None
    assert heads.store(encode_post(BODIES[0], b"X: another\r\n"), SCOPE) is not None


async def nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """An application that answers nobody."""


@pytest.mark.parametrize("body", [b"", b"{}"])
async def test_a_whole_body_is_taken_or_received_once(body: bytes) -> None:
    config = uvicorn.Config(nothing, log_config=None, proxy_headers=False)
    config.load()
    protocol = HttpToolsProtocol(config, ServerState(), {})
    protocol.connection_made(MemoryTransport())
    head = RequestHead([])
    received, taken = (CompleteRequestCycle(protocol, head, SCOPE, body) for _ in range(2))
    assert await received.receive() == {
        "type": "http.request",
        "body": body,
        "more_body": False,
    }
    assert take_complete_body(taken) == body
    for cycle in (received, taken):
        waiting = asyncio.ensure_future(cycle.receive())
        await asyncio.sleep(0)
        assert not waiting.done()
        cycle.disconnected = True
        cycle.message_event.set()
        assert await waiting == {"type": "http.disconnect"}
    protocol.connection_lost(None)
