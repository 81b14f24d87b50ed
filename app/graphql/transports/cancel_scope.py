"""Cancelling a stream from a callback, which is cheaper than a task that waits."""

import asyncio
from types import TracebackType
from typing import Self


class CancelScope:
    """A block that `cancel` ends without an exception, in the task that entered it."""

    __slots__ = ("_cancelling", "_is_cancelled", "_task")

    def __init__(self) -> None:
        self._task: asyncio.Task[object] | None = None
        self._is_cancelled = False

    def __enter__(self) -> Self:
        self._task = asyncio.current_task()
        if self._task is None:
            raise RuntimeError("a cancel scope needs a task")
        self._cancelling = self._task.cancelling()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> bool:
        task, self._task = self._task, None
        # As `asyncio.timeout` does: a cancellation from elsewhere is propagated.
        return (
            self._is_cancelled
            and task is not None
            and task.uncancel() <= self._cancelling
            and kind is asyncio.CancelledError
        )

    def cancel(self) -> None:
        """Cancel the block, unless it has ended or was cancelled already."""
        if self._task is not None and not self._is_cancelled:
            self._is_cancelled = True
            self._task.cancel()
