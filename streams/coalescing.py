"""Text that comes faster than it is passed on, joined into fewer pieces."""

import asyncio
from collections.abc import Awaitable, Callable


class Coalescing:
    """Passes text on at once; what comes while the piece before is passed on is joined.

    `append` is called for one piece at a time; a slow one makes pieces larger, not more.
    """

    def __init__(self, append: Callable[[str], Awaitable[None]]) -> None:
        self._append = append
        self._pending: list[str] = []
        self._is_closing = False
        self._waiting: asyncio.Future[None] | None = None
        self._passing_on = asyncio.create_task(self._pass_on())

    def add(self, text: str) -> None:
        """Take the next text, which may be empty."""
        if text:
            self._pending.append(text)
            self._wake()

    async def close(self) -> None:
        """Pass on what is left."""
        self._is_closing = True
        self._wake()
        await self._passing_on

    async def _pass_on(self) -> None:
        while True:
            while self._pending:
                text = "".join(self._pending)
                self._pending.clear()
                await self._append(text)
            if self._is_closing:
                return
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
