"""Flow control of one connection: when it is read, and whether its client reads."""

from asyncio import Transport

from app.http.protocol.uvicorn_internals import FlowControl

_CLOSING_TICKS = 5
"""How long the rest of a connection that we have closed may wait to be read."""


class HoldingFlowControl(FlowControl):
    """uvicorn's flow control, which does not resume reading while read data is still held back.

    Without this, a request that waits for its body would resume reading although other requests
    of the connection wait behind it.
    """

    is_holding = False

    def hold(self) -> None:
        """Pause reading until `let_go` is called."""
        self.is_holding = True
        self.pause_reading()

    def release(self, *, is_full: bool = False) -> None:
        """Resume reading; if the body `is_full`, only once the application has taken some of it."""
        self.is_holding = False
        if not is_full:
            self.resume_reading()

    def resume_reading(self) -> None:
        """Resume reading, unless data is held."""
        if not self.is_holding:
            super().resume_reading()


class WriteProgress:
    """What one connection has to send and the operating system has not accepted yet."""

    __slots__ = ("_byte_count", "_since", "_stall_ticks", "_transport")

    def __init__(self, transport: Transport, stall_ticks: int) -> None:
        self._transport = transport
        self._stall_ticks = stall_ticks
        self._byte_count = 0
        self._since = 0

    def is_stalled(self, now: int) -> bool:
        """Whether nothing was accepted for the allowed number of ticks; `now` is this tick."""
        byte_count = self._transport.get_write_buffer_size()
        if byte_count < self._byte_count or not self._byte_count:
            self._since = now
        self._byte_count = byte_count
        if not byte_count:
            return False
        stall_ticks = _CLOSING_TICKS if self._transport.is_closing() else self._stall_ticks
        return now - self._since >= stall_ticks
