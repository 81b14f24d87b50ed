"""What is done in the database for the current request: its statements, and its loaders' tasks."""

from asyncio import Task
from contextvars import ContextVar
from typing import Any, Self

_MAX_TASKS = 16
"""Ended tasks are dropped beyond this number, since a subscription lasts long."""


class RequestScope:
    """A block in which statements belong to one request, also in the tasks that start inside it.

    `operation` goes into the comments of statements: the name of a trusted operation, or none. It
    is never a client's text.
    """

    __slots__ = (
        "_tasks",
        "_token",
        "has_changed",
        "has_read_clock",
        "operation",
        "seconds",
        "statements",
        "timings",
    )

    def __init__(self, operation: str | None = None) -> None:
        self.operation = operation
        self.statements: list[str] = []
        """The names of the statements that ran."""
        self.timings: list[tuple[str, float, float]] | None = None
        """Name, begin and end of each statement, where somebody wants to know afterwards."""
        self.seconds = 0.0
        """The sum of their durations; concurrent ones count each."""
        self.has_changed = False
        """Whether anything may have been written; until then the request can be repeated."""
        self.has_read_clock = False
        """Whether what was read depends on the time, as far as anybody watches for that."""
        # Any: results are of no interest here.
        self._tasks: list[Task[Any]] = []

    def __enter__(self) -> Self:
        self._token = _current.set(self)
        return self

    def __exit__(self, *_error: object) -> None:
        for task in self._tasks:
            task.cancel()
        _current.reset(self._token)
        # The contexts of both refer to this scope: the collector alone could free the circle.
        self._tasks = []
        del self._token

    def cancel_on_exit(self, task: Task[Any]) -> None:
        """Cancel the task if it is still running when the block is left."""
        if len(self._tasks) >= _MAX_TASKS:
            self._tasks = [one for one in self._tasks if not one.done()]
        self._tasks.append(task)


_current: ContextVar[RequestScope | None] = ContextVar("request_scope", default=None)
current_scope = _current.get
"""The scope of the current request; None outside of one, as in background jobs."""
