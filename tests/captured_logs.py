"""What is logged while a test runs, also by the threads of servers that the test did not start."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from structlog.typing import EventDict


@contextmanager
def capture_logs() -> Iterator[list[EventDict]]:
    """Give the events that are logged within the block, with their `log_level`.

    As structlog's own, which empties the list of processors before it fills it: an event that
    another thread logs in between has none, and raises where it is logged.
    """
    events: list[EventDict] = []

    def keep(_logger: object, level: str, event: EventDict) -> EventDict:
        events.append({**event, "log_level": level})
        raise structlog.DropEvent

    processors = structlog.get_config()["processors"]
    (usual,) = processors
    # In place, as loggers that were used already keep the list; and in one step.
    processors[:] = [keep]
    try:
        yield events
    finally:
        processors[:] = [usual]
