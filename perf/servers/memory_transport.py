"""An in-memory transport that collects what the server writes."""

import asyncio
from collections.abc import Callable
from typing import Any

_ADDRESSES = {"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)}


class MemoryTransport(asyncio.Transport):
    """Accepts everything that is written at once."""

    def __init__(self) -> None:
        super().__init__(_ADDRESSES)
        self.written = bytearray()
        self.on_write: Callable[[], None] | None = None
        self._is_closing = False

    # Any: as asyncio has it.
    def write(self, data: Any) -> None:
        """Append the bytes to `written`."""
        self.written += data
        if self.on_write is not None:
            self.on_write()

    def is_closing(self) -> bool:
        """Whether the server has closed it."""
        return self._is_closing

    def close(self) -> None:
        """Mark it as closed."""
        self._is_closing = True

    def abort(self) -> None:
        """Mark it as closed."""
        self._is_closing = True

    def pause_reading(self) -> None:
        """Do nothing: a request is only sent after the answer to the one before."""

    def resume_reading(self) -> None:
        """Do nothing."""

    def get_write_buffer_size(self) -> int:
        """The buffer is always empty."""
        return 0
