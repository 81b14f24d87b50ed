"""A server with more to do than it can: what it refuses, and what it answers all the same."""

import asyncio
import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx2
import orjson
import pytest
from websockets.sync.client import connect

from tests.captured_logs import capture_logs
from tests.fixtures.servers.server import Api, serving, settings_for
from tests.fixtures.stores.world import ADA, ALAN
from tests.waiting import PATIENCE_SECONDS, until

QUOTA = {"query": "{ viewer { quota { limit } } }"}
CODE = "OVERLOADED"


@pytest.fixture
def api(own_world: str, tmp_path: Path) -> Iterator[Api]:
    """A server with one connection, which bears with little."""
    settings = settings_for(
        own_world,
        tmp_path,
        database_pool_size=1,
        overload_delay_seconds=0.05,
        overload_interval_seconds=0.2,
        serve_runs_worker=False,
    )
    with serving(settings) as running:
        yield running


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Nobody can read who there is until the block is left."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(url))
        runner.run(connection.execute("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE"))
        try:
            yield
        finally:
            runner.run(connection.close())


def ask(api: Api, viewer: int) -> httpx2.Response:
    return api.http.post("/graphql", json=QUOTA, headers=api.credentials(viewer))


@contextmanager
def overloaded(api: Api, url: str) -> Iterator[list["Future[httpx2.Response]"]]:
    """People wait for people until new ones are refused; the answers come after the block.

    Those who came before the overload was known are queued, and not among the answers.
    """
    with ThreadPoolExecutor(64) as threads, locked(url):
        waiting = [threads.submit(ask, api, viewer) for viewer in (ADA, ALAN, ADA)]
        queued: list[Future[httpx2.Response]] = []

        def is_one_refused() -> bool:
            queued.append(threads.submit(asking, api))
            return any(one.done() and one.result().status_code == 503 for one in queued)

        until(is_one_refused)
        yield waiting


def asking(api: Api) -> httpx2.Response:
    """Something that needs no database, and is answered or refused as soon as it is begun."""
    return api.http.post("/graphql", json={"query": "{ __typename }"})


def test_what_comes_is_refused_with_when_to_try_again(api: Api, own_world: str) -> None:
    with overloaded(api, own_world) as waiting:
        answer = asking(api)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]["code"]) == (503, CODE)
    assert answer.headers["retry-after"] in {"1", "2", "3"}
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "data" not in answer.json()
    # Who had been admitted is answered, and so is everybody from now on.
    assert [one.result().status_code for one in waiting] == [200] * 3
    assert ask(api, ADA).json()["data"]["viewer"]["quota"]["limit"] > 0


def test_the_line_of_what_waited_to_be_begun_says_how_long(api: Api, own_world: str) -> None:
    with capture_logs() as lines:
        with overloaded(api, own_world) as waiting:
            pass  # for at least the interval
        assert [one.result().status_code for one in waiting] == [200] * 3
        until(lambda: sum(line.get("ms", 0) >= 200 for line in lines) >= 3)


def test_the_connection_of_a_refusal_lasts(api: Api, own_world: str) -> None:
    with overloaded(api, own_world):
        large = {"query": "{ __typename }", "variables": {"x": "x" * 100_000}}
        statuses = [api.http.post("/graphql", json=large).status_code for _ in range(3)]
    assert statuses == [503] * 3
    assert api.http.post("/graphql", json=large).status_code == 200


def test_a_refusal_without_a_body_to_send(api: Api, own_world: str) -> None:
    with overloaded(api, own_world):
        answer = api.http.head("/graphql")
    assert (answer.status_code, answer.content) == (503, b"")


def test_what_comes_whole_is_refused_likewise_and_its_connection_lasts(
    api: Api, own_world: str
) -> None:
    body = b'{"query": "{ __typename }"}'
    head = b"POST /graphql HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n"
    whole = head + b"content-length: %d\r\n\r\n" % len(body) + body
    place = urlsplit(str(api.http.base_url))
    with socket.create_connection((place.hostname, place.port), PATIENCE_SECONDS) as connection:

        def answered() -> bytes:
            connection.sendall(whole)
            return connection.recv(65_536)

        with overloaded(api, own_world):
            refusals = [answered() for _ in range(3)]
        until(lambda: answered().startswith(b"HTTP/1.1 200 "))
    for refusal in refusals:
        fields, _, content = refusal.partition(b"\r\n\r\n")
        assert fields.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nretry-after: " in fields
        assert b"\r\ndate: " in fields
        assert b"\r\ncontent-length: %d\r\n" % len(content) in fields
        assert orjson.loads(content)["errors"][0]["extensions"]["code"] == CODE


