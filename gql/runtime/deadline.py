"""Cancels an operation at its deadline, or when its client disconnects."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeAlias

from gql.errors import DeadlineExceeded

_WATCH_AFTER_SECONDS = 0.05
"""How long an operation runs before the client's connection is watched."""
WaitForDisconnect: TypeAlias = Callable[[], Awaitable[None]]
"""Returns when the client has disconnected."""


class ClientDisconnected(Exception):
    """The client has disconnected, so nobody waits for the answer."""


class DeadlineScope:
    """Cancels its block, which runs in the task that entered it.

    The block then raises `DeadlineExceeded` after `seconds`, or `ClientDisconnected` once `gone`
    returns. A quick block costs one timer only: a task that watches the client starts after a
    moment.
    """

    __slots__ = ("_cancelling", "_cause", "_gone", "_seconds", "_task", "_timer", "_watch")

    def __init__(self, seconds: float, gone: WaitForDisconnect | None = None) -> None:
        self._seconds = seconds
        self._gone = gone
        self._cause: Exception | None = None
        self._watch: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a deadline needs a task")
        self._task, self._cancelling = task, task.cancelling()
        loop = asyncio.get_running_loop()
        if self._gone is None or self._seconds <= _WATCH_AFTER_SECONDS:
            self._timer = loop.call_later(self._seconds, self._end)
        else:
            self._timer = loop.call_later(_WATCH_AFTER_SECONDS, self._begin_to_watch, self._gone)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        if self._watch is not None:
            self._watch.cancel()
        # Like `asyncio.timeout`: a cancellation by somebody else stays one.
        if (
            self._cause is not None
            and self._task.uncancel() <= self._cancelling
            and kind is asyncio.CancelledError
        ):
            raise self._cause from None

    def _begin_to_watch(self, gone: WaitForDisconnect) -> None:
        self._watch = asyncio.create_task(self._until_gone(gone))
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._seconds - _WATCH_AFTER_SECONDS, self._end)

    async def _until_gone(self, gone: WaitForDisconnect) -> None:
        await gone()
        self._cancel(ClientDisconnected())

    def _end(self) -> None:
        self._cancel(DeadlineExceeded(self._seconds))

    def _cancel(self, cause: Exception) -> None:
        if self._cause is None:
            self._cause = cause
            self._task.cancel()
