"""What may come over WebSockets: so many frames, messages that end, from clients that read."""

import asyncio
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from itertools import count

import orjson
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.captured_logs import capture_logs
from tests.fixtures.peer import peer
from tests.fixtures.raw import opened, read_to_the_end
from tests.fixtures.server import Api, metrics_of, serving, settings_for
from tests.waiting import until

TEXT, CONTINUED, PING, PONG = 1, 0, 9, 10
FLOOD = 20_000
HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    b"sec-websocket-protocol: graphql-transport-ws\r\n"
)
INIT = b'{"type":"connection_init"}'


@pytest.fixture(scope="module")
def api(world: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server with the usual bounds, and little patience with messages that do not end."""
    settings = settings_for(
        world,
        tmp_path_factory.mktemp("server"),
        serve_runs_worker=False,
        http_body_seconds=1,
        http_unread_seconds=1,
    )
    with serving(settings) as api:
        yield api


def frame(opcode: int, payload: bytes = b"", *, is_last: bool = True) -> bytes:
    """A frame as a client sends it, masked with nothing."""
    length = len(payload)
    first = opcode | (128 if is_last else 0)
    if length < 126:
        head = struct.pack("!BB", first, 128 | length)
    elif length < 65_536:
        head = struct.pack("!BBH", first, 128 | 126, length)
    else:
        head = struct.pack("!BBQ", first, 128 | 127, length)
    return head + bytes(4) + payload


@contextmanager
def raw_socket(api: Api, fields: bytes = b"") -> Iterator[tuple[socket.socket, bytes]]:
    """An open WebSocket, and the head with which it was opened."""
    with opened(api.http.base_url) as connection:
        connection.sendall(HANDSHAKE + fields + b"\r\n")
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        yield connection, head


def close_code(received: bytes) -> int:
    """The code of the close frame that ends what was received."""
    place = received.rindex(b"\x88")
    code: int = struct.unpack("!H", received[place + 2 : place + 4])[0]
    return code


@pytest.mark.parametrize(
    "flood",
    [
        frame(PING) * FLOOD,
        frame(PING, b"x" * 125) * FLOOD,
        frame(PONG) * FLOOD,
        frame(TEXT, b'{"type":"ping"}') * FLOOD,
        frame(TEXT, b'{"type":"pong"}') * FLOOD,
        frame(TEXT, b'{"type":"complete","id":"1"}') * FLOOD,
        frame(TEXT, b'{"type":"ping","payload":{"x":"%b"}}' % (b"x" * 100_000)) * 50,
        frame(TEXT, is_last=False) + frame(CONTINUED, is_last=False) * FLOOD,
        frame(TEXT, b"{", is_last=False) + frame(CONTINUED, b" ", is_last=False) * FLOOD,
    ],
    ids=[
        "ping",
        "long ping",
        "pong",
        "json ping",
        "json pong",
        "complete",
        "large",
        "empty",
        "tiny",
    ],
)
async def test_a_flood_is_closed_while_others_are_answered(api: Api, flood: bytes) -> None:
    with raw_socket(api) as (connection, _):
        connection.sendall(frame(TEXT, INIT))
        received = []

        def attack() -> None:
            with suppress(ConnectionError):
                connection.sendall(flood)
            with suppress(ConnectionError):
                received.append(read_to_the_end(connection))

        async def both() -> None:
            attacking = asyncio.create_task(asyncio.to_thread(attack))
            while not attacking.done():
                assert (await asyncio.to_thread(api.http.get, "/healthz")).status_code == 200
            await attacking

        await both()
    assert close_code(received[0]) == 4429


def test_an_address_sends_so_much_over_all_its_sockets_and_others_may(
    world: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = settings_for(
        world,
        tmp_path_factory.mktemp("server"),
        serve_runs_worker=False,
        websocket_frames_per_address=100,
        websocket_frames_per_address_per_second=1,
        websocket_max_per_address=3,
    )
    with serving(settings) as api, ExitStack() as stack:
        address = f"{api.http.base_url}/graphql".replace("http", "ws", 1)

        def open_from(forwarded: str) -> None:
            stack.enter_context(peer(address, headers={"x-forwarded-for": forwarded})).init()

        for _ in range(3):
            open_from("198.51.100.1")
        with pytest.raises(InvalidStatus) as refused:
            open_from("198.51.100.1")
        response = refused.value.response
        assert (response.status_code, response.headers["retry-after"]) == (429, "5")
        assert orjson.loads(response.body)["errors"][0]["extensions"]["code"] == "THROTTLED"
        open_from("198.51.100.2")
        fourth = stack.enter_context(peer(address, headers={"x-forwarded-for": "198.51.100.2"}))
        fourth.init()
        with suppress(ConnectionClosed):
            for _ in range(90):
                fourth.say("pong")
        assert fourth.closing() == (4429, "Too many messages")
        with pytest.raises(InvalidStatus):
            open_from("198.51.100.2")
        open_from("198.51.100.3")


def test_a_message_that_does_not_end_is_closed(api: Api) -> None:
    """All at once: everybody waits for the same second."""
    begun = [
        frame(TEXT, b'{"type":"pong"}')[:1],
        frame(TEXT, b'{"type":"pong"}')[:10],
        frame(TEXT, b'{"type":"pong"}' + b" " * 100_000)[:-1],
        frame(TEXT, b'{"type"', is_last=False),
        frame(TEXT, b'{"type"', is_last=False) + frame(PING),
    ]
    with ThreadPoolExecutor(len(begun)) as threads:
        before = frame(TEXT, INIT) + frame(PING)
        assert list(threads.map(lambda one: closed_with(api, before + one), begun)) == [4408] * 5


def closed_with(api: Api, frames: bytes) -> int:
    """The code that a WebSocket is closed with on which these were sent."""
    with raw_socket(api) as (connection, _):
        connection.sendall(frames)
        return close_code(read_to_the_end(connection))


@pytest.mark.parametrize("before", [b"", frame(TEXT, INIT)], ids=["at once", "after another"])
def test_frames_that_are_none(api: Api, before: bytes) -> None:
    wrong = [
        (frame(TEXT, b"x" * 300_000), 1009),
        (frame(TEXT, b"x" * 200_000, is_last=False) + frame(CONTINUED, b"x" * 200_000), 1009),
        (frame(TEXT, b"\xff"), 1007),
        (frame(3), 1002),
        (frame(CONTINUED, b"x"), 1002),
        (frame(TEXT | 64, b"compressed"), 1002),
        (frame(PING, b"x" * 126), 1002),
        (b"\x81\x01x", 1002),
        (frame(8, b"\x00\x01"), 1002),
        (frame(2, b"{}"), 4400),
        (b"\x00\xff" * 5_000, 1009),
    ]
    with capture_logs() as events, ThreadPoolExecutor(len(wrong)) as threads:
        codes = list(threads.map(lambda one: closed_with(api, before + one[0]), wrong))
    assert codes == [code for _, code in wrong]
    assert {event["log_level"] for event in events} <= {"info"}


def test_nothing_is_compressed(api: Api) -> None:
    fields = b"sec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n"
    with raw_socket(api, fields) as (_, head):
        assert head.startswith(b"HTTP/1.1 101 ")
        assert b"permessage" not in head.lower()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ((b"sec-websocket-version: 13\r\n", b""), b"400"),
        ((b"sec-websocket-version: 13\r\n", b"sec-websocket-version: 12\r\n"), b"400"),
        ((b"AAAAAAAAAAAAAAAAAAAAAA==", b"short"), b"400"),
        ((b"host: test\r\n", b"host: test\r\ncookie: %b\r\n" % (b"x" * 9_000)), b"431"),
        ((b"host: test\r\n", b"host: test\r\n" + b"x: y\r\n" * 200), b"431"),
        ((b"host: test\r\n", b"host: test\r\norigin: http://[::1\r\n"), b"403"),
        ((b"host: test\r\n", b"host: test\r\norigin: http://elsewhere.example\r\n"), b"403"),
        ((b"/graphql", b"/elsewhere"), b"404"),
    ],
    ids=range(8),
)
def test_handshakes_that_are_refused(api: Api, change: tuple[bytes, bytes], status: bytes) -> None:
    with opened(api.http.base_url) as connection:
        connection.sendall((HANDSHAKE + b"\r\n").replace(*change))
        assert read_to_the_end(connection)[9:12] == status


def test_a_client_that_asks_and_never_reads_is_given_up(api: Api) -> None:
    fields = " ".join(f"{'x' * 90}{number}: __typename" for number in range(90))
    query = '{"type":"subscribe","id":"%d","payload":{"query":"{ ' + fields + ' }"}}'
    with raw_socket(api) as (connection, _):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.settimeout(0.5)
        connection.sendall(frame(TEXT, INIT))

        def is_closed() -> bool:
            try:
                connection.sendall(frame(TEXT, (query % next(numbers)).encode()))
            except TimeoutError:
                return False
            except OSError:
                return True
            return False

        numbers = count()
        until(is_closed)
        assert api.http.get("/healthz").status_code == 200


def test_nothing_is_open_afterwards(api: Api) -> None:
    def is_quiet() -> bool:
        exposed = metrics_of(api.http)
        return "guidance_connections_open 1.0" in exposed

    until(is_quiet)


def test_fifty_streams_and_all_their_messages_pass(api: Api) -> None:
    address = f"{api.http.base_url}/graphql".replace("http", "ws", 1)
    with peer(address) as client:
        client.init()
        for number in range(50):
            client.subscribe(f"{number}", "{ plans { code } }")
        kinds = [client.hear()["type"] for _ in range(100)]
    assert sorted(kinds) == ["complete"] * 50 + ["next"] * 50
