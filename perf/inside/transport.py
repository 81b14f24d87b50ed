"""A connection without a network: what the server writes to it is kept."""

import asyncio
from typing import Any

_ADDRESSES = {"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)}


class MemoryTransport(asyncio.Transport):
    """Takes in everything that is written, at once."""

    def __init__(self) -> None:
        super().__init__(_ADDRESSES)
        self.written = bytearray()
        self._is_closing = False

    # Any: as asyncio has it.
    def write(self, data: Any) -> None:
        """Keep the bytes."""
        self.written += data

    def is_closing(self) -> bool:
        """Whether the server has closed it."""
        return self._is_closing

    def close(self) -> None:
        """Take in nothing more."""
        self._is_closing = True

    def abort(self) -> None:
        """Close it at once."""
        self._is_closing = True

    def pause_reading(self) -> None:
        """Nothing is sent before the answer to what was sent is there."""

    def resume_reading(self) -> None:
        """As before."""

    def get_write_buffer_size(self) -> int:
        """What is written has been taken in."""
        return 0
