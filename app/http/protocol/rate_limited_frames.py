"""The sans-I/O WebSocket protocol of `websockets`, with a rate limit on frames."""

import logging
from collections.abc import Callable

from websockets.frames import Frame
from websockets.http11 import Response
from websockets.server import ServerProtocol
from websockets.typing import StatusLike

from app.http.protocol.refusal import HANDSHAKE_ERROR_HEADERS, handshake_error_body

TOO_MANY_FRAMES = 4429
_FRAME_HEADER_BYTES = ((125, 6), (65_535, 8), (2**63, 14))
"""The size of a frame's header, by the largest payload (RFC 6455, 5.2)."""
_SILENT_LOGGER = logging.getLogger("guidance.websocket")
"""Silent: what a client causes is in the request's log line, and must not flood the log."""
_SILENT_LOGGER.addHandler(logging.NullHandler())
_SILENT_LOGGER.propagate = False


class RateLimitedFrames(ServerProtocol):
    """The library's protocol, which closes the connection when `charge` refuses a frame."""

    def __init__(self, max_size: int, charge: Callable[[int], bool]) -> None:
        super().__init__(max_size=max_size, logger=_SILENT_LOGGER)
        self._charge = charge
        self.frame_bytes = 0
        """Bytes on the wire of all frames so far."""
        self.has_failed = False

    def recv_frame(self, frame: Frame) -> None:
        """Handle a frame, if the rate limits allow it."""
        length = len(frame.data)
        self.frame_bytes += length + next(
            size for most, size in _FRAME_HEADER_BYTES if length <= most
        )
        if self._charge(length):
            super().recv_frame(frame)
        else:
            self.fail(TOO_MANY_FRAMES, "Too many messages")

    def reject(self, status: StatusLike, text: str) -> Response:  # noqa: ARG002 - see there
        """Answer an invalid handshake with our own body: the library's would echo the input."""
        response = super().reject(status, handshake_error_body(status))
        del response.headers["Content-Type"]
        response.headers.update(HANDSHAKE_ERROR_HEADERS)
        return response

    def fail(self, code: int, reason: str = "") -> None:
        """Close, and discard further input."""
        self.has_failed = True
        super().fail(code, reason)
