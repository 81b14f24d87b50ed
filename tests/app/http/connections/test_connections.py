"""Connections wait for their clients for a while, and there are so many of them."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import orjson
import pytest

from tests.fixtures.clients.raw import connected, opened, read_to_the_end, sent
from tests.fixtures.servers.server import Api, metrics_of, serving, settings_for
from tests.waiting import until

QUICK = {"http_head_seconds": 1, "http_body_seconds": 1, "http_idle_seconds": 1}
HEALTH = b"GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n"
LAST = b"GET /healthz HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n"
HEAD = b"POST /graphql HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n"
BIG = b"POST /graphql HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n"
SELF = "127.0.0.1"


@pytest.fixture(scope="module")
def api(world: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server with little patience."""
    folder = tmp_path_factory.mktemp("server")
    bounds = QUICK | {"http_unread_seconds": 1, "http_max_connections_per_address": 3}
    # What is requested costs a lot, and is not to be refused for that.
    bounds |= {"graphql_address_budget": 0}
    settings = settings_for(
        world, folder, serve_runs_worker=False, trusted_proxies=(SELF,), **bounds
    )
    with serving(settings) as api:
        yield api


def status(answer: bytes) -> bytes:
    return answer[len(b"HTTP/1.1 ") :][:3]


def test_who_does_not_go_on_is_closed(api: Api) -> None:
    """All at once: everybody waits for the same second."""
    begun = [
        (b"", b""),
        (b"\r\n\r\n", b""),
        (b"P", b"408"),
        (HEAD, b"408"),
        (HEAD + b"content-length: 10\r\n\r\n", b"408"),
        (HEAD + b'content-length: 10\r\n\r\n{"a"', b"408"),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\nab", b"408"),
        (HEAD + b"expect: 100-continue\r\ncontent-length: 10\r\n\r\n", b"100"),
        (HEALTH, b"200"),
        (HEALTH + HEAD, b"200"),
    ]
    with ThreadPoolExecutor(len(begun)) as threads:
        answers = list(threads.map(lambda one: sent(api.http.base_url, one[0]), begun))
    assert [status(answer) for answer in answers] == [expected for _, expected in begun]
    late = [answer for answer in answers if status(answer) == b"408"]
    assert [answer for answer in late if b'"code":"BAD_REQUEST"' not in answer] == []


def test_a_byte_now_and_then_is_not_going_on(api: Api) -> None:
    begun = [HEAD, HEAD + b"content-length: 10000\r\n\r\n"]
    with ThreadPoolExecutor(len(begun)) as threads:
        assert list(threads.map(lambda one: trickled(api, one), begun)) == [b"408"] * 2


def trickled(api: Api, begin: bytes) -> bytes:
    """The status that is answered to who sends a byte now and then."""
    with connected(api.http.base_url) as connection:
        connection.settimeout(0.1)
        connection.sendall(begin)
        answer = b""

        def is_answered() -> bool:
            nonlocal answer
            connection.sendall(b"x")
            try:
                answer += connection.recv(4_096)
            except TimeoutError:
                return False
            return True

        until(is_answered)
        return status(answer)


def test_earlier_requests_are_answered_though_the_rest_never_comes(api: Api) -> None:
    answer = sent(api.http.base_url, HEALTH + HEALTH + HEAD)
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.count(b"HTTP/1.1 408 ") == 1


def test_an_address_has_so_many_connections_and_a_proxy_as_many_as_it_likes(api: Api) -> None:
    with ExitStack() as stack:

        def ask(source: str) -> bytes:
            connection = stack.enter_context(connected(api.http.base_url, source=source))
            connection.sendall(HEALTH)
            return connection.recv(4_096)

        assert [status(ask("127.0.0.2")) for _ in range(3)] == [b"200"] * 3
        refused = ask("127.0.0.2")
        assert status(refused) == b"503"
        assert b"\r\nretry-after: 1\r\n" in refused
        (error,) = orjson.loads(refused.partition(b"\r\n\r\n")[2])["errors"]
        assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE"
        assert [status(ask(source)) for source in ("127.0.0.3", *(SELF,) * 5)] == [b"200"] * 6


def test_the_place_of_one_that_left_is_free(api: Api) -> None:
    for _ in range(10):
        with connected(api.http.base_url, source="127.0.0.4") as connection:
            connection.sendall(LAST)
            assert status(read_to_the_end(connection)) == b"200"


def test_one_that_does_nothing_gives_way_to_another(
    world: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = settings_for(
        world, tmp_path_factory.mktemp("full"), serve_runs_worker=False, http_max_connections=5
    )
    with serving(settings) as api, ExitStack() as stack:
        silent = [stack.enter_context(connected(api.http.base_url)) for _ in range(5)]
        # At first they may be about to ask; after a while their places are given to others.
        until(lambda: last_status(api) == b"503")
        until(lambda: last_status(api) == b"200")
        closed = [connection for connection in silent if is_closed(connection)]
        assert closed
        assert closed[0] is silent[0], "the one that waited longest"


def last_status(api: Api) -> bytes:
    """What a connection for one request is answered with; nothing where it was reset meanwhile."""
    try:
        return status(sent(api.http.base_url, LAST))
    except ConnectionResetError:
        return b""


def is_closed(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False


def test_who_asks_and_never_reads_is_closed_and_nothing_is_left(api: Api) -> None:
    body = orjson.dumps({"query": "{ __schema { types { name fields { name description } } } }"})
    request = HEAD + b"content-length: %d\r\n\r\n%b" % (len(body), body)
    connection = opened(api.http.base_url)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.settimeout(0.5)

    def is_refused() -> bool:
        try:
            connection.sendall(request * 100)
        except TimeoutError:
            return False
        except OSError:
            return True
        return False

    until(is_refused)
    connection.close()
    until(lambda: 'guidance_connections_refused_total{kind="unread"}' in metrics_of(api.http))
    assert api.http.get("/healthz").status_code == 200
