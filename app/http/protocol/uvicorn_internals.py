"""The undocumented parts of uvicorn that we use; no other module imports them from uvicorn.

- The two protocol classes, which we extend: there is no other way to bound what a connection reads
  (docs/decisions/0020).
- The request cycle and status lines, to write a response past ASGI's messages (2 to 10% of the
  processor time of the quota query) and to skip parsing a repeated head (9%). Both were measured
  in alternation, with and without, in one process.
- The flow control, to pause reading and to see when writing is paused.

What is relied on is tested in test_uvicorn_internals.py; `pyproject.toml` bounds the version.
"""

from uvicorn._types import ASGI3Application, ASGIReceiveEvent, ASGISendEvent, HTTPScope
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT, FlowControl
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

__all__ = [
    "HIGH_WATER_LIMIT",
    "STATUS_LINE",
    "ASGI3Application",
    "ASGIReceiveEvent",
    "ASGISendEvent",
    "Config",
    "FlowControl",
    "HTTPScope",
    "HttpToolsProtocol",
    "RequestResponseCycle",
    "ServerState",
    "WebSocketsSansIOProtocol",
]
