"""The examples of proxies: streams stream, sockets talk, and clients are not believed."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.deploy.proxies import Proxy, haproxy, nginx
from tests.fixtures.servers.server import listening
from tests.waiting import until

pytestmark = pytest.mark.heavy

SUBPROTOCOL = Subprotocol("graphql-transport-ws")
UNAVAILABLE = {
    "errors": [
        {
            "message": "The service is unavailable; try again.",
            "extensions": {"code": "SERVICE_UNAVAILABLE"},
        }
    ]
}


class Instance:
    """What a server behind a proxy sees; its stream goes on when its client has read."""

    def __init__(self) -> None:
        self.was_read = threading.Event()
        self.is_ready = True

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/readyz", self._readyz),
                Route("/stream", self._stream, methods=["POST"]),
                Route("/seen", self._seen),
                Route("/metrics", self._seen),
                WebSocketRoute("/graphql", self._socket),
            ]
        )

    async def _readyz(self, _request: Request) -> JSONResponse:
        return JSONResponse({}, 200 if self.is_ready else 503)

    async def _stream(self, _request: Request) -> StreamingResponse:
        async def events() -> AsyncIterator[bytes]:
            yield b"data: first\n\n"
            while not self.was_read.is_set():
                await asyncio.sleep(0.01)
            yield b"data: second\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    async def _seen(self, request: Request) -> JSONResponse:
        return JSONResponse([list(pair) for pair in request.headers.items()])

    async def _socket(self, socket: WebSocket) -> None:
        await socket.accept("graphql-transport-ws")
        with suppress(WebSocketDisconnect):
            while True:
                await socket.send_text(f"heard {await socket.receive_text()}")


Behind = tuple[Instance, Proxy]


@pytest.fixture(params=[haproxy, nginx], ids=["haproxy", "nginx"])
def behind(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Instance, Proxy, httpx2.Client]]:
    run: Callable[[list[int], Path], AbstractContextManager[Proxy]] = request.param
    instance = Instance()
    with listening(instance.app) as address:
        port = httpx2.URL(address).port
        assert port is not None
        with (
            run([port], tmp_path) as proxy,
            httpx2.Client(base_url=proxy.url, verify=proxy.tls or True, timeout=10) as http,
        ):
            until(lambda: http.get("/readyz").status_code == 200)
            yield instance, proxy, http


def test_what_is_sent_is_passed_on_as_it_comes(
    behind: tuple[Instance, Proxy, httpx2.Client],
) -> None:
    instance, proxy, http = behind
    with http.stream("POST", "/stream", json={}) as answer:
        lines = answer.iter_lines()
        assert next(lines) == "data: first"
        instance.was_read.set()
        assert [line for line in lines if line] == ["data: second"]

    assert asyncio.run(heard(proxy, "one", "two")) == ["heard one", "heard two"]

    claims = {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "gopher"}
    seen = [(name, value) for name, value in http.get("/seen", headers=claims).json()]
    scheme = "http" if proxy.tls is None else "https"
    assert [value for name, value in seen if name == "x-forwarded-for"] == ["127.0.0.1"]
    assert [value for name, value in seen if name == "x-forwarded-proto"] == [scheme]
    assert http.get("/metrics").status_code == 404


async def heard(proxy: Proxy, *words: str) -> list[str | bytes]:
    """What is said back over a WebSocket to each word."""
    address = f"{proxy.url}/graphql".replace("http", "ws", 1)
    async with connect(address, subprotocols=[SUBPROTOCOL], ssl=proxy.tls, proxy=None) as socket:
        answers = []
        for word in words:
            await socket.send(word)
            answers.append(await socket.recv())
        return answers


def test_haproxy_asks_no_instance_that_is_not_ready(tmp_path: Path) -> None:
    going, staying = Instance(), Instance()
    with listening(going.app) as first, listening(staying.app) as second:
        ports = [httpx2.URL(address).port or 0 for address in (first, second)]
        with haproxy(ports, tmp_path) as proxy, httpx2.Client(base_url=proxy.url) as http:
            until(lambda: {http.get("/seen").status_code for _ in range(4)} == {200})
            going.is_ready = staying.is_ready = False
            until(lambda: http.get("/seen").status_code == 503)
            answer = http.get("/seen")
            assert (answer.json(), answer.headers["content-type"]) == (
                UNAVAILABLE,
                "application/json",
            )
            staying.is_ready = True
            until(lambda: http.get("/seen").status_code == 200)


def test_nginx_says_in_our_form_that_nobody_is_there(tmp_path: Path) -> None:
    nobody = [1, 1]
    with (
        nginx(nobody, tmp_path) as proxy,
        httpx2.Client(base_url=proxy.url, verify=proxy.tls or True) as http,
    ):
        answer = http.post("/graphql", json={})
        assert (answer.status_code, answer.json()) == (503, UNAVAILABLE)
        assert answer.headers["content-type"] == "application/json"
