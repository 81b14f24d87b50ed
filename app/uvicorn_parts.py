"""What we use of uvicorn that it does not document: the only module that names it.

- Its two protocols are bounded and admit requests by being extended; there is no other way to bound
  what a connection reads (docs/decisions/0020).
- Its side of a request, and how it writes a status, answer in one piece past ASGI's messages: 2 to
  10% of the processor's time for the quota. A head that came before is not parsed again: 9%. Both
  were measured in turns with and without, in one process.
- Its flow control holds reading, and says when writing is paused.

`tests/app/test_uvicorn_parts.py` has what is relied on; `pyproject.toml` bounds the version.
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
