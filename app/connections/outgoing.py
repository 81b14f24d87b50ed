"""Whether a client takes in what is sent to it."""

from asyncio import Transport

_CLOSING_LOOKS = 5
"""How long the rest of a connection that we have closed may wait to be taken in."""


class Outgoing:
    """What one connection has to send and the operating system has not taken yet."""

    __slots__ = ("_byte_count", "_looks", "_since", "_transport")

    def __init__(self, transport: Transport, looks: int) -> None:
        self._transport = transport
        self._looks = looks
        self._byte_count = 0
        self._since = 0

    def is_stuck(self, now: int) -> bool:
        """Whether nothing was taken in for so many looks; `now` is the number of this one."""
        byte_count = self._transport.get_write_buffer_size()
        if byte_count < self._byte_count or not self._byte_count:
            self._since = now
        self._byte_count = byte_count
        if not byte_count:
            return False
        looks = _CLOSING_LOOKS if self._transport.is_closing() else self._looks
        return now - self._since >= looks
