"""Pieces that come faster than a person reads, joined into fewer."""

import asyncio
from collections.abc import Awaitable, Callable

INTERVAL_SECONDS = 0.1


class Coalescing:
    """Passes text on at once when nothing was passed on lately, otherwise joined with the next.

    `append` is called for one piece at a time; a slow one makes pieces larger, not more.
    """

    def __init__(
        self, append: Callable[[str], Awaitable[None]], *, interval_seconds: float
    ) -> None:
        self._append = append
        self._interval_seconds = interval_seconds
        self._pending: list[str] = []
        self._has_text = asyncio.Event()
        self._closing = asyncio.Event()
        self._passing_on = asyncio.create_task(self._pass_on())

    def add(self, text: str) -> None:
        """Take the next text, which may be empty."""
        if text:
            self._pending.append(text)
            self._has_text.set()

    async def close(self) -> None:
        """Pass on what is left."""
        self._closing.set()
        self._has_text.set()
        await self._passing_on

    async def _pass_on(self) -> None:
        while True:
            await self._has_text.wait()
            self._has_text.clear()
            is_last = self._closing.is_set()
            text = "".join(self._pending)
            self._pending.clear()
            if text:
                await self._append(text)
            if is_last:
                return
            await self._rest()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._interval_seconds):
                await self._closing.wait()
        except TimeoutError:
            pass
