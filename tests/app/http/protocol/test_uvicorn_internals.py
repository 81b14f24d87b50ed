"""What of uvicorn is relied on beyond its documentation: a version without it fails here first."""

import asyncio
import inspect
import tomllib
from pathlib import Path

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from app.http.protocol.uvicorn_internals import (
    HIGH_WATER_LIMIT,
    STATUS_LINE,
    FlowControl,
    HttpToolsProtocol,
    RequestResponseCycle,
    ServerState,
    WebSocketsSansIOProtocol,
)
from perf.servers.memory_transport import MemoryTransport

ROOT = Path(__file__).parents[4]
REQUEST = b"POST /graphql HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\r\n{}"
OF_A_PROTOCOL = {
    "access_log",
    "access_logger",
    "app",
    "app_state",
    "client",
    "config",
    "connections",
    "cycle",
    "flow",
    "headers",
    "logger",
    "parser",
    "pipeline",
    "scheme",
    "scope",
    "server",
    "server_state",
    "tasks",
    "transport",
    "url",
    "ws_protocol_class",
}
OF_A_CYCLE = {
    "body",
    "default_headers",
    "disconnected",
    "flow",
    "keep_alive",
    "message_event",
    "more_body",
    "on_response",
    "response_complete",
    "response_started",
    "scope",
    "transport",
    "waiting_for_100_continue",
}
IN_A_SCOPE = {
    "asgi",
    "client",
    "headers",
    "http_version",
    "method",
    "path",
    "query_string",
    "raw_path",
    "root_path",
    "scheme",
    "server",
    "state",
    "type",
}


async def nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """An application that answers nobody."""


async def test_what_the_protocol_and_its_cycle_have() -> None:
    config = uvicorn.Config(nothing, log_config=None, proxy_headers=False)
    config.load()
    protocol = HttpToolsProtocol(config, ServerState(), {"shared": 1})
    protocol.connection_made(MemoryTransport())
    protocol.data_received(REQUEST)
    cycle = protocol.cycle
    assert vars(protocol).keys() >= OF_A_PROTOCOL
    assert vars(cycle).keys() >= OF_A_CYCLE
    assert cycle.scope.keys() == IN_A_SCOPE
    assert (bytes(cycle.body), cycle.more_body, cycle.keep_alive) == (b"{}", False, True)
    assert cycle.scope["state"] == {"shared": 1}
    assert isinstance(cycle.message_event, asyncio.Event)
    assert protocol.flow.read_paused is protocol.flow.write_paused is False
    await asyncio.gather(*protocol.tasks)
    protocol.connection_lost(None)


@pytest.mark.parametrize(
    ("owner", "methods"),
    [
        (HttpToolsProtocol, "connection_made connection_lost data_received shutdown"),
        (HttpToolsProtocol, "on_message_begin on_header on_headers_complete on_body"),
        (HttpToolsProtocol, "on_message_complete on_response_complete"),
        (HttpToolsProtocol, "handle_websocket_upgrade _should_upgrade _start_asgi_task"),
        (RequestResponseCycle, "receive run_asgi send"),
        (FlowControl, "drain pause_reading pause_writing resume_reading resume_writing"),
        (WebSocketsSansIOProtocol, "connection_made connection_lost data_received receive send"),
    ],
)
def test_what_is_called_or_put_in_another_s_place(owner: type, methods: str) -> None:
    assert {*methods.split()} <= {name for name, _ in inspect.getmembers(owner, callable)}


def test_how_a_cycle_is_made_and_a_status_written() -> None:
    parameters = list(inspect.signature(RequestResponseCycle).parameters)
    assert parameters == [
        "scope",
        "transport",
        "flow",
        "logger",
        "access_logger",
        "access_log",
        "default_headers",
        "message_event",
        "expect_100_continue",
        "keep_alive",
        "on_response",
    ]
    assert STATUS_LINE[200] == b"HTTP/1.1 200 OK\r\n"
    assert HIGH_WATER_LIMIT == 65_536


def test_the_version_is_bounded() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (bound,) = (one for one in project["dependencies"] if one.startswith("uvicorn"))
    assert ",<" in bound


def test_one_module_names_these_parts() -> None:
    named = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "app").rglob("*.py")
        if "from uvicorn._" in path.read_text() or "from uvicorn.protocols" in path.read_text()
    ]
    assert named == ["app/http/protocol/uvicorn_internals.py"]
