"""Which statements ran on behalf of the current request, by name."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_recorded: ContextVar[list[str] | None] = ContextVar("recorded_statements", default=None)


@contextmanager
def recorded_statements() -> Iterator[list[str]]:
    """Collect the names of the statements that run inside, in the tasks started there too."""
    names: list[str] = []
    token = _recorded.set(names)
    try:
        yield names
    finally:
        _recorded.reset(token)


def record(name: str) -> None:
    """Note that the statement `name` is about to run."""
    names = _recorded.get()
    if names is not None:
        names.append(name)
