"""Storing what there is of replies before anybody is shown it, many replies in one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from typing import TypeAlias

import structlog

from db.unavailable import DatabaseUnavailable
from services.generation.records import Written
from services.periodic import job

INTERVAL_SECONDS = 0.05
"""From the end of one statement to the next, unless a reply begins: at most twenty a second."""
PATIENCE_SECONDS = 2.0
"""How long a text is held back at most. What is shown then may be lost, if the process dies too."""
Save: TypeAlias = Callable[[Mapping[int, Written]], Awaitable[Collection[int]]]
_log = structlog.get_logger("guidance.replies")


class Progress:
    """Has what was added to replies stored by `save`, which gives the replies that it stored.

    A database that is away holds up no reply: its text is then kept by its writer alone.
    """

    def __init__(self, save: Save, *, interval_seconds: float = INTERVAL_SECONDS) -> None:
        self._save = save
        self._interval_seconds = interval_seconds
        self._waiting: dict[int, tuple[Callable[[], Written], asyncio.Future[None]]] = {}
        self._is_wanted = asyncio.Event()
        self._is_urgent = asyncio.Event()

    def stored(
        self, reply_id: int, written: Callable[[], Written], *, is_first: bool = False
    ) -> "asyncio.Future[None]":
        """A future that is done when all that is `written` of a reply now has been stored.

        What `is_first` of a reply waits for no interval. The future is done too when that has
        taken too long; whoever waits may set its result themselves. A reply has one at a time.
        """
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        giving_up = loop.call_later(PATIENCE_SECONDS, _release, waiter)
        waiter.add_done_callback(lambda _: giving_up.cancel())
        self._waiting[reply_id] = written, waiter
        self._is_wanted.set()
        if is_first:
            self._is_urgent.set()
        return waiter

    async def run(self) -> None:
        """Store until cancelled."""
        while True:
            await self._is_wanted.wait()
            self._is_wanted.clear()
            self._is_urgent.clear()
            await job("store_replies", self._store())
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval_seconds):
                    await self._is_urgent.wait()

    async def _store(self) -> None:
        """Store what is waited for; what another has locked is tried again with the next."""
        waiting, self._waiting = self._waiting, {}
        waiting = {key: one for key, one in waiting.items() if not one[1].done()}
        if not waiting:
            return
        stored = await self._saved({key: written() for key, (written, _) in waiting.items()})
        for reply_id, one in waiting.items():
            if reply_id in stored:
                _release(one[1])
            elif not one[1].done():
                self._waiting.setdefault(reply_id, one)
                self._is_wanted.set()

    async def _saved(self, written: Mapping[int, Written]) -> Collection[int]:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._save(written)
        except (DatabaseUnavailable, TimeoutError) as error:
            _log.warning("text is shown that is not stored", reason=type(error).__name__)
        except Exception:  # noqa: BLE001 - the next time may be better
            _log.exception("text is shown that is not stored")
        return written.keys()


def _release(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)
