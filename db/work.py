"""What is done on behalf of the current request: its statements, by name, and its batches."""

from asyncio import Task
from contextvars import ContextVar
from typing import Any, Self

_MOST_HELD = 16
"""Tasks, after which those that have ended are forgotten: a subscription goes on for long."""


class Work:
    """What runs inside the block is of one request, in the tasks started there too.

    `operation` goes into the comments of statements: the name of an operation of our own, or none;
    it is never a client's text.
    """

    __slots__ = ("_tasks", "_token", "has_changed", "operation", "seconds", "statements")

    def __init__(self, operation: str | None = None) -> None:
        self.operation = operation
        self.statements: list[str] = []
        """The names of those that ran."""
        self.seconds = 0.0
        """What they took in all; several at once are counted each."""
        self.has_changed = False
        """Whether anything was written, or may have been: until then it can be done again."""
        # Any: nobody asks here what a task gives.
        self._tasks: list[Task[Any]] = []

    def __enter__(self) -> Self:
        self._token = _current.set(self)
        return self

    def __exit__(self, *_error: object) -> None:
        for task in self._tasks:
            task.cancel()
        _current.reset(self._token)

    def bound(self, task: Task[Any]) -> None:
        """Break the task off, should it still run when the block is left."""
        if len(self._tasks) >= _MOST_HELD:
            self._tasks = [one for one in self._tasks if not one.done()]
        self._tasks.append(task)


_current: ContextVar[Work | None] = ContextVar("work", default=None)
current_work = _current.get
