"""What statements really were: for whoever looks at their plans, and not for serving."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg

from db.statement import Statement

if TYPE_CHECKING:
    from db.session import Driver


@dataclass(frozen=True, slots=True)
class Ran:
    """One statement that has run, the values it was given, and what it returned."""

    statement: Statement
    # Any: the driver takes whatever PostgreSQL has a type for.
    arguments: tuple[Any, ...]
    rows: int
    is_in_transaction: bool
    fetched_bytes: int
    """Of the values in its rows, each as large as its text, or eight bytes where it is none."""


_NUMBER_BYTES = 8
_SEVERAL = (list, tuple, asyncpg.Record)
_heard: ContextVar[Callable[[Ran], None] | None] = ContextVar("traced_statements", default=None)
who_hears = _heard.get
"""Who is told of the statements that run here; None where nobody is, as while serving."""


@contextmanager
def traced_statements(heard: Callable[[Ran], None]) -> Iterator[None]:
    """Tell `heard` of each statement that has run inside, in the tasks started there too."""
    token = _heard.set(heard)
    try:
        yield
    finally:
        _heard.reset(token)


# Any: as for `Ran`.
def trace(
    hears: Callable[[Ran], None],
    driver: "Driver",
    statement: Statement,
    arguments: Sequence[Any],
    rows: int,
    fetched: Iterable[Any],
) -> None:
    """Tell `hears` of a statement that has run."""
    size = sum(map(_size, fetched))
    hears(Ran(statement, tuple(arguments), rows, driver.is_in_transaction(), size))


# Any: the driver gives whatever PostgreSQL has a type for.
def _size(value: Any) -> int:
    """The bytes of a value, in rows and arrays too; instants have as many whatever they are."""
    if value is None:
        return 0
    if isinstance(value, str | bytes):
        return len(value.encode() if isinstance(value, str) else value)
    if isinstance(value, _SEVERAL):
        return sum(map(_size, value))
    return _NUMBER_BYTES
