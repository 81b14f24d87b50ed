"""uvicorn's HTTP protocol, with two things more.

It says when the server is asked to stop, and it bounds the head of a request.
"""

from app.admission.protocol import AdmittingProtocol
from app.stopping import STOPPING
from app.whole_answers import CYCLE

_LONGEST_HEAD = 65_536
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class HttpProtocol(AdmittingProtocol):
    """uvicorn's protocol; see above."""

    _head_length = 0
    """Of the request whose head is being read, in bytes."""

    def data_received(self, data: bytes) -> None:
        """Read what comes; a head that does not end is refused, wherever the reading stands."""
        super().data_received(data)
        if self.scope is None or "method" in self.scope:
            return
        self._head_length += len(data)
        if self._head_length > _LONGEST_HEAD and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_headers_complete(self) -> None:
        """Begin with a request."""
        self._head_length = 0
        super().on_headers_complete()
        self.scope["state"][CYCLE] = self.cycle

    def shutdown(self) -> None:
        """Finish what is running on this connection, of which streams do not end by themselves."""
        self.app_state[STOPPING].set()
        super().shutdown()
