"""Capturing the statements that ran, with their values: for the performance gate only."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg

from db.statement import Statement

if TYPE_CHECKING:
    from db.connections.session import Driver


@dataclass(frozen=True, slots=True)
class ExecutedStatement:
    """A statement that has run, its values, and the size of its result."""

    statement: Statement
    # Any: the driver takes whatever PostgreSQL has a type for.
    arguments: tuple[Any, ...]
    rows: int
    is_in_transaction: bool
    fetched_bytes: int
    """The size of the values in its rows: a text's bytes, and eight for anything else."""


_NUMBER_BYTES = 8
_CONTAINERS = (list, tuple, asyncpg.Record)
_listener: ContextVar[Callable[[ExecutedStatement], None] | None] = ContextVar(
    "statement_listener", default=None
)
current_listener = _listener.get
"""The function that is called with each statement; None outside of `capture_statements`."""


@contextmanager
def capture_statements(listener: Callable[[ExecutedStatement], None]) -> Iterator[None]:
    """Call `listener` with each statement that runs inside, and in tasks started inside."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


# Any: as for `ExecutedStatement`.
def report_executed(
    listener: Callable[[ExecutedStatement], None],
    driver: "Driver",
    statement: Statement,
    arguments: Sequence[Any],
    rows: int,
    fetched: Iterable[Any],
) -> None:
    """Call `listener` with a statement that has run."""
    size = sum(map(_size, fetched))
    listener(ExecutedStatement(statement, tuple(arguments), rows, driver.is_in_transaction(), size))


# Any: the driver gives whatever PostgreSQL has a type for.
def _size(value: Any) -> int:
    """The size of a value; rows and arrays are summed, and values other than texts count eight."""
    if value is None:
        return 0
    if isinstance(value, str | bytes):
        return len(value.encode() if isinstance(value, str) else value)
    if isinstance(value, _CONTAINERS):
        return sum(map(_size, value))
    return _NUMBER_BYTES
