"""HTTP that two servers could read in two ways is refused, and the connection closed."""

import threading
from itertools import pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fixtures.clients.raw import connected, read_to_the_end, sent
from tests.fixtures.servers.server import Api, token_of
from tests.fixtures.stores.world import ADA

BODY = b'{"query":"{ __typename }"}'
ANSWER = b'{"data":{"__typename":"Query"}}'
WHO = b'{"query":"{ viewer { id } }"}'
HEAD = b"POST /graphql HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n"
CHUNKS = b"transfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n" % (len(BODY), BODY)
SIZED = b"content-length: %d\r\n\r\n%b" % (len(BODY), BODY)
HANDSHAKE = (
    b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
LAST = HEAD + b"connection: close\r\n" + SIZED
EVENTS = 1_200
"""Of 100 kB: several times as much as the system keeps for a connection."""


def chunked(body: bytes, trailers: bytes = b"") -> bytes:
    fields = b"connection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    return HEAD + fields + b"%x\r\n%b\r\n0\r\n%b\r\n" % (len(body), body, trailers)


@pytest.mark.parametrize(
    "request_",
    [
        HEAD + b"host: test\r\n" + SIZED,
        HEAD.replace(b"host: test\r\n", b"") + SIZED,
        HEAD.replace(b"host: test", b"host: a b") + SIZED,
        HEAD.replace(b"1.1", b"1.0") + CHUNKS + b"\r\n",
        HEAD.replace(b"1.1", b"0.9") + SIZED,
        HEAD.replace(b"1.1", b"2.0") + SIZED,
        HEAD + b"content-length: 26\r\n" + CHUNKS + b"\r\n",
        HEAD + b"content-length: 26\r\n" + SIZED,
        HEAD + b"content-length: 27\r\n" + SIZED,
        HEAD + b"content-length: +26\r\n\r\n" + BODY,
        HEAD + b"content-length: " + b"9" * 5_000 + b"\r\n\r\n" + BODY,
        HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n" + BODY,
        HEAD + b"transfer-encoding: chunked\r\n\r\n-1\r\n" + BODY,
        HEAD + b"transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n" + BODY,
        HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n",
        HEAD + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"transfer-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
        HEAD + b"x: a\r\n b\r\n" + SIZED,
        HEAD + b"x: a\0b\r\n" + SIZED,
        HEAD + b"x: a\rb\r\n" + SIZED,
        HEAD + b"x: a\nb: c\r\n" + SIZED,
        HEAD + b"x y: a\r\n" + SIZED,
        HEAD + b"x : a\r\n" + SIZED,
        HEAD + b": a\r\n" + SIZED,
        HEAD + b"x_api_key: a\r\n" + SIZED,
        HEAD + b"authorization: Bearer a\r\nauthorization: Bearer b\r\n" + SIZED,
        HEAD + b"x-api-key: a\r\nX-API-Key: a\r\n" + SIZED,
        HEAD.replace(b"/graphql", b"graphql") + SIZED,
        HEAD.replace(b"/graphql", b"http://elsewhere/graphql") + SIZED,
        HEAD.replace(b"/graphql", b"/\xff") + SIZED,
        b"CONNECT test:443 HTTP/1.1\r\nhost: test\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 90,
        b"hello\r\n\r\n",
        b"GET /healthz\r\n\r\n",
        HEAD + HANDSHAKE,
        b"GET /graphql HTTP/1.1\r\nhost: test\r\nhost: test\r\n" + HANDSHAKE,
    ],
    ids=range(37),
)
def test_what_is_not_clearly_one_request(api: Api, request_: bytes) -> None:
    head, _, body = sent(api.http.base_url, request_).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"\r\nconnection: close" in head
    assert b"\r\ncache-control: no-store\r\n" in head
    (error,) = orjson.loads(body)["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert api.http.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    "request_",
    [
        LAST,
        b"\r\n\r\n" + LAST,
        LAST.replace(b"/graphql", b"http://test/graphql"),
        LAST.replace(b"connection: close", b"connection: close\r\nx_own: 1"),
        LAST.replace(b"1.1\r\nhost: test", b"1.0"),
        chunked(BODY),
        LAST.replace(b"connection: close", b"connection: close, Upgrade\r\nupgrade: h2c"),
    ],
    ids=range(7),
)
def test_what_is_one(api: Api, request_: bytes) -> None:
    answer = sent(api.http.base_url, request_)
    assert (answer[:15], answer.endswith(ANSWER)) == (b"HTTP/1.1 200 OK", True)


@pytest.mark.parametrize("request_", [LAST, chunked(BODY)], ids=["sized", "chunked"])
def test_a_head_has_two_hundred_fields_at_most(api: Api, request_: bytes) -> None:
    head, separator, rest = request_.partition(b"\r\n\r\n")
    more = [b"x-%d: a" % number for number in range(200 - head.count(b"\r\n"))]
    fits = b"\r\n".join((head, *more))
    assert sent(api.http.base_url, fits + separator + rest).startswith(b"HTTP/1.1 200 OK\r\n")
    refused = sent(api.http.base_url, fits + b"\r\nx: a" + separator + rest)
    assert refused.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    (error,) = orjson.loads(refused.partition(b"\r\n\r\n")[2])["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("one", ["a=b", "a", ""])
def test_a_url_has_a_hundred_parameters_at_most(api: Api, one: str) -> None:
    requested = "/graphql?query={plans{code}}"
    headers = {"apollo-require-preflight": "1"}
    fits = api.http.get(requested + f"&{one}" * 99, headers=headers)
    assert fits.status_code == 200
    refused = api.http.get(requested + f"&{one}" * 100, headers=headers)
    assert refused.status_code == 400
    (error,) = refused.json()["errors"]
    assert error == {
        "message": "At most 100 parameters of a URL are read.",
        "extensions": {"code": "BAD_REQUEST"},
    }


def test_a_trailer_is_no_header_field(api: Api) -> None:
    trailers = b"authorization: Bearer %b\r\nx-request-id: of-a-trailer\r\n"
    answer = sent(api.http.base_url, chunked(WHO, trailers % token_of(ADA).encode()))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b'{"data":{"viewer":null}}')
    assert b"of-a-trailer" not in answer


@pytest.mark.parametrize(
    "rest", [b"x: " + b"x" * 90_000, b"x: y\r\n" * 20_000], ids=["one", "many"]
)
def test_trailers_that_do_not_end_are_refused(api: Api, rest: bytes) -> None:
    request = chunked(BODY, b"x: y\r\n")[:-2]
    assert sent(api.http.base_url, request, rest).startswith(b"HTTP/1.1 400 ")


def test_an_upgrade_that_is_not_granted_is_no_end(api: Api) -> None:
    wish = b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMA\r\n"
    received = sent(api.http.base_url, HEAD + wish + SIZED + HEAD + wish + SIZED + LAST)
    assert received.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert received.count(ANSWER) == 3


@given(
    cuts=st.lists(st.integers(0, 2 * len(LAST)), max_size=6),
    last=st.sampled_from([LAST, chunked(BODY)]),
)
def test_requests_are_answered_however_their_bytes_come(
    api: Api, cuts: list[int], last: bytes
) -> None:
    whole = HEAD + SIZED + last
    places = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    received = sent(api.http.base_url, *(whole[begin:end] for begin, end in pairwise(places)))
    assert received.count(b"HTTP/1.1 200 OK\r\n") == 2
    assert received.count(ANSWER) == 2


@pytest.mark.parametrize("split", [1, 10, 60, 200, 70_000])
def test_a_long_head_behind_a_whole_request_is_read_and_one_too_long_is_refused(
    api: Api, split: int
) -> None:
    whole = (
        HEAD + SIZED + LAST.replace(b"connection", b"x-long: %b\r\nconnection" % (b"x" * 65_000))
    )
    received = sent(api.http.base_url, whole[:-split], whole[-split:])
    assert received.count(ANSWER) == 2
    endless = HEAD + SIZED + HEAD + b"x-long: " + b"x" * 80_000
    received = sent(api.http.base_url, endless[:-split], endless[-split:])
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert received.partition(ANSWER)[2].startswith(b"HTTP/1.1 431 ")


def test_requests_before_nonsense_are_answered(api: Api) -> None:
    received = sent(api.http.base_url, HEAD + SIZED + HEAD + SIZED + b"nonsense\r\n\r\n")
    assert received.count(ANSWER) == 2
    assert received.rpartition(ANSWER)[2].startswith(b"HTTP/1.1 400 ")


def test_thousands_of_pipelined_requests_are_answered_in_turn(api: Api) -> None:
    with connected(api.http.base_url) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n" * 3_000 + LAST)
        received = read_to_the_end(connection)
    assert received.count(b"HTTP/1.1 200 OK\r\n") == 3_001
    assert received.endswith(ANSWER)


def test_no_more_is_read_than_is_answered(api: Api) -> None:
    """What a client sends beyond that waits in the system, which makes the client wait."""
    event = b"POST /webhooks/payments HTTP/1.1\r\nhost: test\r\ncontent-length: 100000\r\n\r\n"
    answers = 0

    def read() -> None:
        nonlocal answers
        received = b""
        while answers < EVENTS:
            received += connection.recv(65_536)
            *whole, received = received.split(b"HTTP/1.1 400 ")
            answers += len(whole)

    with connected(api.http.base_url) as connection:
        reading = threading.Thread(target=read)
        reading.start()
        for _ in range(EVENTS + 1):
            connection.sendall(event + bytes(100_000))
        waiting = EVENTS - answers
        reading.join()
    assert waiting < EVENTS // 2
