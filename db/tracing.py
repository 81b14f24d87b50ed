"""What statements really were: for whoever looks at their plans, and not for serving."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from db.statement import Statement

if TYPE_CHECKING:
    from db.session import Driver


@dataclass(frozen=True, slots=True)
class Ran:
    """One statement that has run, the values it was given, and how many rows it returned."""

    statement: Statement
    # Any: the driver takes whatever PostgreSQL has a type for.
    arguments: tuple[Any, ...]
    rows: int
    is_in_transaction: bool


_heard: ContextVar[Callable[[Ran], None] | None] = ContextVar("traced_statements", default=None)


@contextmanager
def traced_statements(heard: Callable[[Ran], None]) -> Iterator[None]:
    """Tell `heard` of each statement that has run inside, in the tasks started there too."""
    token = _heard.set(heard)
    try:
        yield
    finally:
        _heard.reset(token)


# Any: as for `Ran`.
def trace(driver: "Driver", statement: Statement, arguments: list[Any], rows: int) -> None:
    """Tell of a statement that has run, where somebody wants to know."""
    heard = _heard.get()
    if heard is not None:
        heard(Ran(statement, tuple(arguments), rows, driver.is_in_transaction()))
