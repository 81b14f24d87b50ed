"""Cancels an operation at its deadline, or when its client disconnects."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from types import CodeType, TracebackType
from typing import Self, TypeAlias

from gql.errors import DeadlineExceeded

_WATCH_AFTER_SECONDS = 0.05
"""How long an operation runs at least before the client's connection is watched; twice at most."""
_LONGEST_UNTIMED_SECONDS = 2 * _WATCH_AFTER_SECONDS
"""A deadline that is not longer gets its timer at once."""
WaitForDisconnect: TypeAlias = Callable[[], Awaitable[None]]
"""Returns when the client has disconnected."""


class ClientDisconnected(Exception):
    """The client has disconnected, so nobody waits for the answer."""


class DeadlineScope:
    """Cancels its block, which runs in the task that entered it.

    The block then raises `DeadlineExceeded` after `seconds`, or `ClientDisconnected` once `gone`
    returns. A quick block costs no timer: all that run share one, which gives a block that it finds
    running for a moment a timer of its own, and a task that watches the client.
    """

    __slots__ = (
        "_cancelling",
        "_cause",
        "_gone",
        "_rounds",
        "_seconds",
        "_since",
        "_task",
        "_timer",
        "_watch",
    )

    def __init__(self, seconds: float, gone: WaitForDisconnect | None = None) -> None:
        self._seconds = seconds
        self._gone = gone
        self._cause: Exception | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._watch: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        if task is None:
            raise RuntimeError("a deadline needs a task")
        self._task, self._cancelling = task, task.cancelling()
        self._since = loop.time()
        rounds = _latest
        if rounds is None or rounds.loop is not loop:
            rounds = _rounds_of(loop)
        self._rounds = rounds
        if self._seconds > _LONGEST_UNTIMED_SECONDS:
            rounds.young[self] = None
            if not rounds.is_planned:
                rounds.plan()
        else:
            self.begin_to_watch(self._since)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._timer is None:
            self._rounds.young.pop(self, None)
        else:
            self._timer.cancel()
        if self._watch is not None:
            self._watch.cancel()
            # Cancelled, it refers to its frame, and that to this block: that would be a circle.
            self._watch = None
        # Like `asyncio.timeout`: a cancellation by somebody else stays one.
        if (
            self._cause is not None
            and self._task.uncancel() <= self._cancelling
            and kind is asyncio.CancelledError
        ):
            raise self._cause from None

    def has_run_for(self, now: float) -> float:
        """Seconds since it was entered; `now` is the time of the event loop."""
        return now - self._since

    def begin_to_watch(self, now: float) -> None:
        """Set the timer of the deadline, and watch the client, from `now` on."""
        if self._gone is not None:
            self._watch = asyncio.create_task(self._until_gone(self._gone))
        left_seconds = self._seconds - self.has_run_for(now)
        self._timer = asyncio.get_running_loop().call_later(left_seconds, self._end)

    async def _until_gone(self, gone: WaitForDisconnect) -> None:
        await gone()
        self._cancel(ClientDisconnected())

    def _end(self) -> None:
        self._cancel(DeadlineExceeded(self._seconds))

    def _cancel(self, cause: Exception) -> None:
        if self._cause is None:
            self._cause = cause
            self._task.cancel()


class _Rounds:
    """Looks at the young blocks of an event loop from time to time, while there are any."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.young: dict[DeadlineScope, None] = {}
        """An ordered set, oldest first."""
        self.is_planned = False

    def plan(self) -> None:
        """Look at them in a moment."""
        self.is_planned = True
        # An empty context: the timer must not keep the context of the request that started it.
        self.loop.call_later(_WATCH_AFTER_SECONDS, self.look, context=Context())

    def look(self) -> None:
        """Begin to watch those that have run for a moment, and plan to look at the others."""
        self.is_planned = False
        now = self.loop.time()
        while self.young:
            oldest = next(iter(self.young))
            if oldest.has_run_for(now) < _WATCH_AFTER_SECONDS:
                self.plan()
                return
            del self.young[oldest]
            oldest.begin_to_watch(now)


SHARED_TIMER: frozenset[CodeType] = frozenset({_Rounds.plan.__code__, _Rounds.look.__code__})
"""The code that runs once for many operations: in which of them it does is up to time."""
_latest: _Rounds | None = None


def _rounds_of(loop: asyncio.AbstractEventLoop) -> _Rounds:
    """The rounds of another event loop; a process has one at a time."""
    global _latest  # noqa: PLW0603 - see above
    _latest = _Rounds(loop)
    return _latest
