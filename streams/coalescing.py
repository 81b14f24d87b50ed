"""Joining pieces of text that arrive faster than they can be passed on."""

import asyncio
from collections.abc import Awaitable, Callable


class PieceCoalescer:
    """Passes text on at once; text that arrives during a call of `append` is joined.

    `append` is called for one piece at a time; if it is slow, pieces get larger.
    """

    def __init__(self, append: Callable[[str], Awaitable[None]]) -> None:
        self._append = append
        self._pending: list[str] = []
        self._is_closing = False
        self._waiting: asyncio.Future[None] | None = None
        self._task = asyncio.create_task(self._pass_on())

    def add(self, text: str) -> None:
        """Add the next text, which may be empty."""
        if text:
            self._pending.append(text)
            self._wake()

    async def close(self) -> None:
        """Pass on the rest, and wait for it."""
        self._is_closing = True
        self._wake()
        await self._task

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