def test_what_comes_before_a_refusal_is_sent_is_read_after_it(api: Api, own_world: str) -> None:
    """Of so many that come at once most wait for a turn to be refused in."""
    place = urlsplit(str(api.http.base_url))
    head = b"POST /graphql HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n"
    whole = head + b'content-length: 27\r\n\r\n{"query": "{ __typename }"}'
    with overloaded(api, own_world), ExitStack() as stack:
        connections = [
            stack.enter_context(
                socket.create_connection((place.hostname, place.port), PATIENCE_SECONDS)
            )
            for _ in range(60)
        ]
        for _ in range(3):
            for connection in connections:
                connection.sendall(whole)
        refused = 0
        for connection in connections:
            received = b""
            # A busy machine may be so late that the overload is over, and the rest is answered.
            while received.count(b"HTTP/1.1 ") < 3 or not received.endswith(b"}"):
                received += connection.recv(65_536)
            refused += received.count(b"HTTP/1.1 503 ")
            assert received.count(CODE.encode()) == received.count(b"HTTP/1.1 503 ")
            assert received.count(b'{"data":{"__typename":"Query"}}') == received.count(b" 200 OK")
        assert refused


def test_requests_in_a_row_are_refused_one_by_one(api: Api, own_world: str) -> None:
    one = b"GET /graphql HTTP/1.1\r\nhost: test\r\n\r\n"
    place = urlsplit(str(api.http.base_url))
    with (
        overloaded(api, own_world),
        socket.create_connection((place.hostname, place.port), PATIENCE_SECONDS) as connection,
    ):
        connection.sendall(one * 150)
        received = b""
        while received.count(b"HTTP/1.1 503 ") < 150:
            received += connection.recv(65_536)


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("GET", "/healthz", {200}),
        ("GET", "/readyz", {200, 503}),
        ("GET", "/metrics", {200}),
        ("POST", "/webhooks/payments", {400}),
        ("OPTIONS", "/graphql", {400, 405}),
    ],
)
def test_what_is_always_admitted(
    api: Api, own_world: str, method: str, path: str, statuses: set[int]
) -> None:
    with overloaded(api, own_world):
        answer = api.http.request(method, path)
    assert answer.status_code in statuses
    assert CODE not in answer.text


def test_an_operation_of_a_socket_is_refused_likewise(api: Api, own_world: str) -> None:
    address = f"{api.http.base_url}/graphql".replace("http", "ws", 1)
    with connect(address, subprotocols=["graphql-transport-ws"], proxy=None) as opened:  # type: ignore[list-item]  # a name is enough
        # Any: messages are JSON.
        def response_to(message: dict[str, Any]) -> dict[str, Any]:
            opened.send(orjson.dumps(message).decode())
            answer: dict[str, Any] = orjson.loads(opened.recv())
            return answer

        subscribe = {"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}}
        assert response_to({"type": "connection_init"}) == {"type": "connection_ack"}
        with overloaded(api, own_world):
            answer = response_to(subscribe)
        assert (answer["type"], answer["id"]) == ("error", "1")
        assert answer["payload"][0]["extensions"]["code"] == CODE
        # It was not begun, so that its id is free, and the socket is open.
        assert response_to(subscribe)["payload"] == {"data": {"__typename": "Query"}}


def test_refusals_are_counted(api: Api, own_world: str) -> None:
    with overloaded(api, own_world):
        asking(api)
    metrics = api.http.get("/metrics").text
    (refused,) = (
        float(line.split()[1])
        for line in metrics.splitlines()
        if line.startswith("guidance_overload_refused_total")
    )
    assert refused >= 1
    assert 'guidance_overload_delay_seconds_bucket{le="0.1"}' in metrics
