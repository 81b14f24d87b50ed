"""What is refused without being parsed is nothing but one whole and clear operation."""

import pytest

from app.http.admission.simple_request import is_simple_post

PLAIN = (
    b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
    b"Connection: keep-alive\r\nAuthorization: Bearer a.b-c\r\n\r\n{}"
)


@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        PLAIN.replace(b"{}", b"[]"),
        PLAIN.lower().replace(b"post", b"POST").replace(b"http", b"HTTP"),
    ],
)
def test_a_whole_operation_is_plain(data: bytes) -> None:
    assert is_simple_post(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"{}", b"{"),
        (b"{}", b"{}POST /"),
        (b"{}", b""),
        (b"POST", b"GET"),
        (b"/graphql", b"/webhooks/payments"),
        (b"/graphql", b"/graphql?x"),
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b"keep-alive", b"close"),
        (b"keep-alive", b"upgrade"),
        (b"Host: x", b"Upgrade: x"),
        (b"Host: x", b"Expect: 100-continue"),
        (b"Host: x", b"transfer-encoding: chunked"),
        (b"Host: x", b"Content-Length: 2"),
        (b"Host: x", b" Host: x"),
        (b"Host: x", b"Host : x"),
        (b"Host: x", b"Host: \x00"),
        (b"Host: x\r\n", b"Host: x\n"),
        (b"Host: x", b"X-\xc3\xa9: y"),
        (b": 2", b": +2"),
        (b": 2", b": 2, 2"),
        (b"Content-Length: 2\r\n", b""),
    ],
)
def test_whatever_else_comes_is_for_the_parser(old: bytes, new: bytes) -> None:
    assert not is_simple_post(PLAIN.replace(old, new, 1))
