"""What the head of a request must be."""

import pytest

from app.http.protocol.head_validation import head_fault
from app.http.protocol.upgrades import head_without_upgrade

HOST = (b"host", b"api.example")


def fault(
    *fields: tuple[bytes, bytes],
    version: str = "1.1",
    method: bytes = b"POST",
    target: bytes = b"/graphql",
) -> str | None:
    return head_fault(version, method, target, fields)


@pytest.mark.parametrize(
    "host",
    [b"api.example", b"api.example:8000", b"[::1]:80", b"127.0.0.1", b"", b"my_host", b"a:"],
)
def test_a_head_as_they_are(host: bytes) -> None:
    fields = ((b"host", host), (b"accept", b"a"), (b"accept", b"b"), (b"x_own", b"1"))
    assert fault(*fields) is None


def test_one_without_a_host_is_of_http_1_0() -> None:
    assert fault(version="1.0") is None
    assert fault() == "There is no field host."


@pytest.mark.parametrize(
    "host", [b"a b", b"a/b", b"u@a", b"[::1", b"a:b", b"a:123456", b"\xe9", b"a" * 301]
)
def test_a_host_that_is_none(host: bytes) -> None:
    assert fault((b"host", host)) == "The field host is no host."


@pytest.mark.parametrize(
    "name", [b"host", b"authorization", b"x-api-key", b"content-type", b"origin"]
)
def test_what_can_only_be_said_once(name: bytes) -> None:
    twice = fault(HOST, (name, b"api.example"), (name, b"api.example"))
    assert twice == f"There are two fields {name.decode()}."


@pytest.mark.parametrize(
    "name", [b"x_api_key", b"x-api_key", b"x_forwarded-for", b"content_length", b"x_request_id"]
)
def test_what_a_neighbour_takes_for_a_field_of_ours(name: bytes) -> None:
    assert fault(HOST, (name, b"1")) is not None


@pytest.mark.parametrize(
    ("encoding", "version", "is_good"),
    [
        (b"chunked", "1.1", True),
        (b"Chunked", "1.1", True),
        (b"gzip, chunked", "1.1", False),
        (b"identity", "1.1", False),
        (b"", "1.1", False),
        (b"chunked", "1.0", False),
    ],
)
def test_how_a_body_is_sent(encoding: bytes, version: str, *, is_good: bool) -> None:
    found = fault(HOST, (b"transfer-encoding", encoding), version=version)
    assert (found is None) is is_good


@pytest.mark.parametrize(
    ("method", "target", "is_good"),
    [
        (b"GET", b"http://api.example/graphql?a", True),
        (b"GET", b"HTTPS://API.example", True),
        (b"GET", b"http://elsewhere.example/graphql", False),
        (b"GET", b"http://user@api.example/graphql", False),
        (b"GET", b"http://api.example:81/", False),
        (b"GET", b"ftp://api.example/", False),
        (b"GET", b"graphql", False),
        (b"OPTIONS", b"*", True),
        (b"GET", b"*", False),
        (b"CONNECT", b"api.example:443", False),
        (b"CONNECT", b"/graphql", False),
    ],
)
def test_targets(method: bytes, target: bytes, *, is_good: bool) -> None:
    assert (fault(HOST, method=method, target=target) is None) is is_good


@pytest.mark.parametrize("version", ["0.9", "1.2", "2.0"])
def test_versions_that_are_not_ours(version: str) -> None:
    assert fault(HOST, version=version) == "The version of HTTP is 1.1 or 1.0."


def test_a_wish_for_another_protocol_is_left_out() -> None:
    fields = (HOST, (b"connection", b"Upgrade, HTTP2-Settings, close"), (b"upgrade", b"h2c"))
    head = head_without_upgrade(b"GET", b"/a", (*fields, (b"http2-settings", b"A"), (b"x", b"1")))
    assert head == b"GET /a HTTP/1.1\r\nhost: api.example\r\nconnection: close\r\nx: 1\r\n\r\n"
