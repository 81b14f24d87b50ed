"""The log of a server that is attacked: every line is an event of ours."""

import socket
import struct
from contextlib import suppress

import orjson
import psutil
import pytest

from tests.fixtures.clients.raw import opened, read_to_the_end, sent
from tests.fixtures.servers.processes import GUIDANCE, PATIENCE_SECONDS, accepts, until
from tests.fixtures.servers.production import PRODUCTION
from tests.fixtures.servers.server import SECRET

HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    b"sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
)
CLOSE = b"connection: close\r\n\r\n"
ATTACKS = [
    b"nonsense\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\n\r\n",
    b"GET /%1b%5b31mred%0d%0anew%00 HTTP/1.1\r\nhost: test\r\n" + CLOSE,
    b"GET /receipts/" + b"9" * 5_000 + b" HTTP/1.1\r\nhost: test\r\n" + CLOSE,
    b"GET /exports/x HTTP/1.1\r\nhost: test\r\nrange: items=1\r\n" + CLOSE,
    b"GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nhost: test\r\norigin: http://[::1\r\n"
    + CLOSE,
    b"POST /webhooks/payments HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n" + CLOSE + b"{}",
    b"POST /graphql HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    HANDSHAKE.replace(b"13", b"7"),
    HANDSHAKE.replace(b"websocket\r\n", b"h2c\r\n").replace(b"\r\n\r\n", b"\r\n" + CLOSE),
    HANDSHAKE + b"\x81\x01x",
    HANDSHAKE.replace(b"/graphql", b"/else"),
    HANDSHAKE.replace(b"graphql-transport-ws", b"soap"),
]
AFTER_HANDSHAKE = [
    b"\x81\x01x",
    b"\x81\x82\0\0\0\0\xff\xff",
    b"\x88\x80\0\0\0\0",
    b"\x89\x80\0\0\0\0",
]


@pytest.fixture(scope="module")
def attacked(world: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The lines that a server in production wrote."""
    log = tmp_path_factory.mktemp("log") / "log"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "PATH": psutil.Process().environ()["PATH"],
        "DATABASE_URL": world,
        "SERVE_RUNS_WORKER": "false",
        "SHUTDOWN_DRAIN_SECONDS": "0",
        "JWT_SECRET_KEY": SECRET,
        **PRODUCTION,
    }
    with log.open("wb") as stream:
        process = psutil.Popen(
            [GUIDANCE, "serve", "--port", f"{port}", "--workers", "2"],
            env=environment,
            stderr=stream,
        )
        try:
            until(lambda: accepts(port))
            attack(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)
    return log.read_text().splitlines()


def attack(address: str) -> None:
    for request in ATTACKS:
        assert sent(address, request) is not None
    for frames in AFTER_HANDSHAKE:
        with opened(address) as connection:
            connection.sendall(HANDSHAKE)
            assert connection.recv(4_096).startswith(b"HTTP/1.1 101 ")
            connection.sendall(frames)
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
                read_to_the_end(connection)
    for begun in (HANDSHAKE, b"GET /graphql HTTP/1.1\r\n", ATTACKS[2]):
        connection = opened(address)
        connection.sendall(begun)
        # Closing like this resets the connection.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    assert sent(address, b"GET /healthz HTTP/1.1\r\nhost: test\r\n" + CLOSE).endswith(b"}")


def test_every_line_is_an_event_of_ours_and_none_is_a_traceback(attacked: list[str]) -> None:
    events = [orjson.loads(line) for line in attacked]
    assert [event for event in events if "exception" in event] == []
    assert {event["event"] for event in events} <= {
        "request",
        "operation",
        "several processes serve without REDIS_URL",
    } | {event["event"] for event in events if event["level"] == "info"}
    others = [event for event in events if "logger" in event]
    assert others == []


def test_each_process_says_once_that_it_serves(attacked: list[str]) -> None:
    events = [orjson.loads(line) for line in attacked]
    assert len({event["pid"] for event in events if event["event"] == "serving"}) == 2
    assert sum(event["event"] == "serving" for event in events) == 2


def test_a_request_has_one_line(attacked: list[str]) -> None:
    events = [orjson.loads(line) for line in attacked]
    ids = [event["request_id"] for event in events if event["event"] == "request"]
    assert len(ids) == len(set(ids))
    assert [event for event in events if event.get("status") == 500] == []


def test_paths_are_shown_without_what_a_terminal_would_obey(attacked: list[str]) -> None:
    paths = {orjson.loads(line).get("path", "/") for line in attacked}
    assert "/\\x1b[31mred\\r\\nnew\\x00" in paths
    assert all(path.isprintable() and len(path) <= 500 for path in paths)
