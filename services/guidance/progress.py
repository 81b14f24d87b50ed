"""Storing the text of replies before it is shown, many replies in one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TypeAlias

import structlog

from db.connections.errors import DatabaseUnavailable
from db.reply_key import ReplyKey
from services.background.periodic import run_job
from services.generation.records import ReplyDraft

INTERVAL_SECONDS = 0.05
"""The wait between statements, at most twenty a second; the first text of a reply cuts it short."""
TIMEOUT_SECONDS = 2.0
"""How long showing a text waits for storing it; unstored text may be lost with the process."""
SaveDrafts: TypeAlias = Callable[
    [Mapping[ReplyKey, ReplyDraft]], Awaitable[Mapping[ReplyKey, bool]]
]
_log = structlog.get_logger("guidance.replies")


class ProgressWriter:
    """Stores the drafts of replies with `save`, which returns whether each was stored.

    A database that is away delays no reply: its text is then held by its writer alone. Those that
    `save` leaves out are no longer this process's, and nothing more is shown of them.
    """

    def __init__(self, save: SaveDrafts, *, interval_seconds: float = INTERVAL_SECONDS) -> None:
        self._save = save
        self._interval_seconds = interval_seconds
        self._waiting: dict[ReplyKey, tuple[Callable[[], ReplyDraft], asyncio.Future[bool]]] = {}
        self._has_work = asyncio.Event()
        self._has_first_text = asyncio.Event()

    def save_soon(
        self, reply: ReplyKey, draft: Callable[[], ReplyDraft], *, is_first: bool = False
    ) -> "asyncio.Future[bool]":
        """A future of whether the reply as written now may be shown: it has been stored.

        The first text of a reply does not wait for the interval. The text may also be shown when
        storing takes too long, and a caller may set the result. A reply has one future at a time.
        """
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[bool] = loop.create_future()
        timeout = loop.call_later(TIMEOUT_SECONDS, _release, waiter, True)
        waiter.add_done_callback(lambda _: timeout.cancel())
        self._waiting[reply] = draft, waiter
        self._has_work.set()
        if is_first:
            self._has_first_text.set()
        return waiter

    async def run(self) -> None:
        """Store until cancelled."""
        while True:
            await self._has_work.wait()
            self._has_work.clear()
            self._has_first_text.clear()
            await run_job("store_replies", self._store())
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval_seconds):
                    await self._has_first_text.wait()

    async def _store(self) -> None:
        """Store the waiting drafts; those whose row is locked are tried again next time."""
        waiting, self._waiting = self._waiting, {}
        waiting = {key: one for key, one in waiting.items() if not one[1].done()}
        if not waiting:
            return
        stored = await self._try_save({key: draft() for key, (draft, _) in waiting.items()})
        for reply, one in waiting.items():
            if stored.get(reply) is not False:
                _release(one[1], reply in stored)
            elif not one[1].done():
                self._waiting.setdefault(reply, one)
                self._has_work.set()

    async def _try_save(self, drafts: Mapping[ReplyKey, ReplyDraft]) -> Mapping[ReplyKey, bool]:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._save(drafts)
        except (DatabaseUnavailable, TimeoutError) as error:
            _log.warning("text is shown that is not stored", reason=type(error).__name__)
        except Exception:  # noqa: BLE001 - the next attempt may succeed
            _log.exception("text is shown that is not stored")
        return dict.fromkeys(drafts, True)


# Positional, as timers call it so.
def _release(waiter: "asyncio.Future[bool]", may_be_shown: bool) -> None:  # noqa: FBT001
    if not waiter.done():
        waiter.set_result(may_be_shown)
