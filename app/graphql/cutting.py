"""Breaking off a stream from outside: by callbacks, where tasks that wait would cost more."""

import asyncio
from types import TracebackType
from typing import Self


class CancelScope:
    """Breaks off what runs in the block, in the task that entered it; the block ends quietly."""

    __slots__ = ("_cancelling", "_is_cancelled", "_task")

    def __init__(self) -> None:
        self._task: asyncio.Task[object] | None = None
        self._is_cancelled = False

    def __enter__(self) -> Self:
        self._task = asyncio.current_task()
        if self._task is None:
            raise RuntimeError("tasks are cut off")
        self._cancelling = self._task.cancelling()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> bool:
        task, self._task = self._task, None
        # As `asyncio.timeout` does: somebody else's cancellation goes on as one.
        return (
            self._is_cancelled
            and task is not None
            and task.uncancel() <= self._cancelling
            and kind is asyncio.CancelledError
        )

    def cut(self) -> None:
        """Break it off, unless that is done, or it has ended."""
        if self._task is not None and not self._is_cancelled:
            self._is_cancelled = True
            self._task.cancel()
